"""The languages that sentences of the system are shown in."""

from enum import StrEnum


class Language(StrEnum):
    """A language of sentences; Indonesian first, English complete."""

    ID = "ID"
    """Indonesian (bahasa Indonesia)."""
    EN = "EN"
    """English."""
