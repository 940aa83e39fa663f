"""What happens in one quarter of the synthetic province."""
