"""What follows when a variant ends without a result? Pure: no database, no clock."""

from core import errors
from core.jobs.states import VariantState


def after_failure(
    failure: errors.StagingError, *, state: VariantState, cancel_requested: bool, was_retried: bool
) -> VariantState:
    """Where a variant in flight goes when it ends without a result.

    canceled: a person asked for it; whatever ended it, they got what they wanted.
    queued: a running prediction failed in a way that a new seed may mend, for the first time.
    failed: otherwise.
    """
    if cancel_requested:
        return VariantState.CANCELED
    # What fails before there is a prediction has ways of its own to wait and come again.
    is_retried = state is VariantState.RUNNING and failure.retryable and not was_retried
    return VariantState.QUEUED if is_retried else VariantState.FAILED
