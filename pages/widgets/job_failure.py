"""Why has a job no result? One sentence on the whole job, and what is left for each variant to say."""

from dataclasses import replace

from core import errors
from core.jobs.details import Failure, JobDetail
from core.jobs.states import JobState, variant_name
from pages.widgets import formatting

_KINDS = {kind.code: kind for kind in errors.VariantFailure.__subclasses__()}


def is_shared(job: JobDetail) -> bool:
    """Whether all variants of a failed job failed for one and the same reason."""
    return job.state is JobState.FAILED and len({variant.failure for variant in job.variants}) == 1


def is_told_of_the_job(job: JobDetail) -> bool:
    """Whether `words` says all that there is to say, so that the variants need not say it again."""
    return is_shared(job) or job.state is JobState.PARTIAL


def words(job: JobDetail) -> str:
    """Why the job is not complete, and what was returned, safe for Markdown; nothing where nothing failed."""
    returned = f"{formatting.credits(job.credits_refunded)} were returned" if job.credits_refunded else ""
    if job.state is JobState.PARTIAL:
        told = [f"{variant_name(one.index)}: {_of_one(one.failure, job)}" for one in job.variants if one.failure]
        return " ".join(told)
    if job.state is not JobState.FAILED or job.failure is None:
        return ""
    if len(job.variants) == 1:
        return _of_one(job.failure, job)
    if not is_shared(job):
        return "Neither variant could be made, each for a reason of its own." + (f" {returned}." if returned else "")
    return f"Neither variant could be made: {_of_both(job.failure, returned)} ({formatting.plain(job.failure.code)})"


def _of_one(failure: Failure, job: JobDetail) -> str:
    returned = "Its credits were returned" if job.credits_refunded else ""
    return formatting.refusal(replace(failure, message=_with_credits(failure, returned)))


def _with_credits(failure: Failure, returned: str) -> str:
    """What was said of it, with what became of the credits where that is not said."""
    if not returned or "credits" in failure.message:
        return failure.message
    return f"{failure.message.rstrip('.')}. {returned}."


def _of_both(failure: Failure, returned: str) -> str:
    kind = _KINDS.get(failure.code)
    if kind is None:
        # Not about one variant, such as an order that Replicate refused.
        head, is_told, advice = failure.message.partition("Its credits were returned")
        return formatting.plain(f"{head}{returned}{advice}" if is_told else _with_credits(failure, returned))
    first = (kind.__doc__ or "").partition(". ")[0]
    # What Replicate said of it stands behind the reason.
    said = failure.message.removeprefix(first).partition(" Its credits were returned")[0].strip(": .")
    reason = f"{kind.of_both}: {said}" if said and failure.message.startswith(first) else kind.of_both
    rest = "; ".join(part for part in (returned, kind.advice) if part)
    return formatting.plain(f"{reason}." + (f" {rest}." if rest else ""))
