"""Writing down who looked, sealing what was written, and looking whether it still holds."""
