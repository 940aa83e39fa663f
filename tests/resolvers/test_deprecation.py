"""What is to be removed says why and when, wherever it stands."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, cast

import pytest
from graphql import build_schema
from pydantic import BaseModel, ConfigDict, Field

from domain.deprecation import Deprecated
from domain.deprecation import deprecated as leaving
from domain.ports import Act
from resolvers.graph import build, model
from resolvers.graph.words import (
    ID,
    Connection,
    Match,
    Node,
    by,
    command,
    computed,
    connection,
    deprecated,
    lookup,
    matches,
    node,
    one,
    orders,
    where,
)
from resolvers.reference.schema import schema
from tests.resolvers import miniature
from tests.resolvers.miniature import ALWAYS, BY_NAME, NEWEST, Access, PersonRow, UnitRow

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


async def changed(act: Act, asked: Change) -> int:
    return len(f"{act}{asked}")


def shouted(name: str, *, loud: bool = True, very: bool = True) -> str:
    return name.upper() if loud and very else name


@where(PersonRow)
class Which:
    """Which people."""

    title: str | None = deprecated(matches(PersonRow.name, Match.EQUALS), **ENDS)
    """Of this name."""
    name: str | None = matches(PersonRow.name, Match.EQUALS)
    """Of this name."""


@by(PersonRow)
class Keys:
    """Which person."""

    id: ID | None
    """By ID."""
    nip: str | None = deprecated(**ENDS)
    """By NIP."""


@orders(PersonRow)
class Sorted:
    """Orders of people."""

    NAME = BY_NAME
    """By name."""
    JOINED = deprecated(NEWEST, **ENDS)
    """The newest first."""


@node(UnitRow, "un")
class Unit(Node):
    """A unit."""

    name: str
    """Name."""


@node(PersonRow, "pe")
class Person(Node):
    """A person."""

    name: str = deprecated(**ENDS)
    """Name."""
    unit: Unit | None = deprecated(one(PersonRow.unit_id), **ENDS)
    """Unit."""
    loud: str = computed(
        shouted, PersonRow.name, arguments={"loud": deprecated("How loud.", **ENDS), "very": "Very loud."}
    )
    """The name, loud."""


class Query:
    """What may be asked."""

    person: Person | None = deprecated(lookup(), **ENDS)
    """A person."""
    person_by: Person | None = lookup(by=Keys)
    """A person."""
    people: Connection[Person] = connection(where=Which, orders=Sorted, default=Sorted.NAME)
    """People."""


class Mutation:
    """What may be changed."""

    change: Person = deprecated(command(changed, Change), **ENDS)
    """Change something."""


def compiled(*types: type, query: type = Query, mutation: type | None = Mutation) -> model.Graph:
    return build.compile(query, mutation, types=types, access=Access(), refusals=(miniature.Full,), always=ALWAYS)


def test_clients_read_why_and_until_when() -> None:
    graph = compiled(Unit, Person, Which, Sorted, Keys)
    built = build_schema(schema(graph, once=miniature.once).as_str())
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


def fails(*types: type, query: type = Query, mutation: type | None = Mutation) -> str:
    with pytest.raises(build.Refused) as refused:
        compiled(*types, query=query, mutation=mutation)
    return str(refused.value)


@pytest.mark.parametrize(
    ("reason", "day"),
    [("", DAY), ("  ", DAY), ("Use `name`", DAY), ("Use `name`.", None), ("Use `name`.", "2027-06-30")],
)
def test_a_deprecation_without_reason_or_day_is_refused(reason: Any, day: Any) -> None:
    @node(UnitRow, "un")
    class Unit(Node):
        """A unit."""

        name: str = deprecated(reason=reason, removed_on=day)
        """Name."""

    class Query:
        """Nothing much."""

        unit: Unit | None = lookup()
        """A unit."""

    assert fails(Unit, query=Query, mutation=None).startswith("Unit.name: is deprecated, and says not")


def test_a_required_argument_is_not_deprecated() -> None:
    def worded(name: str, *, loud: bool) -> str:
        return name.upper() if loud else name

    @node(UnitRow, "un")
    class Unit(Node):
        """A unit."""

        loud: str = computed(worded, UnitRow.name, arguments={"loud": deprecated("How loud.", **ENDS)})
        """Loud."""

    class Query:
        """Nothing much."""

        unit: Unit | None = lookup()
        """A unit."""

    assert "its argument 'loud' is deprecated and required" in fails(Unit, query=Query, mutation=None)


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
    ("asked", "reason"),
    [
        (Forced, "title is deprecated and required"),
        (Silent, "title: say by Annotated[…, Deprecated(reason, removed_on)]"),
        (Half, "title is deprecated, and says not"),
    ],
)
def test_a_field_of_a_request_is_refused(asked: type[BaseModel], reason: str) -> None:
    class Mutation:
        """What may be changed."""

        change: Person = command(changed, cast("Any", asked))
        """Change something."""

    assert reason in fails(Unit, Person, Which, Sorted, Keys, mutation=Mutation)


def test_a_default_order_stays() -> None:
    class Query:
        """Nothing much."""

        people: Connection[Person] = connection(orders=Sorted, default=Sorted.JOINED)
        """People."""

    assert "or is deprecated" in fails(Unit, Person, Sorted, query=Query, mutation=None)


def test_what_leaves_is_a_member() -> None:
    @leaving(NONE=Deprecated("Use `A`.", DAY))
    class Odd(StrEnum):
        """An enum."""

        A = "A"
        """A."""

    @node(UnitRow, "un")
    class Unit(Node):
        """A unit."""

        name: Odd
        """Name."""

    class Query:
        """Nothing much."""

        unit: Unit | None = lookup()
        """A unit."""

    assert "Odd.NONE: is deprecated and no member" in fails(Unit, query=Query, mutation=None)
