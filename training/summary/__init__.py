"""Counting who is where and publishing what may be shown of it; it stands here since training is counted too."""
