"""Schema changes since the last release: `python -m tools.schema_diff`.

`--release 1.2.0` saves the current schema as the one of that release. Authors of clients written against the last
release must learn of breaking changes: the changelog has to name each one under Unreleased.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graphql import GraphQLSchema, build_schema
from graphql.utilities import BreakingChange, DangerousChange, find_schema_changes

ROOT: Final = Path(__file__).parent.parent
CURRENT: Final = ROOT / "schema" / "schema.graphql"
RELEASED: Final = ROOT / "schema" / "released.graphql"
CHANGELOG: Final = ROOT / "CHANGELOG.md"

_COORDINATE: Final = re.compile(r"(?:@\w+|\b\w+\.\w+)(?:\(\w+:\))?")
_WORD: Final = re.compile(r"\w+")
_UNRELEASED: Final = re.compile(r"^## Unreleased$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def list_coordinates(change: BreakingChange, released: GraphQLSchema) -> Sequence[str]:
    """List the coordinates naming a change in the changelog.

    Those of the field or directive, else of the types.
    """
    found = _COORDINATE.findall(change.description)
    return found[:1] or [word for word in _WORD.findall(change.description) if word in released.type_map]


def find_unnamed_changes(
    breaking: Sequence[BreakingChange], released: GraphQLSchema, changelog: str
) -> Sequence[BreakingChange]:
    """Find the breaking changes not named in the changelog's unreleased section.

    Each coordinate is named between backticks.
    """
    section = _UNRELEASED.search(changelog)
    text = section.group(1) if section else ""
    return [
        change for change in breaking if not all(f"`{name}`" in text for name in list_coordinates(change, released))
    ]


def describe_schema_changes(released: GraphQLSchema, current: GraphQLSchema, changelog: str) -> tuple[list[str], int]:
    """Describe the schema changes as lines to print, and count the unnamed breaking ones."""
    changes = find_schema_changes(released, current)
    breaking = [change for change in changes if isinstance(change, BreakingChange)]
    dangerous = [change for change in changes if isinstance(change, DangerousChange)]
    missing = find_unnamed_changes(breaking, released, changelog)
    lines = [f"breaks clients: {change.description}" for change in breaking]
    lines += [f"may surprise clients: {change.description}" for change in dangerous]
    lines += [
        "CHANGELOG.md, Unreleased, does not name "
        + " and ".join(f"`{name}`" for name in list_coordinates(change, released))
        for change in missing
    ]
    safe = len(changes) - len(breaking) - len(dangerous)
    lines.append(
        f"schema since the last release: {len(breaking)} breaking ({len(breaking) - len(missing)} named),"
        f" {len(dangerous)} dangerous, {safe} others"
    )
    return lines, len(missing)


def save_release(version: str) -> None:
    """Save the current schema as the one of a release."""
    RELEASED.write_text(f"# As released in {version}; `make diff-schema` compares with it.\n{CURRENT.read_text()}")


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.schema_diff", description=__doc__)
    parser.add_argument("--release", metavar="VERSION", help="keep today's schema as that of this release")
    chosen = parser.parse_args(arguments)
    if chosen.release:
        save_release(chosen.release)
        return 0
    schemas = [build_schema(path.read_text()) for path in (RELEASED, CURRENT)]
    lines, missing = describe_schema_changes(schemas[0], schemas[1], CHANGELOG.read_text())
    print("\n".join(lines), file=sys.stderr if missing else sys.stdout)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
