"""The words of a declaration, and the graph compiled from them."""
