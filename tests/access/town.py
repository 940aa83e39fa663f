"""A small province, some forty people in it, and on each row about one of them a mark that nothing else has."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlmodel import SQLModel

from domain.actor import SYSTEM, Actor, Role
from domain.ports import Db
from tests.conftest import NOW
from tests.made import LONG_AGO, SOME_TIME

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
"""Where everybody works today and who appraises him today; those who left have neither."""

FORMER: Final[Mapping[int, Post]] = dict.fromkeys((MOVED, MOVED_BARE, MOVED_NEAR, LEFT, LEFT_BARE), (3, SUPERVISOR))
"""Where they worked until the end of 2025."""

DECIDED_BEFORE: Final = frozenset({MOVED, MOVED_NEAR, LEFT})
"""Those of whom the former appraiser decided something; the others' rows of that time were decided by HEAD_A."""


def _actor(person: int | None, role: Role, path: str | None = None, stands_in_for: tuple[int, ...] = ()) -> Actor:
    appraiser = POSTS[person][1] if person else None
    service = "sim" if person is None and role is Role.UNIT_SERVICE else None
    return Actor(person, role, path, appraiser_id=appraiser, stands_in_for=stands_in_for, service=service)


def _wide(person: int | None, role: Role, path: str) -> Actor:
    """The same where so many people are below the path that another form of the predicate stands in."""
    return replace(_actor(person, role, path), wide=True)


ACTORS: Final[Mapping[str, Actor | None]] = {
    "employee": _actor(EMPLOYEE, Role.EMPLOYEE),
    "employee without appraiser": _actor(GOVERNOR, Role.EMPLOYEE),
    "employee who left": _actor(LEFT, Role.EMPLOYEE),
    "supervisor as employee": _actor(SUPERVISOR, Role.EMPLOYEE),
    "supervisor": _actor(SUPERVISOR, Role.SUPERVISOR),
    "supervisor away": _actor(AWAY, Role.SUPERVISOR),
    "delegate": _actor(DELEGATE, Role.SUPERVISOR, stands_in_for=(AWAY,)),
    "supervisor of the moved": _actor(SUPERVISOR_B, Role.SUPERVISOR),
    "HR of agency": _actor(HR_A, Role.HR, "1.2."),
    "HR of unit": _actor(HR_A, Role.HR, "1.2.3."),
    "HR of all": _actor(HR_ALL, Role.HR, "1."),
    "HR of agency, a wide one": _wide(HR_A, Role.HR, "1.2."),
    "HR without unit": _actor(HR_ALL, Role.HR),
    "leader": _actor(HEAD_A, Role.LEADER, "1.2."),
    "auditor of agency": _actor(AUDITOR_A, Role.AUDITOR, "1.2."),
    "auditor of agency, a wide one": _wide(AUDITOR_A, Role.AUDITOR, "1.2."),
    "auditor of all": _actor(AUDITOR_A, Role.AUDITOR, "1."),
    "admin": _actor(ADMIN, Role.ADMIN),
    "change agent": _actor(AGENT, Role.CHANGE_AGENT),
    "service": SYSTEM,
    "service of unit": _actor(None, Role.UNIT_SERVICE, "1.2."),
    "service of unit, a wide one": _wide(None, Role.UNIT_SERVICE, "1.2."),
    "service without unit": _actor(None, Role.UNIT_SERVICE),
    "employee who is nobody": Actor(None, Role.EMPLOYEE),
    "nobody": None,
}

MARK: Final = re.compile(r"Kanari([0-9]+)x")
NIP: Final = re.compile(r"(?<![0-9])1986[0-9]{14}(?![0-9])")


@dataclass(slots=True)
class Row:
    """A row that a test may find: its table and key, whom it is about, who decided it, which units it is about.

    `beside` is who else it is about.
    """

    table: str
    about: int | None = None
    decided_by: int | None = None
    path: str | None = None
    key: int = 0
    beside: int | None = None


@dataclass(slots=True)
class Town:
    """What was put into the database, told apart from it."""

    rows: list[Row] = field(default_factory=list)
    found: dict[tuple[str, int], Row] = field(default_factory=dict)

    def of(self, table: str) -> list[Row]:
        """The rows of a table."""
        return [row for row in self.rows if row.table == table]

    def marked(self, text: str) -> Iterable[Row]:
        """The rows of which a mark is in a text."""
        return [self.rows[int(number)] for number in MARK.findall(text)]

    def numbered(self, text: str) -> set[int]:
        """The people whose number (NIP) is in a text."""
        return {int(number[-4:]) for number in NIP.findall(text)}


def unit_path(person: int) -> str | None:
    """The path of a person's unit today."""
    unit = POSTS[person][0]
    return None if unit is None else UNITS[unit]


def nip(person: int) -> str:
    """A person's number."""
    return f"19860926201505{person:04}"


class _Building:
    def __init__(self, db: Db) -> None:
        self.db = db
        self.town = Town()
        self.posts: dict[int, int] = {}
        self.results: dict[int, int] = {}

    async def put(
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
        row = Row(table, about, by, units, beside=beside)
        mark = f"Kanari{len(self.town.rows)}x"
        shown = {name: _marked(value, mark) for name, value in values.items()}
        if about is not None:
            copies = {
                "person_id": about,
                "unit_path": unit_path(about),
                str(of.info.get("line", "appraiser_id")): POSTS[about][1],
            }
            shown = {**{name: value for name, value in copies.items() if name in of.c}, **shown}
        key = next(iter(of.primary_key))
        found = await self.db.first(sa.insert(of).values(**shown).returning(key))
        assert found is not None
        row.key = found[0] if isinstance(found[0], int) else 0
        self.town.rows.append(row)
        self.town.found[table, row.key] = row
        return row.key


def _marked(value: Any, mark: str) -> Any:
    if isinstance(value, dict):
        return {name: _marked(each, mark) for name, each in value.items()}
    return value.replace("{}", mark) if isinstance(value, str) else value


async def build(db: Db) -> Town:
    """Fill an empty, migrated database."""
    made = _Building(db)
    await _places(made)
    for person in POSTS:
        await _registered(made, person)
    for person, (_, appraiser) in POSTS.items():
        person_table = SQLModel.metadata.tables["person"]
        await db.execute(sa.update(person_table).where(person_table.c.id == person).values(appraiser_id=appraiser))
    for person in POSTS:
        await _served(made, person)
        await _planned(made, person)
        await _monitored(made, person)
    await _trained(made, await _scored(made))
    await _kept(made)
    await _stood_in_for(made)
    await _summed_up(made)
    return made.town


async def _places(made: _Building) -> None:
    for unit, path in UNITS.items():
        above = path.split(".")[-3:-2]
        await made.put(
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
        made.posts[unit] = await made.put(
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
    await made.put(
        "indicator", id=1, code="I1", name="Laporan", aspect="KUANTITAS", direction="HIGHER", measure="b", source="s"
    )
    for post in made.posts.values():
        await made.put("position_indicator", position_id=post, indicator_id=1, ordinal=1)


async def _registered(made: _Building, person: int) -> None:
    unit, _ = POSTS[person]
    left = date(2025, 12, 31) if unit is None else None
    await made.put(
        "person",
        about=person,
        id=person,
        nip=nip(person),
        name="{} Pegawai",
        employment="PNS",
        rank="III/a {}",
        unit_id=unit,
        position_id=None if unit is None else made.posts[unit],
        appraiser_id=None,
        joined_on=LONG_AGO,
        left_on=left,
    )
    await made.put("person_attribute", about=person, sex="FEMALE", born_on=date(1986, 9, 26), disability=False)


def _terms(person: int) -> list[tuple[Post, date, date | None]]:
    """The posts of a person with their first and last days."""
    former = FORMER.get(person)
    if former is None:
        return [(POSTS[person], LONG_AGO, None)]
    terms: list[tuple[Post, date, date | None]] = [(former, LONG_AGO, date(2025, 12, 31))]
    return terms if POSTS[person][0] is None else [*terms, (POSTS[person], date(2026, 1, 1), None)]


async def _served(made: _Building, person: int) -> None:
    for (unit, appraiser), first, last in _terms(person):
        assert unit is not None
        await made.put(
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
            await made.put("appraiser_line", about=person, appraiser_id=appraiser, starts_on=first, ends_on=last)


async def _planned(made: _Building, person: int) -> None:
    for (unit, appraiser), year in zip(_years(person), (2025, 2026), strict=False):
        assert unit is not None
        decider = appraiser or GOVERNOR
        if year == 2025 and person in FORMER and person not in DECIDED_BEFORE:
            decider = HEAD_A
        plan = await made.put(
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
        await _worked(made, person, plan, appraiser)
        for quarter in (2, 1):
            await _evaluated(made, person, plan, decider, date(year, 3 * quarter - 2, 1), current=quarter == 1)


def _years(person: int) -> list[Post]:
    """Where somebody was in 2025 and, unless he left, in 2026."""
    now = POSTS[person]
    before = FORMER.get(person, now)
    return [before] if now[0] is None else [before, now]


async def _worked(made: _Building, person: int, plan: int, appraiser: int | None) -> None:
    for ordinal in (1, 2):
        result = await made.put(
            "plan_result",
            about=person,
            plan_id=plan,
            ordinal=ordinal,
            kind="UTAMA",
            title="Hasil {}",
            supports_id=made.results.get(appraiser or 0),
        )
        made.results.setdefault(person, result)
        await made.put(
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


async def _evaluated(
    made: _Building, person: int, plan: int, decider: int, starts_on: date, *, current: bool
) -> None:
    await made.put(
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
        recorded_at=SOME_TIME,
    )


async def _monitored(made: _Building, person: int) -> None:
    for month in (1, 4):
        # Numbers that nothing else has stand for a mark, where there is no text.
        await made.put(
            "monitoring",
            about=person,
            starts_on=date(2026, month, 1),
            ends_on=date(2026, month + 2, 30),
            activity=Decimal(person * 10 + month),
            recorded_on=date(2026, month + 2, 30),
        )


async def _scored(made: _Building) -> Mapping[int, int]:
    """Two runs, the last of them published; the published scores by person."""
    model = await made.put(
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
        trained_at=SOME_TIME,
        approved_by=HR_ALL,
    )
    await made.put("model_metric", model_id=model, name="AUC", value=Decimal("0.8"))
    scores: dict[int, int] = {}
    run = 0
    for number in (1, 2):
        run = await made.put(
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
            finished_at=SOME_TIME,
        )
        for rank, person in enumerate(POSTS, 1):
            scores[person] = await _score(made, run, rank, person)
    await made.put("published_run", label="LOW_NEXT_PERIOD", run_id=run, published_at=SOME_TIME)
    return scores


async def _score(made: _Building, run: int, rank: int, person: int) -> int:
    score = await made.put(
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
        await made.put(
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
"""Decisions to assign training: about which units, and by whom; the last about units that are not his any more."""


async def _programme(made: _Building, code: str) -> int:
    return await made.put(
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


async def _session(made: _Building, programme: int, day: int) -> int:
    return await made.put(
        "session",
        programme_id=programme,
        starts_on=date(2026, 8, day),
        ends_on=date(2026, 8, day + 2),
        place="Gedung",
        seats=40,
        taken=0,
        status="OPEN",
    )


async def _trained(made: _Building, scores: Mapping[int, int]) -> None:
    """Three decisions about a programme, and another that nobody has had."""
    programme = await _programme(made, "P1")
    for number, (path, unit, decider) in enumerate(BATCHES):
        session = await _session(made, programme, 3 + number)
        batch = await made.put(
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
        for draw, person in enumerate(_meant(path), 1):
            await _assigned(made, (programme, session, batch), person, decider, draw, scores[person])
    await _session(made, await _programme(made, "P2"), 20)


def _meant(path: str) -> list[int]:
    """Those who worked below a path when a decision about it was taken, in 2025."""
    return [
        person
        for person, (unit, _) in {**POSTS, **FORMER}.items()
        if unit is not None and UNITS[unit].startswith(path)
    ]


async def _assigned(
    made: _Building, of: tuple[int, int, int], person: int, decider: int, draw: int, score: int
) -> None:
    programme, session, batch = of
    assignment = await made.put(
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
    await made.put(
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
    await made.put(
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


async def _kept(made: _Building) -> None:
    """Jobs and the trail of what was done."""
    for kind, person in (("SCORE_RISK", HR_A), ("TRAIN_MODEL", ADMIN), ("SCORE_RISK", None)):
        await made.put(
            "job", kind=kind, status="DONE", done=1, total=1, params={}, requested_by=person, requested_at=NOW
        )
    await made.put(
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
        await made.put(
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
        await made.put(
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


async def _stood_in_for(made: _Building) -> None:
    """A line that is another's these days, and one that was."""
    for appraiser, delegate, first, last in (
        (AWAY, DELEGATE, date(2026, 6, 1), date(2026, 7, 31)),
        (SUPERVISOR, AGENT, date(2026, 2, 1), date(2026, 2, 28)),
        (HEAD_A, ADMIN, date(2026, 3, 1), date(2026, 3, 31)),
    ):
        await made.put(
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


async def _summed_up(made: _Building) -> None:
    """A publication of all units, whose counts are like no others."""
    of: dict[str, Any] = {
        "starts_on": date(2026, 4, 1),
        "ends_on": date(2026, 6, 30),
        "cutoff_on": date(2026, 7, 1),
        "year": 2026,
    }
    summary = await made.put("summary", published_at=NOW, **of)
    await made.put("published_summary", summary_id=summary)
    for unit, path in UNITS.items():
        for own in (True, False):
            await made.put(
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
    made.town.rows += [Row("risk_count", path=path) for path in UNITS.values()]
