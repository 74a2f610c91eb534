"""How far is a listing, and what came of its photos? Progress, time left, and a gallery."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core import clock
from core.jobs import favorites, queries, waiting
from core.jobs.desk import Desk
from core.jobs.details import JobDetail, VariantDetail
from core.jobs.favorites import Opinion
from core.jobs.states import IN_FLIGHT_JOBS, JobState, VariantState
from core.listings.sheet import ContactSheet, SheetPhoto

_FAILED = (JobState.FAILED, JobState.CANCELED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many photos are done, under way, waiting and failed, of all that were staged; `partial` have one variant.

    `percent` goes by their variants; `seconds_left` is None when nothing is under way, or the queue stands still.
    """

    done: int
    partial: int
    running: int
    waiting: int
    failed: int
    percent: int
    seconds_left: float | None

    @property
    def total(self) -> int:
        """All photos that were staged."""
        return self.done + self.partial + self.running + self.waiting + self.failed

    @property
    def is_over(self) -> bool:
        """Whether nothing is under way."""
        return self.running + self.waiting == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantResult:
    """A variant with a result, in the job that made it, and what people think of it."""

    job: JobDetail
    variant: VariantDetail
    is_favorite: bool
    stars: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoResult:
    """A photo of the sheet, the job that stages it, and the variants that it has by now, by their indexes.

    Until the job has a variant's result, and where it gets none, what the photo had before stays among them.
    """

    photo: SheetPhoto
    job: JobDetail
    results: tuple[VariantResult, ...]


def gallery(session: Session, found: ContactSheet) -> tuple[PhotoResult, ...]:
    """What came of each photo of the sheet that was staged, in the sheet's order."""
    stagings = {photo.id: _shown_stagings(photo) for photo in found.photos}
    wanted = {job_id for several in stagings.values() for job_id in several}
    jobs = {job.id: job for job in queries.load_jobs(session, sorted(wanted))}
    jobs |= _tried_before(session, jobs.values())
    thought = favorites.opinions(session, list(jobs))
    return tuple(
        PhotoResult(
            photo=photo,
            job=jobs[photo.job_id],
            results=_results([jobs[one] for one in stagings[photo.id]], jobs, thought),
        )
        for photo in found.photos
        if photo.job_id
    )


def _shown_stagings(photo: SheetPhoto) -> tuple[str, ...]:
    """The jobs whose results may be shown: the latest, and earlier ones unless that has both of its own."""
    if photo.job_id is None:
        return ()
    return (photo.job_id,) if photo.job_state is JobState.COMPLETED else (photo.job_id, *photo.earlier_job_ids)


def progress(session: Session, desk: Desk, photos: Sequence[PhotoResult]) -> Progress:
    """How far they are, and how long the rest will take going by measured times."""
    jobs = [one.job for one in photos]
    states = [job.state for job in jobs]
    running = sum(state is JobState.PROCESSING for state in states)
    in_line = sum(state is JobState.PENDING for state in states)
    failed = sum(state in _FAILED for state in states)
    return Progress(
        done=sum(state is JobState.COMPLETED for state in states),
        partial=sum(state is JobState.PARTIAL for state in states),
        running=running,
        waiting=in_line,
        failed=failed,
        percent=sum(job.progress for job in jobs) // len(jobs) if jobs else 0,
        seconds_left=_seconds_left(session, desk, jobs),
    )


def _seconds_left(session: Session, desk: Desk, jobs: Sequence[JobDetail]) -> float | None:
    """Until the last one that waits has had its turn and its time, or the one that began last has."""
    variants = [variant for job in jobs if job.state in IN_FLIGHT_JOBS for variant in job.variants]
    if not variants:
        return None
    expected = queries.expected_seconds(session)
    queued = [one.id for one in variants if one.state is VariantState.QUEUED]
    last = waiting.last_place(session, desk, queued)
    if last is not None:
        return None if last.at is None else max((last.at - clock.now()).total_seconds(), 0.0) + expected
    elapsed = [one.elapsed_seconds or 0.0 for one in variants if not one.state.is_terminal]
    return max(expected - min(elapsed, default=0.0), 1.0)


def _tried_before(session: Session, jobs: Iterable[JobDetail]) -> dict[str, JobDetail]:
    """The jobs that these are retries of, and those that those are, by their ids."""
    found: dict[str, JobDetail] = {}
    wanted = {job.retry_of for job in jobs if job.retry_of}
    while wanted:
        loaded = {job.id: job for job in queries.load_jobs(session, sorted(wanted))}
        found |= loaded
        wanted = {job.retry_of for job in loaded.values() if job.retry_of} - set(found)
    return found


def _results(
    stagings: Sequence[JobDetail], jobs: Mapping[str, JobDetail], thought: Mapping[str, Opinion]
) -> tuple[VariantResult, ...]:
    """Of each variant the latest result: of the latest staging, of what that is a retry of, or of an earlier one."""
    found: dict[int, VariantResult] = {}
    for job in (one for staging in stagings for one in _with_retried(staging, jobs)):
        opinion = thought[job.id]
        for variant in job.variants:
            if variant.result_key and variant.index not in found:
                found[variant.index] = VariantResult(
                    job=job,
                    variant=variant,
                    is_favorite=opinion.favorite == variant.index,
                    stars=opinion.stars.get(variant.index),
                )
    return tuple(found[index] for index in sorted(found))


def _with_retried(job: JobDetail, jobs: Mapping[str, JobDetail]) -> Iterator[JobDetail]:
    one: JobDetail | None = job
    while one is not None:
        yield one
        one = jobs.get(one.retry_of) if one.retry_of else None
