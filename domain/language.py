"""The languages that sentences of the system are shown in."""

from enum import StrEnum


class Language(StrEnum):
    """Language of the generated texts (bahasa)."""

    ID = "ID"
    """Indonesian (bahasa Indonesia)."""
    EN = "EN"
    """English (bahasa Inggris)."""
