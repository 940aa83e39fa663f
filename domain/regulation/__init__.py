"""Parameters fixed by regulations, as dated rows."""
