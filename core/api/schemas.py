"""What do the answers look like? JSON in camelCase, built from the rooms' frozen values."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt
from pydantic.alias_generators import to_camel

from core.jobs import details
from core.jobs.manual_sync import SyncReport
from core.jobs.new_job import Submission
from core.jobs.refund_queries import RefundDetail, RefundReason, RefundState
from core.jobs.refunds import Refunded
from core.storage import links


class Schema(BaseModel):
    """What is sent and received: camelCase outside, this project's names inside."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Problem(BaseModel):
    """An error: `detail` is for people, `code` for programs."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class Failure(Schema):
    """Why a job or variant has no result."""

    code: str
    message: str

    @classmethod
    def of(cls, failure: details.Failure | None) -> Self | None:
        """From the room's value."""
        return None if failure is None else cls(code=failure.code, message=failure.message)


class Attempt(Schema):
    """One prediction of a variant."""

    prediction_id: str | None
    status: str
    created_at: datetime
    predict_seconds: float | None


class Variant(Schema):
    """One picture of a job."""

    index: int
    state: str
    seed: int
    result_url: str | None
    error: Failure | None
    attempts: list[Attempt]

    @classmethod
    def of(cls, variant: details.VariantDetail) -> Self:
        """From the room's value."""
        return cls(
            index=variant.index,
            state=variant.state.value,
            seed=variant.seed,
            result_url=links.path(variant.result_key) if variant.result_key else None,
            error=Failure.of(variant.failure),
            attempts=[
                Attempt(
                    prediction_id=attempt.prediction_id,
                    status=attempt.status,
                    created_at=attempt.created_at,
                    predict_seconds=attempt.predict_seconds,
                )
                for attempt in variant.attempts
            ],
        )


class Event(Schema):
    """One line of a job's history."""

    at: datetime
    kind: str
    source: str
    actor: str
    message: str


class Job(Schema):
    """A job with its variants and events. The URLs open with the same key; the pictures carry no disclosure label."""

    id: str
    status: str
    progress: int
    account: str
    room_type: str
    style: str
    priority: str
    prompt: str
    prompt_version: str
    model: str
    parameters: dict[str, str | int | bool]
    retry_of: str | None
    credits_used: int
    credits_refunded: int
    replicate_job_id: str | None
    result_urls: list[str]
    error: Failure | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    variants: list[Variant]
    events: list[Event]

    @classmethod
    def of(cls, job: details.JobDetail) -> Self:
        """From the room's value."""
        variants = [Variant.of(variant) for variant in job.variants]
        return cls(
            id=job.id,
            status=job.state.value,
            progress=job.progress,
            account=job.account,
            room_type=job.room_type,
            style=job.style,
            priority=job.priority,
            prompt=job.prompt,
            prompt_version=job.prompt_version,
            model=job.model,
            parameters=dict(job.parameters),
            retry_of=job.retry_of,
            credits_used=job.credits_used,
            credits_refunded=job.credits_refunded,
            replicate_job_id=",".join(job.prediction_ids) or None,
            result_urls=[variant.result_url for variant in variants if variant.result_url],
            error=Failure.of(job.failure),
            created_at=job.created_at,
            started_at=job.started_at,
            completed_at=job.completed_at,
            variants=variants,
            events=[
                Event(at=event.at, kind=event.kind, source=event.source, actor=event.actor, message=event.message)
                for event in job.events
            ],
        )


class StagedJob(Schema):
    """What was made of one photo. `reused`: it had been staged just so before, and is given again at no charge."""

    job_id: str
    status: str
    credits_used: int
    reused: bool
    replicate_job_id: str | None
    job: Job

    @classmethod
    def of(cls, job: details.JobDetail, *, reused: bool) -> Self:
        """From the room's value."""
        shown = Job.of(job)
        return cls(
            job_id=job.id,
            status=shown.status,
            credits_used=0 if reused else job.credits_used,
            reused=reused,
            replicate_job_id=shown.replicate_job_id,
            job=shown,
        )

    @classmethod
    def all_of(cls, submission: Submission) -> list[Self]:
        """From the use case's result, in the order of the request."""
        return [cls.of(job, reused=number in submission.reused) for number, job in enumerate(submission.jobs)]


class Staged(StagedJob):
    """The answer for one photo."""

    balance: int

    @classmethod
    def of_one(cls, submission: Submission) -> Self:
        """From the use case's result, which holds one job."""
        (job,) = StagedJob.all_of(submission)
        return cls(**job.model_dump(), balance=submission.balance)


class StagedBatch(Schema):
    """The answer for several photos, in their order."""

    jobs: list[StagedJob]
    balance: int

    @classmethod
    def of(cls, submission: Submission) -> Self:
        """From the use case's result."""
        return cls(jobs=StagedJob.all_of(submission), balance=submission.balance)


class JobList(Schema):
    """A page of jobs, newest first."""

    items: list[Job]
    next_cursor: str | None


class SyncRequest(Schema):
    """Which job to sync, or all in flight; `dryRun` only tells."""

    job_id: str | None = None
    dry_run: StrictBool = False


class SyncChange(Schema):
    """What a sync did, or would do, to one job."""

    job_id: str
    from_: str
    to: str
    message: str

    model_config = ConfigDict(
        alias_generator=lambda name: "from" if name == "from_" else to_camel(name), populate_by_name=True
    )


class SyncResult(Schema):
    """How many jobs were checked, and what changed."""

    checked: int
    changed: list[SyncChange]
    dry_run: bool

    @classmethod
    def of(cls, report: SyncReport) -> Self:
        """From the use case's result."""
        return cls(
            checked=report.checked,
            changed=[
                SyncChange(job_id=item.job_id, from_=item.before.value, to=item.after.value, message=item.message)
                for item in report.changed
            ],
            dry_run=report.dry_run,
        )


class RefundBody(Schema):
    """What is to be refunded: an amount, one variant, or all that is left. "other" needs a note.

    With `expectedCredits`, nothing is refunded (409) if it would be another amount by now.
    """

    # A misspelt "amount" must not refund the whole job.
    model_config = ConfigDict(extra="forbid")

    amount: StrictInt | None = None
    variant: StrictInt | None = None
    reason: RefundReason
    note: str = ""
    expected_credits: StrictInt | None = None


class DecisionBody(Schema):
    """Why a requested refund is approved or declined."""

    model_config = ConfigDict(extra="forbid")

    note: str = ""


class Refund(Schema):
    """A refund, or a request for one."""

    id: str
    job_id: str
    account: str
    variant: int | None
    amount: int
    reason: RefundReason
    note: str
    state: RefundState
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str

    @classmethod
    def of(cls, refund: RefundDetail) -> Self:
        """From the room's value."""
        return cls(
            id=refund.id,
            job_id=refund.job_id,
            account=refund.account,
            variant=refund.variant_index,
            amount=refund.amount_credits,
            reason=refund.reason,
            note=refund.note,
            state=refund.state,
            requested_by=refund.requested_by,
            requested_at=refund.requested_at,
            decided_by=refund.decided_by,
            decided_at=refund.decided_at,
            decision_note=refund.decision_note,
        )


class RefundResult(Schema):
    """How many credits this refund returned, 0 while it waits for a manager, and the balance."""

    refunded: int
    balance: int
    refund: Refund

    @classmethod
    def of(cls, outcome: Refunded) -> Self:
        """From the use case's result."""
        is_paid = outcome.refund.state is RefundState.REFUNDED
        return cls(
            refunded=outcome.refund.amount_credits if is_paid else 0,
            balance=outcome.balance,
            refund=Refund.of(outcome.refund),
        )


class RefundList(Schema):
    """A page of refunds, newest first."""

    items: list[Refund]
    next_cursor: str | None


PredictionView = dict[str, Any]
