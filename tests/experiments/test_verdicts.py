"""Is the sentence for people what the figures say?"""

import pytest

from core.experiments import sequential, verdicts
from core.experiments.measures import COST, MEASURES, RATING, REFUNDED, SECONDS, SUCCESS, Measure, Tally
from core.experiments.sequential import Difference, Interval
from core.experiments.verdicts import Outcome, Verdict


def judged(
    measure: Measure, a: Tally, b: Tally, *, smallest_difference: float | None = None, is_stopped: bool = False
) -> Verdict:
    smallest = smallest_difference or measure.smallest_difference
    compared = sequential.compare(measure, {"A": a, "B": b}, smallest_difference=smallest)
    found = compared.differences["B"]
    return verdicts.verdict(measure, found, smallest_difference=smallest, is_stopped=is_stopped)


def test_a_better_arm_is_called_better_with_its_interval() -> None:
    said = judged(SUCCESS, Tally.of_share(1_600, 2_000), Tally.of_share(1_740, 2_000))
    assert said == Verdict(outcome=Outcome.BETTER, text="B is better than A: success 3.2 to 10.8 points higher.")


def test_a_worse_arm_is_called_worse() -> None:
    said = judged(SUCCESS, Tally.of_share(1_740, 2_000), Tally.of_share(1_600, 2_000))
    assert said.outcome is Outcome.WORSE
    assert said.text == "B is worse than A: success 3.2 to 10.8 points lower."


def test_a_border_in_whole_points_is_told_as_it_is() -> None:
    found = Difference(
        arm="B",
        against="A",
        difference=0.05,
        interval=Interval(low=0.03, high=0.07),
        p_value=0.001,
        more_jobs=0,
    )
    said = verdicts.verdict(SUCCESS, found, smallest_difference=0.05)
    assert said.text == "B is better than A: success 3.0 to 7.0 points higher."


def test_fewer_refunds_are_better() -> None:
    said = judged(REFUNDED, Tally.of_share(300, 2_000), Tally.of_share(100, 2_000))
    assert said.outcome is Outcome.BETTER
    assert said.text.startswith("B is better than A: refunded jobs ")
    assert said.text.endswith(" points lower.")


def test_less_time_is_told_as_shorter() -> None:
    said = judged(SECONDS, Tally.of_jobs([20, 22, 24] * 200), Tally.of_jobs([10, 12, 14] * 200))
    assert said.outcome is Outcome.BETTER
    assert said.text.endswith("seconds shorter.")


def test_an_open_question_tells_the_jobs_it_still_takes() -> None:
    said = judged(SUCCESS, Tally.of_share(450, 500), Tally.of_share(452, 500))
    assert said == Verdict(
        outcome=Outcome.OPEN,
        text="No difference in success seen yet between B and A; "
        "some 1,400 more jobs of both would show one of 5 points.",
    )


def test_nobody_is_told_to_wait_for_one_that_was_stopped() -> None:
    said = judged(SUCCESS, Tally.of_share(450, 500), Tally.of_share(452, 500), is_stopped=True)
    assert said.text == (
        "Stopped without an answer: no difference in success seen between B and A; "
        "to show one of 5 points, some 1,400 more jobs of both were missing."
    )
    few = judged(SUCCESS, Tally.of_share(3, 3), Tally.of_share(4, 5), is_stopped=True)
    assert few.outcome is Outcome.TOO_EARLY
    assert few.text.startswith("Stopped too early to tell: ")
    found = judged(SUCCESS, Tally.of_share(1_740, 2_000), Tally.of_share(1_600, 2_000), is_stopped=True)
    assert found.text == "B is worse than A: success 3.2 to 10.8 points lower."


def test_arms_that_are_alike_are_called_alike_with_what_is_ruled_out() -> None:
    said = judged(SUCCESS, Tally.of_share(9_000, 10_000), Tally.of_share(9_005, 10_000))
    assert said.outcome is Outcome.ALIKE
    assert said.text == "B and A are alike: a difference of more than 1.6 points in success is ruled out."


def test_a_difference_too_small_to_matter_is_said_to_be() -> None:
    said = judged(SUCCESS, Tally.of_share(45_000, 50_000), Tally.of_share(45_800, 50_000))
    assert said.outcome is Outcome.BETTER
    assert said.text.endswith("That is less than the 5 points that would matter.")


def test_an_open_question_with_jobs_enough_does_not_ask_for_more() -> None:
    said = judged(SUCCESS, Tally.of_share(1_800, 2_000), Tally.of_share(1_845, 2_000))
    assert said.outcome is Outcome.OPEN
    assert said.text.endswith("would have shown by now four times in five.")


def test_too_few_listings_are_too_early_however_many_photos_they_have() -> None:
    nine = Tally.of_units([(40, 40)] * 9)
    said = judged(SUCCESS, nine, Tally.of_units([(40, 0)] * 9))
    assert said.outcome is Outcome.TOO_EARLY
    assert "10 listings" in said.text


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES.keys())
def test_an_arm_without_a_job_is_too_early_and_has_no_figure(measure: Measure) -> None:
    nothing = Tally.of_jobs([])
    compared = sequential.compare(measure, {"A": nothing, "B": nothing}, smallest_difference=0.1)
    assert compared.differences == {"B": None}
    assert [(arm.jobs, arm.mean, arm.interval) for arm in compared.arms] == [(0, None, None)] * 2


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES.keys())
def test_equal_results_in_both_arms_are_never_declared(measure: Measure) -> None:
    equal = Tally.of_jobs([measure.guard[1]] * 5_000)
    assert judged(measure, equal, equal).outcome in (Outcome.OPEN, Outcome.ALIKE)
    found = sequential.compare(measure, {"A": equal, "B": equal}, smallest_difference=measure.smallest_difference)
    assert found.differences["B"] and found.differences["B"].p_value == 1.0


def test_one_job_has_an_interval_and_it_is_wide() -> None:
    for measure, value in ((SUCCESS, 1.0), (RATING, 5.0), (COST, 80_000.0)):
        one = sequential.estimate(measure, Tally.of_jobs([value]), arm="A", smallest_difference=0.05)
        assert one.interval is not None
        assert measure.lowest <= one.interval.low < value <= one.interval.high <= measure.highest


def test_a_share_of_listings_that_resemble_is_less_sure_than_one_of_single_jobs() -> None:
    alone = sequential.estimate(SUCCESS, Tally.of_share(800, 1_000), arm="A", smallest_difference=0.05).interval
    listed = Tally.of_units([(10, 10)] * 80 + [(10, 0)] * 20)
    together = sequential.estimate(SUCCESS, listed, arm="A", smallest_difference=0.05).interval
    assert alone and together
    assert together.low < alone.low < 0.8 < alone.high < together.high


def test_single_jobs_are_not_taken_to_resemble() -> None:
    found = sequential.estimate(SUCCESS, Tally.of_share(8, 10), arm="A", smallest_difference=0.05).interval
    same = sequential.estimate(SUCCESS, Tally.of_jobs([1] * 8 + [0] * 2), arm="A", smallest_difference=0.05).interval
    assert found == same
    # By hand: refuted where p^8 (1 − p)^2 ≤ 0.05 · 8! 2! / 11!.
    assert found and (round(found.low, 3), round(found.high, 3)) == (0.353, 0.990)


def test_more_arms_need_more_evidence() -> None:
    a, b = Tally.of_share(800, 1_000), Tally.of_share(857, 1_000)
    two = sequential.compare(SUCCESS, {"A": a, "B": b}, smallest_difference=0.05).differences["B"]
    five = sequential.compare(
        SUCCESS, {"A": a, "B": b, "C": a, "D": a, "E": a}, smallest_difference=0.05
    ).differences["B"]
    assert two and five
    assert five.p_value == pytest.approx(4 * two.p_value)
    assert five.interval.low < two.interval.low
    assert two.is_declared
    assert not five.is_declared


def test_overwhelming_evidence_is_a_p_value_of_almost_nothing() -> None:
    found = sequential.difference(
        SUCCESS,
        Tally.of_share(0, 10**7),
        Tally.of_share(10**7, 10**7),
        arms=("A", "B"),
        smallest_difference=0.05,
    )
    assert found and found.p_value == 0.0
    assert found.interval.high == 1.0
