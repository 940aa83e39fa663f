"""Jobs: worker, registry and the periodic ones."""
