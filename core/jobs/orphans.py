"""Was anything bought that no variant owns? A prediction that costs money and that nobody waits for."""

from datetime import timedelta

import sqlalchemy as sa

from core import clock, logs
from core.jobs import transitions
from core.jobs.desk import Desk
from core.models import Attempt
from core.provider.contract import Prediction, PredictionStatus, order_key

# The provider erases inputs an hour after the end, and with them what tells whose a prediction is.
_SINCE = timedelta(hours=1)
# What ended like this is, as far as is known, not billed.
_UNPAID = (PredictionStatus.FAILED, PredictionStatus.CANCELED, PredictionStatus.ABORTED)
_log = logs.get(__name__)


def find(desk: Desk) -> list[Prediction]:
    """Predictions of the last hour that were ordered by us, that no attempt owns, and that run or were paid for.

    Orders that are still looked for are left out. Who owns what is read after the list, which is older than that.

    Raises:
        ProviderError: if the provider can't be asked.
    """
    since = clock.now() - _SINCE
    ordered = sa.select(Attempt.input).where(Attempt.created_at > since, Attempt.status != transitions.SUBMITTING)
    with desk.database.read() as session:
        ours = {order_key(inputs) for inputs in session.scalars(ordered)} - {None}
    if not ours:
        return []
    listed = [item for page in desk.provider.list_pages(created_after=since) for item in page]
    with desk.database.read() as session:
        owned = set(session.scalars(sa.select(Attempt.prediction_id).where(Attempt.created_at > since)))
    return [
        prediction
        for prediction in listed
        if prediction.status not in _UNPAID and order_key(prediction.input) in ours and prediction.id not in owned
    ]


def cancel(desk: Desk) -> list[Prediction]:
    """Cancel every orphan that still runs; those predictions as the provider answered them.

    Raises:
        ProviderError: if the provider can't be asked.
    """
    canceled = [desk.provider.cancel(prediction.id) for prediction in find(desk) if not prediction.status.is_terminal]
    for prediction in canceled:
        _log.warning("orphan canceled", prediction_id=prediction.id, status=prediction.status.value)
    return canceled
