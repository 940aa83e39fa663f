"""Sums over units for leaders: what many reached, never what one did."""
