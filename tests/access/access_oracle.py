"""Whose rows somebody may see, told a second time: the sentences of the access rules in plain Python.

Nothing here is taken from the predicates that the service runs on, nor from the columns that they read: it knows
where people work and who appraises them from what the town was built of.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from domain.actor import Actor, Role
from tests.access.town import FORMER_POSTS, POSTS, UNITS, TownRow, find_unit_path

PERSON_TABLES: Final = frozenset({"person", "incumbency", "appraiser_line"})
RECORD_TABLES: Final = frozenset(
    {"plan", "plan_result", "plan_indicator", "evaluation", "monitoring", "assignment", "training_record"}
)
RISK_TABLES: Final = frozenset({"risk_score", "risk_reason"})
PUBLIC_TABLES: Final = frozenset(
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

ReadRule = Callable[[Actor, TownRow], bool]


def is_self(actor: Actor, row: TownRow) -> bool:
    """Everybody sees what is about themselves."""
    return row.person is not None and row.person == actor.person_id


def is_in_own_line(actor: Actor, row: TownRow) -> bool:
    """A supervisor sees those whose appraiser they are today, or for whose appraiser they stand in today."""
    if row.person is None or actor.person_id is None:
        return False
    return POSTS[row.person][1] in {actor.person_id, *actor.delegator_ids}


def is_in_own_units(actor: Actor, row: TownRow) -> bool:
    """HR and auditors see those who work today in a unit of theirs, or in one below it."""
    path = None if row.person is None else find_unit_path(row.person)
    return _is_within(path, actor.unit_path)


def is_own_appraiser(actor: Actor, row: TownRow) -> bool:
    """Everybody sees who appraises them: their entry in the register, not what hangs on it."""
    if row.table != "person" or actor.person_id is None:
        return False
    return row.person is not None and row.person == POSTS[actor.person_id][1]


def is_own_decision(actor: Actor, row: TownRow) -> bool:
    """Of a line that is no longer theirs, a supervisor keeps what they decided themselves."""
    return row.decided_by is not None and row.decided_by == actor.person_id


def is_delegation_party(actor: Actor, row: TownRow) -> bool:
    """Who gave a line, and to whom it was given."""
    return actor.person_id is not None and actor.person_id in {row.person, row.second_person}


def is_about_own_units(actor: Actor, row: TownRow) -> bool:
    """What is about a unit, not about a person, is for those of it."""
    return _is_within(row.path, actor.unit_path)


def is_about_nobody(_actor: Actor, row: TownRow) -> bool:
    """What is about no person and no unit."""
    return row.person is None and row.path is None


def is_for_everybody(_actor: Actor, _row: TownRow) -> bool:
    """A service for the whole province sees all people."""
    return True


def _is_within(path: str | None, units: str | None) -> bool:
    if path is None or not units:
        return False
    asked, of = units.rstrip(".").split("."), path.rstrip(".").split(".")
    return of[: len(asked)] == asked


PERSON_RULES: Final[Mapping[Role, tuple[ReadRule, ...]]] = {
    Role.EMPLOYEE: (is_self, is_own_appraiser),
    Role.SUPERVISOR: (is_self, is_own_appraiser, is_in_own_line),
    Role.HR: (is_self, is_in_own_units),
    Role.LEADER: (is_self, is_own_appraiser),
    Role.AUDITOR: (is_self, is_in_own_units),
    Role.ADMIN: (is_for_everybody,),
    Role.CHANGE_AGENT: (is_self, is_own_appraiser),
    Role.SERVICE: (is_for_everybody,),
    Role.UNIT_SERVICE: (is_in_own_units,),
}
RISK_RULES: Final[Mapping[Role, tuple[ReadRule, ...]]] = {
    Role.EMPLOYEE: (is_self,),
    Role.SUPERVISOR: (is_self, is_in_own_line),
    Role.HR: (is_self, is_in_own_units),
    Role.LEADER: (is_self,),
    Role.AUDITOR: (is_self, is_in_own_units),
    Role.ADMIN: (is_self,),
    Role.CHANGE_AGENT: (is_self,),
    Role.SERVICE: (is_for_everybody,),
    Role.UNIT_SERVICE: (is_in_own_units,),
}
RECORD_RULES: Final[Mapping[Role, tuple[ReadRule, ...]]] = {
    **RISK_RULES,
    Role.SUPERVISOR: (is_self, is_in_own_line, is_own_decision),
}
NIP_RULES: Final[Mapping[Role, tuple[ReadRule, ...]]] = {
    **RISK_RULES,
    Role.AUDITOR: (is_self,),
}
"""The number is for oneself, one's line and HR; a service has it within its scope."""

JOB_RULES: Final[Mapping[Role, tuple[ReadRule, ...]]] = dict.fromkeys(
    (Role.HR, Role.AUDITOR, Role.ADMIN, Role.SERVICE), (is_for_everybody,)
)
AUDIT_TRAIL_RULES: Final[Mapping[Role, tuple[ReadRule, ...]]] = {Role.AUDITOR: (is_in_own_units, is_about_nobody)}
"""What was done in their units is for auditors, and what the service did to nobody in particular."""

ACCESS_LOG_RULES: Final[Mapping[Role, tuple[ReadRule, ...]]] = {
    **dict.fromkeys((role for role in Role if role not in {Role.SERVICE, Role.UNIT_SERVICE}), (is_self,)),
    Role.AUDITOR: (is_self, is_in_own_units),
}
"""Everybody sees who looked at them, and an auditor who looked at those of their units."""

SUMMARY_RULES: Final[Mapping[Role, tuple[ReadRule, ...]]] = {
    **dict.fromkeys((Role.LEADER, Role.HR, Role.AUDITOR, Role.UNIT_SERVICE), (is_about_own_units,)),
    Role.SERVICE: (is_for_everybody,),
}
"""Sums are for leaders and for whoever sees the people themselves, of their units."""

DELEGATION_RULES: Final[Mapping[Role, tuple[ReadRule, ...]]] = {
    **dict.fromkeys(Role, (is_delegation_party,)),
    Role.HR: (is_delegation_party, is_in_own_units),
    Role.AUDITOR: (is_delegation_party, is_in_own_units),
    Role.SERVICE: (is_for_everybody,),
    Role.UNIT_SERVICE: (is_in_own_units,),
}
"""That a line is another's is for both of them, and for HR and auditors of whose it is."""

RULES_BY_TABLES: Final = {
    PERSON_TABLES: PERSON_RULES,
    RECORD_TABLES: RECORD_RULES,
    RISK_TABLES: RISK_RULES,
    frozenset({"job"}): JOB_RULES,
    frozenset({"audit_entry"}): AUDIT_TRAIL_RULES,
    frozenset({"look"}): ACCESS_LOG_RULES,
    frozenset({"unit_summary", "risk_count"}): SUMMARY_RULES,
    frozenset({"delegation"}): DELEGATION_RULES,
}
"""Who may read which tables, and by which rules."""


def can_see(actor: Actor | None, row: TownRow) -> bool:
    """Whether somebody may see a row; a table that is named nowhere here is nobody's."""
    if row.table in PUBLIC_TABLES:
        return True
    if actor is None:
        return False
    for tables, read in RULES_BY_TABLES.items():
        if row.table in tables:
            return _matches_any_rule(read, actor, row)
    return row.table == "assignment_batch" and _can_see_decision(actor, row)


def can_evaluate(actor: Actor, row: TownRow) -> bool:
    """A supervisor evaluates those of their line, and never themselves."""
    return is_in_own_line(actor, row) and not is_self(actor, row)


def can_name(actor: Actor, row: TownRow) -> bool:
    """Whom one may see one may also name."""
    return can_see(actor, row)


DECISION_RULES: Final[Mapping[str, Mapping[Role, ReadRule]]] = {
    "RecordEvaluationInput.plan": {Role.SUPERVISOR: can_evaluate},
    "AssignTrainingInput.session": {Role.HR: is_for_everybody},
    "AssignTrainingInput.unit": {Role.HR: is_about_own_units},
    "PreviewAssignmentRequest.session": {Role.HR: is_for_everybody},
    "PreviewAssignmentRequest.unit": {Role.HR: is_about_own_units},
    "AssignAppraiserInput.person": {Role.HR: is_in_own_units, Role.ADMIN: is_for_everybody},
    "AssignAppraiserInput.appraiser": {Role.HR: can_name, Role.ADMIN: is_for_everybody},
    "MovePersonInput.person": {Role.HR: is_in_own_units, Role.ADMIN: is_for_everybody},
    "MovePersonInput.position": {Role.HR: is_for_everybody, Role.ADMIN: is_for_everybody},
    "DelegateLineInput.appraiser": {Role.HR: is_in_own_units, Role.SUPERVISOR: is_self},
    "DelegateLineInput.delegate": {Role.HR: can_name, Role.SUPERVISOR: can_name},
    "EndDelegationInput.delegation": {Role.HR: is_in_own_units, Role.SUPERVISOR: is_self},
}
"""What a command, or a service of Query, may be aimed at, by the field of its input that names it."""


ROLE_PERMISSIONS: Final = """
                                 employee supervisor hr  leader auditor admin change_agent service unit_service
recordEvaluation                 no       yes        no  no     no      no    no           no      no
assignTraining                   no       no         yes no     no      no    no           no      no
previewAssignment                no       no         yes no     no      no    no           no      no
assignAppraiser                  no       no         yes no     no      yes   no           no      no
movePerson                       no       no         yes no     no      yes   no           no      no
delegateLine                     no       yes        yes no     no      no    no           no      no
endDelegation                    no       yes        yes no     no      no    no           no      no
requestJob(TRAIN_MODEL)          no       no         yes no     no      yes   no           yes     no
requestJob(SCORE_RISK)           no       no         yes no     no      yes   no           yes     no
requestJob(ESTIMATE_EFFECTS)     no       no         yes no     no      yes   no           yes     no
requestJob(ADVANCE_QUARTER)      no       no         no  no     no      yes   no           yes     no
account.add                      no       no         no  no     no      yes   no           yes     no
account.set_password             no       no         no  no     no      yes   no           yes     no
account.disable                  no       no         no  no     no      yes   no           yes     no
account.enable                   no       no         no  no     no      yes   no           yes     no
account.unlock                   no       no         no  no     no      yes   no           yes     no
account.grant                    no       no         no  no     no      yes   no           yes     no
account.revoke_grant             no       no         no  no     no      yes   no           yes     no
account.sign_out                 no       no         no  no     no      yes   no           yes     no
account.add_service              no       no         no  no     no      yes   no           yes     no
account.revoke_service           no       no         no  no     no      yes   no           yes     no
record.close                     no       no         no  no     no      no    no           yes     no
summary.publish                  no       no         no  no     no      no    no           yes     no
"""
"""Which roles may run which operation: fields of Mutation and Query by their names in the schema, and the commands
that no field runs by subject and name. Written by hand, with a cell for each role: what has none fails a test.
"""


def read_permissions(table: str) -> dict[str, dict[str, bool]]:
    """Read a table of permissions by operation and role.

    Raises:
        ValueError: a row has another number of cells than there are roles, or a cell other than yes and no.
    """
    head, *rows = (line.split() for line in table.strip().splitlines())
    words = {"yes": True, "no": False}
    wrong = [name for name, *cells in rows if len(cells) != len(head) or not words.keys() >= set(cells)]
    if wrong:
        raise ValueError(f"There is not one yes or no for each role: {', '.join(wrong)}")
    return {name: {role: words[cell] for role, cell in zip(head, cells, strict=True)} for name, *cells in rows}


PERMISSIONS: Final = read_permissions(ROLE_PERMISSIONS)


def permits(actor: Actor | None, operation: str) -> bool:
    """Whether the role of an actor may run an operation; without a token there is no permission."""
    return actor is not None and PERMISSIONS[operation][actor.role]


def can_decide(actor: Actor | None, aim: str, row: TownRow) -> bool:
    """Whether a command of somebody reaches what a field of its input names."""
    rule = None if actor is None else DECISION_RULES[aim].get(actor.role)
    return actor is not None and rule is not None and rule(actor, _locate_unit(row))


def _locate_unit(row: TownRow) -> TownRow:
    return replace(row, path=UNITS[row.key]) if row.table == "unit" else row


def can_see_nip(actor: Actor | None, person: int) -> bool:
    """Whether somebody may see a person's number (NIP)."""
    return actor is not None and _matches_any_rule(NIP_RULES, actor, TownRow("person", person=person))


def _can_see_decision(actor: Actor, row: TownRow) -> bool:
    """A decision over many is for who took it as HR, for HR and auditors of its units, and for services of them."""
    match actor.role:
        case Role.SERVICE:
            return True
        case Role.HR:
            return is_own_decision(actor, row) or _is_within(row.path, actor.unit_path)
        case Role.AUDITOR | Role.UNIT_SERVICE:
            return _is_within(row.path, actor.unit_path)
        case _:
            return False


def _matches_any_rule(read: Mapping[Role, tuple[ReadRule, ...]], actor: Actor, row: TownRow) -> bool:
    return any(rule(actor, row) for rule in read.get(actor.role, ()))


def describe_relation(actor: Actor, person: int) -> str:
    """How somebody stands to another, for counting what was tried."""
    row = TownRow("person", person=person)
    appraiser = POSTS[person][1]
    cases = {
        "self": is_self(actor, row),
        "former line": actor.person_id is not None and FORMER_POSTS.get(person, (None, None))[1] == actor.person_id,
        "left": POSTS[person][0] is None,
        "own line": appraiser is not None and appraiser == actor.person_id,
        "delegated line": appraiser in actor.delegator_ids,
        "own appraiser": is_own_appraiser(actor, row),
        "own units": is_in_own_units(actor, row),
    }
    return next((name for name, holds in cases.items() if holds), "foreign")
