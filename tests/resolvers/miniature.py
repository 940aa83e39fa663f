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
from domain.ports import CommandContext
from domain.references import RowReference
from resolvers.graph import access_rules, compiler
from resolvers.graph.declarations import (
    ID,
    Connection,
    MatchKind,
    Nip,
    Node,
    Period,
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
    key_input,
    lookup,
    node,
    order,
    order_enum,
    period_field,
    row_type,
    service,
    single_row,
)
from resolvers.ports import ExecutionContext

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


class MiniatureTable(SQLModel, registry=registry()):
    """Tables apart from those of the application."""


def primary_key() -> Any:
    return Column(default=None, sa_column=sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True))


def foreign_key(target: str, *, nullable: bool = False) -> Any:
    return Column(sa_column=sa.Column(sa.BigInteger, sa.ForeignKey(target), nullable=nullable))


def typed_column(type_: Any, *, nullable: bool = False) -> Any:
    return Column(sa_column=sa.Column(type_, nullable=nullable))


SORTED_TEXT = sa.Text(collation="C")


class MiniatureUnitRow(MiniatureTable, table=True):
    """A unit."""

    __tablename__ = "mini_unit"
    __table_args__ = ({"info": {"scope": "public"}},)

    id: int = primary_key()
    name: str = typed_column(SORTED_TEXT)
    path: str = typed_column(SORTED_TEXT)
    parent_id: int | None = foreign_key("mini_unit.id", nullable=True)


class MiniaturePersonRow(MiniatureTable, table=True):
    """A person."""

    __tablename__ = "mini_person"
    __table_args__ = ({"info": {"scope": "person"}},)

    id: int = primary_key()
    unit_id: int = foreign_key("mini_unit.id")
    unit_path: str = typed_column(SORTED_TEXT)
    appraiser_id: int | None = foreign_key("mini_person.id", nullable=True)
    name: str = typed_column(SORTED_TEXT)
    nip: str = typed_column(sa.Text)
    active: bool = typed_column(sa.Boolean)
    joined_at: datetime = typed_column(sa.DateTime(timezone=True))


class MiniatureEvaluationRow(MiniatureTable, table=True):
    """An evaluation."""

    __tablename__ = "mini_evaluation"
    __table_args__ = ({"info": {"scope": "record"}},)

    id: int = primary_key()
    person_id: int = foreign_key("mini_person.id")
    unit_path: str = typed_column(SORTED_TEXT)
    appraiser_id: int | None = foreign_key("mini_person.id", nullable=True)
    kind: Kind = typed_column(sa.Text)
    starts_on: date = typed_column(sa.Date)
    ends_on: date = typed_column(sa.Date)
    score: Decimal = typed_column(sa.Numeric(5, 2))
    note: str | None = typed_column(sa.Text, nullable=True)
    params: dict[str, Any] = typed_column(JSONB)


class MiniatureItemRow(MiniatureTable, table=True):
    """One item of an evaluation."""

    __tablename__ = "mini_item"
    __table_args__ = ({"info": {"scope": "parent"}},)

    id: int = primary_key()
    evaluation_id: int = foreign_key("mini_evaluation.id")
    unit_id: int | None = foreign_key("mini_unit.id", nullable=True)
    ordinal: int = typed_column(sa.Integer)
    text: str = typed_column(sa.Text)


def create_index(table: type[SQLModel], *columns: str, descending: str = "", **options: Any) -> sa.Index:
    """An index of columns, those in `descending` from the end."""
    rows = access_rules.get_table(table)
    keys = (rows.c[name].desc() if name in descending.split() else rows.c[name] for name in columns)
    return sa.Index(f"ix_{rows.name}__{'_'.join(columns)}", *keys, **options)


INDEXES = (
    create_index(MiniatureUnitRow, "path", unique=True),
    create_index(MiniatureUnitRow, "parent_id", "path", "id"),
    create_index(MiniaturePersonRow, "nip", unique=True),
    create_index(MiniaturePersonRow, "name", "id"),
    create_index(MiniaturePersonRow, "joined_at", "id", descending="joined_at"),
    create_index(MiniaturePersonRow, "unit_id", "name", "id"),
    create_index(MiniaturePersonRow, "unit_id", "joined_at", "id", descending="id"),
    create_index(MiniaturePersonRow, "active", "unit_id", "name", "id"),
    create_index(
        MiniaturePersonRow,
        "unit_id",
        "joined_at",
        "id",
        "name",
        descending="joined_at",
        postgresql_where=sa.text("active"),
    ),
    create_index(MiniatureEvaluationRow, "ends_on", "id"),
    create_index(MiniatureEvaluationRow, "score", "id", descending="score"),
    create_index(MiniatureEvaluationRow, "person_id", "ends_on", "id"),
    create_index(MiniatureEvaluationRow, "person_id", "score", "id", descending="score"),
    create_index(MiniatureItemRow, "ordinal", "id"),
    create_index(MiniatureItemRow, "evaluation_id", "ordinal", unique=True),
)
"""What the orders of the schema begin with; tests alone need not have them in the database."""


class MiniatureAccess:
    """Whose rows and fields, by role."""

    def visible_rows(
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
            Role.EMPLOYEE: is_own_row,
            Role.SUPERVISOR: is_in_line,
            Role.HR: is_in_units,
        }
        return by_role[role](table) if scope in {"person", "record"} and role in by_role else sa.false()

    def roles_scoped_by_unit(self, scope: str) -> frozenset[Role]:
        """HR, of what is about people."""
        return frozenset({Role.HR} if scope == "person" else ())

    def rows_with_visible_field(self, rule: str, role: Role | None, table: sa.Table) -> ColumnElement[bool]:
        """Rows in which a ruled field is shown."""
        assert rule == "own_or_hr"
        return sa.true() if role is Role.HR else is_own_row(table) if role is Role.EMPLOYEE else sa.false()

    def covers(self, column: sa.Column[Any]) -> bool:
        """Public rows are seen by all; no others are proved to be seen with what names them."""
        named = access_rules.find_referenced_table(column)
        return named is not None and named.info["scope"] == "public"


def is_own_row(table: sa.Table) -> ColumnElement[bool]:
    person = table.c.person_id if "person_id" in table.c else table.c.id
    return person == sa.bindparam("actor_person")


def is_in_line(table: sa.Table) -> ColumnElement[bool]:
    return sa.or_(is_own_row(table), table.c.appraiser_id == sa.bindparam("actor_person"))


def is_in_units(table: sa.Table) -> ColumnElement[bool]:
    return sa.func.starts_with(table.c.unit_path, sa.bindparam("actor_path"))


BY_NAME = order(MiniaturePersonRow.name, MiniaturePersonRow.id)
NEWEST = order(col(MiniaturePersonRow.joined_at).desc(), MiniaturePersonRow.id)
UNIT_BY_PATH = order(MiniatureUnitRow.path, MiniatureUnitRow.id)
BY_TIME = order(MiniatureEvaluationRow.ends_on, MiniatureEvaluationRow.id)
BEST_SCORE = order(col(MiniatureEvaluationRow.score).desc(), MiniatureEvaluationRow.id)
LATEST = order(col(MiniatureEvaluationRow.ends_on).desc(), col(MiniatureEvaluationRow.id).desc())
ITEMS = order(MiniatureItemRow.ordinal, MiniatureItemRow.id)

HEADCOUNT: ColumnElement[int] = (
    sa.select(sa.func.count())
    .select_from(MiniaturePersonRow)
    .where(col(MiniaturePersonRow.unit_id) == col(MiniatureUnitRow.id), col(MiniaturePersonRow.active))
    .scalar_subquery()
)
ENDED_BEFORE_TODAY = col(MiniatureEvaluationRow.ends_on) < sa.bindparam("today")
LONG_NAME = sa.func.length(col(MiniaturePersonRow.name)) > 4
NAME_WORDS = sa.func.to_tsvector(sa.literal_column("'simple'"), col(MiniaturePersonRow.name))
ACTOR_PERSON = col(MiniaturePersonRow.id) == sa.bindparam("actor_person")
OTHER_PEOPLE = col(MiniaturePersonRow.id).is_distinct_from(sa.bindparam("actor_person"))
STORED_COUNT = 31
OTHERS_TOTAL: Any = sa.literal_column(str(STORED_COUNT)) - sa.case(
    (sa.bindparam("actor_person").is_(None), 0), else_=1
)
"""One more than there are, to tell what is stored from what is counted."""


def take_first_letters(name: str) -> str:
    """First letters of a name."""
    return "".join(word[0] for word in name.split())


def write_score_sentence(params: Mapping[str, Any], kind: Kind, *, language: Language = Language.INDONESIAN) -> str:
    """A sentence of a code and its parameters."""
    assert isinstance(kind, Kind)
    word = {Language.INDONESIAN: "nilai", Language.ENGLISH: "score"}[language]
    return f"{word} {params['points']} {kind.value}"


def count_days_since(ends_on: date, *, today: date) -> int:
    """Days since."""
    return (today - ends_on).days


def fail_for_budi(name: str) -> str:
    """A function that fails for some."""
    if name.startswith("Budi"):
        raise ZeroDivisionError(name)
    return name


@filter_input(MiniaturePersonRow)
class PersonWhere:
    """Which people to list."""

    unit: ID | None = filter_field(MiniaturePersonRow.unit_path, MatchKind.UNDER, path_column=MiniatureUnitRow.path)
    """At or below this unit."""
    appraiser: ID | None = filter_field(MiniaturePersonRow.appraiser_id, MatchKind.REFERENCE)
    """Appraised by this person."""
    name: str | None = filter_field(NAME_WORDS, MatchKind.WORDS)
    """Words of the name."""
    begins: str | None = filter_field(MiniaturePersonRow.name, MatchKind.PREFIX)
    """The name's beginning."""
    names: list[str] | None = filter_field(MiniaturePersonRow.name, MatchKind.ANY)
    """One of these names."""
    nip: Nip | None = filter_field(MiniaturePersonRow.nip, MatchKind.EQUALS, visible_to="own_or_hr")
    """Exactly this NIP."""
    active: bool | None = filter_field(MiniaturePersonRow.active, MatchKind.EQUALS)
    """Whether active."""
    long: bool | None = filter_field(LONG_NAME, MatchKind.HOLDS)
    """Whether the name is long."""


@filter_input(MiniatureEvaluationRow)
class EvaluationWhere:
    """Which evaluations to list."""

    kind: Kind | None = filter_field(MiniatureEvaluationRow.kind, MatchKind.EQUALS)
    """Of this kind."""
    kinds: list[Kind] | None = filter_field(MiniatureEvaluationRow.kind, MatchKind.ANY)
    """Of one of these kinds."""
    score_at_least: Decimal | None = filter_field(MiniatureEvaluationRow.score, MatchKind.AT_LEAST)
    """With at least this score."""
    score_at_most: Decimal | None = filter_field(MiniatureEvaluationRow.score, MatchKind.AT_MOST)
    """With at most this score."""
    ended_in: Period | None = filter_field(MiniatureEvaluationRow.ends_on, MatchKind.WITHIN)
    """That ended in this period."""
    period: Period | None = filter_field(
        MiniatureEvaluationRow.starts_on, MatchKind.WITHIN, last_day=MiniatureEvaluationRow.ends_on
    )
    """For exactly this period."""


@key_input(MiniaturePersonRow)
class PersonBy:
    """Which person."""

    id: ID | None
    """By ID."""
    nip: Nip | None = column(MiniaturePersonRow.nip, visible_to="own_or_hr")
    """By NIP."""


@key_input(MiniatureUnitRow)
class UnitBy:
    """Which unit."""

    id: ID | None
    """By ID."""
    path: str | None
    """By path."""


@order_enum(MiniaturePersonRow)
class PersonOrder:
    """Orders of people."""

    NAME = BY_NAME
    """By name."""
    NEWEST = NEWEST
    """The newest first."""


@order_enum(MiniatureEvaluationRow)
class EvaluationOrder:
    """Orders of evaluations."""

    TIME = BY_TIME
    """By time."""
    BEST = BEST_SCORE
    """The best first."""


@order_enum(MiniatureUnitRow)
class UnitOrder:
    """Orders of units."""

    PATH = UNIT_BY_PATH
    """By path."""


@node(MiniatureUnitRow, "un")
class Unit(Node):
    """A unit."""

    name: str
    """Its name."""
    parent: "Unit | None" = single_row(MiniatureUnitRow.parent_id)
    """The unit above."""
    children: "list[Unit]" = bounded_list(MiniatureUnitRow.parent_id, order=UNIT_BY_PATH, max_rows=50)
    """The units below."""
    headcount: int = expression(HEADCOUNT, nullable=False)
    """How many active people it has."""
    people: "Connection[Person]" = connection(
        MiniaturePersonRow.unit_id, filter_input=PersonWhere, order_enum=PersonOrder, default_order=PersonOrder.NAME
    )
    """Its people."""
    active_people: "Connection[Person]" = connection(
        MiniaturePersonRow.unit_id,
        order_enum=PersonOrder,
        default_order=PersonOrder.NEWEST,
        predicate=col(MiniaturePersonRow.active),
    )
    """Its active people."""
    items: "list[Item]" = bounded_list(
        MiniatureItemRow.unit_id, order=ITEMS, max_rows=20, no_index_reason="there are few items"
    )
    """Items that name the unit, whoever owns them."""


@node(MiniaturePersonRow, "pe")
class Person(Node):
    """A person."""

    name: str
    """Name."""
    nip: Nip | None = column(MiniaturePersonRow.nip, visible_to="own_or_hr")
    """NIP."""
    active: bool
    """Whether active."""
    joined_at: datetime
    """When joined."""
    initials: str = computed_field(take_first_letters, MiniaturePersonRow.name)
    """Initials."""
    secret_initials: str | None = computed_field(take_first_letters, MiniaturePersonRow.name, visible_to="own_or_hr")
    """Initials, for some."""
    quarrel: str = computed_field(fail_for_budi, MiniaturePersonRow.name)
    """What fails for some."""
    unit: Unit = single_row(MiniaturePersonRow.unit_id)
    """The unit."""
    appraiser: "Person | None" = single_row(MiniaturePersonRow.appraiser_id)
    """The appraiser."""
    secret_appraiser: "Person | None" = single_row(MiniaturePersonRow.appraiser_id, visible_to="own_or_hr")
    """The appraiser, for some."""
    latest: "Evaluation | None" = single_row(
        MiniatureEvaluationRow.person_id, order=LATEST, predicate=ENDED_BEFORE_TODAY
    )
    """The latest evaluation that is over."""
    evaluations: "list[Evaluation]" = bounded_list(
        MiniatureEvaluationRow.person_id, order=BY_TIME, last=2, max_rows=5
    )
    """The last evaluations."""
    first_evaluations: "list[Evaluation]" = bounded_list(
        MiniatureEvaluationRow.person_id, order=BY_TIME, first=1, max_rows=5
    )
    """The first evaluations."""
    history: "Connection[Evaluation]" = connection(
        MiniatureEvaluationRow.person_id,
        filter_input=EvaluationWhere,
        order_enum=EvaluationOrder,
        default_order=EvaluationOrder.TIME,
    )
    """All evaluations."""


@node(MiniatureEvaluationRow, "ev")
class Evaluation(Node):
    """An evaluation."""

    kind: Kind
    """Kind."""
    period: Period = period_field(MiniatureEvaluationRow.starts_on, MiniatureEvaluationRow.ends_on)
    """Period."""
    ends_on: date
    """Last day."""
    score: Decimal
    """Score."""
    note: str | None
    """Note."""
    person: Person | None = single_row(MiniatureEvaluationRow.person_id)
    """The person."""
    sentence: str = computed_field(
        write_score_sentence,
        MiniatureEvaluationRow.params,
        MiniatureEvaluationRow.kind,
        arguments={"language": "The language."},
    )
    """A sentence."""
    age: int = computed_field(count_days_since, MiniatureEvaluationRow.ends_on)
    """Days since its end."""
    items: "list[Item]" = bounded_list(MiniatureItemRow.evaluation_id, order=ITEMS, max_rows=20)
    """Items."""


@node(MiniatureItemRow, "it")
class Item(Node):
    """One item of an evaluation."""

    text: str
    """Text."""
    evaluation: Evaluation = single_row(MiniatureItemRow.evaluation_id)
    """The evaluation."""


@row_type(MiniaturePersonRow)
class Card:
    """A person without an ID."""

    name: str
    """Name."""


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """A seat, as facts."""

    person_id: int
    number: int


@dataclass(frozen=True, slots=True)
class SeatPlanFacts:
    """A plan of seats, as facts."""

    seats: Sequence[SeatFacts]
    best: SeatFacts | None
    until: date
    share: Decimal


def double_number(number: int) -> int:
    """Twice."""
    return 2 * number


@facts_type(SeatFacts)
class PlannedSeat:
    """A planned seat."""

    number: int
    """Its number."""
    twice: int = computed_field(double_number, attribute("number"))
    """Twice its number."""
    person: Person | None = single_row(attribute("person_id"))
    """Who sits."""


@facts_type(SeatPlanFacts)
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

    unit: Annotated[int, RowReference("mini_unit")] = Field(description="For whom.")
    many: int = Field(default=2, ge=1, le=10, description="How many seats.")


async def plan_seats(context: ExecutionContext, request: AskSeats) -> SeatPlanFacts:
    rows = await context.fetch_rows(
        "SELECT id FROM mini_person WHERE unit_id = $1::bigint ORDER BY id LIMIT $2::bigint",
        [request.unit, request.many],
    )
    if not rows:
        raise Full("nobody is there", "unit")
    seats = [SeatFacts(person, number) for number, (person,) in enumerate(rows, 1)]
    return SeatPlanFacts(tuple(seats), seats[0], context.today, Decimal("0.50"))


async def show_business_date(context: ExecutionContext) -> str:
    return context.today.isoformat()


class Mark(BaseModel):
    """One mark."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(min_length=2, description="What.")
    on_day: date = Field(description="When.")


class MiniatureRecordEvaluation(BaseModel):
    """Record an evaluation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: Annotated[int, RowReference("mini_person")] = Field(description="Whose.")
    kind: Kind = Field(default=Kind.QUARTER, description="Kind of period.")
    score: Decimal = Field(ge=0, le=120, decimal_places=2, description="The score.")
    note: str | None = Field(default=None, max_length=20, description="A note.")
    marks: tuple[Mark, ...] = Field(default=(), description="Marks.")
    readers: tuple[Annotated[int, RowReference("mini_person")], ...] = Field(default=(), description="Who may read.")


async def record_evaluation(context: CommandContext, request: MiniatureRecordEvaluation) -> int:
    """Record an evaluation; refuses what its score asks it to."""
    if request.score == 0:
        raise Full("no room for a zero", "score")
    if request.score == 1:
        raise refusals.Conflict("somebody was faster")
    if request.score == 2:
        raise ZeroDivisionError("unexpected")
    person = await context.db.fetch_one(
        sa.select(col(MiniaturePersonRow.unit_path), col(MiniaturePersonRow.appraiser_id)).where(
            col(MiniaturePersonRow.id) == request.person
        )
    )
    if person is None:
        raise refusals.NotFound("no such person", "person")
    found = await context.db.fetch_one(
        sa.insert(MiniatureEvaluationRow)
        .values(
            person_id=request.person,
            unit_path=person[0],
            appraiser_id=person[1],
            kind=request.kind,
            starts_on=date(2026, 4, 1),
            ends_on=date(2026, 6, 30),
            score=request.score,
            note=request.note,
            params={"points": len(request.marks) + 10 * len(request.readers)},
        )
        .returning(col(MiniatureEvaluationRow.id))
    )
    assert found is not None
    return found[0]


CommandPayload = TypeVar("CommandPayload")


async def run_once(
    context: CommandContext,
    mutation: str,
    key: str,
    request: BaseModel,
    run: Callable[[], Awaitable[int]],
    load_payload: Callable[[int], Awaitable[CommandPayload]],
) -> CommandPayload:
    """A stand-in that remembers in the process."""
    remembered = (mutation, key, request.model_dump_json())
    if any(known[:2] == remembered[:2] and known != remembered for known in STORED_KEYS):
        raise refusals.KeyReused("this key came with another input", "clientMutationKey")
    if remembered not in STORED_KEYS:
        STORED_KEYS[remembered] = await run()
    return await load_payload(STORED_KEYS[remembered])


STORED_KEYS: dict[tuple[str, str, str], int] = {}


class Query:
    """What may be asked."""

    node: Node | None = lookup()
    """Anything by its ID."""
    nodes: list[Node | None] = lookup()
    """Things by their IDs."""
    person: Person | None = lookup()
    """A person by ID."""
    person_by: Person | None = lookup(key_input=PersonBy)
    """A person by ID or NIP."""
    unit_by: Unit | None = lookup(key_input=UnitBy)
    """A unit by ID or path."""
    me: Person | None = single_row(predicate=ACTOR_PERSON, order=BY_NAME)
    """Who asks."""
    people: Connection[Person] = connection(
        filter_input=PersonWhere, order_enum=PersonOrder, default_order=PersonOrder.NAME
    )
    """All people."""
    others: Connection[Person] = connection(
        filter_input=PersonWhere,
        order_enum=PersonOrder,
        default_order=PersonOrder.NAME,
        predicate=OTHER_PEOPLE,
        total=OTHERS_TOTAL,
    )
    """All people but oneself."""
    evaluations: Connection[Evaluation] = connection(
        filter_input=EvaluationWhere, order_enum=EvaluationOrder, default_order=EvaluationOrder.BEST
    )
    """All evaluations."""
    units: list[Unit] = bounded_list(order=UNIT_BY_PATH, max_rows=50)
    """All units."""
    items: list[Item] = bounded_list(order=ITEMS, max_rows=50)
    """All items."""
    cards: list[Card] = bounded_list(order=BY_NAME, max_rows=3)
    """A few people."""
    seats: SeatPlan = service(plan_seats, AskSeats)
    """Planned seats."""
    seats_or_not: SeatPlan | Full = service(plan_seats, AskSeats)
    """Planned seats, or why not."""
    clock: str = service(show_business_date)
    """The business date."""


class Mutation:
    """What may be changed."""

    record_evaluation: Evaluation | Full = command(record_evaluation, MiniatureRecordEvaluation)
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
COMMON_REFUSALS = (refusals.NotSignedIn, refusals.NotFound, refusals.InvalidInput, refusals.KeyReused)

GRAPH = compiler.compile_graph(
    Query,
    Mutation,
    types=TYPES,
    access=MiniatureAccess(),
    refusals=(Full,),
    common_refusals=COMMON_REFUSALS,
)

HR = Actor(None, Role.HR, "1.")
HR_BELOW = Actor(None, Role.HR, "1.2.")
SERVICE = Actor(None, Role.SERVICE)


def create_employee(person: int) -> Actor:
    """The person of this key, for themselves."""
    return Actor(person, Role.EMPLOYEE)


def create_supervisor(person: int) -> Actor:
    """The person of this key, for those whom they appraise."""
    return Actor(person, Role.SUPERVISOR)
