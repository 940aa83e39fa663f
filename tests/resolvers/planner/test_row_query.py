"""The text of row choices: keyset conditions, cursors, pieces; and faults planted in it, all noticed."""

import inspect
import types
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col

from domain.actor import Role
from resolvers.graph import model, sql_fragments
from resolvers.planner import cursors, row_query
from resolvers.planner.field_arguments import PageRange
from resolvers.reference import batch_loader
from tests.resolvers import miniature, test_access, test_filters
from tests.resolvers.conftest import FetchData
from tests.resolvers.miniature import MiniatureEvaluationRow, MiniaturePersonRow, MiniatureUnitRow
from tests.resolvers.planner import test_connections

KEYS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans()), min_size=1, max_size=4)


@given(KEYS, st.booleans())
def test_rows_beyond_a_cursor_are_those_that_come_later_in_the_order(
    keys: list[tuple[int, int, bool]], forward: bool
) -> None:
    order = model.SortOrder(
        "",
        tuple(
            model.OrderKey(f"k{n}", sql_fragments.SqlFragment((f"k[{n}]",)), "bigint", down)
            for n, (_, _, down) in enumerate(keys)
        ),
    )
    binds = sql_fragments.ParameterList({})
    writer = row_query.RowQuery(miniature.GRAPH, _create_query_context(), binds)
    text = writer.build_keyset_condition(order, [value for _, value, _ in keys], "r", forward=forward)
    for place in reversed(range(len(keys))):
        text = text.replace(f"${place + 1}::bigint", f"v[{place}]")
    text = text.replace(" AND ", " and ").replace(" OR ", " or ")
    row = [-mine if down else mine for mine, _, down in keys]
    cursor = [-value if down else value for _, value, down in keys]
    names = {"k": [mine for mine, _, _ in keys], "v": [value for _, value, _ in keys]}
    later = row > cursor if forward else row < cursor
    assert bool(eval(text, {}, names)) == later  # noqa: S307 - the text is ours, and is Python after the change above


def test_one_direction_is_a_row_comparison_that_an_index_seeks() -> None:
    order = miniature.GRAPH.object_types["Person"].fields["history"].source
    assert isinstance(order, model.ConnectionSource)
    writer = row_query.RowQuery(miniature.GRAPH, _create_query_context(), sql_fragments.ParameterList({}))
    by_time = writer.build_keyset_condition(order.orders["TIME"], [date(2026, 1, 1), 5], "r", forward=True)
    best = writer.build_keyset_condition(order.orders["BEST"], [Decimal(80), 5], "r", forward=True)
    assert by_time == "(r.ends_on, r.id) > ($1::date, $2::bigint)"
    assert best == "r.score <= $3::numeric AND (r.score < $3::numeric OR (r.id > $4::bigint))"


@pytest.mark.parametrize(
    ("limit", "about", "end", "values"),
    [
        (10, 10, " LIMIT 10", []),
        (7, 10, " LIMIT 10) AS r LIMIT $1::bigint", [7]),
        (7, None, " LIMIT $1::bigint", [7]),
    ],
)
def test_a_limit_is_said_twice_only_where_it_is_not_known(
    limit: int, about: int | None, end: str, values: list[int]
) -> None:
    page = miniature.GRAPH.object_types["Person"].fields["history"].source
    assert isinstance(page, model.ConnectionSource)
    binds = sql_fragments.ParameterList({})
    ask: Any = types.SimpleNamespace(role=Role.SERVICE, scope_key=(Role.SERVICE, False))
    span = PageRange(page.orders["TIME"], limit, estimated_limit=about)
    text = row_query.RowQuery(miniature.GRAPH, ask, binds).select_rows(
        "r.*", page.row_set, alias="r", link_sql="1", page_range=span
    )
    assert text.endswith(f"r.id{end}")
    assert binds.values == values


def _create_query_context() -> Any:
    return types.SimpleNamespace(role=Role.HR, scope_key=(Role.HR, False))


CURSORS = st.tuples(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.decimals(-999, 999, places=2),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.booleans(),
)


@given(CURSORS)
def test_a_cursor_reads_back(values: tuple[Any, ...]) -> None:
    kinds = ["text", "bigint", "numeric", "date", "timestamptz", "boolean"]
    order = model.SortOrder(
        "t", tuple(model.OrderKey(kind, sql_fragments.TRUE, kind, descending=False) for kind in kinds)
    )
    cursor = cursors.encode_cursor(order, values)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=\n")
    if len(cursor) <= cursors.MAX_CURSOR_LENGTH:
        assert cursors.decode_cursor(order, cursor) == values


PIECES: list[tuple[Any, type[Any], str]] = [
    (col(MiniaturePersonRow.name), MiniaturePersonRow, "r.name"),
    (col(MiniaturePersonRow.name) + "'%:x", MiniaturePersonRow, "r.name || '''%:x'"),
    (col(MiniaturePersonRow.id) == sa.bindparam("actor_person"), MiniaturePersonRow, "r.id = $1::bigint"),
    (sa.true(), MiniaturePersonRow, "true"),
    (sa.and_(sa.true(), col(MiniaturePersonRow.active)), MiniaturePersonRow, "r.active"),
    (col(MiniatureEvaluationRow.kind) == miniature.Kind.YEAR, MiniatureEvaluationRow, "r.kind = 'TAHUNAN'"),
    (col(MiniatureEvaluationRow.ends_on) < date(2026, 1, 1), MiniatureEvaluationRow, "r.ends_on < '2026-01-01'"),
    (col(MiniatureEvaluationRow.score) > Decimal("1.50"), MiniatureEvaluationRow, "r.score > 1.50"),
    (col(MiniaturePersonRow.joined_at) < sa.bindparam("now"), MiniaturePersonRow, "r.joined_at < $1::timestamptz"),
    (col(MiniaturePersonRow.appraiser_id).is_(None), MiniaturePersonRow, "r.appraiser_id IS NULL"),
    (
        sa.select(col(MiniatureUnitRow.path))
        .where(col(MiniatureUnitRow.id) == col(MiniaturePersonRow.unit_id))
        .scalar_subquery(),
        MiniaturePersonRow,
        "(SELECT mini_unit.path FROM mini_unit WHERE mini_unit.id = r.unit_id)",
    ),
    (
        sa.exists().where(col(MiniatureEvaluationRow.person_id) == col(MiniaturePersonRow.id)),
        MiniaturePersonRow,
        "EXISTS (SELECT * FROM mini_evaluation WHERE mini_evaluation.person_id = r.id)",
    ),
]


@pytest.mark.parametrize(("expression", "table", "text"), PIECES)
def test_expressions_become_pieces(expression: Any, table: Any, text: str) -> None:
    binds = sql_fragments.ParameterList({"actor_person": 7, "now": datetime(2026, 1, 1, tzinfo=UTC)})
    piece = sql_fragments.compile_fragment(expression, table.__table__)
    assert " ".join(piece.render_sql("r", binds).split()) == text
    assert len(binds.values) == text.count("$")
    assert piece.render_sql("x", sql_fragments.ParameterList({"actor_person": 1, "now": 2})).count("r.") == 0


def test_a_value_of_the_request_takes_one_place_however_often_it_is_named() -> None:
    binds = sql_fragments.ParameterList({"actor_person": 7, "today": date(2026, 1, 1)})
    first = binds.add_value("x", "text")
    assert [
        first,
        binds.add_named_value("actor_person"),
        binds.add_named_value("today"),
        binds.add_named_value("actor_person"),
    ] == [
        "$1::text",
        "$2::bigint",
        "$3::date",
        "$2::bigint",
    ]
    assert binds.values == ["x", 7, date(2026, 1, 1)]


FAULTS = [
    (
        (
            "yield from self._iterate_scope_conditions("
            "row_set.table, alias, owned=row_set.owned and link_sql is not None)"
        ),
        "yield from ()",
    ),
    ("owned=row_set.owned and link_sql is not None", "owned=link_sql is not None"),
    ("return FALSE_SQL if piece is None else piece.render_sql(alias, self._parameters)", "return 'true'"),
    ("elif not owned:", "elif owned:"),
    ("if row_set.predicate is not None:", "if row_set.predicate is None and False:"),
    ("for each in filter_values:", "for each in filter_values[1:]:"),
    ("if filter_.visibility is not None:", "if False:"),
    ("if page_range.after is not None:", "if False:"),
    ("if page_range.before is not None:", "if False:"),
    ("page_range.before, alias, forward=False)", "page_range.before, alias, forward=True)"),
    ('">" if key.descending != forward else "<"', '">"'),
    ("if len(set(signs)) == 1:", "if True:"),
    ("{place} AND ({name} {sign} {place} OR ({rest}))", "{place} AND ({rest})"),
    ("{' DESC' if key.descending != backward else ''}", "{' DESC' if key.descending else ''}"),
    ("{' DESC' if key.descending != backward else ''}", "{' DESC' if backward else ''}"),
    ("starts_with({text}, ({named}))", "{text} = ({named})"),
    ('("{} >= {}", "{}")', '("{} > {}", "{}")'),
    ('("{} <= {}", "{}")', '("{} < {}", "{}")'),
    ('f"{text} IS {\'\' if value else \'NOT \'}TRUE"', 'f"{text} IS TRUE"'),
    ("{text} BETWEEN {first} AND {last}", "{text} > {first} AND {text} < {last}"),
    ("{text} = {first} AND (", "{text} >= {first} AND ("),
    ('yield FALSE_SQL if link_sql is None else f"{alias}.{row_set.link_column} = {link_sql}"', 'yield "true"'),
]  # fmt: skip


async def _check_all_properties(answer: FetchData) -> None:
    for actor, seen in test_access.ACTORS:
        await test_access.test_no_way_leads_out_of_the_scope(answer, actor, seen)
        await test_access.test_rows_of_an_owner_are_seen_with_him_by_every_way(answer, actor, seen)
    await test_access.test_a_filter_does_not_tell_what_its_field_hides(answer)
    await test_connections.test_a_base_predicate_always_holds(answer)
    await test_connections.test_pages_of_many_owners_are_each_their_own(answer, _ignore_statements)
    for where, keeps in test_filters.OF_PEOPLE:
        await test_filters.test_people_are_filtered(answer, where, keeps)
    for where, keeps in test_filters.OF_EVALUATIONS:
        await test_filters.test_evaluations_are_filtered(answer, where, keeps)
    for by in ("NAME", "NEWEST"):
        await test_connections.test_two_cursors_enclose_what_lies_between_them(answer, by)
    for document, name, order, which in test_connections.CASES:
        await test_connections.test_pages_forward_and_backward_are_all_rows_once(
            answer, document, name, order, which, 7
        )
    await test_connections.test_the_order_is_that_of_its_columns(answer)


async def _ignore_statements(*_: Any, **__: Any) -> Any:
    return types.SimpleNamespace(statements=[None] * 4)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Plant a fault: put other text in the place of a text of `rows`."""

    def plant(text: str, other: str) -> None:
        source = inspect.getsource(row_query)
        assert source.count(text) == 1, text
        faulty: dict[str, Any] = {"__name__": "faulty_rows"}
        exec(source.replace(text, other), faulty)  # noqa: S102 - a fault in our own source
        monkeypatch.setattr(batch_loader, "RowQuery", faulty["RowQuery"])

    return plant


@pytest.mark.long
async def test_without_a_fault_everything_holds(answer: FetchData) -> None:
    await _check_all_properties(answer)


@pytest.mark.long
@pytest.mark.parametrize(("text", "other"), FAULTS)
async def test_a_fault_in_the_choice_of_rows_is_noticed(
    answer: FetchData, planted: Callable[[str, str], None], text: str, other: str
) -> None:
    planted(text, other)
    with pytest.raises((AssertionError, TypeError)):
        await _check_all_properties(answer)
    print(f"noticed: {text} → {other}")
