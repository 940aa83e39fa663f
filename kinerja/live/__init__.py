"""Live updates: events that are told to whoever listens, over WebSocket and as server-sent events."""
