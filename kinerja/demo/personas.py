"""Personas of the demo: one person of the province per role, with tokens."""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlmodel import col

from domain.actor import Actor, Role
from domain.business_date.quarters import last_finished_quarter
from domain.evaluation.facts import PeriodKind
from domain.evaluation.tables import EvaluationRow
from domain.exhaustive_mapping import ExhaustiveMapping
from domain.organisation.facts import PositionLevel, UnitKind
from domain.organisation.tables import PositionRow, UnitRow
from domain.people.tables import PersonRow
from domain.plan.tables import PlanRow
from domain.ports import Db
from domain.risk.store import load_published_run_id
from domain.risk.tables import RiskScoreRow
from kinerja.auth.authenticator import DemoTokens
from kinerja.errors import OperatorError

MIN_TEAM_SIZE = 3


async def choose_personas(db: Db, today: date) -> Mapping[Role, Actor]:
    """Choose one actor for each role, suited to the role's purpose.

    The same province gives the same people.
    """
    top = await db.fetch_one(sa.select(col(UnitRow.path)).order_by(col(UnitRow.depth), col(UnitRow.id)))
    if top is None:
        raise OperatorError("the database holds no province")
    return {role: await find(db, today, top[0]) for role, find in _FINDERS.items()}


async def fetch_first_person(db: Db, query: sa.Select[int] | sa.Select[int | None]) -> int:
    """Fetch the first person of a query."""
    found = await db.fetch_one(query.limit(1))
    if found is None or found[0] is None:
        raise OperatorError("the province is too small to fill every role of the demo; ask for more --employees")
    return found[0]


def has_no_reports() -> sa.ColumnElement[bool]:
    """Build the condition for people in service without reports to appraise."""
    members = sa.orm.aliased(PersonRow)
    appraises = sa.exists().where(col(members.appraiser_id) == col(PersonRow.id))
    return col(PersonRow.left_on).is_(None) & ~appraises


async def find_person_at_risk(db: Db) -> int:
    """Find an employee near the top of the risk list, not `hindered`, without reports."""
    return await fetch_first_person(
        db,
        sa.select(col(PersonRow.id))
        .join(RiskScoreRow, col(RiskScoreRow.person_id) == col(PersonRow.id))
        .where(
            col(RiskScoreRow.run_id) == await load_published_run_id(db),
            col(RiskScoreRow.probability).is_not(None),
            ~col(RiskScoreRow.hindered),
            has_no_reports(),
        )
        .order_by(col(RiskScoreRow.rank)),
    )


async def find_supervisor(db: Db, today: date) -> int:
    """Find an appraiser with a team.

    At least one team member lacks the evaluation of the last finished quarter.
    """
    first_day, last_day = last_finished_quarter(today)
    recorded = sa.exists().where(
        col(EvaluationRow.plan_id) == col(PlanRow.id),
        col(EvaluationRow.kind) == PeriodKind.TRIWULAN,
        col(EvaluationRow.starts_on) == first_day,
        col(EvaluationRow.current),
    )
    members = sa.orm.aliased(PersonRow)
    team = sa.select(sa.func.count()).where(col(members.appraiser_id) == col(PersonRow.appraiser_id))
    return await fetch_first_person(
        db,
        sa.select(col(PersonRow.appraiser_id))
        .join(PlanRow, col(PlanRow.person_id) == col(PersonRow.id))
        .where(
            col(PersonRow.left_on).is_(None),
            col(PersonRow.appraiser_id).is_not(None),
            col(PlanRow.active),
            col(PlanRow.starts_on) <= first_day,
            col(PlanRow.ends_on) >= last_day,
            ~recorded,
            team.scalar_subquery() >= MIN_TEAM_SIZE,
        )
        .order_by(col(PersonRow.id)),
    )


async def find_unit_member(db: Db, name_pattern: str) -> int:
    """Find an employee without reports in the first unit matching a name pattern."""
    unit = (
        sa.select(col(UnitRow.path))
        .where(col(UnitRow.name).ilike(name_pattern))
        .order_by(col(UnitRow.depth))
        .limit(1)
    )
    return await fetch_first_person(
        db,
        sa.select(col(PersonRow.id))
        .where(sa.func.starts_with(col(PersonRow.unit_path), unit.scalar_subquery()), has_no_reports())
        .order_by(col(PersonRow.id)),
    )


async def find_unit_leader(db: Db) -> tuple[int, Role, str]:
    """Find the head of the first dinas with a head, and the unit's path."""
    found = await db.fetch_one(
        sa.select(col(PersonRow.id), col(UnitRow.path))
        .join(PositionRow, col(PositionRow.id) == col(PersonRow.position_id))
        .join(UnitRow, col(UnitRow.id) == col(PositionRow.unit_id))
        .where(
            col(PositionRow.level) == PositionLevel.JPT_PRATAMA,
            col(UnitRow.kind) == UnitKind.DINAS,
            col(PersonRow.left_on).is_(None),
        )
        .order_by(col(UnitRow.id), col(PersonRow.id))
    )
    if found is None:
        raise OperatorError("the province is too small to have a head of a dinas; ask for more --employees")
    return found[0], Role.LEADER, found[1]


async def _find_employee(db: Db, _today: date, _province: str) -> Actor:
    return Actor(await find_person_at_risk(db), Role.EMPLOYEE)


async def _find_supervisor(db: Db, today: date, _province: str) -> Actor:
    return Actor(await find_supervisor(db, today), Role.SUPERVISOR)


async def _find_hr(db: Db, _today: date, province: str) -> Actor:
    return Actor(await find_unit_member(db, "%Kepegawaian%"), Role.HR, province)


async def _find_leader(db: Db, _today: date, _province: str) -> Actor:
    return Actor(*await find_unit_leader(db))


async def _find_auditor(db: Db, _today: date, province: str) -> Actor:
    return Actor(await find_unit_member(db, "%Inspektorat%"), Role.AUDITOR, province)


async def _find_admin(db: Db, _today: date, _province: str) -> Actor:
    return Actor(await find_unit_member(db, "%Informatika%"), Role.ADMIN)


async def _find_change_agent(db: Db, _today: date, _province: str) -> Actor:
    return Actor(await find_person_at_risk(db), Role.CHANGE_AGENT)


async def _find_unit_service(db: Db, _today: date, _province: str) -> Actor:
    _, _, path = await find_unit_leader(db)
    return Actor(None, Role.UNIT_SERVICE, path, service_name="demo")


_FINDERS: Final[Mapping[Role, Callable[[Db, date, str], Awaitable[Actor]]]] = ExhaustiveMapping(
    "kinerja.demo.personas._FINDERS",
    {
        Role.EMPLOYEE: _find_employee,
        Role.SUPERVISOR: _find_supervisor,
        Role.HR: _find_hr,
        Role.LEADER: _find_leader,
        Role.AUDITOR: _find_auditor,
        Role.ADMIN: _find_admin,
        Role.CHANGE_AGENT: _find_change_agent,
        Role.UNIT_SERVICE: _find_unit_service,
    },
    Role,
    omitted={Role.SERVICE},  # the demo has no persona for another system with province-wide access
)
"""Finders of each role's actor, called with the date and the province's unit path."""


def write_token_file(
    folder: Path, personas: Mapping[Role, Actor], signer: DemoTokens, now: datetime
) -> dict[str, str]:
    """Sign a token for each role and write `tokens.json`, readable by its owner alone."""
    tokens = {role.value: signer.issue_demo_token(actor, now) for role, actor in personas.items()}
    path = folder / "tokens.json"
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(json.dumps(tokens, indent=1) + "\n")
    return tokens
