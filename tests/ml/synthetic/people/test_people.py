"""The people, their numbers and posts, and the line from each up to the Sekda."""

from collections import Counter

import numpy as np
import pytest

from domain.people import rules
from domain.people.facts import Employment, Sex
from ml.synthetic import parameters as p
from ml.synthetic.people import appraisal_lines, positions, structure
from ml.synthetic.people.organisations import SECRETARIAT_UNIT, UNIT_BLUEPRINTS
from ml.synthetic.province import PositionTypeCode, Province


def test_there_are_42_units_of_very_unequal_size() -> None:
    sizes = structure.compute_unit_sizes(70_000)
    assert len(sizes) == 42
    assert sizes.sum() == 70_000
    assert (np.diff(sizes) <= 0).all()
    assert sizes[0] / 70_000 == pytest.approx(p.SHARE_EDUCATION, abs=0.001)
    assert sizes[1] / 70_000 == pytest.approx(p.SHARE_HEALTH, abs=0.001)
    assert len({plan.unit.name for plan in UNIT_BLUEPRINTS}) == 42


@pytest.mark.parametrize("employees", [200, 1000, 5000, 70_000, 150_000])
def test_subunits_are_small_named_once_and_hang_in_their_own_unit(employees: int) -> None:
    built = structure.divide_units(employees)
    assert built.sizes.sum() == employees
    assert built.sizes.min() >= 1
    assert built.sizes.max() <= p.SUBUNIT_SIZE
    assert max(Counter(s.name for s in built.subunits).values()) == 1
    for index, subunit in enumerate(built.subunits):
        assert subunit.parent < index
        if subunit.parent >= 0:
            assert built.subunits[subunit.parent].unit == subunit.unit
    assert Counter(s.unit for s in built.subunits if s.parent < 0) == Counter(range(42))


def test_everyone_but_the_sekda_has_one_appraiser_and_nobody_appraises_himself_in_the_end(province: Province) -> None:
    people, seen = province.people, province.observed
    sekda = np.flatnonzero(
        (people.unit == SECRETARIAT_UNIT) & people.head & (people.position_type == PositionTypeCode.JPT)
    )[0]
    for quarter in range(12):
        boss = seen.appraiser[:, quarter]
        assert np.flatnonzero(boss < 0).tolist() == [sekda]
        above = boss.copy()
        for _ in range(12):
            above = np.where(above >= 0, boss[above], -1)
        assert (above < 0).all()
        assert (boss != np.arange(len(boss))).all()
        assert people.appraiser[boss[boss >= 0]].all()
        assert seen.active[boss[boss >= 0], quarter].all()


def test_appraisers_belong_to_the_own_subunit_or_one_above(province: Province) -> None:
    people, boss = province.people, province.observed.appraiser[:, 7]
    parts = province.organisation.subunits
    staff = ~people.head
    assert (people.subunit[boss[staff]] == people.subunit[staff]).all()
    for head in np.flatnonzero(people.head & (boss >= 0)):
        part = parts[people.subunit[head]]
        expected = part.parent if part.parent >= 0 else people.subunit[boss < 0][0]
        assert people.subunit[boss[head]] == expected


def test_about_three_in_a_hundred_change_appraiser_each_quarter(province: Province) -> None:
    boss = province.observed.appraiser
    moved = boss[:, 1:] != boss[:, :-1]
    assert moved.mean() == pytest.approx(p.APPRAISER_CHANGE, abs=0.004)
    assert not moved[province.people.appraiser].any()


def test_teams_are_about_twelve(province: Province) -> None:
    boss = province.observed.appraiser[:, 0]
    span = np.bincount(boss[boss >= 0])
    assert span[span > 0].mean() == pytest.approx(p.TEAM_SIZE, abs=0.6)
    top = province.people.unit == SECRETARIAT_UNIT
    assert span[~top[: len(span)]].max() <= 3 * p.TEAM_SIZE


def test_teams_fill_evenly() -> None:
    assert np.bincount(appraisal_lines.balance_teams(np.array([6, 0, 0]), 12)).tolist() == [0, 6, 6]
    assert appraisal_lines.balance_teams(np.array([0]), 3).tolist() == [0, 0, 0]
    assert appraisal_lines.balance_teams(np.array([2, 1]), 0).tolist() == []


def test_nip_digits_agree_with_the_person(province: Province) -> None:
    people = province.people
    assert len(set(people.nip)) == len(people)
    for index in range(0, len(people), 7):
        employment = Employment.PPPK if people.pppk[index] else Employment.PNS
        read = rules.parse_nip(str(people.nip[index]), employment)
        assert np.datetime64(read.born_on) == people.birth[index]
        assert read.sex is (Sex.FEMALE if people.female[index] else Sex.MALE)
        assert read.appointed_year == people.started[index].astype(object).year
        assert read.appointed_year - read.born_on.year >= 17


def test_shares_of_people(province: Province) -> None:
    people = province.people
    education = people.unit == 0
    assert people.pppk.mean() == pytest.approx(0.18 * (1 - people.appraiser.mean()), abs=0.02)
    assert people.female[education].mean() == pytest.approx(0.62, abs=0.04)
    assert people.disability.mean() == pytest.approx(0.011, abs=0.006)
    assert people.age.min() >= p.AGE_RANGE[0]
    assert people.age.max() <= p.AGE_RANGE[1]
    assert people.age[~people.pppk].mean() == pytest.approx(45, abs=1)
    assert (people.tenure <= np.maximum(people.age - 21.9, 0.1)).all()
    assert people.tenure[people.pppk].max() <= 5
    assert (people.time_in_position <= people.tenure).all()


def test_posts_agree_with_their_type(province: Province) -> None:
    people = province.people
    share = np.bincount(people.position_type, minlength=5) / len(people)
    assert share[PositionTypeCode.PELAKSANA] == pytest.approx(p.SHARE_PELAKSANA, abs=0.001)
    assert share[PositionTypeCode.PENGAWAS] == pytest.approx(p.SHARE_PENGAWAS, abs=0.001)
    assert (people.position_type[people.structural] <= PositionTypeCode.PENGAWAS).all()
    assert people.appraiser[people.structural].all()
    assert not people.pppk[people.structural].any()
    assert np.array_equal(people.additional, people.appraiser & ~people.structural)
    assert np.array_equal(people.duty >= 0, people.additional)
    posts = list(zip(people.title[people.structural], people.subunit[people.structural], strict=True))
    assert len(set(posts)) == len(posts)
    levels = np.array(positions.LEVELS)[people.level]
    assert set(levels[people.position_type == PositionTypeCode.PELAKSANA]) == {"KLEREK", "OPERATOR", "TEKNISI"}
    assert ((people.job_class >= 1) & (people.job_class <= 17)).all()
    ranks = np.array(positions.RANKS)[people.rank]
    assert not any("/" in rank for rank in ranks[people.pppk])
    assert all("/" in rank for rank in ranks[~people.pppk])


def test_names_are_varied_and_some_are_single_words(province: Province) -> None:
    bare = [name.split(",")[0].removeprefix("dr. ") for name in province.people.name]
    assert len(set(bare)) > 3000
    assert 0.03 < np.mean([" " not in name for name in bare]) < 0.15
    assert Counter(bare).most_common(1)[0][1] < 40
    assert any(name.startswith("dr. ") for name in province.people.name)
