"""Which states are there, and what follows from them? Pure: no database, no clock."""

from collections.abc import Collection, Sequence
from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands. The last four are final."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        """Whether the job will never change again."""
        return self not in (JobState.PENDING, JobState.PROCESSING)


class VariantState(StrEnum):
    """Where one variant stands. The last three are final."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        """Whether the variant will never change again."""
        return self in (VariantState.SUCCEEDED, VariantState.FAILED, VariantState.CANCELED)


class Priority(StrEnum):
    """How soon a job's variants have their turn."""

    NORMAL = "normal"
    RUSH = "rush"


def variant_name(index: int) -> str:
    """What people call a variant: A, B, …"""
    return f"Variant {chr(ord('A') + index)}"


# What the history says when a job ends.
ENDED_WORDS = {
    JobState.COMPLETED: "The job is completed.",
    JobState.PARTIAL: "The job has ended with one of its results.",
    JobState.FAILED: "The job has failed.",
    JobState.CANCELED: "The job was canceled.",
}
IN_FLIGHT_JOBS = tuple(state for state in JobState if not state.is_terminal)


def final_job_state(variants: Collection[VariantState]) -> JobState | None:
    """The state of a job whose variants stand so, or None while any of them is in flight.

    completed: all succeeded; partial: some did; canceled: none did and at least one was canceled; else failed.
    """
    if not variants or any(not state.is_terminal for state in variants):
        return None
    succeeded = sum(state is VariantState.SUCCEEDED for state in variants)
    if succeeded == len(variants):
        return JobState.COMPLETED
    if succeeded:
        return JobState.PARTIAL
    return JobState.CANCELED if VariantState.CANCELED in variants else JobState.FAILED


def progress_percent(variants: Sequence[tuple[VariantState, float]]) -> int:
    """0 to 100 for a job, from each variant's state and the share of its expected time that has passed.

    A variant stays under 95 until it is settled, however long it takes, and does not fall back while it waits to be
    ordered again.
    """
    if not variants:
        return 0
    shares = [_progress(state, elapsed_share) for state, elapsed_share in variants]
    return int(sum(shares) / len(shares))


def _progress(state: VariantState, elapsed_share: float) -> float:
    if state.is_terminal:
        return 100.0
    if state is VariantState.RUNNING or elapsed_share > 0:
        return 10.0 + 85.0 * min(max(elapsed_share, 0.0), 1.0)
    return 5.0 if state is VariantState.SUBMITTING else 0.0
