"""SQL that deserves a name: orders, filters, expressions, one module per subject."""
