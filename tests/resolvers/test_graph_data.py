"""The graph is plain frozen data: hashable where it can be, deaf to change, and free of `schema` and Strawberry."""

import dataclasses
import inspect
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from resolvers.graph import docs, model, sql, words
from resolvers.graph.words import Match
from tests.resolvers import miniature


def walk(value: Any, seen: set[int]) -> Iterator[Any]:
    if id(value) in seen:
        return
    seen.add(id(value))
    yield value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            yield from walk(getattr(value, each.name), seen)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from walk(each, seen)
    elif isinstance(value, tuple):
        for each in value:
            yield from walk(each, seen)


def test_everything_in_the_graph_is_frozen() -> None:
    parts = [each for each in walk(miniature.GRAPH, set()) if dataclasses.is_dataclass(each)]
    assert {type(each) for each in parts} >= {model.Object, model.Page, model.Computed, sql.Piece, model.Filter}
    for each in parts:
        if not isinstance(each, type) and dataclasses.fields(each):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(each, dataclasses.fields(each)[0].name, None)


def test_the_graph_needs_neither_strawberry_nor_schema() -> None:
    code = (
        "import sys, resolvers.graph.build, resolvers.planner.rows\n"
        "print(sorted({each.split('.')[0] for each in sys.modules} & {'strawberry', 'schema', 'kinerja'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_graph_says_what_the_schema_says() -> None:
    graph = miniature.GRAPH
    assert graph.nodes == {"un": "Unit", "pe": "Person", "ev": "Evaluation", "it": "Item"}
    assert graph.tables["mini_item"].owner == model.Owner("evaluation_id", "mini_evaluation")
    person = graph.objects["Person"]
    assert (person.table, person.code, person.description) == ("mini_person", "pe", "A person.")
    assert list(person.fields)[:3] == ["id", "name", "nip"]
    history = person.fields["history"]
    assert [argument.name for argument in history.arguments] == [
        "first",
        "after",
        "last",
        "before",
        "where",
        "orderBy",
    ]
    assert graph.filters["PersonWhere"].fields["unit"].match is Match.UNDER
    assert graph.unions["RecordEvaluationResult"].members[:2] == ("Evaluation", "Full")
    assert graph.objects["Evaluation"].fields["items"].source == model.Many(
        model.Choice("mini_item", "evaluation_id", None, owned=True),
        model.Order("ordinal,id", graph.objects["Evaluation"].fields["items"].source.order.keys),  # type: ignore[union-attr]  # a Many
        20,
        None,
    )


class Above:
    """A base."""

    first: int
    """First."""


class Below(Above):
    """A class below.

    With a second paragraph.
    """

    second: int
    """Second,
    on two lines."""
    third: int
    fourth = 4
    """Fourth."""


def test_docstrings_are_read_where_they_stand() -> None:
    found = docs.of(Below)
    assert found.whole == "A class below.\n\nWith a second paragraph."
    assert found.parts == {"first": "First.", "second": "Second,\non two lines.", "fourth": "Fourth."}


def test_every_word_is_explained() -> None:
    text = Path("docs/graph.md").read_text(encoding="utf-8")
    told = [name for name, value in vars(words).items() if inspect.isfunction(value) and not name.startswith("_")]
    told = [name for name in told if vars(words)[name].__module__ == words.__name__]
    assert len(told) > 15
    assert [name for name in (*told, *Match.__members__) if f"`{name}" not in text and f"{name}(" not in text] == []
