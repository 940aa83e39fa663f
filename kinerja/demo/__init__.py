"""The demo: a synthetic province, one persona per role, advancing quarters and a walkthrough."""
