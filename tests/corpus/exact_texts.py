"""What the choice of rows and cursors write, to the letter: forms that an index can seek, and ends that data lack."""

import re
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

from domain.actor import Role
from resolvers.graph import model, sql_fragments
from resolvers.planner import field_arguments
from resolvers.planner.field_arguments import FilterValue, PageRange
from tests.resolvers import miniature

PEOPLE = model.RowSet("mini_person")
ITEMS = model.RowSet("mini_item", "evaluation_id", None, owned=True)


def check_row_query_texts(module: ModuleType) -> None:
    """The texts of `check_row_query_texts`."""

    def asked_by(role: Role | None) -> field_arguments.QueryContext:
        return field_arguments.QueryContext(role, miniature.TODAY, miniature.NOW, 100, {"actor_path": "1."})

    def writer(role: Role | None) -> Any:
        asked = asked_by(role)
        return module.RowQuery(miniature.GRAPH, asked, sql_fragments.ParameterList(asked.named_values))

    service, hr = writer(Role.SERVICE), writer(Role.HR)
    assert service.select_rows("1", PEOPLE, alias="r") == "SELECT 1 FROM mini_person AS r WHERE true"
    assert service.sees_all_rows("mini_person")
    assert not hr.sees_all_rows("mini_person")
    assert (hr.build_visibility_condition(None, "r"), hr.build_visibility_condition({}, "r")) == ("true", "false")
    assert "(false)" in service.select_rows("1", ITEMS, alias="r")
    assert "EXISTS" not in service.select_rows("1", ITEMS, alias="r", link_sql="x")
    assert "EXISTS" in service.select_rows("1", model.RowSet("mini_item", "unit_id"), alias="r", link_sql="x")
    one = model.SortOrder("t", (_find_order_key("name"),))
    two = model.SortOrder("t", (_find_order_key("name"), _find_order_key("id")))
    assert service.build_keyset_condition(one, ["x"], "r", forward=True) == "(r.name) > ($1::text)"
    assert (
        service.build_keyset_condition(two, ["x", "y"], "r", forward=False) == "(r.name, r.id) < ($2::text, $3::text)"
    )
    first = writer(Role.SERVICE).select_rows("1", PEOPLE, alias="r", page_range=PageRange(one, 3))
    assert first == "SELECT 1 FROM mini_person AS r WHERE true ORDER BY r.name LIMIT $1::bigint"
    about = writer(Role.SERVICE).select_rows("1", PEOPLE, alias="r", page_range=PageRange(one, 3, estimated_limit=10))
    assert about == (
        "SELECT * FROM (SELECT 1 FROM mini_person AS r WHERE true ORDER BY r.name LIMIT 10) AS r LIMIT $1::bigint"
    )
    known = writer(Role.SERVICE).select_rows(
        "1", PEOPLE, alias="r", page_range=PageRange(one, 10, estimated_limit=10)
    )
    assert known == "SELECT 1 FROM mini_person AS r WHERE true ORDER BY r.name LIMIT 10"
    for name, found_first in (("name", True), ("begins", False)):
        wanted = [FilterValue(miniature.GRAPH.filter_inputs["PersonWhere"].fields[name], "'x'")]
        text = service.select_rows("1", PEOPLE, alias="r", filter_values=wanted, page_range=PageRange(one, 3))
        assert ("OFFSET 0" in text) == found_first
    # Who sees a few units reads them and sorts; whose part is wide, or who comes from a row, follows an order.
    wide = module.RowQuery(
        miniature.GRAPH, replace(asked_by(Role.HR), wide=True), sql_fragments.ParameterList({"actor_path": "1."})
    )
    theirs = model.RowSet("mini_evaluation", "person_id")
    assert "OFFSET 0" in hr.select_rows("1", PEOPLE, alias="r", page_range=PageRange(one, 3))
    assert "OFFSET 0" not in hr.select_rows("1", theirs, alias="r", link_sql="x", page_range=PageRange(one, 3))
    assert "OFFSET 0" not in wide.select_rows("1", PEOPLE, alias="r", page_range=PageRange(one, 3))
    # Whose part is wide has words looked up by a function that row security does not slow, and a stored total.
    by_words = replace(
        miniature.GRAPH.filter_inputs["PersonWhere"].fields["name"],
        word_search=model.WordSearch(
            sql_fragments.SqlFragment((sql_fragments.AliasSlot(), ".id")), "named", "first_named", two
        ),
    )
    looked_up = "(r.id) = ANY((SELECT named(to_tsquery('simple', $0::text)))::bigint[])"
    for sees, looks_up in ((wide, True), (hr, False)):
        text = sees.select_rows("1", PEOPLE, alias="r", filter_values=[FilterValue(by_words, "x")])
        assert (looked_up in re.sub(r"\$\d+", "$0", text)) == looks_up
    # The first of all in the function's own order are found in that order; nothing else may choose among them.
    of_first = "SELECT first_named(to_tsquery('simple', $0::text), $0::bigint)"
    named = FilterValue(by_words, "x")
    other = FilterValue(miniature.GRAPH.filter_inputs["PersonWhere"].fields["begins"], "y")
    for span, wanted, choice, linked, first in (
        (PageRange(two, 3), [named], PEOPLE, None, True),
        (PageRange(two, 3, after=("a", "b")), [named], PEOPLE, None, False),
        (PageRange(two, 3, before=("a", "b")), [named], PEOPLE, None, False),
        (PageRange(two, 3, backward=True), [named], PEOPLE, None, False),
        (PageRange(one, 3), [named], PEOPLE, None, False),
        (PageRange(two, 3), [named, other], PEOPLE, None, False),
        (PageRange(two, 3), [named], replace(PEOPLE, predicate=sql_fragments.SqlFragment(("true",))), None, False),
        (PageRange(two, 3), [named], theirs, "x", False),
        (None, [named], PEOPLE, None, False),
    ):
        text = wide.select_rows("1", choice, alias="r", link_sql=linked, filter_values=wanted, page_range=span)
        assert (of_first in re.sub(r"\$\d+", "$0", text)) == first
        assert ("SELECT named(" in text) != first
    plain = miniature.GRAPH.filter_inputs["PersonWhere"].fields["name"]
    assert "ANY" not in wide.select_rows("1", PEOPLE, alias="r", filter_values=[FilterValue(plain, "x")])
    stored = model.ConnectionSource(
        PEOPLE, "Person", {}, None, sql_fragments.SqlFragment(("7",)), sql_fragments.SqlFragment(("5",))
    )
    assert (
        service.build_stored_total(stored),
        hr.build_stored_total(stored),
        hr.build_stored_total(replace(stored, units_total=None)),
    ) == (
        "coalesce(7, 0)",
        "coalesce(5, 0)",
        None,
    )
    assert writer(Role.EMPLOYEE).build_stored_total(stored) is None


def check_cursor_texts(module: ModuleType) -> None:
    """The texts of `check_cursor_texts`."""
    kinds = ("text", "bigint", "numeric", "date", "timestamptz", "boolean")
    order = model.SortOrder(
        "t", tuple(model.OrderKey(kind, sql_fragments.TRUE, kind, descending=False) for kind in kinds)
    )
    values = ("ß\U0001f642", 7, Decimal("1.50"), date(2026, 1, 2), datetime(2026, 1, 2, 3, tzinfo=UTC), True)
    cursor = module.encode_cursor(order, values)
    assert not set(cursor) & set("+/=\n")
    text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    assert text == '["t","ß\U0001f642",7,"1.50","2026-01-02","2026-01-02T03:00:00.000000Z",true]'
    assert module.decode_cursor(order, cursor) == values


def _find_order_key(name: str) -> model.OrderKey:
    return model.OrderKey(
        name, sql_fragments.SqlFragment((sql_fragments.AliasSlot(), f".{name}")), "text", descending=False
    )
