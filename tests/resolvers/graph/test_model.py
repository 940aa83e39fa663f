"""The graph is plain frozen data: hashable where it can be, deaf to change, and free of `schema` and Strawberry."""

import dataclasses
import inspect
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from resolvers.graph import declarations, docstrings, model, sql_fragments
from resolvers.graph.declarations import MatchKind
from tests.resolvers import miniature


def iterate_values(value: Any, seen: set[int]) -> Iterator[Any]:
    if id(value) in seen:
        return
    seen.add(id(value))
    yield value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for each in dataclasses.fields(value):
            yield from iterate_values(getattr(value, each.name), seen)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from iterate_values(each, seen)
    elif isinstance(value, tuple):
        for each in value:
            yield from iterate_values(each, seen)


def test_everything_in_the_graph_is_frozen() -> None:
    parts = [each for each in iterate_values(miniature.GRAPH, set()) if dataclasses.is_dataclass(each)]
    assert {type(each) for each in parts} >= {
        model.ObjectType,
        model.ConnectionSource,
        model.ComputedSource,
        sql_fragments.SqlFragment,
        model.FilterField,
    }
    for each in parts:
        if not isinstance(each, type) and dataclasses.fields(each):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(each, dataclasses.fields(each)[0].name, None)


def test_the_graph_needs_neither_strawberry_nor_schema() -> None:
    code = (
        "import sys, resolvers.graph.compiler, resolvers.planner.row_query\n"
        "print(sorted({each.split('.')[0] for each in sys.modules} & {'strawberry', 'schema', 'kinerja'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_graph_says_what_the_schema_says() -> None:
    graph = miniature.GRAPH
    assert graph.types_by_code == {"un": "Unit", "pe": "Person", "ev": "Evaluation", "it": "Item"}
    assert graph.tables["mini_item"].owner == model.OwnerLink("evaluation_id", "mini_evaluation")
    person = graph.object_types["Person"]
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
    assert graph.filter_inputs["PersonWhere"].fields["unit"].match is MatchKind.UNDER
    assert graph.unions["RecordEvaluationResult"].members[:2] == ("Evaluation", "Full")
    assert graph.object_types["Evaluation"].fields["items"].source == model.BoundedListSource(
        model.RowSet("mini_item", "evaluation_id", None, owned=True),
        model.SortOrder("ordinal,id", graph.object_types["Evaluation"].fields["items"].source.order.keys),  # type: ignore[union-attr]  # a Many
        20,
        None,
    )


class BaseDeclaration:
    """A base."""

    first: int
    """First."""


class DerivedDeclaration(BaseDeclaration):
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
    found = docstrings.read_docstrings(DerivedDeclaration)
    assert found.class_text == "A class below.\n\nWith a second paragraph."
    assert found.attribute_texts == {"first": "First.", "second": "Second,\non two lines.", "fourth": "Fourth."}


def test_every_word_is_explained() -> None:
    text = Path("docs/graph.md").read_text(encoding="utf-8")
    told = [
        name for name, value in vars(declarations).items() if inspect.isfunction(value) and not name.startswith("_")
    ]
    told = [name for name in told if vars(declarations)[name].__module__ == declarations.__name__]
    assert len(told) > 15
    assert [
        name for name in (*told, *MatchKind.__members__) if f"`{name}" not in text and f"{name}(" not in text
    ] == []
