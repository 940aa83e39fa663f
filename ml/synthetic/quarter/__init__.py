"""Simulation of one quarter of the synthetic province."""
