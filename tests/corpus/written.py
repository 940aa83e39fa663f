"""What the choice of rows and cursors write, to the letter: forms that an index can seek, and ends that data lack."""

import re
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any

from domain.actor import Role
from resolvers.graph import model, sql
from resolvers.planner import ask
from resolvers.planner.ask import Span, Wanted
from tests.resolvers import miniature

PEOPLE = model.Choice("mini_person")
ITEMS = model.Choice("mini_item", "evaluation_id", None, owned=True)


def rows(module: ModuleType) -> None:
    """The texts of `rows`."""

    def asked_by(role: Role | None) -> ask.Ask:
        return ask.Ask(role, miniature.TODAY, miniature.NOW, 100, {"actor_path": "1."})

    def writer(role: Role | None) -> Any:
        asked = asked_by(role)
        return module.Rows(miniature.GRAPH, asked, sql.Binds(asked.named))

    service, hr = writer(Role.SERVICE), writer(Role.HR)
    assert service.select("1", PEOPLE, alias="r") == "SELECT 1 FROM mini_person AS r WHERE true"
    assert service.sees_all("mini_person")
    assert not hr.sees_all("mini_person")
    assert (hr.seen(None, "r"), hr.seen({}, "r")) == ("true", "false")
    assert "(false)" in service.select("1", ITEMS, alias="r")
    assert "EXISTS" not in service.select("1", ITEMS, alias="r", linked="x")
    assert "EXISTS" in service.select("1", model.Choice("mini_item", "unit_id"), alias="r", linked="x")
    one = model.Order("t", (_key("name"),))
    two = model.Order("t", (_key("name"), _key("id")))
    assert service.beyond(one, ["x"], "r", forward=True) == "(r.name) > ($1::text)"
    assert service.beyond(two, ["x", "y"], "r", forward=False) == "(r.name, r.id) < ($2::text, $3::text)"
    first = writer(Role.SERVICE).select("1", PEOPLE, alias="r", span=Span(one, 3))
    assert first == "SELECT 1 FROM mini_person AS r WHERE true ORDER BY r.name LIMIT $1::bigint"
    about = writer(Role.SERVICE).select("1", PEOPLE, alias="r", span=Span(one, 3, about=10))
    assert about == (
        "SELECT * FROM (SELECT 1 FROM mini_person AS r WHERE true ORDER BY r.name LIMIT 10) AS r LIMIT $1::bigint"
    )
    known = writer(Role.SERVICE).select("1", PEOPLE, alias="r", span=Span(one, 10, about=10))
    assert known == "SELECT 1 FROM mini_person AS r WHERE true ORDER BY r.name LIMIT 10"
    for name, found_first in (("name", True), ("begins", False)):
        wanted = [Wanted(miniature.GRAPH.filters["PersonWhere"].fields[name], "'x'")]
        text = service.select("1", PEOPLE, alias="r", wanted=wanted, span=Span(one, 3))
        assert ("OFFSET 0" in text) == found_first
    # Who sees a few units reads them and sorts; whose part is wide, or who comes from a row, follows an order.
    wide = module.Rows(miniature.GRAPH, replace(asked_by(Role.HR), wide=True), sql.Binds({"actor_path": "1."}))
    theirs = model.Choice("mini_evaluation", "person_id")
    assert "OFFSET 0" in hr.select("1", PEOPLE, alias="r", span=Span(one, 3))
    assert "OFFSET 0" not in hr.select("1", theirs, alias="r", linked="x", span=Span(one, 3))
    assert "OFFSET 0" not in wide.select("1", PEOPLE, alias="r", span=Span(one, 3))
    # Whose part is wide has words looked up by a function that row security does not slow, and a stored total.
    by_words = replace(
        miniature.GRAPH.filters["PersonWhere"].fields["name"],
        keys=model.Keys(sql.Piece((sql.Hole(), ".id")), "named", "first_named", two),
    )
    looked_up = "(r.id) = ANY((SELECT named(to_tsquery('simple', $0::text)))::bigint[])"
    for sees, looks_up in ((wide, True), (hr, False)):
        text = sees.select("1", PEOPLE, alias="r", wanted=[Wanted(by_words, "x")])
        assert (looked_up in re.sub(r"\$\d+", "$0", text)) == looks_up
    # The first of all in the function's own order are found in that order; nothing else may choose among them.
    of_first = "SELECT first_named(to_tsquery('simple', $0::text), $0::bigint)"
    named = Wanted(by_words, "x")
    other = Wanted(miniature.GRAPH.filters["PersonWhere"].fields["begins"], "y")
    for span, wanted, choice, linked, first in (
        (Span(two, 3), [named], PEOPLE, None, True),
        (Span(two, 3, after=("a", "b")), [named], PEOPLE, None, False),
        (Span(two, 3, before=("a", "b")), [named], PEOPLE, None, False),
        (Span(two, 3, backward=True), [named], PEOPLE, None, False),
        (Span(one, 3), [named], PEOPLE, None, False),
        (Span(two, 3), [named, other], PEOPLE, None, False),
        (Span(two, 3), [named], replace(PEOPLE, base=sql.Piece(("true",))), None, False),
        (Span(two, 3), [named], theirs, "x", False),
        (None, [named], PEOPLE, None, False),
    ):
        text = wide.select("1", choice, alias="r", linked=linked, wanted=wanted, span=span)
        assert (of_first in re.sub(r"\$\d+", "$0", text)) == first
        assert ("SELECT named(" in text) != first
    plain = miniature.GRAPH.filters["PersonWhere"].fields["name"]
    assert "ANY" not in wide.select("1", PEOPLE, alias="r", wanted=[Wanted(plain, "x")])
    stored = model.Page(PEOPLE, "Person", {}, None, sql.Piece(("7",)), sql.Piece(("5",)))
    assert (service.total(stored), hr.total(stored), hr.total(replace(stored, below=None))) == (
        "coalesce(7, 0)",
        "coalesce(5, 0)",
        None,
    )
    assert writer(Role.EMPLOYEE).total(stored) is None


def cursors(module: ModuleType) -> None:
    """The texts of `cursors`."""
    kinds = ("text", "bigint", "numeric", "date", "timestamptz", "boolean")
    order = model.Order("t", tuple(model.Key(kind, sql.TRUE, kind, descending=False) for kind in kinds))
    values = ("ß\U0001f642", 7, Decimal("1.50"), date(2026, 1, 2), datetime(2026, 1, 2, 3, tzinfo=UTC), True)
    cursor = module.write(order, values)
    assert not set(cursor) & set("+/=\n")
    text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    assert text == '["t","ß\U0001f642",7,"1.50","2026-01-02","2026-01-02T03:00:00.000000Z",true]'
    assert module.read(order, cursor) == values


def _key(name: str) -> model.Key:
    return model.Key(name, sql.Piece((sql.Hole(), f".{name}")), "text", descending=False)
