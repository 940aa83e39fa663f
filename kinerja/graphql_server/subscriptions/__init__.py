"""Live updates: event hub, server-sent events, WebSocket."""
