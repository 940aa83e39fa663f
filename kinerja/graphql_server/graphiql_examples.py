"""Example operations of the GraphiQL page by role, each a file in `examples/`."""

import importlib.resources
import json
from dataclasses import dataclass
from typing import Any, Final

ANONYMOUS_ROLE: Final = "anonymous"


@dataclass(frozen=True, slots=True)
class ExampleOperation:
    """An example operation: role, title, description, document and variables."""

    role: str
    title: str
    about: str
    query: str
    variables: dict[str, Any]


def load_examples() -> list[ExampleOperation]:
    """Load every example, in the order of file names."""
    folder = importlib.resources.files("kinerja.graphql_server") / "examples"
    found = sorted((each for each in folder.iterdir() if each.name.endswith(".graphql")), key=lambda each: each.name)
    return [parse_example(each.read_text(encoding="utf-8")) for each in found]


def parse_example(text: str) -> ExampleOperation:
    """Parse an example file: header comments, then a document.

    The comments hold the title, the description, `role` and optionally `variables`.

    Raises:
        ValueError: the comments do not have this form.
    """
    lines = text.splitlines()
    head = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    title, about, *named = head
    values = dict(line.split(":", 1) for line in named)
    if not values.keys() <= {"role", "variables"}:
        raise ValueError(f"{title}: comments beside role and variables: {sorted(values)}")
    query = "\n".join(line for line in lines if not line.startswith("#")).strip()
    role = values["role"].strip()
    return ExampleOperation(role, title, about, query, json.loads(values.get("variables", "{}")))
