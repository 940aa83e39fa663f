"""What is to be removed says why and when, wherever it stands."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, cast

import pytest
from graphql import build_schema
from pydantic import BaseModel, ConfigDict, Field

from domain.deprecation import Deprecated
from domain.deprecation import deprecate_members as leaving
from domain.ports import CommandContext
from resolvers.graph import compiler, model
from resolvers.graph.declarations import (
    ID,
    Connection,
    MatchKind,
    Node,
    command,
    computed_field,
    connection,
    deprecate,
    filter_field,
    filter_input,
    key_input,
    lookup,
    node,
    order_enum,
    single_row,
)
from resolvers.reference.strawberry_schema import build_strawberry_schema
from tests.resolvers import miniature
from tests.resolvers.miniature import (
    BY_NAME,
    COMMON_REFUSALS,
    NEWEST,
    MiniatureAccess,
    MiniaturePersonRow,
    MiniatureUnitRow,
)

DAY = date(2027, 6, 30)
ENDS: Final[Any] = {"reason": "Use `name`.", "removed_on": DAY}


@leaving(OLD=Deprecated("Use `NEW`.", DAY))
class Fashion(StrEnum):
    """A fashion."""

    OLD = "LAMA"
    """The old one."""
    NEW = "BARU"
    """The new one."""


class Change(BaseModel):
    """Change something."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="The name.")
    title: Annotated[str | None, Deprecated("Use `name`.", DAY)] = Field(default=None, description="The name.")
    fashion: Fashion = Field(default=Fashion.NEW, description="The fashion.")


async def apply_change(context: CommandContext, request: Change) -> int:
    return len(f"{context}{request}")


def shout_name(name: str, *, loud: bool = True, very: bool = True) -> str:
    return name.upper() if loud and very else name


@filter_input(MiniaturePersonRow)
class Which:
    """Which people."""

    title: str | None = deprecate(filter_field(MiniaturePersonRow.name, MatchKind.EQUALS), **ENDS)
    """Of this name."""
    name: str | None = filter_field(MiniaturePersonRow.name, MatchKind.EQUALS)
    """Of this name."""


@key_input(MiniaturePersonRow)
class Keys:
    """Which person."""

    id: ID | None
    """By ID."""
    nip: str | None = deprecate(**ENDS)
    """By NIP."""


@order_enum(MiniaturePersonRow)
class Sorted:
    """Orders of people."""

    NAME = BY_NAME
    """By name."""
    JOINED = deprecate(NEWEST, **ENDS)
    """The newest first."""


@node(MiniatureUnitRow, "un")
class Unit(Node):
    """A unit."""

    name: str
    """Name."""


@node(MiniaturePersonRow, "pe")
class Person(Node):
    """A person."""

    name: str = deprecate(**ENDS)
    """Name."""
    unit: Unit = deprecate(single_row(MiniaturePersonRow.unit_id), **ENDS)
    """Unit."""
    loud: str = computed_field(
        shout_name, MiniaturePersonRow.name, arguments={"loud": deprecate("How loud.", **ENDS), "very": "Very loud."}
    )
    """The name, loud."""


class Query:
    """What may be asked."""

    person: Person | None = deprecate(lookup(), **ENDS)
    """A person."""
    person_by: Person | None = lookup(key_input=Keys)
    """A person."""
    people: Connection[Person] = connection(filter_input=Which, order_enum=Sorted, default_order=Sorted.NAME)
    """People."""


class Mutation:
    """What may be changed."""

    change: Person = deprecate(command(apply_change, Change), **ENDS)
    """Change something."""


def compile_example(*types: type, query: type = Query, mutation: type | None = Mutation) -> model.Graph:
    return compiler.compile_graph(
        query,
        mutation,
        types=types,
        access=MiniatureAccess(),
        refusals=(miniature.Full,),
        common_refusals=COMMON_REFUSALS,
    )


def test_clients_read_why_and_until_when() -> None:
    graph = compile_example(Unit, Person, Which, Sorted, Keys)
    built = build_schema(build_strawberry_schema(graph, run_once=miniature.run_once).as_str())
    said = "Use `name`. Removed on 2027-06-30."

    def of(name: str) -> Any:
        return built.type_map[name]

    fields = {
        f"{kind}.{name}": field.deprecation_reason
        for kind in ("Query", "Mutation", "Person", "Which", "Keys", "ChangeInput")
        for name, field in of(kind).fields.items()
        if field.deprecation_reason
    }
    leaving_fields = ("Query.person", "Mutation.change", "Person.name", "Person.unit", "Which.title", "Keys.nip")
    assert fields == dict.fromkeys((*leaving_fields, "ChangeInput.title"), said)
    loud = of("Person").fields["loud"].args
    assert (loud["loud"].deprecation_reason, loud["very"].deprecation_reason) == (said, None)
    values = of("Sorted").values
    assert (values["JOINED"].deprecation_reason, values["NAME"].deprecation_reason) == (said, None)
    assert of("Fashion").values["LAMA"].deprecation_reason == "Use `NEW`. Removed on 2027-06-30."
    assert of("Fashion").values["BARU"].deprecation_reason is None


def expect_refusal(*types: type, query: type = Query, mutation: type | None = Mutation) -> str:
    with pytest.raises(compiler.DeclarationError) as refused:
        compile_example(*types, query=query, mutation=mutation)
    return str(refused.value)


@pytest.mark.parametrize(
    ("reason", "day"),
    [("", DAY), ("  ", DAY), ("Use `name`", DAY), ("Use `name`.", None), ("Use `name`.", "2027-06-30")],
)
def test_a_deprecation_without_reason_or_day_is_refused(reason: Any, day: Any) -> None:
    @node(MiniatureUnitRow, "un")
    class Unit(Node):
        """A unit."""

        name: str = deprecate(reason=reason, removed_on=day)
        """Name."""

    class Query:
        """Nothing much."""

        unit: Unit | None = lookup()
        """A unit."""

    assert expect_refusal(Unit, query=Query, mutation=None).startswith("Unit.name: is deprecated, and says not")


def test_a_required_argument_is_not_deprecated() -> None:
    def worded(name: str, *, loud: bool) -> str:
        return name.upper() if loud else name

    @node(MiniatureUnitRow, "un")
    class Unit(Node):
        """A unit."""

        loud: str = computed_field(worded, MiniatureUnitRow.name, arguments={"loud": deprecate("How loud.", **ENDS)})
        """Loud."""

    class Query:
        """Nothing much."""

        unit: Unit | None = lookup()
        """A unit."""

    assert "its argument 'loud' is deprecated and required" in expect_refusal(Unit, query=Query, mutation=None)


class Forced(BaseModel):
    """Change something."""

    title: Annotated[str, Deprecated("Use `name`.", DAY)] = Field(description="The name.")


class Silent(BaseModel):
    """Change something."""

    title: str = Field(default="", description="The name.", deprecated="Use `name`.")


class Half(BaseModel):
    """Change something."""

    title: Annotated[str, Deprecated("", DAY)] = Field(default="", description="The name.")


@pytest.mark.parametrize(
    ("request_model", "reason"),
    [
        (Forced, "title is deprecated and required"),
        (Silent, "title: say by Annotated[…, Deprecated(reason, removed_on)]"),
        (Half, "title is deprecated, and says not"),
    ],
)
def test_a_field_of_a_request_is_refused(request_model: type[BaseModel], reason: str) -> None:
    class Mutation:
        """What may be changed."""

        change: Person = command(apply_change, cast("Any", request_model))
        """Change something."""

    assert reason in expect_refusal(Unit, Person, Which, Sorted, Keys, mutation=Mutation)


def test_a_default_order_stays() -> None:
    class Query:
        """Nothing much."""

        people: Connection[Person] = connection(order_enum=Sorted, default_order=Sorted.JOINED)
        """People."""

    assert "or is deprecated" in expect_refusal(Unit, Person, Sorted, query=Query, mutation=None)


def test_what_leaves_is_a_member() -> None:
    @leaving(NONE=Deprecated("Use `A`.", DAY))
    class Odd(StrEnum):
        """An enum."""

        A = "A"
        """A."""

    @node(MiniatureUnitRow, "un")
    class Unit(Node):
        """A unit."""

        name: Odd
        """Name."""

    class Query:
        """Nothing much."""

        unit: Unit | None = lookup()
        """A unit."""

    assert "Odd.NONE: is deprecated and no member" in expect_refusal(Unit, query=Query, mutation=None)
