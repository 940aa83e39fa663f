"""Sessions of programmes and their seats."""
