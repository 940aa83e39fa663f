"""Access: permissions by action, and the rows visible to a role."""
