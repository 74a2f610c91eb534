"""Do the formulas give what the literature and its own software give?"""

import math

import pytest

from core.experiments import balance, mixture, planning
from core.experiments.measures import Tally

# confseq by Howard and Waudby-Smith, unit tests of the two-sided normal mixture: variance of the sum 100, tuned
# for that variance at 0.05. Theirs is a sum over intrinsic time v with precision ρ; ours a mean: sum / v.
_V, _RHO = 100, 12.60056


def test_the_evidence_is_that_of_the_reference_software() -> None:
    ours = mixture.normal_log_evidence(10 / _V, variance=1 / _V, scales=(_RHO**-0.5,))
    assert ours == pytest.approx(-0.6510052, abs=1e-6)


def test_the_radius_is_that_of_the_reference_software() -> None:
    ours = mixture.normal_radius(variance=1 / _V, scales=(_RHO**-0.5,), level=0.05)
    assert ours * _V == pytest.approx(30.35209, abs=1e-5)


@pytest.mark.parametrize("level", [0.05, 0.025, 0.01])
@pytest.mark.parametrize("variance", [1e-9, 0.0004, 0.3])
@pytest.mark.parametrize("scales", [(0.05,), (0.05, 0.2), (0.05, 50.0)])
def test_interval_and_evidence_agree_on_what_is_refuted(
    level: float, variance: float, scales: tuple[float, ...]
) -> None:
    radius = mixture.normal_radius(variance=variance, scales=scales, level=level)
    at_the_border = mixture.normal_log_evidence(radius, variance=variance, scales=scales)
    assert at_the_border == pytest.approx(math.log(1 / level))


def test_two_scales_are_averaged() -> None:
    apart = [math.exp(mixture.normal_log_evidence(0.1, variance=0.001, scales=(one,))) for one in (0.05, 0.2)]
    both = mixture.normal_log_evidence(0.1, variance=0.001, scales=(0.05, 0.2))
    assert math.exp(both) == pytest.approx(sum(apart) / 2)


def test_ten_of_ten_refute_shares_below_the_one_worked_out_by_hand() -> None:
    # The mixture gives ten of ten 1/11; the share p gives p^10: refuted where p^10 ≤ 0.05 / 11.
    low, high = mixture.beta_interval(part=10, rest=0, level=0.05)
    assert low == pytest.approx((0.05 / 11) ** 0.1)
    assert high == 1.0


def test_an_arm_of_which_nothing_is_known_may_be_anything() -> None:
    assert mixture.beta_interval(part=0, rest=0, level=0.05) == (0.0, 1.0)


def test_the_mixture_over_two_results_is_worked_out_by_hand() -> None:
    # One success and one failure: ∫ p (1 − p) dp = 1/6 against 1/4.
    assert mixture.beta_log_evidence(0.5, part=1, rest=1) == pytest.approx(math.log((1 / 6) / (1 / 4)))
    assert mixture.beta_log_evidence(0.0, part=1, rest=1) == math.inf
    # Never a success: the share may well be nothing. ∫ (1 − p)³ dp = 1/4 against 1.
    assert mixture.beta_log_evidence(0.0, part=0, rest=3) == pytest.approx(math.log(1 / 4))


def test_a_single_look_needs_what_the_textbook_says() -> None:
    # Chow, Shao and Wang, "Sample size calculations in clinical research", two proportions 0.65 and 0.85: 70 each.
    spreads = (0.65 * 0.35, 0.85 * 0.15)
    assert planning.jobs_per_arm_if_looked_at_once(spreads, difference=0.2, level=0.05) == 70


def test_two_means_one_look_need_what_the_textbook_says() -> None:
    # Half a standard deviation at 80 %: 63 each (Cohen's 64 is with the t distribution).
    assert planning.jobs_per_arm_if_looked_at_once((1, 1), difference=0.5, level=0.05) == 63


def test_the_freedom_to_look_costs_about_as_much_again() -> None:
    spreads = (0.8 * 0.2, 0.85 * 0.15)
    once = planning.jobs_per_arm_if_looked_at_once(spreads, difference=0.05, level=0.05)
    daily = planning.jobs_per_arm(spreads, difference=0.05, scales=(0.05,), level=0.05)
    assert 1.7 * once < daily < 2.1 * once


def test_the_jobs_still_needed_reach_the_goal_and_no_further() -> None:
    spreads, jobs = (0.16, 0.09), (900, 100)
    more = planning.more_jobs(spreads, jobs=jobs, difference=0.05, scales=(0.05,), level=0.05)
    goal = planning.variance_needed(0.05, scales=(0.05,), level=0.05)

    def variance(extra: int) -> float:
        # Nine of ten go on coming to the first arm.
        return sum(spread / (had + extra * had / sum(jobs)) for spread, had in zip(spreads, jobs, strict=True))

    assert variance(more) <= goal < variance(more - 1)


def test_no_more_jobs_are_needed_where_there_are_plenty() -> None:
    needed = planning.more_jobs((0.16, 0.16), jobs=(90_000, 90_000), difference=0.05, scales=(0.05,), level=0.05)
    assert needed == 0


def test_a_mean_of_single_jobs_has_the_usual_standard_error() -> None:
    # 2, 4, 4, 4, 5, 5, 7, 9: sample variance 32 / 7, of the mean an eighth of it.
    assert Tally.of_jobs([2, 4, 4, 4, 5, 5, 7, 9]).variance_of_mean == pytest.approx(32 / 7 / 8)
    assert Tally.of_share(3, 8).variance_of_mean == pytest.approx(3 / 8 * 5 / 8 / 7)


def test_listings_that_are_all_of_one_kind_tell_no_more_than_one_job_each() -> None:
    # Ten photos a listing that succeed or fail together: the standard error of ten listings, not of a hundred jobs.
    together = Tally.of_units([(10, 10)] * 7 + [(10, 0)] * 3)
    assert together.variance_of_mean == pytest.approx(Tally.of_share(7, 10).variance_of_mean)


def test_equal_results_have_no_variance_and_never_less_than_none() -> None:
    # Of these, the sum of squares comes out below nothing by rounding.
    equal = Tally.of_jobs([0.01] * 7)
    assert equal.variance_of_mean == pytest.approx(0, abs=1e-12)
    assert equal.variance_of_mean >= 0


def test_two_tallies_together_are_the_tally_of_both() -> None:
    first, second = [(1, 1.0), (4, 2.0)], [(2, 0.0), (3, 3.0)]
    assert Tally.of_units(first).merged(Tally.of_units(second)) == Tally.of_units(first + second)


def test_the_evidence_against_a_split_is_worked_out_by_hand() -> None:
    # Ten of ten in one of two arms: the mixture gives 1/11, the even split 1/1024.
    assert balance.split_p_value([10, 0], split_percent=[50, 50]) == pytest.approx(11 / 1024)
    # Three of three in one of three arms: 2! 3! / 5! against the product of their shares.
    assert balance.split_p_value([3, 0, 0], split_percent=[50, 25, 25]) == 1.0
    assert balance.split_p_value([0, 3, 0], split_percent=[50, 25, 25]) == pytest.approx(0.25**3 / 0.1)


def test_a_split_that_is_off_is_noticed_and_an_honest_one_is_not() -> None:
    assert balance.is_off([1_000, 1_300], split_percent=[50, 50])
    assert not balance.is_off([1_080, 1_120], split_percent=[50, 50])
    assert balance.is_off([1_100, 1_100], split_percent=[60, 40])
    assert not balance.is_off([0, 0], split_percent=[50, 50])
