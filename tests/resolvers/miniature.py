"""A small organisation with every word of a declaration in it: tables, access, schema, rows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Field as Column
from sqlmodel import SQLModel, col

from domain import refusals
from domain.actor import Actor, Role
from domain.ports import Act
from domain.references import Refers
from resolvers.graph import build, tables
from resolvers.graph.words import (
    ID,
    Connection,
    Match,
    Nip,
    Node,
    Period,
    by,
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
    period,
    service,
    shown,
    view,
    where,
)
from resolvers.ports import Asking

TODAY = date(2026, 7, 1)
NOW = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)


class Kind(StrEnum):
    """Kind of period."""

    YEAR = "TAHUNAN"
    """A year (tahunan)."""
    QUARTER = "TRIWULAN"
    """A quarter (triwulan)."""


class Language(StrEnum):
    """Language of sentences (bahasa)."""

    INDONESIAN = "ID"
    """Indonesian."""
    ENGLISH = "EN"
    """English."""


class Table(SQLModel, registry=registry()):
    """Tables apart from those of the application."""


def key() -> Any:
    return Column(default=None, sa_column=sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))


def ref(target: str, *, null: bool = False) -> Any:
    return Column(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey(target), nullable=null))


def of(type_: Any, *, null: bool = False) -> Any:
    return Column(sa_column=sa.Column(type_, nullable=null))


SORTED = sa.Text(collation="C")


class UnitRow(Table, table=True):
    """A unit."""

    __tablename__ = "mini_unit"
    __table_args__ = ({"info": {"scope": "public"}},)

    id: int = key()
    name: str = of(SORTED)
    path: str = of(SORTED)
    parent_id: int | None = ref("mini_unit.id", null=True)


class PersonRow(Table, table=True):
    """A person."""

    __tablename__ = "mini_person"
    __table_args__ = ({"info": {"scope": "person"}},)

    id: int = key()
    unit_id: int = ref("mini_unit.id")
    unit_path: str = of(SORTED)
    appraiser_id: int | None = ref("mini_person.id", null=True)
    name: str = of(SORTED)
    nip: str = of(sa.Text)
    active: bool = of(sa.Boolean)
    joined_at: datetime = of(sa.DateTime(timezone=True))


class EvaluationRow(Table, table=True):
    """An evaluation."""

    __tablename__ = "mini_evaluation"
    __table_args__ = ({"info": {"scope": "record"}},)

    id: int = key()
    person_id: int = ref("mini_person.id")
    unit_path: str = of(SORTED)
    appraiser_id: int | None = ref("mini_person.id", null=True)
    kind: Kind = of(sa.Text)
    starts_on: date = of(sa.Date)
    ends_on: date = of(sa.Date)
    score: Decimal = of(sa.Numeric(5, 2))
    note: str | None = of(sa.Text, null=True)
    params: dict[str, Any] = of(JSONB)


class ItemRow(Table, table=True):
    """One item of an evaluation."""

    __tablename__ = "mini_item"
    __table_args__ = ({"info": {"scope": "parent"}},)

    id: int = key()
    evaluation_id: int = ref("mini_evaluation.id")
    unit_id: int | None = ref("mini_unit.id", null=True)
    ordinal: int = of(sa.Integer)
    text: str = of(sa.Text)


def index(table: type[SQLModel], *columns: str, descending: str = "", **options: Any) -> sa.Index:
    """An index of columns, those in `descending` from the end."""
    rows = tables.of(table)
    keys = (rows.c[name].desc() if name in descending.split() else rows.c[name] for name in columns)
    return sa.Index(f"ix_{rows.name}__{'_'.join(columns)}", *keys, **options)


INDEXES = (
    index(UnitRow, "path", unique=True),
    index(UnitRow, "parent_id", "path", "id"),
    index(PersonRow, "nip", unique=True),
    index(PersonRow, "name", "id"),
    index(PersonRow, "joined_at", "id", descending="joined_at"),
    index(PersonRow, "unit_id", "name", "id"),
    index(PersonRow, "unit_id", "joined_at", "id", descending="id"),
    index(PersonRow, "active", "unit_id", "name", "id"),
    index(
        PersonRow, "unit_id", "joined_at", "id", "name", descending="joined_at", postgresql_where=sa.text("active")
    ),
    index(EvaluationRow, "ends_on", "id"),
    index(EvaluationRow, "score", "id", descending="score"),
    index(EvaluationRow, "person_id", "ends_on", "id"),
    index(EvaluationRow, "person_id", "score", "id", descending="score"),
    index(ItemRow, "ordinal", "id"),
    index(ItemRow, "evaluation_id", "ordinal", unique=True),
)
"""What the orders of the schema begin with; tests alone need not have them in the database."""


class Access:
    """Whose rows and fields, by role."""

    def visible(
        self,
        scope: str,
        role: Role | None,
        table: sa.Table,
        *,
        wide: bool,  # noqa: ARG002 - it has one form for both
    ) -> ColumnElement[bool]:
        """Rows of a scope; a wide part is seen as a narrow one is."""
        if scope == "public" or role is Role.SERVICE:
            return sa.true()
        by_role: Mapping[Role | None, Callable[[sa.Table], ColumnElement[bool]]] = {
            Role.EMPLOYEE: own,
            Role.SUPERVISOR: line,
            Role.HR: units,
        }
        return by_role[role](table) if scope in {"person", "record"} and role in by_role else sa.false()

    def by_unit(self, scope: str) -> frozenset[Role]:
        """HR, of what is about people."""
        return frozenset({Role.HR} if scope == "person" else ())

    def seen(self, rule: str, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
        """Rows in which a ruled field is shown."""
        assert rule == "own_or_hr"
        return sa.true() if role is Role.HR else own(table) if role is Role.EMPLOYEE else sa.false()


def own(table: sa.Table) -> ColumnElement[bool]:
    person = table.c.person_id if "person_id" in table.c else table.c.id
    return person == sa.bindparam("actor_person")


def line(table: sa.Table) -> ColumnElement[bool]:
    return sa.or_(own(table), table.c.appraiser_id == sa.bindparam("actor_person"))


def units(table: sa.Table) -> ColumnElement[bool]:
    return sa.func.starts_with(table.c.unit_path, sa.bindparam("actor_path"))


BY_NAME = order(PersonRow.name, PersonRow.id)
NEWEST = order(col(PersonRow.joined_at).desc(), PersonRow.id)
UNIT_BY_PATH = order(UnitRow.path, UnitRow.id)
BY_TIME = order(EvaluationRow.ends_on, EvaluationRow.id)
BEST = order(col(EvaluationRow.score).desc(), EvaluationRow.id)
LATEST = order(col(EvaluationRow.ends_on).desc(), col(EvaluationRow.id).desc())
ITEMS = order(ItemRow.ordinal, ItemRow.id)

HEADCOUNT: ColumnElement[int] = (
    sa.select(sa.func.count())
    .select_from(PersonRow)
    .where(col(PersonRow.unit_id) == col(UnitRow.id), col(PersonRow.active))
    .scalar_subquery()
)
PAST = col(EvaluationRow.ends_on) < sa.bindparam("today")
LONG = sa.func.length(col(PersonRow.name)) > 4
WORDS = sa.func.to_tsvector(sa.literal_column("'simple'"), col(PersonRow.name))
ME = col(PersonRow.id) == sa.bindparam("actor_person")
OTHERS = col(PersonRow.id).is_distinct_from(sa.bindparam("actor_person"))
STORED = 31
OTHERS_TOTAL: Any = sa.literal_column(str(STORED)) - sa.case((sa.bindparam("actor_person").is_(None), 0), else_=1)
"""One more than there are, to tell what is stored from what is counted."""


def first_letters(name: str) -> str:
    """First letters of a name."""
    return "".join(word[0] for word in name.split())


def worded(params: Mapping[str, Any], kind: Kind, *, language: Language = Language.INDONESIAN) -> str:
    """A sentence of a code and its parameters."""
    assert isinstance(kind, Kind)
    word = {Language.INDONESIAN: "nilai", Language.ENGLISH: "score"}[language]
    return f"{word} {params['points']} {kind.value}"


def days_since(ends_on: date, *, today: date) -> int:
    """Days since."""
    return (today - ends_on).days


def failing(name: str) -> str:
    """A function that fails for some."""
    if name.startswith("Budi"):
        raise ZeroDivisionError(name)
    return name


@where(PersonRow)
class PersonWhere:
    """Which people to list."""

    unit: ID | None = matches(PersonRow.unit_path, Match.UNDER, of=UnitRow.path)
    """At or below this unit."""
    appraiser: ID | None = matches(PersonRow.appraiser_id, Match.REFERENCE)
    """Appraised by this person."""
    name: str | None = matches(WORDS, Match.WORDS)
    """Words of the name."""
    begins: str | None = matches(PersonRow.name, Match.PREFIX)
    """The name's beginning."""
    names: list[str] | None = matches(PersonRow.name, Match.ANY)
    """One of these names."""
    nip: Nip | None = matches(PersonRow.nip, Match.EQUALS, seen_by="own_or_hr")
    """Exactly this NIP."""
    active: bool | None = matches(PersonRow.active, Match.EQUALS)
    """Whether active."""
    long: bool | None = matches(LONG, Match.HOLDS)
    """Whether the name is long."""


@where(EvaluationRow)
class EvaluationWhere:
    """Which evaluations to list."""

    kind: Kind | None = matches(EvaluationRow.kind, Match.EQUALS)
    """Of this kind."""
    kinds: list[Kind] | None = matches(EvaluationRow.kind, Match.ANY)
    """Of one of these kinds."""
    score_at_least: Decimal | None = matches(EvaluationRow.score, Match.AT_LEAST)
    """With at least this score."""
    score_at_most: Decimal | None = matches(EvaluationRow.score, Match.AT_MOST)
    """With at most this score."""
    ended_in: Period | None = matches(EvaluationRow.ends_on, Match.WITHIN)
    """That ended in this period."""
    period: Period | None = matches(EvaluationRow.starts_on, Match.WITHIN, last=EvaluationRow.ends_on)
    """For exactly this period."""


@by(PersonRow)
class PersonBy:
    """Which person."""

    id: ID | None
    """By ID."""
    nip: Nip | None = column(PersonRow.nip, seen_by="own_or_hr")
    """By NIP."""


@by(UnitRow)
class UnitBy:
    """Which unit."""

    id: ID | None
    """By ID."""
    path: str | None
    """By path."""


@orders(PersonRow)
class PersonOrder:
    """Orders of people."""

    NAME = BY_NAME
    """By name."""
    NEWEST = NEWEST
    """The newest first."""


@orders(EvaluationRow)
class EvaluationOrder:
    """Orders of evaluations."""

    TIME = BY_TIME
    """By time."""
    BEST = BEST
    """The best first."""


@orders(UnitRow)
class UnitOrder:
    """Orders of units."""

    PATH = UNIT_BY_PATH
    """By path."""


@node(UnitRow, "un")
class Unit(Node):
    """A unit."""

    name: str
    """Its name."""
    parent: "Unit | None" = one(UnitRow.parent_id)
    """The unit above."""
    children: "list[Unit]" = many(UnitRow.parent_id, order=UNIT_BY_PATH, most=50)
    """The units below."""
    headcount: int = expression(HEADCOUNT, null=False)
    """How many active people it has."""
    people: "Connection[Person]" = connection(
        PersonRow.unit_id, where=PersonWhere, orders=PersonOrder, default=PersonOrder.NAME
    )
    """Its people."""
    active_people: "Connection[Person]" = connection(
        PersonRow.unit_id, orders=PersonOrder, default=PersonOrder.NEWEST, base=col(PersonRow.active)
    )
    """Its active people."""
    items: "list[Item]" = many(ItemRow.unit_id, order=ITEMS, most=20, few="there are few items")
    """Items that name the unit, whoever owns them."""


@node(PersonRow, "pe")
class Person(Node):
    """A person."""

    name: str
    """Name."""
    nip: Nip | None = column(PersonRow.nip, seen_by="own_or_hr")
    """NIP."""
    active: bool
    """Whether active."""
    joined_at: datetime
    """When joined."""
    initials: str = computed(first_letters, PersonRow.name)
    """Initials."""
    secret_initials: str | None = computed(first_letters, PersonRow.name, seen_by="own_or_hr")
    """Initials, for some."""
    quarrel: str = computed(failing, PersonRow.name)
    """What fails for some."""
    unit: Unit = one(PersonRow.unit_id)
    """The unit."""
    appraiser: "Person | None" = one(PersonRow.appraiser_id)
    """The appraiser."""
    secret_appraiser: "Person | None" = one(PersonRow.appraiser_id, seen_by="own_or_hr")
    """The appraiser, for some."""
    latest: "Evaluation | None" = one(EvaluationRow.person_id, order=LATEST, where=PAST)
    """The latest evaluation that is over."""
    evaluations: "list[Evaluation]" = many(EvaluationRow.person_id, order=BY_TIME, last=2, most=5)
    """The last evaluations."""
    first_evaluations: "list[Evaluation]" = many(EvaluationRow.person_id, order=BY_TIME, first=1, most=5)
    """The first evaluations."""
    history: "Connection[Evaluation]" = connection(
        EvaluationRow.person_id, where=EvaluationWhere, orders=EvaluationOrder, default=EvaluationOrder.TIME
    )
    """All evaluations."""


@node(EvaluationRow, "ev")
class Evaluation(Node):
    """An evaluation."""

    kind: Kind
    """Kind."""
    period: Period = period(EvaluationRow.starts_on, EvaluationRow.ends_on)
    """Period."""
    ends_on: date
    """Last day."""
    score: Decimal
    """Score."""
    note: str | None
    """Note."""
    person: Person | None = one(EvaluationRow.person_id)
    """The person."""
    sentence: str = computed(
        worded, EvaluationRow.params, EvaluationRow.kind, arguments={"language": "The language."}
    )
    """A sentence."""
    age: int = computed(days_since, EvaluationRow.ends_on)
    """Days since its end."""
    items: "list[Item]" = many(ItemRow.evaluation_id, order=ITEMS, most=20)
    """Items."""


@node(ItemRow, "it")
class Item(Node):
    """One item of an evaluation."""

    text: str
    """Text."""
    evaluation: Evaluation = one(ItemRow.evaluation_id)
    """The evaluation."""


@shown(PersonRow)
class Card:
    """A person without an ID."""

    name: str
    """Name."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat, as facts."""

    person_id: int
    number: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of seats, as facts."""

    seats: Sequence[Seat]
    best: Seat | None
    until: date
    share: Decimal


def doubled(number: int) -> int:
    """Twice."""
    return 2 * number


@view(Seat)
class PlannedSeat:
    """A planned seat."""

    number: int
    """Its number."""
    twice: int = computed(doubled, fact("number"))
    """Twice its number."""
    person: Person | None = one(fact("person_id"))
    """Who sits."""


@view(Plan)
class SeatPlan:
    """A plan of seats."""

    seats: list[PlannedSeat]
    """The seats."""
    best: PlannedSeat | None
    """The best seat."""
    until: date
    """The last day."""
    share: Decimal
    """The share."""


class Full(refusals.Refusal):
    """There is no seat left."""

    code: ClassVar[str] = "FULL"


class AskSeats(BaseModel):
    """Ask for seats."""

    model_config = ConfigDict(frozen=True)

    unit: Annotated[int, Refers("mini_unit")] = Field(description="For whom.")
    many: int = Field(default=2, ge=1, le=10, description="How many seats.")


async def plan_seats(asking: Asking, asked: AskSeats) -> Plan:
    rows = await asking.read(
        "SELECT id FROM mini_person WHERE unit_id = $1::bigint ORDER BY id LIMIT $2::bigint",
        [asked.unit, asked.many],
    )
    if not rows:
        raise Full("nobody is there", "unit")
    seats = [Seat(person, number) for number, (person,) in enumerate(rows, 1)]
    return Plan(tuple(seats), seats[0], asking.today, Decimal("0.50"))


async def business_date(asking: Asking) -> str:
    return asking.today.isoformat()


class Mark(BaseModel):
    """One mark."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(min_length=2, description="What.")
    on_day: date = Field(description="When.")


class RecordEvaluation(BaseModel):
    """Record an evaluation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: Annotated[int, Refers("mini_person")] = Field(description="Whose.")
    kind: Kind = Field(default=Kind.QUARTER, description="Kind of period.")
    score: Decimal = Field(ge=0, le=120, decimal_places=2, description="The score.")
    note: str | None = Field(default=None, max_length=20, description="A note.")
    marks: tuple[Mark, ...] = Field(default=(), description="Marks.")
    readers: tuple[Annotated[int, Refers("mini_person")], ...] = Field(default=(), description="Who may read.")


async def record(act: Act, asked: RecordEvaluation) -> int:
    """Record an evaluation; refuses what its score asks it to."""
    if asked.score == 0:
        raise Full("no room for a zero", "score")
    if asked.score == 1:
        raise refusals.Conflict("somebody was faster")
    if asked.score == 2:
        raise ZeroDivisionError("unexpected")
    person = await act.db.first(
        sa.select(col(PersonRow.unit_path), col(PersonRow.appraiser_id)).where(col(PersonRow.id) == asked.person)
    )
    if person is None:
        raise refusals.NotFound("no such person", "person")
    found = await act.db.first(
        sa.insert(EvaluationRow)
        .values(
            person_id=asked.person,
            unit_path=person[0],
            appraiser_id=person[1],
            kind=asked.kind,
            starts_on=date(2026, 4, 1),
            ends_on=date(2026, 6, 30),
            score=asked.score,
            note=asked.note,
            params={"points": len(asked.marks) + 10 * len(asked.readers)},
        )
        .returning(col(EvaluationRow.id))
    )
    assert found is not None
    return found[0]


Payload = TypeVar("Payload")


async def once(
    act: Act,
    mutation: str,
    key: str,
    asked: BaseModel,
    run: Callable[[], Awaitable[int]],
    show: Callable[[int], Awaitable[Payload]],
) -> Payload:
    """A stand-in that remembers in the process."""
    remembered = (mutation, key, asked.model_dump_json())
    if any(known[:2] == remembered[:2] and known != remembered for known in REMEMBERED):
        raise refusals.KeyReused("this key came with another input", "clientMutationKey")
    if remembered not in REMEMBERED:
        REMEMBERED[remembered] = await run()
    return await show(REMEMBERED[remembered])


REMEMBERED: dict[tuple[str, str, str], int] = {}


class Query:
    """What may be asked."""

    node: Node | None = lookup()
    """Anything by its ID."""
    nodes: list[Node | None] = lookup()
    """Things by their IDs."""
    person: Person | None = lookup()
    """A person by ID."""
    person_by: Person | None = lookup(by=PersonBy)
    """A person by ID or NIP."""
    unit_by: Unit | None = lookup(by=UnitBy)
    """A unit by ID or path."""
    me: Person | None = one(where=ME, order=BY_NAME)
    """Who asks."""
    people: Connection[Person] = connection(where=PersonWhere, orders=PersonOrder, default=PersonOrder.NAME)
    """All people."""
    others: Connection[Person] = connection(
        where=PersonWhere, orders=PersonOrder, default=PersonOrder.NAME, base=OTHERS, total=OTHERS_TOTAL
    )
    """All people but oneself."""
    evaluations: Connection[Evaluation] = connection(
        where=EvaluationWhere, orders=EvaluationOrder, default=EvaluationOrder.BEST
    )
    """All evaluations."""
    units: list[Unit] = many(order=UNIT_BY_PATH, most=50)
    """All units."""
    items: list[Item] = many(order=ITEMS, most=50)
    """All items."""
    cards: list[Card] = many(order=BY_NAME, most=3)
    """A few people."""
    seats: SeatPlan = service(plan_seats, AskSeats)
    """Planned seats."""
    seats_or_not: SeatPlan | Full = service(plan_seats, AskSeats)
    """Planned seats, or why not."""
    clock: str = service(business_date)
    """The business date."""


class Mutation:
    """What may be changed."""

    record_evaluation: Evaluation | Full = command(record, RecordEvaluation)
    """Record an evaluation."""


TYPES: tuple[type, ...] = (
    PersonWhere,
    EvaluationWhere,
    PersonOrder,
    EvaluationOrder,
    UnitOrder,
    Unit,
    Person,
    Evaluation,
    Item,
    Card,
    PlannedSeat,
    SeatPlan,
)
ALWAYS = (refusals.NotSignedIn, refusals.NotFound, refusals.InvalidInput, refusals.KeyReused)

GRAPH = build.compile(
    Query,
    Mutation,
    types=TYPES,
    access=Access(),
    refusals=(Full,),
    always=ALWAYS,
)

HR = Actor(None, Role.HR, "1.")
HR_BELOW = Actor(None, Role.HR, "1.2.")
SERVICE = Actor(None, Role.SERVICE)


def employee(person: int) -> Actor:
    """The person of this key, for himself."""
    return Actor(person, Role.EMPLOYEE)


def supervisor(person: int) -> Actor:
    """The person of this key, for those whom he appraises."""
    return Actor(person, Role.SUPERVISOR)
