"""What is there to know about a job? Frozen values that outlive the session they were read in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.jobs.states import JobState, VariantState


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why something has no result: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptDetail:
    """One prediction that was ordered for a variant: when, and what the provider said of it since."""

    number: int
    seed: int
    prediction_id: str | None
    status: str
    created_at: datetime
    predict_seconds: float | None
    error: str | None = None
    provider_created_at: datetime | None = None
    provider_started_at: datetime | None = None
    provider_completed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDetail:
    """One picture of a job. `elapsed_seconds` counts from its first order to its end, or to now.

    `was_retried`: its first prediction failed, and it had its free retry.
    """

    id: str
    index: int
    state: VariantState
    seed: int
    failure: Failure | None
    result_key: str | None
    result_sha256: str | None
    result_thumbnail_key: str | None
    result_width: int | None
    result_height: int | None
    started_at: datetime | None
    completed_at: datetime | None
    elapsed_seconds: float | None
    was_retried: bool
    attempts: tuple[AttemptDetail, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDetail:
    """One line of a job's history."""

    at: datetime
    kind: str
    source: str
    actor: str
    message: str
    variant_index: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoDetail:
    """The photo of a job, by the keys of its files."""

    file_name: str
    sha256: str
    width: int
    height: int
    size_bytes: int
    original_key: str
    prepared_key: str
    thumbnail_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetail:
    """A job with all that belongs to it. `state_since` is when it entered its present state.

    `parameters` are the model's inputs that an experiment set otherwise than usual.
    """

    id: str
    state: JobState
    progress: int
    account: str
    account_id: int
    room_type: str
    style: str
    instructions: str
    priority: str
    prompt: str
    prompt_version: str
    model: str
    parameters: Mapping[str, str | int | bool]
    created_by: str
    retry_of: str | None
    credits_used: int
    credits_refunded: int
    failure: Failure | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    cancel_requested_at: datetime | None
    state_since: datetime
    photo: PhotoDetail
    variants: tuple[VariantDetail, ...]
    events: tuple[EventDetail, ...]

    @property
    def prediction_ids(self) -> list[str]:
        """Each variant's latest prediction, in the variants' order, where there is one."""
        latest = [
            next((a.prediction_id for a in reversed(v.attempts) if a.prediction_id), None) for v in self.variants
        ]
        return [prediction_id for prediction_id in latest if prediction_id]


def as_first_made(job: JobDetail) -> JobDetail:
    """The job as it was in the moment of its submission."""
    return replace(
        job,
        state=JobState.PENDING,
        progress=0,
        credits_refunded=0,
        failure=None,
        started_at=None,
        completed_at=None,
        cancel_requested_at=None,
        state_since=job.created_at,
        events=job.events[:1],
        variants=tuple(
            replace(
                variant,
                state=VariantState.QUEUED,
                seed=variant.attempts[0].seed if variant.attempts else variant.seed,
                failure=None,
                result_key=None,
                result_sha256=None,
                result_thumbnail_key=None,
                result_width=None,
                result_height=None,
                started_at=None,
                completed_at=None,
                elapsed_seconds=None,
                was_retried=False,
                attempts=(),
            )
            for variant in job.variants
        ),
    )
