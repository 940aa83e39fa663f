"""Global IDs: the code of a type followed by the number of a row."""

import re

MAX_KEY = 2**63 - 1
CODE_PATTERN = re.compile(r"[a-z]{1,8}")
_ID_PATTERN = re.compile(r"([a-z]{1,8})([1-9][0-9]{0,18})", re.ASCII)


def format_global_id(code: str, key: int) -> str:
    """The global ID of row `key` of the type of `code`, for example `pe1042`."""
    return f"{code}{key}"


def parse_global_id(text: str) -> tuple[str, int] | None:
    """Code and key of a global ID; None for any other text."""
    found = _ID_PATTERN.fullmatch(text)
    if found is None or int(found[2]) > MAX_KEY:
        return None
    return found[1], int(found[2])
