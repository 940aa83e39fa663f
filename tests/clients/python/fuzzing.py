"""What Schemathesis is told of this API: how our scalars are written, and what a good answer is."""

import re
from pathlib import Path
from typing import Any, Final

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

ERRORS: Final = Path(__file__).parents[3] / "docs" / "errors.md"
CODES: Final = frozenset(re.findall(r"^\| `([A-Z_]+)` \|", ERRORS.read_text(), re.MULTILINE)) - {"INTERNAL"}

for name, pattern in {
    "Nip": r"[0-9]{18}",
    "Decimal": r"[0-9]{1,3}(\.[0-9]{1,2})?",
    "Period": r"20[12][0-9](-Q[1-4]|-(0[1-9]|1[0-2]))?",
}.items():
    schemathesis.graphql.scalar(name, st.from_regex(pattern, fullmatch=True).map(nodes.String))


@schemathesis.check
def documented(_context: Any, response: Any, _case: Any) -> None:
    """No fault of the server's; each error has a code that the documentation lists, and a request's ID."""
    assert response.status_code < 500, response.text
    for error in response.json().get("errors", []):
        assert error["extensions"]["code"] in CODES, error
        assert error["extensions"]["requestId"], error
