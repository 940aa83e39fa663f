"""What no rule allows is denied: a walk over tables, graph and commands finds nothing without a rule."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.access import policy
from domain.actor import Actor, Role
from domain.ports import CommandContext
from domain.refusals import NotAllowed
from resolvers.graph import model, sql_fragments
from schema.schema import GRAPH
from tests.access import missing_rules
from tests.access.town_service import TownService

TABLES = SQLModel.metadata.tables


def test_every_table_has_a_scope_and_none_of_people_is_open() -> None:
    assert not missing_rules.find_unscoped_tables(TABLES)


def test_a_table_of_people_without_scope_is_found() -> None:
    apart = sa.MetaData()
    sa.Table("person", apart, sa.Column("id", sa.BigInteger, primary_key=True), info={"scope": "register"})
    sa.Table("note", apart, sa.Column("person_id", sa.ForeignKey("person.id")))
    sa.Table("open", apart, sa.Column("told_by", sa.ForeignKey("person.id")), info={"scope": "public"})
    assert missing_rules.find_unscoped_tables(apart.tables) == ["note has no scope", "open is open and names person"]


async def test_each_role_is_given_rows_of_those_tables_alone_that_the_oracle_gives_it(place: TownService) -> None:
    assert not missing_rules.find_oracle_mismatches(TABLES, place.town)


async def test_a_scope_that_gives_a_role_too_much_is_found(place: TownService) -> None:
    apart = sa.MetaData()
    sa.Table("audit_entry", apart, sa.Column("person_id", sa.BigInteger), info={"scope": "job"})
    found = missing_rules.find_oracle_mismatches(apart.tables, place.town)
    assert "audit_entry: hr is given rows against the oracle" in found


async def test_a_table_that_nobody_tried_is_found(place: TownService) -> None:
    apart = sa.MetaData()
    sa.Table("note", apart, sa.Column("person_id", sa.BigInteger), info={"scope": "record"})
    found = missing_rules.find_oracle_mismatches(apart.tables, place.town)
    assert found == ["note: the town has no row of it, so nobody tried who sees it"]


def test_no_field_reads_people_but_through_their_scope() -> None:
    assert not missing_rules.find_unscoped_reads(GRAPH, TABLES)


def test_what_reads_people_without_scope_is_still_there() -> None:
    shown = {f"{of.name}.{name}" for of in [GRAPH.query, *GRAPH.object_types.values()] for name in of.fields}
    assert set(missing_rules.FIELDS_OUTSIDE_SCOPE) <= shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(SELECT count(*) FROM evaluation)", "Unit.planted reads evaluation without scope"),
        ("(SELECT sex FROM person_attribute)", "Unit.planted shows what is never shown"),
    ],
)
def test_a_field_that_reads_people_without_scope_is_found(text: str, found: str) -> None:
    planted = model.ObjectField(
        "planted", "", model.TypeRef("Int"), model.ColumnSource(sql_fragments.SqlFragment((text,)), "integer")
    )
    unit = GRAPH.object_types["Unit"]
    objects = {**GRAPH.object_types, "Unit": replace(unit, fields={**unit.fields, "planted": planted})}
    assert found in missing_rules.find_unscoped_reads(replace(GRAPH, object_types=objects), TABLES)


def test_what_is_ruled_is_told_in_no_other_way() -> None:
    assert not missing_rules.find_unruled_reads(GRAPH)


def _list_people_tables(**changed: Any) -> model.Graph:
    people = GRAPH.query.fields["people"]
    assert isinstance(people.source, model.ConnectionSource)
    fields = {**GRAPH.query.fields, "people": replace(people, source=replace(people.source, **changed))}
    return replace(GRAPH, query=replace(GRAPH.query, fields=fields))


def test_a_way_to_tell_what_is_ruled_is_found() -> None:
    nip = sql_fragments.SqlFragment((sql_fragments.AliasSlot(), ".nip"))
    order = model.SortOrder("nip,id", (model.OrderKey("nip", nip, "text", descending=False),))
    where = GRAPH.filter_inputs["PersonWhere"]
    bare = replace(where, fields={**where.fields, "nip": replace(where.fields["nip"], visibility=None)})
    person = GRAPH.object_types["Person"]
    born = model.ComputedSource(str, (model.ColumnSource(nip, "text"),), (None,), frozenset())
    field = model.ObjectField("planted", "", model.TypeRef("String"), born)
    told = replace(person, fields={**person.fields, "planted": field})
    assert {
        *missing_rules.find_unruled_reads(_list_people_tables(orders={"NIP": order})),
        *missing_rules.find_unruled_reads(_list_people_tables(filter_input=bare)),
        *missing_rules.find_unruled_reads(replace(GRAPH, object_types={**GRAPH.object_types, "Person": told})),
    } == {
        "Query.people tells nip of person by the order NIP, without its rule",
        "Query.people tells nip of person by PersonWhere.nip, without its rule",
        "Person.planted tells nip of person by its value, without its rule",
    }


async def test_every_command_and_service_asks_the_policy_first() -> None:
    assert not await missing_rules.find_commands_without_policy(GRAPH)


async def test_a_command_that_asks_no_policy_is_found() -> None:
    async def careless(act: CommandContext, _asked: Any) -> int:
        await act.db.execute(sa.text("SELECT 1"))
        return 1

    assert GRAPH.mutation is not None
    field = GRAPH.mutation.fields["requestJob"]
    assert isinstance(field.source, model.CommandSource)
    planted = replace(field, name="planted", source=replace(field.source, function=careless))
    mutation = replace(GRAPH.mutation, fields={**GRAPH.mutation.fields, "planted": planted})
    assert await missing_rules.find_commands_without_policy(replace(GRAPH, mutation=mutation)) == [
        "planted asks no policy"
    ]


def test_every_action_is_somebodys() -> None:
    assert not missing_rules.find_actions_without_role(policy.ALLOWED_ROLES)
    assert missing_rules.find_actions_without_role({}) == [action.name for action in policy.Action]


@pytest.mark.parametrize("role", Role)
def test_what_is_not_listed_is_not_allowed(role: Role) -> None:
    for action in policy.Action:
        if role in policy.ALLOWED_ROLES[action]:
            policy.require_permission(Actor(1, role), action)
        else:
            with pytest.raises(NotAllowed):
                policy.require_permission(Actor(1, role), action)


def test_every_event_is_about_rows_that_have_a_scope() -> None:
    assert GRAPH.subscription is not None
    for field in GRAPH.subscription.fields.values():
        assert isinstance(field.source, model.EventSource)
        of = GRAPH.object_types[field.source.type_name]
        assert GRAPH.tables[str(of.table)].owner is None
        assert TABLES[str(of.table)].info["scope"] in {"public", "register", "record", "risk", "training", "job"}
