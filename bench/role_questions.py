"""What people ask in their own role, with access on at both sides: four reads of four kinds of actor, two commands.

Each is a question that the role has: an employee asks about himself, a supervisor about his team, HR about a narrow
part of the tree, an auditor about the whole province. Values are the actor's own, so no two actors ask the same.
"""

from typing import Final

from bench import by_hand
from bench.questions import FLAT, MUTATION, QUESTIONS, Kind, Question
from domain.actor import Role

_PAGE: Final = """
    id name rank joinedOn
    unit { id name kind parent { id name } }
    position { id title level unit { id name } }
    plan { id year status startsOn endsOn
        results { id ordinal kind title indicators { ordinal name measure target } } }
    evaluations(last: 4) { id startsOn endsOn score predikat low }
    risk { id rank probability low high band hindered reasons(first: 3) { code term help changeable } }
    trainingRecords(first: 5) { id completedOn jp outcome programme { id name } }
"""
_NEWEST_PLAN: Final = "first: 1, condition: {active: true}, orderBy: [STARTS_ON_DESC, ROW_ID_DESC]"
_NEWEST_EVALUATIONS: Final = "condition: {current: true}, orderBy: [ENDS_ON_DESC, ROW_ID_DESC]"
_REASONS_PEER: Final = "orderBy: [ORDINAL_ASC, ROW_ID_ASC]) { code term help changeable }"
_PAGE_PEER: Final = f"""
    id: rowId name rank joinedOn
    unit: unitByUnitId {{ id: rowId name kind parent: unitByParentId {{ id: rowId name }} }}
    position: positionByPositionId {{ id: rowId title level unit: unitByUnitId {{ id: rowId name }} }}
    plan: plansByPersonIdList({_NEWEST_PLAN}) {{ id: rowId year status startsOn endsOn
        results: planResultsByPlanIdList(orderBy: [ORDINAL_ASC, ROW_ID_ASC]) {{ id: rowId ordinal kind title
            indicators: planIndicatorsByResultIdList(orderBy: [ORDINAL_ASC, ROW_ID_ASC])
                {{ ordinal name measure target }} }} }}
    evaluations: evaluationsByPersonIdList(first: 4, {_NEWEST_EVALUATIONS})
        {{ id: rowId startsOn endsOn score predikat low }}
    risk: riskScoresByPersonIdList(first: 1, condition: {{runId: $run}}) {{
        id: rowId rank probability low high band hindered
        reasons: riskReasonsByScoreIdList(first: 3, {_REASONS_PEER} }}
    trainingRecords: trainingRecordsByPersonIdList(first: 5, orderBy: [COMPLETED_ON_DESC, ROW_ID_DESC])
        {{ id: rowId completedOn jp outcome programme: programmeByProgrammeId {{ id: rowId name }} }}
"""

_MEMBER: Final = """
    id name rank
    unit { id name kind }
    position { id title level unit { id name } }
    plan { id year status startsOn endsOn }
    evaluations(last: 4) { id startsOn endsOn score predikat low plan { id year } }
"""
_MEMBER_PEER: Final = f"""
    id: rowId name rank
    unit: unitByUnitId {{ id: rowId name kind }}
    position: positionByPositionId {{ id: rowId title level unit: unitByUnitId {{ id: rowId name }} }}
    plan: plansByPersonIdList({_NEWEST_PLAN}) {{ id: rowId year status startsOn endsOn }}
    evaluations: evaluationsByPersonIdList(first: 4, {_NEWEST_EVALUATIONS})
        {{ id: rowId startsOn endsOn score predikat low plan: planByPlanId {{ id: rowId year }} }}
"""

_RISK: Final = """
    query Risk { riskList(first: 50) { totalCount nodes {
        id rank probability low high band hindered
        person { id name position { id title } unit { id name } }
        reasons(first: 3) { code term help changeable }
    } } }
"""
_RISK_PEER: Final = f"""
    query Risk {{ riskList: benchRiskList(first: 50) {{ totalCount nodes {{
        id: rowId rank probability low high band hindered
        person: personByPersonId {{ id: rowId name
            position: positionByPositionId {{ id: rowId title }} unit: unitByUnitId {{ id: rowId name }} }}
        reasons: riskReasonsByScoreIdList(first: 3, {_REASONS_PEER}
    }} }} }}
"""
_SCORE: Final = "rank probability low high logit band hindered evaluationsKnown abstained"
_SCORES: Final = f"query Scores {{ riskList(first: 1000) {{ nodes {{ id {_SCORE} }} }} }}"
_SCORES_PEER: Final = f"query Scores {{ riskList: benchRiskListList(first: 1000) {{ id: rowId {_SCORE} }} }}"

_PEOPLE: Final = f"query People {{ people(first: 50) {{ nodes {{ {_MEMBER} }} }} }}"
_PEOPLE_PEER: Final = f"""
    query People {{ people: allPeopleList(first: 50, orderBy: [NAME_ASC, ROW_ID_ASC]) {{ {_MEMBER_PEER} }} }}
"""
_SEARCH: Final = """
    query Search($words: String!) { people(first: 20, where: {name: $words}) { nodes {
        id name rank unit { id name } position { id title }
    } } }
"""

_SHOWN: Final = "id, name, rank, unit_id, position_id"
# Left to itself PostgreSQL may walk the names in their order and try each; behind OFFSET 0 it finds, then sorts.
_TYPED: Final = "to_tsquery('simple', quote_literal($1) || ':*')"
_NAMED: Final = f"name_words @@ {_TYPED}"
_WITHIN: Final = "unit_path >= ${0} AND unit_path < ${1}"


def _search_peer(function: str) -> str:
    return f"""
        query Search($words: String!) {{ people: {function}(words: $words, first: 20) {{
            id: rowId name rank unit: unitByUnitId {{ id: rowId name }}
            position: positionByPositionId {{ id: rowId title }}
        }} }}
    """


EMPLOYEE: Final = (
    Question(
        "employee_page",
        Kind.READ,
        f"query Me {{ me {{ {_PAGE} }} }}",
        f"query Me($me: BigInt!, $run: BigInt!) {{ me: personByRowId(rowId: $me) {{ {_PAGE_PEER} }} }}",
        by_hand.page("me"),
        ("me", "run"),
        Role.EMPLOYEE,
    ),
    Question(
        "employee_history",
        Kind.READ,
        """
        query History { me { id name
            evaluations(last: 12) { id startsOn endsOn score predikat low
                plan { id year position { id title unit { id name } } } }
            plans(first: 5) { id year status startsOn endsOn results { id ordinal title } }
        } }
        """,
        f"""
        query History($me: BigInt!) {{ me: personByRowId(rowId: $me) {{ id: rowId name
            evaluations: evaluationsByPersonIdList(first: 12, {_NEWEST_EVALUATIONS}) {{
                id: rowId startsOn endsOn score predikat low
                plan: planByPlanId {{ id: rowId year
                    position: positionByPositionId {{ id: rowId title unit: unitByUnitId {{ id: rowId name }} }} }} }}
            plans: plansByPersonIdList(first: 5, orderBy: [STARTS_ON_DESC, ROW_ID_DESC]) {{
                id: rowId year status startsOn endsOn
                results: planResultsByPlanIdList(orderBy: [ORDINAL_ASC, ROW_ID_ASC]) {{ id: rowId ordinal title }} }}
        }} }}
        """,
        by_hand.history(),
        ("me",),
        Role.EMPLOYEE,
    ),
    Question("employee_posts", Kind.READ, FLAT.ours, FLAT.postgraphile, FLAT.by_hand, (), Role.EMPLOYEE),
    Question(
        "employee_risk",
        Kind.READ,
        """
        query MyRisk { me { id risk { id rank probability low high band hindered evaluationsKnown
            reasons(first: 10) { code term help changeable } run { id cutoffOn people }
        } } }
        """,
        f"""
        query MyRisk($me: BigInt!, $run: BigInt!) {{ me: personByRowId(rowId: $me) {{ id: rowId
            risk: riskScoresByPersonIdList(first: 1, condition: {{runId: $run}}) {{
                id: rowId rank probability low high band hindered evaluationsKnown
                reasons: riskReasonsByScoreIdList(first: 10, {_REASONS_PEER}
                run: scoringRunByRunId {{ id: rowId cutoffOn people }}
        }} }} }}
        """,
        by_hand.own_score(),
        ("me", "run"),
        Role.EMPLOYEE,
    ),
)

SUPERVISOR: Final = (
    Question(
        "supervisor_page",
        Kind.READ,
        f"query Member($member: ID!) {{ person(by: {{id: $member}}) {{ {_PAGE} }} }}",
        f"""
        query Member($member: BigInt!, $run: BigInt!) {{ person: personByRowId(rowId: $member) {{ {_PAGE_PEER} }} }}
        """,
        by_hand.page("person"),
        ("member", "run"),
        Role.SUPERVISOR,
    ),
    Question(
        "supervisor_team",
        Kind.READ,
        f"query Team {{ me {{ id team(first: 50) {{ nodes {{ {_MEMBER} }} }} }} }}",
        f"""
        query Team($me: BigInt!) {{ me: personByRowId(rowId: $me) {{ id: rowId
            team: peopleByAppraiserIdList(first: 50, orderBy: [NAME_ASC, ROW_ID_ASC]) {{ {_MEMBER_PEER} }} }} }}
        """,
        by_hand.people(
            """'{"me":{"id":"pe' || $1::bigint || '","team":{"nodes":['""",
            f"SELECT {_SHOWN} FROM person WHERE appraiser_id = $1 ORDER BY name, id LIMIT 50",
            "']}}}'",
        ),
        ("me",),
        Role.SUPERVISOR,
    ),
    Question("supervisor_posts", Kind.READ, FLAT.ours, FLAT.postgraphile, FLAT.by_hand, (), Role.SUPERVISOR),
    Question(
        "supervisor_risk",
        Kind.READ,
        _RISK,
        _RISK_PEER,
        by_hand.risk_page(
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
        Kind.READ,
        _PEOPLE,
        _PEOPLE_PEER,
        by_hand.people(
            """'{"people":{"nodes":['""",
            f"SELECT {_SHOWN} FROM person WHERE {_WITHIN.format(1, 2)} ORDER BY name, id LIMIT 50",
            "']}}'",
        ),
        ("path", "end"),
        Role.HR,
    ),
    Question(
        "hr_scores",
        Kind.READ,
        _SCORES,
        _SCORES_PEER,
        by_hand.scores(
            f"SELECT * FROM risk_score WHERE run_id = $2 AND {_WITHIN.format(3, 4)} AND person_id <> $1"
            " ORDER BY rank LIMIT 1000"
        ),
        ("me", "run", "path", "end"),
        Role.HR,
    ),
    Question(
        "hr_risk",
        Kind.READ,
        _RISK,
        _RISK_PEER,
        by_hand.risk_page(
            f"SELECT count(*) FROM risk_score WHERE run_id = $2 AND {_WITHIN.format(3, 4)} AND person_id <> $1",
            f"SELECT * FROM risk_score WHERE run_id = $2 AND {_WITHIN.format(3, 4)} AND person_id <> $1"
            " ORDER BY rank LIMIT 50",
        ),
        ("me", "run", "path", "end"),
        Role.HR,
    ),
    Question(
        "hr_search",
        Kind.READ,
        _SEARCH,
        _search_peer("benchPeopleNamedList"),
        by_hand.found(
            f"SELECT * FROM (SELECT {_SHOWN} FROM person WHERE {_NAMED} AND {_WITHIN.format(2, 3)} OFFSET 0) AS named"
            " ORDER BY name, id LIMIT 20"
        ),
        ("words", "path", "end"),
        Role.HR,
    ),
)

AUDITOR: Final = (
    Question(
        "auditor_people",
        Kind.READ,
        _PEOPLE,
        _PEOPLE_PEER,
        by_hand.people(
            """'{"people":{"nodes":['""",
            f"SELECT {_SHOWN} FROM person WHERE unit_path IS NOT NULL ORDER BY name, id LIMIT 50",
            "']}}'",
        ),
        (),
        Role.AUDITOR,
    ),
    Question(
        "auditor_scores",
        Kind.READ,
        _SCORES,
        _SCORES_PEER,
        by_hand.scores(
            "SELECT * FROM risk_score WHERE run_id = $2 AND unit_path IS NOT NULL AND person_id <> $1"
            " ORDER BY rank LIMIT 1000"
        ),
        ("me", "run"),
        Role.AUDITOR,
    ),
    Question(
        "auditor_risk",
        Kind.READ,
        _RISK,
        _RISK_PEER,
        by_hand.risk_page(
            "SELECT people - 1 FROM scoring_run WHERE id = $2",
            "SELECT * FROM risk_score WHERE run_id = $2 AND unit_path IS NOT NULL AND person_id <> $1"
            " ORDER BY rank LIMIT 50",
        ),
        ("me", "run"),
        Role.AUDITOR,
    ),
    Question(
        "auditor_search",
        Kind.READ,
        _SEARCH,
        _search_peer("benchPeopleFoundList"),
        by_hand.found(
            f"SELECT * FROM (SELECT {_SHOWN} FROM person WHERE {_NAMED} AND unit_path IS NOT NULL OFFSET 0) AS named"
            " ORDER BY name, id LIMIT 20"
        ),
        ("words",),
        Role.AUDITOR,
    ),
)

_ROW: Final = "id startsOn endsOn score predikat low"

COMMAND: Final = Question(
    "command",
    Kind.MUTATION,
    MUTATION.ours,
    MUTATION.postgraphile,
    MUTATION.by_hand,
    MUTATION.parameters,
    Role.SUPERVISOR,
)
"""An evaluation is recorded, and its person shown."""

HOT_COMMAND: Final = Question(
    "hot_command",
    Kind.MUTATION,
    f"""
    mutation Record($input: RecordEvaluationInput!) {{ recordEvaluation(input: $input) {{
        ... on Evaluation {{ {_ROW} }} ... on Refusal {{ code message }}
    }} }}
    """,
    f"""
    mutation Record($input: BenchRecordEvaluationInput!) {{ recordEvaluation: benchRecordEvaluation(input: $input) {{
        evaluation: result {{ id: rowId {_ROW.removeprefix("id ")} }}
    }} }}
    """,
    """
    SELECT '{"recordEvaluation":{"id":"ev' || e.id || '","startsOn":"' || e.starts_on || '","endsOn":"' || e.ends_on
        || '","score":"' || e.score || '","predikat":"' || e.predikat || '","low":' || e.low::text || '}}'
    FROM bench.record_evaluation($1, $2, $3, $4, $5, $6, $7, $8) e
    """,
    MUTATION.parameters,
    Role.SUPERVISOR,
)
"""An evaluation is recorded, and nothing is shown but its row."""

ROLE_READS: Final = (*EMPLOYEE, *SUPERVISOR, *HR, *AUDITOR)
ROLE_QUESTIONS: Final = (*ROLE_READS, COMMAND, HOT_COMMAND)
ALL: Final = (*QUESTIONS, *ROLE_QUESTIONS)
