"""Actors of the role workload: many people in each of four roles, with variables.

The variables are the subjects of their questions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from domain.access import scopes
from domain.actor import Actor, Role

MEASURED_ROLES: Final = (Role.EMPLOYEE, Role.SUPERVISOR, Role.HR, Role.AUDITOR)
"""Measured roles: own data, own line, a narrow part of the tree, the province."""

_EMPLOYEES: Final = 200
_SUPERVISORS: Final = 100
_UNITS: Final = 30

_ORDINARY: Final = "p.left_on IS NULL AND NOT EXISTS (SELECT FROM person m WHERE m.appraiser_id = p.id)"

_EMPLOYEE: Final = f"""
    SELECT p.id, p.appraiser_id FROM person p JOIN risk_score s ON s.person_id = p.id AND s.run_id = $1
    WHERE {_ORDINARY} AND s.probability IS NOT NULL AND p.appraiser_id IS NOT NULL
    ORDER BY md5(p.id::text) LIMIT $2
"""
_SUPERVISOR: Final = """
    SELECT p.id, p.appraiser_id, t.members[1] AS member
    FROM person p JOIN (
        SELECT appraiser_id, array_agg(id ORDER BY md5(id::text)) AS members
        FROM person WHERE left_on IS NULL AND appraiser_id IS NOT NULL
        GROUP BY appraiser_id HAVING count(*) BETWEEN 4 AND 60
    ) t ON t.appraiser_id = p.id
    WHERE p.left_on IS NULL ORDER BY md5(p.id::text) LIMIT $1
"""
_HR: Final = """
    SELECT n.people[1] AS id, u.path, lower(split_part(w.name, ' ', 1)) AS words
    FROM unit u
    CROSS JOIN LATERAL (
        SELECT array_agg(p.id ORDER BY md5(p.id::text)) AS people FROM person p
        WHERE p.unit_path >= u.path AND p.unit_path < left(u.path, -1) || '/'
    ) n
    JOIN person w ON w.id = n.people[2]
    WHERE u.depth > 1 AND cardinality(n.people) BETWEEN 100 AND 1900
    ORDER BY md5(u.path) LIMIT $1
"""
_AUDITOR: Final = f"""
    SELECT p.id, (SELECT path FROM unit WHERE parent_id IS NULL) AS path, lower(split_part(w.name, ' ', 1)) AS words
    FROM person p JOIN person w ON w.id = p.appraiser_id
    WHERE {_ORDINARY} ORDER BY md5(p.id::text) LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class BenchActor:
    """An actor in a role, with values for the parameters of their questions.

    Values go by parameter name.
    """

    actor: Actor
    variables: Mapping[str, Any]


async def load_bench_actors(
    db: "asyncpg.Connection[asyncpg.Record]", run: int
) -> Mapping[Role, Sequence[BenchActor]]:
    """Load the actors of each role, the same ones each time.

    `run` is the published run.
    """
    found = {
        Role.EMPLOYEE: await db.fetch(_EMPLOYEE, run, _EMPLOYEES),
        Role.SUPERVISOR: await db.fetch(_SUPERVISOR, _SUPERVISORS),
        Role.HR: await db.fetch(_HR, _UNITS),
        Role.AUDITOR: await db.fetch(_AUDITOR, _UNITS),
    }
    return {role: [_build_bench_actor(role, dict(row), run) for row in rows] for role, rows in found.items()}


def _build_bench_actor(role: Role, row: dict[str, Any], run: int) -> BenchActor:
    path = row.get("path")
    actor = Actor(row["id"], role, path, row.get("appraiser_id"))
    told: dict[str, Any] = {name: row[name] for name in ("member", "words", "path") if name in row}
    return BenchActor(actor, {"me": row["id"], "run": run, "end": scopes.path_range_end(path)} | told)
