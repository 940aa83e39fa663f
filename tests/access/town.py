"""A small province, some forty people in it, and on each row about one of them a mark that nothing else has."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.actor import SYSTEM_ACTOR, Actor, Role
from domain.ports import Db
from tests.conftest import NOW
from tests.row_factory import LONG_AGO, RECORDED_AT

UNITS: Final[Mapping[int, str]] = {
    1: "1.",
    2: "1.2.",
    3: "1.2.3.",
    30: "1.2.30.",
    20: "1.20.",
    4: "1.20.4.",
    5: "1.20.4.5.",
}
"""Units by number. `1.2` begins `1.20` and `1.2.3` begins `1.2.30`: a path without its dot would take in both."""

GOVERNOR, HEAD_A, HEAD_B = 1001, 1002, 1003
SUPERVISOR, AWAY, DELEGATE, SUPERVISOR_B, SUPERVISOR_5 = 1011, 1012, 1013, 1014, 1015
HR_A, HR_ALL, AUDITOR_A, ADMIN, AGENT = 1081, 1082, 1083, 1084, 1085
MOVED, MOVED_BARE, MOVED_NEAR, CROSSING, LEFT, LEFT_BARE = 1071, 1072, 1073, 1074, 1091, 1092
EMPLOYEE = 1021

Post = tuple[int | None, int | None]
POSTS: Final[Mapping[int, Post]] = {
    GOVERNOR: (1, None),
    HEAD_A: (2, GOVERNOR),
    HEAD_B: (20, GOVERNOR),
    SUPERVISOR: (3, HEAD_A),
    AWAY: (30, HEAD_A),
    DELEGATE: (4, SUPERVISOR_B),
    SUPERVISOR_B: (4, HEAD_B),
    SUPERVISOR_5: (5, SUPERVISOR_B),
    **dict.fromkeys(range(EMPLOYEE, EMPLOYEE + 5), (3, SUPERVISOR)),
    **dict.fromkeys(range(1031, 1035), (30, AWAY)),
    1036: (30, SUPERVISOR),
    **dict.fromkeys(range(1041, 1045), (4, SUPERVISOR_B)),
    **dict.fromkeys(range(1051, 1054), (5, SUPERVISOR_5)),
    1061: (4, DELEGATE),
    MOVED: (4, SUPERVISOR_B),
    MOVED_BARE: (4, SUPERVISOR_B),
    MOVED_NEAR: (30, AWAY),
    CROSSING: (3, SUPERVISOR_5),
    HR_A: (4, SUPERVISOR_B),
    HR_ALL: (1, GOVERNOR),
    AUDITOR_A: (20, HEAD_B),
    ADMIN: (2, HEAD_A),
    AGENT: (5, SUPERVISOR_5),
    LEFT: (None, None),
    LEFT_BARE: (None, None),
}
"""Where everybody works today and who appraises them today; those who left have neither."""

FORMER_POSTS: Final[Mapping[int, Post]] = dict.fromkeys(
    (MOVED, MOVED_BARE, MOVED_NEAR, LEFT, LEFT_BARE), (3, SUPERVISOR)
)
"""Where they worked until the end of 2025."""

KEYS_LIKE_PEOPLE: Final = ("incumbency", "appraiser_line")
"""Tables whose keys are numbers of people too: a rule that takes one for the other shows a stranger's row."""

FORMER_DECISIONS: Final = frozenset({MOVED, MOVED_NEAR, LEFT})
"""Those of whom the former appraiser decided something; the others' rows of that time were decided by HEAD_A."""


def _create_actor(
    person: int | None, role: Role, path: str | None = None, stands_in_for: tuple[int, ...] = ()
) -> Actor:
    appraiser = POSTS[person][1] if person else None
    service = "sim" if person is None and role is Role.UNIT_SERVICE else None
    return Actor(person, role, path, appraiser_id=appraiser, delegator_ids=stands_in_for, service_name=service)


def _create_wide_actor(person: int | None, role: Role, path: str) -> Actor:
    """The same where so many people are below the path that another form of the predicate stands in."""
    return replace(_create_actor(person, role, path), wide=True)


ACTORS: Final[Mapping[str, Actor | None]] = {
    "employee": _create_actor(EMPLOYEE, Role.EMPLOYEE),
    "employee without appraiser": _create_actor(GOVERNOR, Role.EMPLOYEE),
    "employee who left": _create_actor(LEFT, Role.EMPLOYEE),
    "supervisor as employee": _create_actor(SUPERVISOR, Role.EMPLOYEE),
    "supervisor": _create_actor(SUPERVISOR, Role.SUPERVISOR),
    "supervisor away": _create_actor(AWAY, Role.SUPERVISOR),
    "delegate": _create_actor(DELEGATE, Role.SUPERVISOR, stands_in_for=(AWAY,)),
    "supervisor of the moved": _create_actor(SUPERVISOR_B, Role.SUPERVISOR),
    "HR of agency": _create_actor(HR_A, Role.HR, "1.2."),
    "HR of unit": _create_actor(HR_A, Role.HR, "1.2.3."),
    "HR of all": _create_actor(HR_ALL, Role.HR, "1."),
    "HR of agency, a wide one": _create_wide_actor(HR_A, Role.HR, "1.2."),
    "HR without unit": _create_actor(HR_ALL, Role.HR),
    "leader": _create_actor(HEAD_A, Role.LEADER, "1.2."),
    "auditor of agency": _create_actor(AUDITOR_A, Role.AUDITOR, "1.2."),
    "auditor of agency, a wide one": _create_wide_actor(AUDITOR_A, Role.AUDITOR, "1.2."),
    "auditor of all": _create_actor(AUDITOR_A, Role.AUDITOR, "1."),
    "admin": _create_actor(ADMIN, Role.ADMIN),
    "change agent": _create_actor(AGENT, Role.CHANGE_AGENT),
    "service": SYSTEM_ACTOR,
    "service of unit": _create_actor(None, Role.UNIT_SERVICE, "1.2."),
    "service of unit, a wide one": _create_wide_actor(None, Role.UNIT_SERVICE, "1.2."),
    "service without unit": _create_actor(None, Role.UNIT_SERVICE),
    "employee who is nobody": Actor(None, Role.EMPLOYEE),
    "nobody": None,
}

MARKER_PATTERN: Final = re.compile(r"Kanari([0-9]+)x")
NIP_PATTERN: Final = re.compile(r"(?<![0-9])1986[0-9]{14}(?![0-9])")


@dataclass(slots=True)
class TownRow:
    """A row that a test may find: its table and key, whom it is about, who decided it, which units it is about.

    `second_person` is who else it is about.
    """

    table: str
    person: int | None = None
    decided_by: int | None = None
    path: str | None = None
    key: int = 0
    second_person: int | None = None


@dataclass(slots=True)
class Town:
    """What was put into the database, told apart from it."""

    rows: list[TownRow] = field(default_factory=list)
    rows_by_key: dict[tuple[str, int], TownRow] = field(default_factory=dict)

    def list_rows(self, table: str) -> list[TownRow]:
        """The rows of a table."""
        return [row for row in self.rows if row.table == table]

    def find_marked_rows(self, text: str) -> Iterable[TownRow]:
        """The rows of which a mark is in a text."""
        return [self.rows[int(number)] for number in MARKER_PATTERN.findall(text)]

    def find_people_by_nip(self, text: str) -> set[int]:
        """The people whose number (NIP) is in a text."""
        return {int(number[-4:]) for number in NIP_PATTERN.findall(text)}


def find_unit_path(person: int) -> str | None:
    """The path of a person's unit today."""
    unit = POSTS[person][0]
    return None if unit is None else UNITS[unit]


def write_nip(person: int) -> str:
    """A person's number."""
    return f"19860926201505{person:04}"


class _TownBuilder:
    def __init__(self, db: Db) -> None:
        self.db = db
        self.town = Town()
        self.posts: dict[int, int] = {}
        self.results: dict[int, int] = {}

    async def insert_row(
        self,
        table: str,
        about: int | None = None,
        by: int | None = None,
        units: str | None = None,
        beside: int | None = None,
        **values: Any,
    ) -> int:
        """Insert a row, of whose values `{}` is the place of its mark, and remember it."""
        of = SQLModel.metadata.tables[table]
        row = TownRow(table, about, by, units, second_person=beside)
        mark = f"Kanari{len(self.town.rows)}x"
        shown = {name: _insert_marker(value, mark) for name, value in values.items()}
        if about is not None:
            copies = {
                "person_id": about,
                "unit_path": find_unit_path(about),
                str(of.info.get("line", "appraiser_id")): POSTS[about][1],
            }
            shown = {**{name: value for name, value in copies.items() if name in of.c}, **shown}
        key = next(iter(of.primary_key))
        found = await self.db.fetch_one(sa.insert(of).values(**shown).returning(key))
        assert found is not None
        row.key = found[0] if isinstance(found[0], int) else 0
        self.town.rows.append(row)
        self.town.rows_by_key[table, row.key] = row
        return row.key


def _insert_marker(value: Any, mark: str) -> Any:
    if isinstance(value, dict):
        return {name: _insert_marker(each, mark) for name, each in value.items()}
    return value.replace("{}", mark) if isinstance(value, str) else value


async def build_town(db: Db) -> Town:
    """Fill an empty, migrated database."""
    made = _TownBuilder(db)
    for table in KEYS_LIKE_PEOPLE:
        await db.execute(sa.text(f"ALTER TABLE {table} ALTER COLUMN id RESTART WITH {GOVERNOR}"))
    await _insert_units(made)
    for person in POSTS:
        await _insert_person(made, person)
    for person, (_, appraiser) in POSTS.items():
        person_table = SQLModel.metadata.tables["person"]
        await db.execute(sa.update(person_table).where(person_table.c.id == person).values(appraiser_id=appraiser))
    for person in POSTS:
        await _insert_incumbencies(made, person)
        await _insert_plans(made, person)
        await _insert_monitoring(made, person)
    await _insert_training_decisions(made, await _insert_scoring_runs(made))
    await _insert_jobs_and_trail(made)
    await _insert_delegations(made)
    await _insert_summaries(made)
    return made.town


async def _insert_units(made: _TownBuilder) -> None:
    for unit, path in UNITS.items():
        above = path.split(".")[-3:-2]
        await made.insert_row(
            "unit",
            id=unit,
            code=f"U{unit}",
            name=f"Dinas {unit}",
            kind="DINAS",
            parent_id=int(above[0]) if above else None,
            path=path,
            depth=path.count(".") - 1,
            starts_on=LONG_AGO,
        )
        made.posts[unit] = await made.insert_row(
            "position",
            unit_id=unit,
            unit_path=path,
            title=f"Analis {unit}",
            type="FUNGSIONAL",
            level="AHLI_PERTAMA",
            job_class=8,
            need=20,
            structural=False,
            family="analis",
            starts_on=LONG_AGO,
        )
    await made.insert_row(
        "indicator", id=1, code="I1", name="Laporan", aspect="KUANTITAS", direction="HIGHER", measure="b", source="s"
    )
    for post in made.posts.values():
        await made.insert_row("position_indicator", position_id=post, indicator_id=1, ordinal=1)


async def _insert_person(made: _TownBuilder, person: int) -> None:
    unit, _ = POSTS[person]
    left = date(2025, 12, 31) if unit is None else None
    await made.insert_row(
        "person",
        about=person,
        id=person,
        nip=write_nip(person),
        name="{} Pegawai",
        employment="PNS",
        rank="III/a {}",
        unit_id=unit,
        position_id=None if unit is None else made.posts[unit],
        appraiser_id=None,
        joined_on=LONG_AGO,
        left_on=left,
    )
    await made.insert_row("person_attribute", about=person, sex="FEMALE", born_on=date(1986, 9, 26), disability=False)


def _list_posts(person: int) -> list[tuple[Post, date, date | None]]:
    """The posts of a person with their first and last days."""
    former = FORMER_POSTS.get(person)
    if former is None:
        return [(POSTS[person], LONG_AGO, None)]
    terms: list[tuple[Post, date, date | None]] = [(former, LONG_AGO, date(2025, 12, 31))]
    return terms if POSTS[person][0] is None else [*terms, (POSTS[person], date(2026, 1, 1), None)]


async def _insert_incumbencies(made: _TownBuilder, person: int) -> None:
    for (unit, appraiser), first, last in _list_posts(person):
        assert unit is not None
        await made.insert_row(
            "incumbency",
            about=person,
            position_id=made.posts[unit],
            structural=False,
            kind="D",
            starts_on=first,
            ends_on=last,
            decree="SK {}",
        )
        if appraiser is not None:
            await made.insert_row(
                "appraiser_line", about=person, appraiser_id=appraiser, starts_on=first, ends_on=last
            )


async def _insert_plans(made: _TownBuilder, person: int) -> None:
    for (unit, appraiser), year in zip(_list_work_years(person), (2025, 2026), strict=False):
        assert unit is not None
        decider = appraiser or GOVERNOR
        if year == 2025 and person in FORMER_POSTS and person not in FORMER_DECISIONS:
            decider = HEAD_A
        plan = await made.insert_row(
            "plan",
            about=person,
            by=decider,
            position_id=made.posts[unit],
            year=year,
            version=1,
            status="BERJALAN",
            active=True,
            approach="KUANTITATIF",
            starts_on=date(year, 1, 1),
            ends_on=date(year, 12, 31),
            set_by=decider,
            set_on=date(year, 1, 5),
        )
        await _insert_work(made, person, plan, appraiser)
        for quarter in (2, 1):
            await _insert_evaluation(
                made, person, plan, decider, date(year, 3 * quarter - 2, 1), current=quarter == 1
            )


def _list_work_years(person: int) -> list[Post]:
    """Where somebody was in 2025 and, unless they left, in 2026."""
    now = POSTS[person]
    before = FORMER_POSTS.get(person, now)
    return [before] if now[0] is None else [before, now]


async def _insert_work(made: _TownBuilder, person: int, plan: int, appraiser: int | None) -> None:
    for ordinal in (1, 2):
        result = await made.insert_row(
            "plan_result",
            about=person,
            plan_id=plan,
            ordinal=ordinal,
            kind="UTAMA",
            title="Hasil {}",
            supports_id=made.results.get(appraiser or 0),
        )
        made.results.setdefault(person, result)
        await made.insert_row(
            "plan_indicator",
            about=person,
            result_id=result,
            ordinal=1,
            indicator_id=1,
            name="Indikator {}",
            aspect="KUANTITAS",
            perspective="{}",
            direction="HIGHER",
            measure="berkas {}",
            aggregation="SUM",
            target=Decimal(4),
            target_q1=Decimal(1),
            target_q2=Decimal(1),
            target_q3=Decimal(1),
            target_q4=Decimal(1),
        )


async def _insert_evaluation(
    made: _TownBuilder, person: int, plan: int, decider: int, starts_on: date, *, current: bool
) -> None:
    await made.insert_row(
        "evaluation",
        about=person,
        by=decider,
        plan_id=plan,
        kind="TRIWULAN",
        starts_on=starts_on,
        ends_on=date(starts_on.year, starts_on.month + 2, 30),
        results_index=Decimal(100),
        behaviour_index=Decimal(100),
        score=Decimal(100),
        results_rating="SESUAI",
        behaviour_rating="SESUAI",
        predikat="BAIK",
        predikat_rank=4,
        low=False,
        rule="aturan {}",
        version=1,
        current=current,
        evidence="bukti {}",
        evidence_source="sumber {}",
        note="catatan {}",
        evaluated_by=decider,
        evaluated_on=starts_on,
        recorded_on=starts_on,
        recorded_at=RECORDED_AT,
    )


async def _insert_monitoring(made: _TownBuilder, person: int) -> None:
    for month in (1, 4):
        # Numbers that nothing else has stand for a mark, where there is no text.
        await made.insert_row(
            "monitoring",
            about=person,
            starts_on=date(2026, month, 1),
            ends_on=date(2026, month + 2, 30),
            activity=Decimal(person * 10 + month),
            recorded_on=date(2026, month + 2, 30),
        )


async def _insert_scoring_runs(made: _TownBuilder) -> Mapping[int, int]:
    """Two runs, the last of them published; the published scores by person."""
    model = await made.insert_row(
        "model",
        kind="LOGISTIC",
        label="LOW_NEXT_PERIOD",
        status="CHAMPION",
        artefact={},
        sha256="1" * 64,
        data_from=LONG_AGO,
        data_to=date(2026, 6, 30),
        data_sha256="0" * 64,
        code_version="0.1.0",
        card={},
        gate="PASSED",
        trained_at=RECORDED_AT,
        approved_by=HR_ALL,
    )
    await made.insert_row("model_metric", model_id=model, name="AUC", value=Decimal("0.8"))
    scores: dict[int, int] = {}
    run = 0
    for number in (1, 2):
        run = await made.insert_row(
            "scoring_run",
            model_id=model,
            label="LOW_NEXT_PERIOD",
            cutoff_on=date(2026, 3 * number, 1),
            starts_on=date(2026, 7, 1),
            ends_on=date(2026, 9, 30),
            people=len(POSTS),
            scored=len(POSTS),
            abstained=0,
            seed=1,
            inputs_sha256=f"{number:064}",
            finished_at=RECORDED_AT,
        )
        for rank, person in enumerate(POSTS, 1):
            scores[person] = await _insert_score(made, run, rank, person)
    await made.insert_row("published_run", label="LOW_NEXT_PERIOD", run_id=run, published_at=RECORDED_AT)
    return scores


async def _insert_score(made: _TownBuilder, run: int, rank: int, person: int) -> int:
    score = await made.insert_row(
        "risk_score",
        about=person,
        run_id=run,
        rank=rank,
        probability=Decimal("0.9") / rank,
        low=Decimal(0),
        high=Decimal(1),
        logit=Decimal(0),
        band=("HIGH", "ELEVATED", "LOW")[rank % 3],
        hindered=person % 2 == 0,
        evaluations_known=4,
    )
    for ordinal, code in enumerate(("SCORE", "ATTENDANCE", "BASE"), 1):
        await made.insert_row(
            "risk_reason",
            about=person,
            score_id=score,
            ordinal=ordinal,
            code=code,
            term=Decimal(person) / 1000,
            help=None if code == "BASE" else "CANNOT",
            changeable=False,
            # The figures of a sentence stand for a mark.
            params={"own": person, "peers": 1},
        )
    return score


BATCHES: Final = (("1.2.", 2, HR_A), ("1.20.", 20, HR_ALL), ("1.20.4.5.", 5, HR_A))
"""Decisions to assign training: about which units, and by whom; the last about units that are not their any more."""


async def _insert_programme(made: _TownBuilder, code: str) -> int:
    return await made.insert_row(
        "programme",
        code=code,
        name="Bimbingan",
        kind="BIMBINGAN_TEKNIS",
        addresses="CANNOT",
        jp=20,
        organiser="BPSDM",
        description="d",
        cost_per_person=Decimal(100),
        starts_on=LONG_AGO,
    )


async def _insert_session(made: _TownBuilder, programme: int, day: int) -> int:
    return await made.insert_row(
        "session",
        programme_id=programme,
        starts_on=date(2026, 8, day),
        ends_on=date(2026, 8, day + 2),
        place="Gedung",
        seats=40,
        taken=0,
        status="OPEN",
    )


async def _insert_training_decisions(made: _TownBuilder, scores: Mapping[int, int]) -> None:
    """Three decisions about a programme, and another that nobody has had."""
    programme = await _insert_programme(made, "P1")
    for number, (path, unit, decider) in enumerate(BATCHES):
        session = await _insert_session(made, programme, 3 + number)
        batch = await made.insert_row(
            "assignment_batch",
            by=decider,
            units=path,
            programme_id=programme,
            session_id=session,
            unit_id=unit,
            unit_path=path,
            source="LOTTERY",
            seats=40,
            eligible=len(POSTS),
            seated=0,
            seed=1,
            reason="Alasan keputusan {}",
            decided_by=decider,
            decided_at=NOW,
        )
        for draw, person in enumerate(_list_former_staff(path), 1):
            await _insert_assignment(made, (programme, session, batch), person, decider, draw, scores[person])
    await _insert_session(made, await _insert_programme(made, "P2"), 20)


def _list_former_staff(path: str) -> list[int]:
    """Those who worked below a path when a decision about it was taken, in 2025."""
    return [
        person
        for person, (unit, _) in {**POSTS, **FORMER_POSTS}.items()
        if unit is not None and UNITS[unit].startswith(path)
    ]


async def _insert_assignment(
    made: _TownBuilder, of: tuple[int, int, int], person: int, decider: int, draw: int, score: int
) -> None:
    programme, session, batch = of
    assignment = await made.insert_row(
        "assignment",
        about=person,
        by=decider,
        batch_id=batch,
        programme_id=programme,
        session_id=session,
        score_id=score,
        source="LOTTERY",
        status="ATTENDED",
        draw=draw,
        reason="Alasan {}",
        decided_by=decider,
        decided_at=NOW,
    )
    await made.insert_row(
        "training_record",
        about=person,
        programme_id=programme,
        session_id=session,
        assignment_id=assignment,
        completed_on=date(2026, 6, 1),
        year=2026,
        jp=20,
        outcome="PASSED",
        organiser="BPSDM",
        certificate="SERT {}",
    )
    await made.insert_row(
        "eligibility",
        about=person,
        batch_id=batch,
        programme_id=programme,
        score_id=score,
        starts_on=date(2026, 7 if draw % 2 else 4, batch),
        stratum=1,
        draw=draw,
        seated=True,
    )


async def _insert_jobs_and_trail(made: _TownBuilder) -> None:
    """Jobs and the trail of what was done."""
    for kind, person in (("SCORE_RISK", HR_A), ("TRAIN_MODEL", ADMIN), ("SCORE_RISK", None)):
        await made.insert_row(
            "job", kind=kind, status="DONE", done=1, total=1, params={}, requested_by=person, requested_at=NOW
        )
    await made.insert_row(
        "audit_entry",
        at=NOW,
        principal="service:kinerja",
        action="REQUEST_JOB",
        subject="job",
        subject_id=1,
        reason="Alasan {}",
        details={},
    )
    for person in POSTS:
        await made.insert_row(
            "audit_entry",
            about=person,
            at=NOW,
            principal=f"hr:{HR_A}",
            actor_id=HR_A,
            action="ASSIGN_TRAINING",
            subject="assignment",
            subject_id=1,
            reason="Alasan jejak {}",
            details={},
        )
        await made.insert_row(
            "look",
            about=person,
            principal=f"hr:{HR_A}",
            actor_id=HR_A,
            role="hr",
            looked="RISK",
            seen_on=date(2026, 6, 30),
            first_at=NOW,
            last_at=NOW,
            times=person,
        )


async def _insert_delegations(made: _TownBuilder) -> None:
    """A line that is another's these days, and one that was."""
    for appraiser, delegate, first, last in (
        (AWAY, DELEGATE, date(2026, 6, 1), date(2026, 7, 31)),
        (SUPERVISOR, AGENT, date(2026, 2, 1), date(2026, 2, 28)),
        (HEAD_A, ADMIN, date(2026, 3, 1), date(2026, 3, 31)),
    ):
        await made.insert_row(
            "delegation",
            about=appraiser,
            beside=delegate,
            appraiser_id=appraiser,
            delegate_id=delegate,
            starts_on=first,
            ends_on=last,
            reason="Alasan {}",
            decided_by=appraiser,
            decided_at=NOW,
        )


async def _insert_summaries(made: _TownBuilder) -> None:
    """A publication of all units, whose counts are like no others."""
    of: dict[str, Any] = {
        "starts_on": date(2026, 4, 1),
        "ends_on": date(2026, 6, 30),
        "cutoff_on": date(2026, 7, 1),
        "year": 2026,
    }
    summary = await made.insert_row("summary", published_at=NOW, **of)
    await made.insert_row("published_summary", summary_id=summary)
    for unit, path in UNITS.items():
        for own in (True, False):
            await made.insert_row(
                "unit_summary",
                units=path,
                summary_id=summary,
                unit_id=unit,
                unit_path=path,
                own=own,
                headcount=10_000 + 10 * unit + own,
                **of,
            )
    # A trigger on the scores counted them by unit; no number is the key of a count.
    made.town.rows += [TownRow("risk_count", path=path) for path in UNITS.values()]
