"""Whose rows somebody may see, told a second time: the sentences of the access rules in plain Python.

Nothing here is taken from the predicates that the service runs on, nor from the columns that they read: it knows
where people work and who appraises them from what the town was built of.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from domain.actor import Actor, Role
from tests.access.town import FORMER, POSTS, UNITS, Row, unit_path

REGISTER: Final = frozenset({"person", "incumbency", "appraiser_line"})
RECORD: Final = frozenset(
    {"plan", "plan_result", "plan_indicator", "evaluation", "monitoring", "assignment", "training_record"}
)
RISK: Final = frozenset({"risk_score", "risk_reason"})
PUBLIC: Final = frozenset(
    {
        "unit",
        "unit_placement",
        "position",
        "position_indicator",
        "indicator",
        "programme",
        "session",
        "model",
        "model_metric",
        "scoring_run",
        "published_run",
        "summary",
        "published_summary",
        "effect_study",
        "effect_period",
    }
)

Reads = Callable[[Actor, Row], bool]


def himself(actor: Actor, row: Row) -> bool:
    """Everybody sees what is about himself."""
    return row.about is not None and row.about == actor.person_id


def own_line(actor: Actor, row: Row) -> bool:
    """A supervisor sees those whose appraiser he is today, or for whose appraiser he stands in today."""
    if row.about is None or actor.person_id is None:
        return False
    return POSTS[row.about][1] in {actor.person_id, *actor.stands_in_for}


def own_units(actor: Actor, row: Row) -> bool:
    """HR and auditors see those who work today in a unit of theirs, or in one below it."""
    path = None if row.about is None else unit_path(row.about)
    return _within(path, actor.unit_path)


def his_appraiser(actor: Actor, row: Row) -> bool:
    """Everybody sees who appraises him: his entry in the register, not what hangs on it."""
    if row.table != "person" or actor.person_id is None:
        return False
    return row.about is not None and row.about == POSTS[actor.person_id][1]


def decided_himself(actor: Actor, row: Row) -> bool:
    """Of a line that is no longer his, a supervisor keeps what he decided himself."""
    return row.decided_by is not None and row.decided_by == actor.person_id


def either_party(actor: Actor, row: Row) -> bool:
    """Who gave a line, and to whom it was given."""
    return actor.person_id is not None and actor.person_id in {row.about, row.beside}


def about_own_units(actor: Actor, row: Row) -> bool:
    """What is about a unit, not about a person, is for those of it."""
    return _within(row.path, actor.unit_path)


def about_nobody(_actor: Actor, row: Row) -> bool:
    """What is about no person and no unit."""
    return row.about is None and row.path is None


def everybodys(_actor: Actor, _row: Row) -> bool:
    """A service for the whole province sees all people."""
    return True


def _within(path: str | None, units: str | None) -> bool:
    if path is None or not units:
        return False
    asked, of = units.rstrip(".").split("."), path.rstrip(".").split(".")
    return of[: len(asked)] == asked


REGISTER_READ: Final[Mapping[Role, tuple[Reads, ...]]] = {
    Role.EMPLOYEE: (himself, his_appraiser),
    Role.SUPERVISOR: (himself, his_appraiser, own_line),
    Role.HR: (himself, own_units),
    Role.LEADER: (himself, his_appraiser),
    Role.AUDITOR: (himself, own_units),
    Role.ADMIN: (everybodys,),
    Role.CHANGE_AGENT: (himself, his_appraiser),
    Role.SERVICE: (everybodys,),
    Role.UNIT_SERVICE: (own_units,),
}
RISK_READ: Final[Mapping[Role, tuple[Reads, ...]]] = {
    Role.EMPLOYEE: (himself,),
    Role.SUPERVISOR: (himself, own_line),
    Role.HR: (himself, own_units),
    Role.LEADER: (himself,),
    Role.AUDITOR: (himself, own_units),
    Role.ADMIN: (himself,),
    Role.CHANGE_AGENT: (himself,),
    Role.SERVICE: (everybodys,),
    Role.UNIT_SERVICE: (own_units,),
}
RECORD_READ: Final[Mapping[Role, tuple[Reads, ...]]] = {
    **RISK_READ,
    Role.SUPERVISOR: (himself, own_line, decided_himself),
}
NIP_READ: Final[Mapping[Role, tuple[Reads, ...]]] = {
    **RISK_READ,
    Role.AUDITOR: (himself,),
}
"""The number is for oneself, one's line and HR; a service has it within its scope."""

JOB_READ: Final[Mapping[Role, tuple[Reads, ...]]] = dict.fromkeys(
    (Role.HR, Role.AUDITOR, Role.ADMIN, Role.SERVICE), (everybodys,)
)
TRAIL_READ: Final[Mapping[Role, tuple[Reads, ...]]] = {Role.AUDITOR: (own_units, about_nobody)}
"""What was done in their units is for auditors, and what the service did to nobody in particular."""

LOOK_READ: Final[Mapping[Role, tuple[Reads, ...]]] = {
    **dict.fromkeys((role for role in Role if role not in {Role.SERVICE, Role.UNIT_SERVICE}), (himself,)),
    Role.AUDITOR: (himself, own_units),
}
"""Everybody sees who looked at him, and an auditor who looked at those of his units."""

SUMMARY_READ: Final[Mapping[Role, tuple[Reads, ...]]] = {
    **dict.fromkeys((Role.LEADER, Role.HR, Role.AUDITOR, Role.UNIT_SERVICE), (about_own_units,)),
    Role.SERVICE: (everybodys,),
}
"""Sums are for leaders and for whoever sees the people themselves, of their units."""

DELEGATION_READ: Final[Mapping[Role, tuple[Reads, ...]]] = {
    **dict.fromkeys(Role, (either_party,)),
    Role.HR: (either_party, own_units),
    Role.AUDITOR: (either_party, own_units),
    Role.SERVICE: (everybodys,),
    Role.UNIT_SERVICE: (own_units,),
}
"""That a line is another's is for both of them, and for HR and auditors of whose it is."""

READ: Final = {
    REGISTER: REGISTER_READ,
    RECORD: RECORD_READ,
    RISK: RISK_READ,
    frozenset({"job"}): JOB_READ,
    frozenset({"audit_entry"}): TRAIL_READ,
    frozenset({"look"}): LOOK_READ,
    frozenset({"unit_summary", "risk_count"}): SUMMARY_READ,
    frozenset({"delegation"}): DELEGATION_READ,
}
"""Who may read which tables, and by which rules."""


def sees(actor: Actor | None, row: Row) -> bool:
    """Whether somebody may see a row; a table that is named nowhere here is nobody's."""
    if row.table in PUBLIC:
        return True
    if actor is None:
        return False
    for tables, read in READ.items():
        if row.table in tables:
            return _any(read, actor, row)
    return row.table == "assignment_batch" and _decision(actor, row)


def evaluates(actor: Actor, row: Row) -> bool:
    """A supervisor evaluates those of his line, and never himself."""
    return own_line(actor, row) and not himself(actor, row)


def seen_by_him(actor: Actor, row: Row) -> bool:
    """Whom one may see one may also name."""
    return sees(actor, row)


DECIDES: Final[Mapping[str, Mapping[Role, Reads]]] = {
    "RecordEvaluationInput.plan": {Role.SUPERVISOR: evaluates},
    "AssignTrainingInput.session": {Role.HR: everybodys},
    "AssignTrainingInput.unit": {Role.HR: about_own_units},
    "AssignAppraiserInput.person": {Role.HR: own_units, Role.ADMIN: everybodys},
    "AssignAppraiserInput.appraiser": {Role.HR: seen_by_him, Role.ADMIN: everybodys},
    "MovePersonInput.person": {Role.HR: own_units, Role.ADMIN: everybodys},
    "MovePersonInput.position": {Role.HR: everybodys, Role.ADMIN: everybodys},
    "DelegateLineInput.appraiser": {Role.HR: own_units, Role.SUPERVISOR: himself},
    "DelegateLineInput.delegate": {Role.HR: seen_by_him, Role.SUPERVISOR: seen_by_him},
    "EndDelegationInput.delegation": {Role.HR: own_units, Role.SUPERVISOR: himself},
}
"""What a command may be aimed at, by the field of its input that names it."""


def decides(actor: Actor | None, aim: str, row: Row) -> bool:
    """Whether a command of somebody reaches what a field of its input names."""
    rule = None if actor is None else DECIDES[aim].get(actor.role)
    return actor is not None and rule is not None and rule(actor, _about(row))


def _about(row: Row) -> Row:
    return replace(row, path=UNITS[row.key]) if row.table == "unit" else row


def numbers(actor: Actor | None, person: int) -> bool:
    """Whether somebody may see a person's number (NIP)."""
    return actor is not None and _any(NIP_READ, actor, Row("person", about=person))


def _decision(actor: Actor, row: Row) -> bool:
    """A decision over many is for who took it as HR, for HR and auditors of its units, and for services of them."""
    match actor.role:
        case Role.SERVICE:
            return True
        case Role.HR:
            return decided_himself(actor, row) or _within(row.path, actor.unit_path)
        case Role.AUDITOR | Role.UNIT_SERVICE:
            return _within(row.path, actor.unit_path)
        case _:
            return False


def _any(read: Mapping[Role, tuple[Reads, ...]], actor: Actor, row: Row) -> bool:
    return any(rule(actor, row) for rule in read.get(actor.role, ()))


def relation(actor: Actor, person: int) -> str:
    """How somebody stands to another, for counting what was tried."""
    row = Row("person", about=person)
    appraiser = POSTS[person][1]
    cases = {
        "self": himself(actor, row),
        "former line": actor.person_id is not None and FORMER.get(person, (None, None))[1] == actor.person_id,
        "left": POSTS[person][0] is None,
        "own line": appraiser is not None and appraiser == actor.person_id,
        "delegated line": appraiser in actor.stands_in_for,
        "own appraiser": his_appraiser(actor, row),
        "own units": own_units(actor, row),
    }
    return next((name for name, holds in cases.items() if holds), "foreign")
