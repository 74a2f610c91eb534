"""Does every combination of variants give the job the state that it means?"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.states import (
    IN_FLIGHT_JOBS,
    JobState,
    VariantState,
    final_job_state,
    progress_percent,
)

S, F, C = VariantState.SUCCEEDED, VariantState.FAILED, VariantState.CANCELED
FINAL_OF_TWO = {
    (S, S): JobState.COMPLETED,
    (S, F): JobState.PARTIAL,
    (S, C): JobState.PARTIAL,
    (F, F): JobState.FAILED,
    (F, C): JobState.CANCELED,
    (C, C): JobState.CANCELED,
}
states = st.sampled_from(VariantState)


@pytest.mark.parametrize("pair", list(itertools.product(VariantState, repeat=2)), ids=lambda pair: "+".join(pair))
def test_two_variants_end_their_job_when_both_have_ended(pair: tuple[VariantState, VariantState]) -> None:
    expected = FINAL_OF_TWO.get(pair) or FINAL_OF_TWO.get((pair[1], pair[0]))
    assert final_job_state(pair) == expected
    assert (expected is None) == any(not state.is_terminal for state in pair)


@pytest.mark.parametrize(("state", "final"), [(S, "completed"), (F, "failed"), (C, "canceled")])
def test_a_job_of_one_variant_ends_as_its_variant_does(state: VariantState, final: str) -> None:
    assert final_job_state([state]) == final


def test_a_job_without_variants_never_ends() -> None:
    assert final_job_state([]) is None


@given(st.lists(states, min_size=1, max_size=6))
def test_the_final_state_does_not_depend_on_the_order(variants: list[VariantState]) -> None:
    final = final_job_state(variants)
    assert final == final_job_state(variants[::-1])
    assert final is None or final.is_terminal


@given(st.lists(st.tuples(states, st.floats(allow_nan=False)), max_size=5))
def test_progress_is_a_percentage_that_is_full_only_at_the_end(variants: list[tuple[VariantState, float]]) -> None:
    progress = progress_percent(variants)
    assert 0 <= progress <= 100
    assert (progress == 100) == bool(variants and all(state.is_terminal for state, _ in variants))


@given(states, st.floats(0, 10), st.floats(0, 10))
def test_progress_never_falls_as_time_passes(state: VariantState, earlier: float, later: float) -> None:
    earlier, later = sorted((earlier, later))
    assert progress_percent([(state, earlier)]) <= progress_percent([(state, later)])


def test_progress_rises_with_every_step() -> None:
    steps = {
        VariantState.QUEUED: 0.0,
        VariantState.SUBMITTING: 0.0,
        VariantState.RUNNING: 0.5,
        VariantState.SUCCEEDED: 0.5,
    }
    assert [progress_percent([step] * 2) for step in steps.items()] == [0, 5, 52, 100]
    assert progress_percent([(VariantState.RUNNING, 1_000.0)]) == 95


@pytest.mark.parametrize("state", [VariantState.QUEUED, VariantState.SUBMITTING])
def test_progress_does_not_fall_back_while_a_free_retry_waits(state: VariantState) -> None:
    assert progress_percent([(state, 0.5)]) == progress_percent([(VariantState.RUNNING, 0.5)])


def test_what_is_in_flight_is_all_that_is_not_final() -> None:
    assert {state for state in VariantState if not state.is_terminal} == {"queued", "submitting", "running"}
    assert set(IN_FLIGHT_JOBS) == {"pending", "processing"}
