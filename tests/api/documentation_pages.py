"""The pages of docs/api/ as what can be run: operations with variables, commands, and the answers below them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PAGES_FOLDER: Final = Path(__file__).parent.parent.parent / "docs" / "api"
WIDTH: Final = 110

_FENCE: Final = re.compile(r"^```(\S*) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROLE_PATTERN: Final = re.compile(r"^# as (\w+)(, with errors)?\n")
_REFERENCE: Final = re.compile(r"⟨([\w.]+)⟩")


@dataclass(slots=True)
class PageBlock:
    """An operation or a command; `start` and `end` are where its answer stands in the page."""

    language: str
    role: str | None
    expects_error: bool
    text: str
    variables: dict[str, Any]
    answer: str | None
    start: int = 0
    end: int = 0


def list_pages() -> list[str]:
    """The pages."""
    return sorted(path.name for path in PAGES_FOLDER.glob("*.md"))


def read_blocks(page: str) -> list[PageBlock]:
    """What can be run on a page, in order.

    Raises:
        ValueError: a block is of no known kind, or stands below nothing.
    """
    found: list[PageBlock] = []
    for language, kind, body, start, end in _iterate_fences(page):
        if (language, kind) in {("json", "variables"), ("json", "answer"), ("text", "answer")} and not found:
            raise ValueError(f"{kind} of nothing: {body}")
        if (language, kind) == ("json", "variables"):
            found[-1].variables = json.loads(body)
        elif kind == "answer":
            found[-1].answer, found[-1].start, found[-1].end = body, start, end
        elif language in {"graphql", "sh"} and not kind:
            named = _ROLE_PATTERN.match(body)
            role = named[1] if named else None
            found.append(PageBlock(language, role, bool(named and named[2]), _ROLE_PATTERN.sub("", body), {}, None))
        elif kind != "not run":
            raise ValueError(f"a block that nobody runs: {language} {kind}\n{body}")
    return found


def _iterate_fences(page: str) -> Iterator[tuple[str, str, str, int, int]]:
    for match in _FENCE.finditer(page):
        yield match[1], match[2].strip(), match[3], match.start(3), match.end(3)


def fill_placeholders(value: Any, answers: list[Any]) -> Any:
    """Variables with what stands for a value of an answer above, `⟨me.team.nodes.0.id⟩`, replaced by that value."""
    if isinstance(value, dict):
        return {name: fill_placeholders(inner, answers) for name, inner in value.items()}
    if isinstance(value, list):
        return [fill_placeholders(inner, answers) for inner in value]
    named = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return value if named is None else _find_answer_value(named[1].split("."), answers)


def _find_answer_value(path: list[str], answers: list[Any]) -> Any:
    for answer in reversed(answers):
        value = answer.get("data")
        for step in path:
            if isinstance(value, list):
                value = value[int(step)] if int(step) < len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        if value is not None:
            return value
    raise KeyError(".".join(path))


def matches_expected(expected: Any, actual: Any) -> bool:
    """Whether an answer is the one that a page shows; `…` in a text stands for whatever there is."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        alike = list(expected) == list(actual)
        return alike and all(matches_expected(expected[name], actual[name]) for name in expected)
    if isinstance(expected, list) and isinstance(actual, list):
        if expected and expected[-1] == "…":
            expected = expected[:-1]
            actual = actual[: len(expected)]
        return len(expected) == len(actual) and all(map(matches_expected, expected, actual))
    if isinstance(expected, str) and "…" in expected:
        return matches_text(expected, str(actual))
    return bool(expected == actual and type(expected) is type(actual))


def matches_text(expected: str, actual: str) -> bool:
    """Whether a text is another one whose `…` stand for anything."""
    pattern = ".*?".join(re.escape(piece.strip()) for piece in expected.strip().split("…"))
    return re.fullmatch(pattern, actual.strip(), re.DOTALL) is not None


def merge_expected(expected: Any, actual: Any) -> Any:
    """What a page should show: what it shows, where that still holds, and else the answer."""
    if matches_expected(expected, actual):
        return expected
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {name: merge_expected(expected.get(name), value) for name, value in actual.items()}
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [merge_expected(one, other) for one, other in zip(expected, actual, strict=True)]
    return actual


def format_json(value: Any, indent: int = 0) -> str:
    """JSON for reading: on one line what fits on one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= WIDTH or not value or not isinstance(value, dict | list):
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{pad}{json.dumps(name)}: {format_json(inner, indent + 2)}" for name, inner in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(f"{pad}{format_json(inner, indent + 2)}" for inner in value) + "\n" + " " * indent + "]"
