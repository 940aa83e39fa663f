"""The demo: a province made up in a folder, its cast of actors, quarters that pass, and the walk through the loop."""
