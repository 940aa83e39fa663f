"""Attendance of a training session and its closing."""
