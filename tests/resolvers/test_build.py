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
from domain.ports import Act
from resolvers.graph import build, words
from resolvers.graph.words import (
    ID,
    Connection,
    Match,
    Node,
    column,
    command,
    computed,
    connection,
    expression,
    fact,
    lookup,
    many,
    matches,
    node,
    one,
    order,
    orders,
    service,
    shown,
    view,
    where,
)
from tests.resolvers.miniature import (
    BY_NAME,
    BY_TIME,
    Access,
    EvaluationOrder,
    EvaluationRow,
    Full,
    ItemRow,
    PersonOrder,
    PersonRow,
    PersonWhere,
    Seat,
    UnitRow,
    first_letters,
    key,
    of,
    record,
    ref,
)


class Bare(SQLModel, registry=registry()):
    """Tables that lack something."""


class NoScopeRow(Bare, table=True):
    """A table without a scope."""

    __tablename__ = "no_scope"
    id: int = key()


class NoKeyRow(Bare, table=True):
    """A table with a key of text."""

    __tablename__ = "no_key"
    __table_args__ = ({"info": {"scope": "public"}},)
    id: str = Column(sa_column=sa.Column(sa.Text, primary_key=True))


class OrphanRow(Bare, table=True):
    """A table of scope parent without a parent."""

    __tablename__ = "orphan"
    __table_args__ = ({"info": {"scope": "parent"}},)
    id: int = key()


class OddRow(Bare, table=True):
    """A table with columns that cannot be shown exactly."""

    __tablename__ = "odd"
    __table_args__ = ({"info": {"scope": "public"}},)
    id: int = key()
    ratio: float = of(sa.Float)
    moment: str = of(sa.DateTime)
    wide: int = of(sa.Numeric(5, 2))
    self_id: int = ref("odd.id")


UNTYPED: Any = words
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


async def answered(asking: Any, asked: Any) -> Any:
    return asking, asked


async def changed(act: Act, asked: Any) -> int:
    return len(f"{act}{asked}")


def named(name: str, *, loud: bool) -> str:
    return name.upper() if loud else name


def fails(*types: type, query: type | None = None, mutation: type | None = None, **more: Any) -> str:
    """Compile, and give the reason why not."""

    class Query:
        """Nothing much."""

        node: Node | None = lookup()
        """Anything."""

    arguments: dict[str, Any] = {"access": Access(), "refusals": (Full,), **more}
    with pytest.raises(build.Refused) as refused:
        build.compile(query or Query, mutation, types=types, **arguments)
    return str(refused.value)


@shown(PersonRow)
class Card:
    """A person."""

    name: str
    """Name."""


@shown(EvaluationRow)
class Paper:
    """An evaluation."""

    score: Decimal
    """Score."""


@node(UnitRow, "un")
class Unit(Node):
    """A unit."""

    name: str
    """Name."""


ROWS: list[tuple[Any, Any, str]] = [
    # annotation, word, reason
    (str, None, "mini_person has no column 'field'"),
    (str, column(EvaluationRow.note), "is a column of another table than mini_person"),
    (str, column("name"), "neither a column nor a SQL expression"),
    (int, column(PersonRow.name), "Int does not show a source of type text"),
    (Decimal, column(PersonRow.id), "Decimal does not show a source of type bigint"),
    (float, column(PersonRow.id), "floats differ"),
    (list[str], column(PersonRow.name), "a column is no list"),
    (dict[str, str], column(PersonRow.name), "is no type of the API"),
    (Access, column(PersonRow.name), "Access is neither declared"),
    (int, column(PersonRow.appraiser_id), "its source may be null"),
    (str, column(PersonRow.name, seen_by="own_or_hr"), "its source is ruled"),
    (str, expression(sa.func.lower(col(PersonRow.name))), "its source may be null"),
    (str, expression(col(UnitRow.name) + "x", null=False), "columns of a table other than mini_person"),
    (str, expression(sa.bindparam("me") + col(PersonRow.name), null=False), "no request has a value named 'me'"),
    (int, expression(sa.func.length(col(UnitRow.name)), null=False), "other than mini_person"),
    (str, UNTYPED.computed(first_letters, PersonRow.name, PersonRow.nip), "takes 1 values and is given 2"),
    (str, computed(first_letters, UnitRow.name), "another table"),
    (str, computed(first_letters, PersonRow.name, seen_by="own_or_hr"), "is ruled"),
    (str, computed(named, PersonRow.name), "its argument 'loud' has no description"),
    (str, computed(named, PersonRow.name, arguments={"loud": "L.", "x": "X."}), "does not take: x"),
    (str, computed(first_letters, column(UnitRow.name)), "another table"),
    (str, one(PersonRow.unit_id), "shows rows, which String does not"),
    (Unit | None, one(), "names no foreign key"),
    (Unit | None, one(PersonRow.name), "is no foreign key to mini_unit"),
    (Unit | None, one(PersonRow.appraiser_id), "is no foreign key to mini_unit"),
    (Unit | None, one(PersonRow.unit_id, order=BY_NAME), "is one already"),
    (Card, one(PersonRow.appraiser_id), "its foreign key may be null"),
    (Unit, one(PersonRow.unit_id, seen_by="own_or_hr"), "its foreign key may be null"),
    (Paper | None, one(EvaluationRow.person_id), "needs an order"),
    (Paper, one(EvaluationRow.person_id, order=BY_TIME), "there may be no such row"),
    (Paper | None, one(EvaluationRow.person_id, order=BY_NAME), "is of columns of mini_evaluation"),
    (Paper | None, one(EvaluationRow.person_id, order=BY_TIME, seen_by="own_or_hr"), "seen_by rules a value"),
    (
        Paper | None,
        one(EvaluationRow.person_id, order=BY_TIME, where=col(UnitRow.id) == 1),
        "other than mini_evaluation",
    ),
    (list[Card], many(EvaluationRow.person_id, order=BY_TIME, most=5), "which Card shows"),
    (list[Unit], many(UnitRow.parent_id, order=order(UnitRow.id), most=5), "is no foreign key to mini_person"),
    (list[Paper] | None, many(EvaluationRow.person_id, order=BY_TIME, most=5), "annotate it `list[…]`"),
    (list[Paper | None], many(EvaluationRow.person_id, order=BY_TIME, most=5), "annotate it `list[…]`"),
    (list[Paper], many(EvaluationRow.person_id, order=BY_TIME, most=0), "needs `most`"),
    (list[Paper], many(EvaluationRow.person_id, order=BY_TIME, most=5, first=1, last=1), "at most one of"),
    (list[Paper], many(EvaluationRow.person_id, order=BY_TIME, most=5, first=6), "a default from 1 to `most`"),
    (list[Paper], many(EvaluationRow.person_id, order=order(EvaluationRow.ends_on), most=5), "must end in its key"),
    (
        list[Paper],
        many(EvaluationRow.person_id, order=order(EvaluationRow.id, EvaluationRow.id), most=5),
        "no column twice",
    ),
    (
        list[Paper],
        many(EvaluationRow.person_id, order=order(EvaluationRow.note, EvaluationRow.id), most=5),
        "cannot order by 'note'",
    ),
    (
        list[Paper],
        many(EvaluationRow.person_id, order=order(EvaluationRow.params, EvaluationRow.id), most=5),
        "cannot order by 'params'",
    ),
    (
        list[Paper],
        many(EvaluationRow.person_id, order=order(sa.func.lower(col(EvaluationRow.note)), EvaluationRow.id), most=5),
        "is of columns",
    ),
    (
        list[Paper],
        connection(EvaluationRow.person_id, orders=EvaluationOrder, default=BY_TIME),
        "annotate it `Connection[…]`",
    ),
    (
        Connection[Paper] | None,
        connection(EvaluationRow.person_id, orders=EvaluationOrder, default=BY_TIME),
        "annotate it `Connection[…]`",
    ),
    (
        Connection[Paper],
        connection(EvaluationRow.person_id, orders=PersonOrder, default=BY_NAME),
        "PersonOrder is about mini_person",
    ),
    (
        Connection[Paper],
        connection(EvaluationRow.person_id, orders=PersonWhere, default=BY_NAME),
        "not declared by @orders",
    ),
    (
        Connection[Paper],
        connection(EvaluationRow.person_id, orders=EvaluationOrder, default=BY_NAME),
        "not a member of",
    ),
    (
        Connection[Paper],
        connection(EvaluationRow.person_id, orders=EvaluationOrder, default=BY_TIME, where=PersonWhere),
        "PersonWhere is about mini_person",
    ),
    (Unit | None, lookup(), "belongs on Query"),
    (Dumb, column(PersonRow.name), "Dumb.A: has no docstring under it"),
    (Odd, column(PersonRow.name), "'a b' is no name of GraphQL"),
    (Nothing, column(PersonRow.name), "Nothing: has no docstring"),
    (Dumb, column(PersonRow.id), "Dumb does not show a source of type bigint"),
]


@pytest.mark.parametrize(("annotation", "word", "reason"), ROWS)
def test_a_field_of_rows_is_refused(annotation: Any, word: Any, reason: str) -> None:
    @shown(PersonRow)
    class Thing:
        """A thing."""

        field: annotation = word
        """A field."""

    said = fails(Thing, Card, Paper, Unit)
    assert reason in said
    assert "Thing.field" in said or "Dumb" in said or "Odd" in said or "Nothing" in said


def test_a_person_may_be_out_of_sight_of_who_sees_his_evaluation() -> None:
    @shown(EvaluationRow)
    class Thing:
        """A thing."""

        field: Card = one(EvaluationRow.person_id)
        """A field."""

    assert "not whoever sees the row sees its mini_person" in fails(Thing, Card)


def test_what_is_seen_by_all_may_be_non_null() -> None:
    @shown(EvaluationRow)
    class Whole:
        """An evaluation."""

        score: Decimal
        """Score."""

    @shown(ItemRow)
    class Thing:
        """A thing."""

        evaluation: Whole = one(ItemRow.evaluation_id)
        """Its owner."""

    class Query:
        """Nothing much."""

        things: list[Thing] = many(order=order(ItemRow.id), most=1)
        """Things."""

    graph = build.compile(Query, types=(Thing, Whole), access=Access())
    assert not graph.objects["Thing"].fields["evaluation"].shape.null


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

    assert reason in fails(Thing)


@pytest.mark.parametrize(("name", "type_"), [("ratio", Decimal), ("moment", str)])
def test_columns_without_an_exact_value_are_refused(name: str, type_: Any) -> None:
    @shown(OddRow)
    class Thing:
        """A thing."""

        field: type_ = column(getattr(OddRow, name))
        """A field."""

    assert "has no exact value" in fails(Thing)


def test_descriptions_are_demanded_everywhere() -> None:
    @shown(PersonRow)
    class Silent:
        name: str
        """Name."""

    @shown(PersonRow)
    class Half:
        """A half."""

        name: str

    @orders(PersonRow)
    class Ordered:
        """Orders."""

        NAME = BY_NAME

    @shown(UnitRow)
    class Listing:
        """A list."""

        people: Connection[Card] = connection(PersonRow.unit_id, orders=Ordered, default=BY_NAME)
        """People."""

    assert fails(Silent) == "Silent: has no docstring, and so no description"
    assert fails(Half) == "Half.name: has no docstring under it, and so no description"
    assert fails(Listing, Card) == "Ordered.NAME: has no docstring under it, and so no description"


def test_words_must_be_annotated_and_names_known() -> None:
    @shown(PersonRow)
    class Bald:
        """A thing."""

        name = column(PersonRow.name)
        """Name."""

    @shown(PersonRow)
    class Lost:
        """A thing."""

        unit: "Nowhere | None" = one(PersonRow.unit_id)  # type: ignore[name-defined]  # noqa: F821 - the point
        """Unit."""

    assert fails(Bald) == "Bald.name: has no annotation, and so no type"
    assert "'Nowhere' is not defined; hand its module to compile(types=…)" in fails(Lost)


def test_a_field_that_hides_an_import_is_noticed() -> None:
    @shown(PersonRow)
    class Hidden:
        """A thing."""

        first: list[Paper] = many(EvaluationRow.person_id, order=BY_TIME, most=2)
        """First."""
        second: list[Paper] = UNTYPED.many(EvaluationRow.person_id, order=first, most=2)
        """Second."""

    assert fails(Hidden, Paper).startswith("Hidden.second: is given a field of this class")


def test_codes_are_of_one_type_each() -> None:
    @node(PersonRow, "un")
    class Person(Node):
        """A person."""

    @node(UnitRow, "ux")
    class Second(Node):
        """A unit again."""

    @node(PersonRow, "Pe")
    class Loud(Node):
        """A person."""

    assert "code 'un' is another type's" in fails(Unit, Person)
    assert "mini_unit already has a node" in fails(Unit, Second)
    assert "not one to eight small letters" in fails(Loud)


@pytest.mark.parametrize(
    ("annotation", "word", "reason"),
    [
        (str, matches(PersonRow.name, Match.EQUALS), "annotate it `… | None`"),
        (str | None, None, "says how it matches"),
        (int | None, matches(PersonRow.name, Match.EQUALS), "cannot be compared"),
        (str | None, matches(PersonRow.name, Match.ANY), "a list exactly where"),
        (list[str] | None, matches(PersonRow.name, Match.EQUALS), "a list exactly where"),
        (str | None, matches(PersonRow.unit_id, Match.REFERENCE), "`ID | None`"),
        (ID | None, matches(PersonRow.name, Match.REFERENCE), "no node shows the table"),
        (ID | None, matches(PersonRow.appraiser_id, Match.REFERENCE), "no node shows the table"),
        (ID | None, matches(PersonRow.unit_path, Match.UNDER), "no node shows the table"),
        (str | None, matches(PersonRow.joined_at, Match.WITHIN), "`Period | None`"),
        (str | None, matches(UnitRow.name, Match.EQUALS), "other than mini_person"),
        (
            bool | None,
            matches(sa.bindparam("x") == col(PersonRow.id), Match.HOLDS),
            "no request has a value named 'x'",
        ),
    ],
)
def test_a_field_of_a_filter_is_refused(annotation: Any, word: Any, reason: str) -> None:
    @where(PersonRow)
    class Which:
        """Which."""

        field: annotation = word
        """A field."""

    class Query:
        """Nothing much."""

        people: Connection[Card] = connection(orders=PersonOrder, default=BY_NAME, where=Which)
        """People."""

    said = fails(Unit, Card, query=Query)
    assert said.startswith("Which.field: ")
    assert reason in said


@pytest.mark.parametrize(
    ("annotation", "word", "reason"),
    [
        (int, None, "has no attribute 'field'"),
        (int, many(order=BY_NAME, most=1), "a view shows"),
        (str, computed(first_letters, fact("nothing")), "is no attribute of Seat"),
        (Card | None, one(fact("nothing")), "is no attribute of Seat"),
        (Card, one(fact("person_id")), "may be unseen"),
    ],
)
def test_a_field_of_facts_is_refused(annotation: Any, word: Any, reason: str) -> None:
    @view(Seat)
    class Thing:
        """A thing."""

        field: annotation = word
        """A field."""

    assert reason in fails(Thing, Card)


def test_a_view_agrees_with_its_facts() -> None:
    @dataclass(frozen=True, slots=True)
    class Facts:
        count: int | None
        names: tuple[str, ...]

    @view(Facts)
    class Nulls:
        """A view."""

        count: int
        """Count."""

    @view(Facts)
    class Types:
        """A view."""

        names: list[int]
        """Names."""

    assert "does not agree with the attribute" in fails(Nulls)
    assert "does not agree with the attribute" in fails(Types)


ROOTS: list[tuple[Any, Any, str]] = [
    (str, None, "says not where it comes from"),
    (Card, lookup(), "annotate it `… | None`"),
    (Card | None, lookup(), "Card has no global ID"),
    (list[Unit], lookup(), "annotate it `… | None`"),
    (str | None, lookup(), "shows rows, which String does not"),
    (list[Card], many(PersonRow.unit_id, order=BY_NAME, most=1), "there is no row"),
    (Card, service(answered, Undescribed), "Undescribed.name has no description"),
    (str, service(answered, Floating), "floats differ"),
    (Card, UNTYPED.service(answered), "a service returns facts"),
    (Card | Full, UNTYPED.service(answered), "is no view"),
    (Card | ZeroDivisionError, UNTYPED.service(answered), "is not among compile(refusals=…)"),
]


@pytest.mark.parametrize(("annotation", "word", "reason"), ROOTS)
def test_a_field_of_query_is_refused(annotation: Any, word: Any, reason: str) -> None:
    class Query:
        """Nothing much."""

        field: annotation = word
        """A field."""

    said = fails(Card, Unit, query=Query)
    assert said.startswith("Query.field: ")
    assert reason in said


@pytest.mark.parametrize(
    ("annotation", "word", "reason"),
    [
        (Card, None, "is a command(…)"),
        (Card, command(changed, Undocumented), "Undocumented has no docstring"),
        (Card, command(changed, Stolen), "`clientMutationKey` is every command's own"),
        (Card | ZeroDivisionError, command(changed, Floating), "floats differ"),
        (str, command(record, cast("Any", Undescribed)), "Undescribed.name has no description"),
    ],
)
def test_a_field_of_mutation_is_refused(annotation: Any, word: Any, reason: str) -> None:
    class Mutation:
        """Nothing much."""

        field: annotation = word
        """A field."""

    said = fails(Card, Unit, mutation=Mutation)
    assert said.startswith("Mutation.field: ")
    assert reason in said


def test_a_scope_that_names_an_unknown_value_is_refused() -> None:
    class Odd(Access):
        """Access by a value that requests do not have."""

        def visible(self, scope: str, role: Role | None, table: sa.Table, *, wide: bool) -> ColumnElement[bool]:
            assert scope
            assert role is None or role or wide
            return table.c.id == sa.bindparam("whoever")

    assert "scope 'public': no request has a value named 'whoever'" in fails(Unit, access=Odd())
