"""What is asked in both ways: a document for the API, and the one SQL that a patient person would write instead."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Question:
    """A document, and the SQL that gives its `data` as one JSON text.

    The SQL takes the actor, `$1` his number and `$2` the path of his units, and hides the same rows from him; what
    is public only asks that both are given.
    """

    name: str
    document: str
    by_hand: str


POSITION: Final = Question(
    "position",
    "{ positions(first: 5) { nodes { id title level jobClass unit { id name } } pageInfo { hasNextPage } } }",
    """
    WITH page AS (SELECT id, title, level, job_class, unit_id FROM position ORDER BY title, id LIMIT 6),
    shown AS (SELECT * FROM page ORDER BY title, id LIMIT 5)
    SELECT json_build_object('positions', json_build_object(
        'nodes', coalesce((
            SELECT json_agg(json_build_object(
                'id', 'po' || s.id, 'title', s.title, 'level', s.level, 'jobClass', s.job_class,
                'unit', json_build_object('id', 'un' || u.id, 'name', u.name)
            ) ORDER BY s.title, s.id)
            FROM shown s JOIN unit u ON u.id = s.unit_id
        ), '[]'::json),
        'pageInfo', json_build_object('hasNextPage', (SELECT count(*) > 5 FROM page))
    ))::text
    WHERE $1::bigint IS NOT NULL AND $2::text IS NOT NULL
    """,
)

THREE_LEVELS: Final = Question(
    "three_levels",
    """
    { people(first: 50) { nodes {
        id name unit { id name } position { id title level } evaluations(last: 4) { id startsOn score predikat low }
    } } }
    """,
    """
    WITH shown AS (
        SELECT id, name, unit_id, position_id FROM person
        WHERE id = $1::bigint OR starts_with(unit_path, nullif($2::text, ''))
        ORDER BY name, id LIMIT 50
    )
    SELECT json_build_object('people', json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', 'pe' || s.id, 'name', s.name,
        'unit', CASE WHEN u.id IS NOT NULL THEN json_build_object('id', 'un' || u.id, 'name', u.name) END,
        'position', CASE WHEN p.id IS NOT NULL
            THEN json_build_object('id', 'po' || p.id, 'title', p.title, 'level', p.level) END,
        'evaluations', e.latest
    ) ORDER BY s.name, s.id), '[]'::json)))::text
    FROM shown s
    LEFT JOIN unit u ON u.id = s.unit_id
    LEFT JOIN position p ON p.id = s.position_id
    CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object(
            'id', 'ev' || v.id, 'startsOn', v.starts_on, 'score', v.score::text, 'predikat', v.predikat, 'low', v.low
        ) ORDER BY v.ends_on, v.id), '[]'::json) AS latest
        FROM (
            SELECT * FROM evaluation
            WHERE person_id = s.id AND current
            AND (person_id = $1::bigint OR starts_with(unit_path, nullif($2::text, '')))
            ORDER BY ends_on DESC, id DESC LIMIT 4
        ) v
    ) e
    """,
)

FLAT: Final = Question(
    "flat",
    "{ people(first: 100) { totalCount nodes { id name employment rank joinedOn } } }",
    """
    SELECT json_build_object('people', json_build_object(
        'totalCount', (
            SELECT count(*) FROM person WHERE id = $1::bigint OR starts_with(unit_path, nullif($2::text, ''))
        ),
        'nodes', coalesce(json_agg(json_build_object(
            'id', 'pe' || s.id, 'name', s.name, 'employment', s.employment, 'rank', s.rank, 'joinedOn', s.joined_on
        ) ORDER BY s.name, s.id), '[]'::json)
    ))::text
    FROM (
        SELECT id, name, employment, rank, joined_on FROM person
        WHERE id = $1::bigint OR starts_with(unit_path, nullif($2::text, ''))
        ORDER BY name, id LIMIT 100
    ) s
    """,
)

QUESTIONS: Final = (POSITION, THREE_LEVELS, FLAT)
