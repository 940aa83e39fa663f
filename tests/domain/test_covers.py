"""The proof that a row is never seen without the row named by its foreign key, and what it refuses to prove."""

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.access import scopes
from domain.access.scopes import Scope
from domain.actor import Role
from schema import schema

TABLES = SQLModel.metadata.tables
assert schema.GRAPH.tables.keys() <= TABLES.keys()


@pytest.mark.parametrize(
    "place",
    [
        "session.programme_id",
        "position.unit_id",
        "plan.position_id",
        "assignment.session_id",
        "risk_score.run_id",
        "risk_score.person_id",
        "training_record.person_id",
        "monitoring.person_id",
        "incumbency.person_id",
        "appraiser_line.person_id",
    ],
)
def test_public_rows_and_the_row_s_own_person_are_always_seen(place: str) -> None:
    assert scopes.covers(_column(place))


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("evaluation.person_id", "a supervisor keeps what they decided of a line no longer theirs"),
        ("plan.person_id", "the same"),
        ("assignment.person_id", "the same"),
        ("look.person_id", "its unit path is of the day of the access, the person's of today"),
        ("audit_entry.person_id", "the same"),
        ("person.appraiser_id", "another person, though in the same table"),
        ("appraiser_line.appraiser_id", "another person"),
        ("risk_score.appraiser_id", "another person"),
        ("delegation.appraiser_id", "the delegate sees the delegation, and not the appraiser as an employee"),
        ("delegation.delegate_id", "another person"),
        ("plan_result.plan_id", "no constraint says that both are about one person"),
        ("risk_reason.score_id", "the same"),
        ("assignment.batch_id", "decisions over many people are of fewer roles"),
    ],
)
def test_what_is_not_proved_is_not_covered(place: str, reason: str) -> None:
    assert not scopes.covers(_column(place)), reason


@pytest.mark.parametrize("role", [role for role in Role if role in scopes.SCOPE_PREDICATES[Scope.RISK]])
def test_a_role_that_sees_more_rows_than_people_ends_the_proof(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {**scopes.SCOPE_PREDICATES[Scope.REGISTER], role: scopes.no_rows}
    monkeypatch.setattr(scopes, "SCOPE_PREDICATES", {**scopes.SCOPE_PREDICATES, Scope.REGISTER: rules})
    assert not scopes.covers(_column("risk_score.person_id"))


def test_a_wide_form_that_sees_more_ends_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        scopes, "SCAN_PREDICATES", {**scopes.SCAN_PREDICATES, scopes.own_or_in_units: lambda _table: sa.true()}
    )
    assert scopes.covers(_column("risk_score.person_id"))
    monkeypatch.setattr(
        scopes, "SCAN_PREDICATES", {**scopes.SCAN_PREDICATES, scopes.own_or_in_units: _wide_for_scores}
    )
    assert not scopes.covers(_column("risk_score.person_id"))


def _wide_for_scores(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.true() if table.name == "risk_score" else scopes.own_or_in_units_scan(table)


def test_a_table_without_the_replicated_columns_is_not_covered() -> None:
    apart = sa.MetaData()
    key = sa.Column("id", sa.BigInteger, primary_key=True)
    sa.Table("person", apart, key, info={"scope": "register"})
    person: sa.Column[int] = sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False)
    # Jobs are seen whole by HR, people are not.
    note = sa.Table("note", apart, sa.Column("id", sa.BigInteger, primary_key=True), person, info={"scope": "job"})
    apart.tables["person"].append_column(sa.Column("unit_path", sa.Text))
    apart.tables["person"].append_column(sa.Column("appraiser_id", sa.BigInteger))
    assert not scopes.covers(note.c.person_id)


def _column(place: str) -> sa.Column[object]:
    table, column = place.split(".")
    return TABLES[table].c[column]
