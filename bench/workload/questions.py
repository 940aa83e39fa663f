"""Questions of the benchmark: the same content in the dialect of each server.

The plain server has the dialect of ours. PostGraphile's documents take its plain lists, cheaper for it than
connections, and aliases give both sides the same keys. The limit server has one SQL for each question.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bench.workload import handwritten_sql
from domain.actor import Role


class QuestionKind(StrEnum):
    """How a question is counted."""

    READ = "read"
    MUTATION = "mutation"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Question:
    """One question: documents of each server and SQL of the limit server.

    `sql` gives `data` as JSON text, with its parameters in the order of `parameters`; empty for questions without a
    counterpart, such as those about documents, unknown to the limit server. `role` is the role of the actor, with
    access on at both sides; None for a service account with all rows visible.
    """

    name: str
    kind: QuestionKind
    kinerja_document: str
    postgraphile_document: str
    sql: str
    parameters: tuple[str, ...] = ()
    role: Role | None = None


_POSITION: Final = (
    "id title level jobClass structural",
    "unit { id name kind parent { id name kind } }",
    "indicators { ordinal indicator { id name aspect measure } }",
    """people(first: 5) { nodes { id name grade joinedOn
    lastEvaluation { id startsOn endsOn score predikat lowPerformance } } }""",
)
_POSITION_PEER: Final = (
    "id: rowId title level jobClass structural",
    "unit: unitByUnitId { id: rowId name kind parent: unitByParentId { id: rowId name kind } }",
    """indicators: positionIndicatorsByPositionIdList(orderBy: [ORDINAL_ASC, ROW_ID_ASC])
    { ordinal indicator: indicatorByIndicatorId { id: rowId name aspect measure } }""",
    """people: peopleByPositionIdList(first: 5, orderBy: [NAME_ASC, ROW_ID_ASC]) { id: rowId name grade: rank joinedOn
    lastEvaluation: evaluationsByPersonIdList(first: 1, condition: {current: true},
    orderBy: [ENDS_ON_DESC, ROW_ID_DESC]) { id: rowId startsOn endsOn score predikat lowPerformance: low } }""",
)
POSITION_PARTS: Final[Mapping[str, tuple[str, ...]]] = {"ours": _POSITION, "postgraphile": _POSITION_PEER}
"""Parts of the deep position, for documents with another order of fields each time."""

POSITION: Final = Question(
    "position",
    QuestionKind.READ,
    "query Position($id: ID!) { position(by: { id: $id }) { " + " ".join(_POSITION) + " } }",
    "query Position($id: BigInt!) { position: positionByRowId(rowId: $id) { " + " ".join(_POSITION_PEER) + " } }",
    """
    SELECT '{"position":{"id":"po' || p.id || '","title":' || to_json(p.title) || ',"level":"' || p.level
        || '","jobClass":' || p.job_class || ',"structural":' || p.structural::text
        || ',"unit":{"id":"un' || u.id || '","name":' || to_json(u.name) || ',"kind":"' || u.kind || '","parent":'
        || coalesce('{"id":"un' || a.id || '","name":' || to_json(a.name) || ',"kind":"' || a.kind || '"}', 'null')
        || '},"indicators":[' || coalesce((
            SELECT string_agg('{"ordinal":' || i.ordinal || ',"indicator":{"id":"in' || c.id || '","name":'
                || to_json(c.name) || ',"aspect":"' || c.aspect || '","measure":' || to_json(c.measure) || '}}',
                ',' ORDER BY i.ordinal, i.id)
            FROM position_indicator i JOIN indicator c ON c.id = i.indicator_id WHERE i.position_id = p.id
        ), '') || '],"people":{"nodes":[' || coalesce((
            SELECT string_agg('{"id":"pe' || s.id || '","name":' || to_json(s.name) || ',"grade":'
                || coalesce(to_json(s.rank)::text, 'null') || ',"joinedOn":"' || s.joined_on || '","lastEvaluation":'
                || coalesce('{"id":"ev' || e.id || '","startsOn":"' || e.starts_on || '","endsOn":"' || e.ends_on
                    || '","score":"' || e.score || '","predikat":"' || e.predikat || '","lowPerformance":'
                    || e.low::text || '}', 'null') || '}', ',' ORDER BY s.name, s.id)
            FROM (SELECT id, name, rank, joined_on FROM person WHERE position_id = p.id ORDER BY name, id LIMIT 5) s
            LEFT JOIN LATERAL (
                SELECT id, starts_on, ends_on, score, predikat, low FROM evaluation
                WHERE person_id = s.id AND current ORDER BY ends_on DESC, id DESC LIMIT 1
            ) e ON true
        ), '') || ']}}}'
    FROM position p JOIN unit u ON u.id = p.unit_id LEFT JOIN unit a ON a.id = u.parent_id WHERE p.id = $1
    """,
    ("id",),
)

UNSEEN: Final = Question("unseen", QuestionKind.UNSEEN, POSITION.kinerja_document, POSITION.postgraphile_document, "")
"""The deep position in a document never sent before, built by `request_builders`."""

THREE_LEVELS: Final = Question(
    "three_levels",
    QuestionKind.READ,
    """
    query Team { people(first: 50) { nodes {
        id name grade
        unit { id name kind }
        position { id title level unit { id name } }
        plan { id year status startsOn endsOn }
        evaluations(last: 4) { id startsOn endsOn score predikat lowPerformance plan { id year } }
    } } }
    """,
    """
    query Team { people: allPeopleList(first: 50, orderBy: [NAME_ASC, ROW_ID_ASC]) {
        id: rowId name grade: rank
        unit: unitByUnitId { id: rowId name kind }
        position: positionByPositionId { id: rowId title level unit: unitByUnitId { id: rowId name } }
        plan: plansByPersonIdList(first: 1, condition: {active: true}, orderBy: [STARTS_ON_DESC, ROW_ID_DESC])
            { id: rowId year status startsOn endsOn }
        evaluations: evaluationsByPersonIdList(first: 4, condition: {current: true},
            orderBy: [ENDS_ON_DESC, ROW_ID_DESC]) {
            id: rowId startsOn endsOn score predikat lowPerformance: low plan: planByPlanId { id: rowId year }
        }
    } }
    """,
    handwritten_sql.build_people_sql(
        """'{"people":{"nodes":['""",
        "SELECT id, name, rank, unit_id, position_id FROM person ORDER BY name, id LIMIT 50",
        "']}}'",
    ),
)

_FLAT: Final = "title type level eselon executorClass jobClass structural need startsOn"

FLAT: Final = Question(
    "flat",
    QuestionKind.READ,
    f"query Posts {{ positions(first: 1000) {{ nodes {{ id {_FLAT} }} }} }}",
    f"query Posts {{ positions: allPositionsList(first: 1000, orderBy: [TITLE_ASC, ROW_ID_ASC]) {{"
    f" id: rowId {_FLAT} }} }}",
    """
    SELECT '{"positions":{"nodes":[' || string_agg('{"id":"po' || s.id || '","title":' || to_json(s.title)
        || ',"type":"' || s.type || '","level":"' || s.level || '","eselon":'
        || coalesce('"' || s.eselon || '"', 'null') || ',"executorClass":'
        || coalesce('"' || s.executor_class || '"', 'null') || ',"jobClass":' || s.job_class || ',"structural":'
        || s.structural::text || ',"need":' || s.need || ',"startsOn":"' || s.starts_on || '"}',
        ',' ORDER BY s.title, s.id) || ']}}'
    FROM (
        SELECT id, title, type, level, eselon, executor_class, job_class, structural, need, starts_on
        FROM position ORDER BY title, id LIMIT 1000
    ) s
    """,
)

RISK_PAGE: Final = Question(
    "risk_page",
    QuestionKind.READ,
    """
    query Risk { riskList(first: 50) { totalCount nodes {
        id rank probability probabilityLow probabilityHigh band hindered
        person { id name position { id title } unit { id name } }
        reasons(first: 3) { code term help changeable }
    } } }
    """,
    """
    query Risk($run: BigInt!) { riskList: allRiskScores(first: 50, condition: {runId: $run}, orderBy: [RANK_ASC]) {
        totalCount nodes {
            id: rowId rank probability probabilityLow: low probabilityHigh: high band hindered
            person: personByPersonId { id: rowId name
                position: positionByPositionId { id: rowId title } unit: unitByUnitId { id: rowId name } }
            reasons: riskReasonsByScoreIdList(first: 3, orderBy: [ORDINAL_ASC, ROW_ID_ASC])
                { code term help changeable }
        }
    } }
    """,
    handwritten_sql.build_risk_page_sql(
        "SELECT people FROM scoring_run WHERE id = $1",
        "SELECT * FROM risk_score WHERE run_id = $1 ORDER BY rank LIMIT 50",
    ),
    ("run",),
)

MUTATION: Final = Question(
    "mutation",
    QuestionKind.MUTATION,
    """
    mutation Record($input: RecordEvaluationInput!) { recordEvaluation(input: $input) {
        ... on Evaluation { id startsOn endsOn score predikat lowPerformance person { id name } }
        ... on Refusal { code message }
    } }
    """,
    """
    mutation Record($input: BenchRecordEvaluationInput!) { recordEvaluation: benchRecordEvaluation(input: $input) {
        evaluation: result { id: rowId startsOn endsOn score predikat lowPerformance: low
            person: personByPersonId { id: rowId name } }
    } }
    """,
    """
    SELECT '{"recordEvaluation":{"id":"ev' || e.id || '","startsOn":"' || e.starts_on || '","endsOn":"' || e.ends_on
        || '","score":"' || e.score || '","predikat":"' || e.predikat || '","lowPerformance":' || e.low::text
        || ',"person":{"id":"pe' || p.id || '","name":' || to_json(p.name) || '}}}'
    FROM bench.record_evaluation($1, $2, $3, $4, $5, $6, $7, $8) e JOIN person p ON p.id = e.person_id
    """,
    (
        "clientKey",
        "planId",
        "appraiserId",
        "period",
        "resultsIndex",
        "behaviourIndex",
        "evidence",
        "evidenceSource",
    ),
)

QUESTIONS: Final = (POSITION, THREE_LEVELS, FLAT, RISK_PAGE, MUTATION, UNSEEN)
