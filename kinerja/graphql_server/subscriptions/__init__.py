"""Subscriptions: event hub, delivery, server-sent events, WebSocket."""
