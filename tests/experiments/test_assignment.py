"""Is the draw fair, the same everywhere, and blind to other experiments?"""

import math
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.experiments import assignment, balance
from core.experiments.design import Arm, Design, Participants

UNITS = [assignment.unit_of(job_id=f"{number:032x}") for number in range(10_000)]


def design_of(*split: int, **participants: object) -> Design:
    arms = tuple(
        Arm(name="ABCDE"[index], split_percent=percent, prompt_version=f"v{index}", model="lab/model")
        for index, percent in enumerate(split)
    )
    return Design(name="Warmer light", arms=arms, participants=Participants(**participants))  # type: ignore[arg-type]


@st.composite
def splits(draw: st.DrawFn) -> tuple[int, ...]:
    inner = draw(st.sets(st.integers(1, 99), min_size=1, max_size=4))
    return tuple(after - before for before, after in pairwise([0, *sorted(inner), 100]))


def arm_name(design: Design, unit: str, *, experiment: str = "one", salt: str = "s") -> str:
    return assignment.arm_of(design, experiment_id=experiment, salt=salt, unit=unit).name


@given(split=splits(), experiment=st.text(max_size=20), salt=st.text(max_size=20))
def test_the_split_is_kept_within_what_chance_allows(split: tuple[int, ...], experiment: str, salt: str) -> None:
    units, design = UNITS[:2_000], design_of(*split)
    counts = Counter(arm_name(design, unit, experiment=experiment, salt=salt) for unit in units)
    for arm in design.arms:
        share = arm.split_percent / 100
        # Six standard deviations and one job: a fair draw fails this once in many millions.
        slack = 6 * math.sqrt(len(units) * share * (1 - share)) + 1
        assert abs(counts[arm.name] - len(units) * share) <= slack


@given(split=splits(), unit=st.text(max_size=40), experiment=st.text(max_size=20))
def test_the_same_unit_gets_the_same_arm_every_time(split: tuple[int, ...], unit: str, experiment: str) -> None:
    design = design_of(*split)
    assert arm_name(design, unit, experiment=experiment) == arm_name(design, unit, experiment=experiment)


def test_another_process_draws_the_same_arms() -> None:
    program = (
        "from tests.experiments.test_assignment import UNITS, arm_name, design_of\n"
        "print(''.join(arm_name(design_of(30, 70), unit) for unit in UNITS[:500]), end='')"
    )
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert there.stdout == "".join(arm_name(design_of(30, 70), unit) for unit in UNITS[:500])


def test_a_recorded_draw_is_never_drawn_otherwise_by_a_later_release() -> None:
    assert "".join(arm_name(design_of(50, 50), unit) for unit in UNITS[:24]) == "BABBABABBBBBAAABBAAABBBA"


def test_all_photos_of_a_listing_get_one_arm() -> None:
    units = {assignment.unit_of(job_id=f"job{number}", listing_id="L1") for number in range(50)}
    assert len({arm_name(design_of(50, 50), unit) for unit in units}) == 1


def test_a_job_and_a_listing_of_one_name_are_two_units() -> None:
    assert assignment.unit_of(job_id="7") != assignment.unit_of(job_id="1", listing_id="7")


@pytest.mark.parametrize(
    ("first", "second"),
    [(("one", "s"), ("two", "s")), (("one", "s"), ("one", "t")), (("a", "bc"), ("ab", "c"))],
    ids=["two experiments", "two salts", "the same letters"],
)
def test_two_experiments_draw_independently(first: tuple[str, str], second: tuple[str, str]) -> None:
    design = design_of(50, 50)
    both = Counter(
        tuple(arm_name(design, unit, experiment=experiment, salt=salt) for experiment, salt in (first, second))
        for unit in UNITS
    )
    # Of a 2 × 2 table; a χ² of one degree of freedom is above 24 once in a million.
    expected = len(UNITS) / 4
    assert sum((both[pair] - expected) ** 2 / expected for pair in [("A", "A"), ("B", "B")]) < 24


def test_taking_part_says_nothing_of_the_arm() -> None:
    design = design_of(50, 50, share_percent=30)
    inside = [u for u in UNITS if assignment.takes_part(design, experiment_id="one", salt="s", unit=u)]
    assert abs(len(inside) - 3_000) < 6 * math.sqrt(10_000 * 0.3 * 0.7)
    counts = Counter(arm_name(design, unit) for unit in inside)
    assert not balance.is_off([counts["A"], counts["B"]], split_percent=[50, 50])


def test_a_wider_share_moves_nobody_who_is_in() -> None:
    def inside(percent: int) -> dict[str, str]:
        design = design_of(40, 60, share_percent=percent)
        drawn = {
            unit: assignment.assign(design, experiment_id="e", salt="s", unit=unit, account="a", room_type="bedroom")
            for unit in UNITS[:2_000]
        }
        return {unit: arm.name for unit, arm in drawn.items() if arm}

    narrow, wide = inside(10), inside(60)
    assert narrow.items() < wide.items()


def test_other_accounts_and_rooms_take_no_part() -> None:
    design = design_of(50, 50, accounts=frozenset({"alder"}), room_types=frozenset({"bedroom"}))

    def assigned(account: str, room_type: str) -> Arm | None:
        return assignment.assign(
            design, experiment_id="e", salt="s", unit="job:1", account=account, room_type=room_type
        )

    assert assigned("alder", "bedroom") is not None
    assert assigned("birch", "bedroom") is None
    assert assigned("alder", "kitchen") is None


def test_the_last_percent_is_somebodys() -> None:
    design = design_of(99, 1)
    assert 40 < sum(arm_name(design, unit) == "B" for unit in UNITS) < 170


def test_a_split_that_leaves_a_gap_is_refused_rather_than_filled() -> None:
    design = design_of(1, 1)
    with pytest.raises(ValueError, match="does not add up"):
        [arm_name(design, unit) for unit in UNITS[:100]]


def test_the_split_is_read_in_whole_percent() -> None:
    even, uneven = design_of(50, 50), design_of(51, 49)
    moved = [unit for unit in UNITS if arm_name(even, unit) != arm_name(uneven, unit)]
    assert 0 < len(moved) < 300
    assert replace(even, arms=uneven.arms) == uneven
