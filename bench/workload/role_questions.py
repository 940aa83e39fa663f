"""Questions in people's own roles, with access on at both sides.

Four reads of four kinds of actor, two commands. Each is a typical question of the role: an employee about themselves,
a supervisor about their team, HR about a narrow part of the tree, an auditor about the whole province. Values are the
actor's own, so no two actors send the same.
"""

from typing import Final

from bench.workload import handwritten_sql
from bench.workload.questions import FLAT, MUTATION, QUESTIONS, Question, QuestionKind
from domain.actor import Role

_PAGE: Final = """
    id name grade joinedOn
    unit { id name kind parent { id name } }
    position { id title level unit { id name } }
    plan { id year status startsOn endsOn
        results { id ordinal kind title indicators { ordinal name measure target } } }
    evaluations(last: 4) { id startsOn endsOn score predikat lowPerformance }
    risk { id rank probability probabilityLow probabilityHigh band hindered
        reasons(first: 3) { code term help changeable } }
    trainingRecords(first: 5) { id completedOn jp outcome programme { id name } }
"""
_NEWEST_PLAN: Final = "first: 1, condition: {active: true}, orderBy: [STARTS_ON_DESC, ROW_ID_DESC]"
_NEWEST_EVALUATIONS: Final = "condition: {current: true}, orderBy: [ENDS_ON_DESC, ROW_ID_DESC]"
_REASONS_PEER: Final = "orderBy: [ORDINAL_ASC, ROW_ID_ASC]) { code term help changeable }"
_PAGE_PEER: Final = f"""
    id: rowId name grade: rank joinedOn
    unit: unitByUnitId {{ id: rowId name kind parent: unitByParentId {{ id: rowId name }} }}
    position: positionByPositionId {{ id: rowId title level unit: unitByUnitId {{ id: rowId name }} }}
    plan: plansByPersonIdList({_NEWEST_PLAN}) {{ id: rowId year status startsOn endsOn
        results: planResultsByPlanIdList(orderBy: [ORDINAL_ASC, ROW_ID_ASC]) {{ id: rowId ordinal kind title
            indicators: planIndicatorsByResultIdList(orderBy: [ORDINAL_ASC, ROW_ID_ASC])
                {{ ordinal name measure target }} }} }}
    evaluations: evaluationsByPersonIdList(first: 4, {_NEWEST_EVALUATIONS})
        {{ id: rowId startsOn endsOn score predikat lowPerformance: low }}
    risk: riskScoresByPersonIdList(first: 1, condition: {{runId: $run}}) {{
        id: rowId rank probability probabilityLow: low probabilityHigh: high band hindered
        reasons: riskReasonsByScoreIdList(first: 3, {_REASONS_PEER} }}
    trainingRecords: trainingRecordsByPersonIdList(first: 5, orderBy: [COMPLETED_ON_DESC, ROW_ID_DESC])
        {{ id: rowId completedOn jp outcome programme: programmeByProgrammeId {{ id: rowId name }} }}
"""

_MEMBER: Final = """
    id name grade
    unit { id name kind }
    position { id title level unit { id name } }
    plan { id year status startsOn endsOn }
    evaluations(last: 4) { id startsOn endsOn score predikat lowPerformance plan { id year } }
"""
_MEMBER_PEER: Final = f"""
    id: rowId name grade: rank
    unit: unitByUnitId {{ id: rowId name kind }}
    position: positionByPositionId {{ id: rowId title level unit: unitByUnitId {{ id: rowId name }} }}
    plan: plansByPersonIdList({_NEWEST_PLAN}) {{ id: rowId year status startsOn endsOn }}
    evaluations: evaluationsByPersonIdList(first: 4, {_NEWEST_EVALUATIONS})
        {{ id: rowId startsOn endsOn score predikat lowPerformance: low plan: planByPlanId {{ id: rowId year }} }}
"""

_RISK: Final = """
    query Risk { riskList(first: 50) { totalCount nodes {
        id rank probability probabilityLow probabilityHigh band hindered
        person { id name position { id title } unit { id name } }
        reasons(first: 3) { code term help changeable }
    } } }
"""
_RISK_PEER: Final = f"""
    query Risk {{ riskList: benchRiskList(first: 50) {{ totalCount nodes {{
        id: rowId rank probability probabilityLow: low probabilityHigh: high band hindered
        person: personByPersonId {{ id: rowId name
            position: positionByPositionId {{ id: rowId title }} unit: unitByUnitId {{ id: rowId name }} }}
        reasons: riskReasonsByScoreIdList(first: 3, {_REASONS_PEER}
    }} }} }}
"""
_SCORE: Final = "rank probability probabilityLow probabilityHigh logit band hindered evaluationsKnown abstention"
_SCORE_PEER: Final = (
    "rank probability probabilityLow: low probabilityHigh: high logit band hindered evaluationsKnown"
    " abstention: abstained"
)
_SCORES: Final = f"query Scores {{ riskList(first: 1000) {{ nodes {{ id {_SCORE} }} }} }}"
_SCORES_PEER: Final = f"query Scores {{ riskList: benchRiskListList(first: 1000) {{ id: rowId {_SCORE_PEER} }} }}"

_PEOPLE: Final = f"query People {{ people(first: 50) {{ nodes {{ {_MEMBER} }} }} }}"
_PEOPLE_PEER: Final = f"""
    query People {{ people: allPeopleList(first: 50, orderBy: [NAME_ASC, ROW_ID_ASC]) {{ {_MEMBER_PEER} }} }}
"""
_SEARCH: Final = """
    query Search($words: String!) { people(first: 20, where: {name: $words}) { nodes {
        id name grade unit { id name } position { id title }
    } } }
"""

_PERSON: Final = "id, name, rank, unit_id, position_id"
# Left to itself PostgreSQL may walk the names in their order and try each; behind OFFSET 0 it finds, then sorts.
_NAME_PREFIX_QUERY: Final = "to_tsquery('simple', quote_literal($1) || ':*')"
_NAME_CONDITION: Final = f"name_words @@ {_NAME_PREFIX_QUERY}"
_IN_UNITS: Final = "unit_path >= ${0} AND unit_path < ${1}"


def _build_peer_search(function: str) -> str:
    return f"""
        query Search($words: String!) {{ people: {function}(words: $words, first: 20) {{
            id: rowId name grade: rank unit: unitByUnitId {{ id: rowId name }}
            position: positionByPositionId {{ id: rowId title }}
        }} }}
    """


EMPLOYEE: Final = (
    Question(
        "employee_page",
        QuestionKind.READ,
        f"query Me {{ me {{ {_PAGE} }} }}",
        f"query Me($me: BigInt!, $run: BigInt!) {{ me: personByRowId(rowId: $me) {{ {_PAGE_PEER} }} }}",
        handwritten_sql.build_person_page_sql("me"),
        ("me", "run"),
        Role.EMPLOYEE,
    ),
    Question(
        "employee_history",
        QuestionKind.READ,
        """
        query History { me { id name
            evaluations(last: 12) { id startsOn endsOn score predikat lowPerformance
                plan { id year position { id title unit { id name } } } }
            plans(first: 5) { id year status startsOn endsOn results { id ordinal title } }
        } }
        """,
        f"""
        query History($me: BigInt!) {{ me: personByRowId(rowId: $me) {{ id: rowId name
            evaluations: evaluationsByPersonIdList(first: 12, {_NEWEST_EVALUATIONS}) {{
                id: rowId startsOn endsOn score predikat lowPerformance: low
                plan: planByPlanId {{ id: rowId year
                    position: positionByPositionId {{ id: rowId title unit: unitByUnitId {{ id: rowId name }} }} }} }}
            plans: plansByPersonIdList(first: 5, orderBy: [STARTS_ON_DESC, ROW_ID_DESC]) {{
                id: rowId year status startsOn endsOn
                results: planResultsByPlanIdList(orderBy: [ORDINAL_ASC, ROW_ID_ASC]) {{ id: rowId ordinal title }} }}
        }} }}
        """,
        handwritten_sql.build_history_sql(),
        ("me",),
        Role.EMPLOYEE,
    ),
    Question(
        "employee_posts",
        QuestionKind.READ,
        FLAT.kinerja_document,
        FLAT.postgraphile_document,
        FLAT.sql,
        (),
        Role.EMPLOYEE,
    ),
    Question(
        "employee_risk",
        QuestionKind.READ,
        """
        query MyRisk { me { id risk { id rank probability probabilityLow probabilityHigh band hindered
            evaluationsKnown reasons(first: 10) { code term help changeable } scoringRun { id cutoffOn personCount }
        } } }
        """,
        f"""
        query MyRisk($me: BigInt!, $run: BigInt!) {{ me: personByRowId(rowId: $me) {{ id: rowId
            risk: riskScoresByPersonIdList(first: 1, condition: {{runId: $run}}) {{
                id: rowId rank probability probabilityLow: low probabilityHigh: high band hindered evaluationsKnown
                reasons: riskReasonsByScoreIdList(first: 10, {_REASONS_PEER}
                scoringRun: scoringRunByRunId {{ id: rowId cutoffOn personCount: people }}
        }} }} }}
        """,
        handwritten_sql.build_own_score_sql(),
        ("me", "run"),
        Role.EMPLOYEE,
    ),
)

SUPERVISOR: Final = (
    Question(
        "supervisor_page",
        QuestionKind.READ,
        f"query Member($member: ID!) {{ person(by: {{id: $member}}) {{ {_PAGE} }} }}",
        f"""
        query Member($member: BigInt!, $run: BigInt!) {{ person: personByRowId(rowId: $member) {{ {_PAGE_PEER} }} }}
        """,
        handwritten_sql.build_person_page_sql("person"),
        ("member", "run"),
        Role.SUPERVISOR,
    ),
    Question(
        "supervisor_team",
        QuestionKind.READ,
        f"query Team {{ me {{ id team(first: 50) {{ nodes {{ {_MEMBER} }} }} }} }}",
        f"""
        query Team($me: BigInt!) {{ me: personByRowId(rowId: $me) {{ id: rowId
            team: peopleByAppraiserIdList(first: 50, orderBy: [NAME_ASC, ROW_ID_ASC]) {{ {_MEMBER_PEER} }} }} }}
        """,
        handwritten_sql.build_people_sql(
            """'{"me":{"id":"pe' || $1::bigint || '","team":{"nodes":['""",
            f"SELECT {_PERSON} FROM person WHERE appraiser_id = $1 ORDER BY name, id LIMIT 50",
            "']}}}'",
        ),
        ("me",),
        Role.SUPERVISOR,
    ),
    Question(
        "supervisor_posts",
        QuestionKind.READ,
        FLAT.kinerja_document,
        FLAT.postgraphile_document,
        FLAT.sql,
        (),
        Role.SUPERVISOR,
    ),
    Question(
        "supervisor_risk",
        QuestionKind.READ,
        _RISK,
        _RISK_PEER,
        handwritten_sql.build_risk_page_sql(
            "SELECT count(*) FROM risk_score WHERE run_id = $2 AND appraiser_id = $1",
            "SELECT * FROM risk_score WHERE run_id = $2 AND appraiser_id = $1 ORDER BY rank LIMIT 50",
        ),
        ("me", "run"),
        Role.SUPERVISOR,
    ),
)

HR: Final = (
    Question(
        "hr_people",
        QuestionKind.READ,
        _PEOPLE,
        _PEOPLE_PEER,
        handwritten_sql.build_people_sql(
            """'{"people":{"nodes":['""",
            f"SELECT {_PERSON} FROM person WHERE {_IN_UNITS.format(1, 2)} ORDER BY name, id LIMIT 50",
            "']}}'",
        ),
        ("path", "end"),
        Role.HR,
    ),
    Question(
        "hr_scores",
        QuestionKind.READ,
        _SCORES,
        _SCORES_PEER,
        handwritten_sql.build_scores_sql(
            f"SELECT * FROM risk_score WHERE run_id = $2 AND {_IN_UNITS.format(3, 4)} AND person_id <> $1"
            " ORDER BY rank LIMIT 1000"
        ),
        ("me", "run", "path", "end"),
        Role.HR,
    ),
    Question(
        "hr_risk",
        QuestionKind.READ,
        _RISK,
        _RISK_PEER,
        handwritten_sql.build_risk_page_sql(
            f"SELECT count(*) FROM risk_score WHERE run_id = $2 AND {_IN_UNITS.format(3, 4)} AND person_id <> $1",
            f"SELECT * FROM risk_score WHERE run_id = $2 AND {_IN_UNITS.format(3, 4)} AND person_id <> $1"
            " ORDER BY rank LIMIT 50",
        ),
        ("me", "run", "path", "end"),
        Role.HR,
    ),
    Question(
        "hr_search",
        QuestionKind.READ,
        _SEARCH,
        _build_peer_search("benchPeopleNamedList"),
        handwritten_sql.build_search_sql(
            f"SELECT * FROM (SELECT {_PERSON} FROM person WHERE {_NAME_CONDITION} AND {_IN_UNITS.format(2, 3)}"
            " OFFSET 0) AS named ORDER BY name, id LIMIT 20"
        ),
        ("words", "path", "end"),
        Role.HR,
    ),
)

AUDITOR: Final = (
    Question(
        "auditor_people",
        QuestionKind.READ,
        _PEOPLE,
        _PEOPLE_PEER,
        handwritten_sql.build_people_sql(
            """'{"people":{"nodes":['""",
            f"SELECT {_PERSON} FROM person WHERE unit_path IS NOT NULL ORDER BY name, id LIMIT 50",
            "']}}'",
        ),
        (),
        Role.AUDITOR,
    ),
    Question(
        "auditor_scores",
        QuestionKind.READ,
        _SCORES,
        _SCORES_PEER,
        handwritten_sql.build_scores_sql(
            "SELECT * FROM risk_score WHERE run_id = $2 AND unit_path IS NOT NULL AND person_id <> $1"
            " ORDER BY rank LIMIT 1000"
        ),
        ("me", "run"),
        Role.AUDITOR,
    ),
    Question(
        "auditor_risk",
        QuestionKind.READ,
        _RISK,
        _RISK_PEER,
        handwritten_sql.build_risk_page_sql(
            "SELECT people - 1 FROM scoring_run WHERE id = $2",
            "SELECT * FROM risk_score WHERE run_id = $2 AND unit_path IS NOT NULL AND person_id <> $1"
            " ORDER BY rank LIMIT 50",
        ),
        ("me", "run"),
        Role.AUDITOR,
    ),
    Question(
        "auditor_search",
        QuestionKind.READ,
        _SEARCH,
        _build_peer_search("benchPeopleFoundList"),
        handwritten_sql.build_search_sql(
            f"SELECT * FROM (SELECT {_PERSON} FROM person WHERE {_NAME_CONDITION} AND unit_path IS NOT NULL"
            " OFFSET 0) AS named ORDER BY name, id LIMIT 20"
        ),
        ("words",),
        Role.AUDITOR,
    ),
)

_ROW: Final = "id startsOn endsOn score predikat lowPerformance"
_ROW_PEER: Final = "id: rowId startsOn endsOn score predikat lowPerformance: low"

COMMAND: Final = Question(
    "command",
    QuestionKind.MUTATION,
    MUTATION.kinerja_document,
    MUTATION.postgraphile_document,
    MUTATION.sql,
    MUTATION.parameters,
    Role.SUPERVISOR,
)
"""Command: recording of an evaluation, with its person in the payload."""

HOT_COMMAND: Final = Question(
    "hot_command",
    QuestionKind.MUTATION,
    f"""
    mutation Record($input: RecordEvaluationInput!) {{ recordEvaluation(input: $input) {{
        ... on Evaluation {{ {_ROW} }} ... on Refusal {{ code message }}
    }} }}
    """,
    f"""
    mutation Record($input: BenchRecordEvaluationInput!) {{ recordEvaluation: benchRecordEvaluation(input: $input) {{
        evaluation: result {{ {_ROW_PEER} }}
    }} }}
    """,
    """
    SELECT '{"recordEvaluation":{"id":"ev' || e.id || '","startsOn":"' || e.starts_on || '","endsOn":"' || e.ends_on
        || '","score":"' || e.score || '","predikat":"' || e.predikat || '","lowPerformance":' || e.low::text || '}}'
    FROM bench.record_evaluation($1, $2, $3, $4, $5, $6, $7, $8) e
    """,
    MUTATION.parameters,
    Role.SUPERVISOR,
)
"""Command: recording of an evaluation, with nothing but its row in the payload."""

ROLE_READS: Final = (*EMPLOYEE, *SUPERVISOR, *HR, *AUDITOR)
ROLE_QUESTIONS: Final = (*ROLE_READS, COMMAND, HOT_COMMAND)
ALL_QUESTIONS: Final = (*QUESTIONS, *ROLE_QUESTIONS)
