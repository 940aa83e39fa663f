"""Named SQL of the schema: orders, filters and expressions, one module per subject."""
