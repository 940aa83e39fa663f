"""What cannot be compiled stops the program, and says type, field and reason."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

import pytest
import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import registry
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Field as Column
from sqlmodel import SQLModel, col

from domain.actor import Role
from domain.ports import CommandContext
from resolvers.graph import compiler, declarations
from resolvers.graph.declarations import (
    ID,
    Connection,
    MatchKind,
    Node,
    attribute,
    bounded_list,
    column,
    command,
    computed_field,
    connection,
    expression,
    facts_type,
    filter_field,
    filter_input,
    lookup,
    node,
    order,
    order_enum,
    row_type,
    service,
    single_row,
)
from tests.resolvers.miniature import (
    BY_NAME,
    BY_TIME,
    EvaluationOrder,
    Full,
    MiniatureAccess,
    MiniatureEvaluationRow,
    MiniatureItemRow,
    MiniaturePersonRow,
    MiniatureUnitRow,
    PersonOrder,
    PersonWhere,
    SeatFacts,
    foreign_key,
    primary_key,
    record_evaluation,
    take_first_letters,
    typed_column,
)


class BareTable(SQLModel, registry=registry()):
    """Tables that lack something."""


class NoScopeRow(BareTable, table=True):
    """A table without a scope."""

    __tablename__ = "no_scope"
    id: int = primary_key()


class NoKeyRow(BareTable, table=True):
    """A table with a key of text."""

    __tablename__ = "no_key"
    __table_args__ = ({"info": {"scope": "public"}},)
    id: str = Column(sa_column=sa.Column(sa.Text, primary_key=True))


class OrphanRow(BareTable, table=True):
    """A table of scope parent without a parent."""

    __tablename__ = "orphan"
    __table_args__ = ({"info": {"scope": "parent"}},)
    id: int = primary_key()


class OddRow(BareTable, table=True):
    """A table with columns that cannot be shown exactly."""

    __tablename__ = "odd"
    __table_args__ = ({"info": {"scope": "public"}},)
    id: int = primary_key()
    ratio: float = typed_column(sa.Float)
    moment: str = typed_column(sa.DateTime)
    wide: int = typed_column(sa.Numeric(5, 2))
    self_id: int = foreign_key("odd.id")


UNTYPED: Any = declarations
"""The words without their types: mypy itself refuses some of what follows."""


class Dumb(StrEnum):
    """An enum."""

    A = "A"


class Odd(StrEnum):
    """An enum."""

    A = "a b"
    """A."""


class Nothing(StrEnum):  # noqa: D101 - the point
    A = "A"
    """A."""


class Undescribed(BaseModel):
    """A request."""

    name: str


class Undocumented(BaseModel):  # noqa: D101 - the point
    name: str = Field(description="Name.")


class Floating(BaseModel):
    """A request."""

    share: float = Field(description="Share.")


class Stolen(BaseModel):
    """A request."""

    client_mutation_key: str = Field(description="Key.")


async def answer_request(context: Any, asked: Any) -> Any:
    return context, asked


async def change_row(context: CommandContext, asked: Any) -> int:
    return len(f"{context}{asked}")


def greet_person(name: str, *, loud: bool) -> str:
    return name.upper() if loud else name


def expect_error(*types: type, query: type | None = None, mutation: type | None = None, **more: Any) -> str:
    """Compile, and give the reason why not."""

    class Query:
        """Nothing much."""

        node: Node | None = lookup()
        """Anything."""

    arguments: dict[str, Any] = {"access": MiniatureAccess(), "refusals": (Full,), **more}
    with pytest.raises(compiler.DeclarationError) as refused:
        compiler.compile_graph(query or Query, mutation, types=types, **arguments)
    return str(refused.value)


@row_type(MiniaturePersonRow)
class Card:
    """A person."""

    name: str
    """Name."""


@row_type(MiniatureEvaluationRow)
class Paper:
    """An evaluation."""

    score: Decimal
    """Score."""


@node(MiniatureUnitRow, "un")
class Unit(Node):
    """A unit."""

    name: str
    """Name."""


ROWS: list[tuple[Any, Any, str]] = [
    # annotation, word, reason
    (str, None, "mini_person has no column 'field'"),
    (str, column(MiniatureEvaluationRow.note), "is a column of another table than mini_person"),
    (str, column("name"), "neither a column nor a SQL expression"),
    (int, column(MiniaturePersonRow.name), "Int does not show a source of type text"),
    (Decimal, column(MiniaturePersonRow.id), "Decimal does not show a source of type bigint"),
    (float, column(MiniaturePersonRow.id), "floats differ"),
    (list[str], column(MiniaturePersonRow.name), "a column is no list"),
    (dict[str, str], column(MiniaturePersonRow.name), "is no type of the API"),
    (MiniatureAccess, column(MiniaturePersonRow.name), "Access is neither declared"),
    (int, column(MiniaturePersonRow.appraiser_id), "its source may be null"),
    (str, column(MiniaturePersonRow.name, visible_to="own_or_hr"), "its source is ruled"),
    (str, expression(sa.func.lower(col(MiniaturePersonRow.name))), "its source may be null"),
    (str, expression(col(MiniatureUnitRow.name) + "x", nullable=False), "columns of a table other than mini_person"),
    (
        str,
        expression(sa.bindparam("me") + col(MiniaturePersonRow.name), nullable=False),
        "no request has a value named 'me'",
    ),
    (int, expression(sa.func.length(col(MiniatureUnitRow.name)), nullable=False), "other than mini_person"),
    (
        str,
        UNTYPED.computed_field(take_first_letters, MiniaturePersonRow.name, MiniaturePersonRow.nip),
        "takes 1 values and is given 2",
    ),
    (str, computed_field(take_first_letters, MiniatureUnitRow.name), "another table"),
    (str, computed_field(take_first_letters, MiniaturePersonRow.name, visible_to="own_or_hr"), "is ruled"),
    (str, computed_field(greet_person, MiniaturePersonRow.name), "its argument 'loud' has no description"),
    (
        str,
        computed_field(greet_person, MiniaturePersonRow.name, arguments={"loud": "L.", "x": "X."}),
        "does not take: x",
    ),
    (str, computed_field(take_first_letters, column(MiniatureUnitRow.name)), "another table"),
    (str, single_row(MiniaturePersonRow.unit_id), "shows rows, which String does not"),
    (Unit | None, single_row(), "names no foreign key"),
    (Unit | None, single_row(MiniaturePersonRow.name), "is no foreign key to mini_unit"),
    (Unit | None, single_row(MiniaturePersonRow.appraiser_id), "is no foreign key to mini_unit"),
    (Unit | None, single_row(MiniaturePersonRow.unit_id, order=BY_NAME), "is one already"),
    (Card, single_row(MiniaturePersonRow.appraiser_id), "its foreign key may be null"),
    (Unit, single_row(MiniaturePersonRow.unit_id, visible_to="own_or_hr"), "its foreign key may be null"),
    (
        Unit | None,
        single_row(MiniaturePersonRow.unit_id),
        "whoever sees the row sees its mini_unit; annotate it without",
    ),
    (Paper | None, single_row(MiniatureEvaluationRow.person_id), "needs an order"),
    (Paper, single_row(MiniatureEvaluationRow.person_id, order=BY_TIME), "there may be no such row"),
    (Paper | None, single_row(MiniatureEvaluationRow.person_id, order=BY_NAME), "is of columns of mini_evaluation"),
    (
        Paper | None,
        single_row(MiniatureEvaluationRow.person_id, order=BY_TIME, visible_to="own_or_hr"),
        "seen_by rules a value",
    ),
    (
        Paper | None,
        single_row(MiniatureEvaluationRow.person_id, order=BY_TIME, predicate=col(MiniatureUnitRow.id) == 1),
        "other than mini_evaluation",
    ),
    (list[Card], bounded_list(MiniatureEvaluationRow.person_id, order=BY_TIME, max_rows=5), "which Card shows"),
    (
        list[Unit],
        bounded_list(MiniatureUnitRow.parent_id, order=order(MiniatureUnitRow.id), max_rows=5),
        "is no foreign key to mini_person",
    ),
    (
        list[Paper] | None,
        bounded_list(MiniatureEvaluationRow.person_id, order=BY_TIME, max_rows=5),
        "annotate it `list[…]`",
    ),
    (
        list[Paper | None],
        bounded_list(MiniatureEvaluationRow.person_id, order=BY_TIME, max_rows=5),
        "annotate it `list[…]`",
    ),
    (list[Paper], bounded_list(MiniatureEvaluationRow.person_id, order=BY_TIME, max_rows=0), "needs `most`"),
    (
        list[Paper],
        bounded_list(MiniatureEvaluationRow.person_id, order=BY_TIME, max_rows=5, first=1, last=1),
        "at most one of",
    ),
    (
        list[Paper],
        bounded_list(MiniatureEvaluationRow.person_id, order=BY_TIME, max_rows=5, first=6),
        "a default from 1 to `most`",
    ),
    (
        list[Paper],
        bounded_list(MiniatureEvaluationRow.person_id, order=order(MiniatureEvaluationRow.ends_on), max_rows=5),
        "must end in its key",
    ),
    (
        list[Paper],
        bounded_list(
            MiniatureEvaluationRow.person_id,
            order=order(MiniatureEvaluationRow.id, MiniatureEvaluationRow.id),
            max_rows=5,
        ),
        "no column twice",
    ),
    (
        list[Paper],
        bounded_list(
            MiniatureEvaluationRow.person_id,
            order=order(MiniatureEvaluationRow.note, MiniatureEvaluationRow.id),
            max_rows=5,
        ),
        "cannot order by 'note'",
    ),
    (
        list[Paper],
        bounded_list(
            MiniatureEvaluationRow.person_id,
            order=order(MiniatureEvaluationRow.params, MiniatureEvaluationRow.id),
            max_rows=5,
        ),
        "cannot order by 'params'",
    ),
    (
        list[Paper],
        bounded_list(
            MiniatureEvaluationRow.person_id,
            order=order(sa.func.lower(col(MiniatureEvaluationRow.note)), MiniatureEvaluationRow.id),
            max_rows=5,
        ),
        "is of columns",
    ),
    (
        list[Paper],
        connection(MiniatureEvaluationRow.person_id, order_enum=EvaluationOrder, default_order=BY_TIME),
        "annotate it `Connection[…]`",
    ),
    (
        Connection[Paper] | None,
        connection(MiniatureEvaluationRow.person_id, order_enum=EvaluationOrder, default_order=BY_TIME),
        "annotate it `Connection[…]`",
    ),
    (
        Connection[Paper],
        connection(MiniatureEvaluationRow.person_id, order_enum=PersonOrder, default_order=BY_NAME),
        "PersonOrder is about mini_person",
    ),
    (
        Connection[Paper],
        connection(MiniatureEvaluationRow.person_id, order_enum=PersonWhere, default_order=BY_NAME),
        "not declared by @orders",
    ),
    (
        Connection[Paper],
        connection(MiniatureEvaluationRow.person_id, order_enum=EvaluationOrder, default_order=BY_NAME),
        "not a member of",
    ),
    (
        Connection[Paper],
        connection(
            MiniatureEvaluationRow.person_id,
            order_enum=EvaluationOrder,
            default_order=BY_TIME,
            filter_input=PersonWhere,
        ),
        "PersonWhere is about mini_person",
    ),
    (Unit | None, lookup(), "belongs on Query"),
    (Dumb, column(MiniaturePersonRow.name), "Dumb.A: has no docstring under it"),
    (Odd, column(MiniaturePersonRow.name), "'a b' is no name of GraphQL"),
    (Nothing, column(MiniaturePersonRow.name), "Nothing: has no docstring"),
    (Dumb, column(MiniaturePersonRow.id), "Dumb does not show a source of type bigint"),
]


@pytest.mark.parametrize(("annotation", "word", "reason"), ROWS)
def test_a_field_of_rows_is_refused(annotation: Any, word: Any, reason: str) -> None:
    @row_type(MiniaturePersonRow)
    class Thing:
        """A thing."""

        field: annotation = word
        """A field."""

    said = expect_error(Thing, Card, Paper, Unit)
    assert reason in said
    assert "Thing.field" in said or "Dumb" in said or "Odd" in said or "Nothing" in said


def test_a_person_may_be_out_of_sight_of_who_sees_his_evaluation() -> None:
    @row_type(MiniatureEvaluationRow)
    class Thing:
        """A thing."""

        field: Card = single_row(MiniatureEvaluationRow.person_id)
        """A field."""

    assert "not whoever sees the row sees its mini_person" in expect_error(Thing, Card)


def test_what_is_seen_by_all_may_be_non_null() -> None:
    @row_type(MiniatureEvaluationRow)
    class Whole:
        """An evaluation."""

        score: Decimal
        """Score."""

    @row_type(MiniatureItemRow)
    class Thing:
        """A thing."""

        evaluation: Whole = single_row(MiniatureItemRow.evaluation_id)
        """Its owner."""

    class Query:
        """Nothing much."""

        things: list[Thing] = bounded_list(order=order(MiniatureItemRow.id), max_rows=1)
        """Things."""

    graph = compiler.compile_graph(Query, types=(Thing, Whole), access=MiniatureAccess())
    assert not graph.object_types["Thing"].fields["evaluation"].type_ref.nullable


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (NoKeyRow, "no_key: needs a primary key of one whole number"),
        (NoScopeRow, "no_scope: names no scope"),
        (OrphanRow, 'orphan: is of scope "parent", and no foreign key'),
    ],
)
def test_a_table_is_refused(table: type[SQLModel], reason: str) -> None:
    @node(table, "th")
    class Thing(Node):
        """A thing."""

    assert reason in expect_error(Thing)


@pytest.mark.parametrize(("name", "type_"), [("ratio", Decimal), ("moment", str)])
def test_columns_without_an_exact_value_are_refused(name: str, type_: Any) -> None:
    @row_type(OddRow)
    class Thing:
        """A thing."""

        field: type_ = column(getattr(OddRow, name))
        """A field."""

    assert "has no exact value" in expect_error(Thing)


def test_descriptions_are_demanded_everywhere() -> None:
    @row_type(MiniaturePersonRow)
    class Silent:
        name: str
        """Name."""

    @row_type(MiniaturePersonRow)
    class Half:
        """A half."""

        name: str

    @order_enum(MiniaturePersonRow)
    class Ordered:
        """Orders."""

        NAME = BY_NAME

    @row_type(MiniatureUnitRow)
    class Listing:
        """A list."""

        people: Connection[Card] = connection(MiniaturePersonRow.unit_id, order_enum=Ordered, default_order=BY_NAME)
        """People."""

    assert expect_error(Silent) == "Silent: has no docstring, and so no description"
    assert expect_error(Half) == "Half.name: has no docstring under it, and so no description"
    assert expect_error(Listing, Card) == "Ordered.NAME: has no docstring under it, and so no description"


def test_words_must_be_annotated_and_names_known() -> None:
    @row_type(MiniaturePersonRow)
    class Bald:
        """A thing."""

        name = column(MiniaturePersonRow.name)
        """Name."""

    @row_type(MiniaturePersonRow)
    class Lost:
        """A thing."""

        unit: "Nowhere | None" = single_row(MiniaturePersonRow.unit_id)  # type: ignore[name-defined]  # noqa: F821 - the point
        """Unit."""

    assert expect_error(Bald) == "Bald.name: has no annotation, and so no type"
    assert "'Nowhere' is not defined; hand its module to compile(types=…)" in expect_error(Lost)


def test_a_field_that_hides_an_import_is_noticed() -> None:
    @row_type(MiniaturePersonRow)
    class Hidden:
        """A thing."""

        first: list[Paper] = bounded_list(MiniatureEvaluationRow.person_id, order=BY_TIME, max_rows=2)
        """First."""
        second: list[Paper] = UNTYPED.bounded_list(MiniatureEvaluationRow.person_id, order=first, max_rows=2)
        """Second."""

    assert expect_error(Hidden, Paper).startswith("Hidden.second: is given a field of this class")


def test_codes_are_of_one_type_each() -> None:
    @node(MiniaturePersonRow, "un")
    class Person(Node):
        """A person."""

    @node(MiniatureUnitRow, "ux")
    class Second(Node):
        """A unit again."""

    @node(MiniaturePersonRow, "Pe")
    class Loud(Node):
        """A person."""

    assert "code 'un' is another type's" in expect_error(Unit, Person)
    assert "mini_unit already has a node" in expect_error(Unit, Second)
    assert "not one to eight small letters" in expect_error(Loud)


@pytest.mark.parametrize(
    ("annotation", "word", "reason"),
    [
        (str, filter_field(MiniaturePersonRow.name, MatchKind.EQUALS), "annotate it `… | None`"),
        (str | None, None, "says how it matches"),
        (int | None, filter_field(MiniaturePersonRow.name, MatchKind.EQUALS), "cannot be compared"),
        (str | None, filter_field(MiniaturePersonRow.name, MatchKind.ANY), "a list exactly where"),
        (list[str] | None, filter_field(MiniaturePersonRow.name, MatchKind.EQUALS), "a list exactly where"),
        (str | None, filter_field(MiniaturePersonRow.unit_id, MatchKind.REFERENCE), "`ID | None`"),
        (ID | None, filter_field(MiniaturePersonRow.name, MatchKind.REFERENCE), "no node shows the table"),
        (ID | None, filter_field(MiniaturePersonRow.appraiser_id, MatchKind.REFERENCE), "no node shows the table"),
        (ID | None, filter_field(MiniaturePersonRow.unit_path, MatchKind.UNDER), "no node shows the table"),
        (str | None, filter_field(MiniaturePersonRow.joined_at, MatchKind.WITHIN), "`Period | None`"),
        (str | None, filter_field(MiniatureUnitRow.name, MatchKind.EQUALS), "other than mini_person"),
        (
            bool | None,
            filter_field(sa.bindparam("x") == col(MiniaturePersonRow.id), MatchKind.HOLDS),
            "no request has a value named 'x'",
        ),
    ],
)
def test_a_field_of_a_filter_is_refused(annotation: Any, word: Any, reason: str) -> None:
    @filter_input(MiniaturePersonRow)
    class Which:
        """Which."""

        field: annotation = word
        """A field."""

    class Query:
        """Nothing much."""

        people: Connection[Card] = connection(order_enum=PersonOrder, default_order=BY_NAME, filter_input=Which)
        """People."""

    said = expect_error(Unit, Card, query=Query)
    assert said.startswith("Which.field: ")
    assert reason in said


@pytest.mark.parametrize(
    ("annotation", "word", "reason"),
    [
        (int, None, "has no attribute 'field'"),
        (int, bounded_list(order=BY_NAME, max_rows=1), "a view shows"),
        (str, computed_field(take_first_letters, attribute("nothing")), "is no attribute of Seat"),
        (Card | None, single_row(attribute("nothing")), "is no attribute of Seat"),
        (Card, single_row(attribute("person_id")), "may be unseen"),
    ],
)
def test_a_field_of_facts_is_refused(annotation: Any, word: Any, reason: str) -> None:
    @facts_type(SeatFacts)
    class Thing:
        """A thing."""

        field: annotation = word
        """A field."""

    assert reason in expect_error(Thing, Card)


def test_a_view_agrees_with_its_facts() -> None:
    @dataclass(frozen=True, slots=True)
    class Facts:
        count: int | None
        names: tuple[str, ...]

    @facts_type(Facts)
    class Nulls:
        """A view."""

        count: int
        """Count."""

    @facts_type(Facts)
    class Types:
        """A view."""

        names: list[int]
        """Names."""

    assert "does not agree with the attribute" in expect_error(Nulls)
    assert "does not agree with the attribute" in expect_error(Types)


ROOTS: list[tuple[Any, Any, str]] = [
    (str, None, "says not where it comes from"),
    (Card, lookup(), "annotate it `… | None`"),
    (Card | None, lookup(), "Card has no global ID"),
    (list[Unit], lookup(), "annotate it `… | None`"),
    (str | None, lookup(), "shows rows, which String does not"),
    (list[Card], bounded_list(MiniaturePersonRow.unit_id, order=BY_NAME, max_rows=1), "there is no row"),
    (Card, service(answer_request, Undescribed), "Undescribed.name has no description"),
    (str, service(answer_request, Floating), "floats differ"),
    (Card, UNTYPED.service(answer_request), "a service returns facts"),
    (Card | Full, UNTYPED.service(answer_request), "is no view"),
    (Card | ZeroDivisionError, UNTYPED.service(answer_request), "is not among compile(refusals=…)"),
]


@pytest.mark.parametrize(("annotation", "word", "reason"), ROOTS)
def test_a_field_of_query_is_refused(annotation: Any, word: Any, reason: str) -> None:
    class Query:
        """Nothing much."""

        field: annotation = word
        """A field."""

    said = expect_error(Card, Unit, query=Query)
    assert said.startswith("Query.field: ")
    assert reason in said


@pytest.mark.parametrize(
    ("annotation", "word", "reason"),
    [
        (Card, None, "is a command(…)"),
        (Card, command(change_row, Undocumented), "Undocumented has no docstring"),
        (Card, command(change_row, Stolen), "`clientMutationKey` is every command's own"),
        (Card | ZeroDivisionError, command(change_row, Floating), "floats differ"),
        (str, command(record_evaluation, cast("Any", Undescribed)), "Undescribed.name has no description"),
    ],
)
def test_a_field_of_mutation_is_refused(annotation: Any, word: Any, reason: str) -> None:
    class Mutation:
        """Nothing much."""

        field: annotation = word
        """A field."""

    said = expect_error(Card, Unit, mutation=Mutation)
    assert said.startswith("Mutation.field: ")
    assert reason in said


def test_a_scope_that_names_an_unknown_value_is_refused() -> None:
    class Odd(MiniatureAccess):
        """Access by a value that requests do not have."""

        def visible_rows(self, scope: str, role: Role | None, table: sa.Table, *, wide: bool) -> ColumnElement[bool]:
            assert scope
            assert role is None or role or wide
            return table.c.id == sa.bindparam("whoever")

    assert "scope 'public': no request has a value named 'whoever'" in expect_error(Unit, access=Odd())
