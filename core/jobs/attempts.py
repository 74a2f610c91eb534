"""Which prediction does a variant follow? The one of its latest attempt; news of earlier ones changes nothing."""

import sqlalchemy as sa

from core.models import Attempt, Variant


def followed_prediction_id() -> sa.ScalarSelect[str | None]:
    """The prediction's id as a column of a query over `Variant`; null while the latest order is not answered."""
    return (
        sa.select(Attempt.prediction_id)
        .where(Attempt.variant_id == Variant.id)
        .order_by(Attempt.number.desc())
        .limit(1)
        .correlate(Variant)
        .scalar_subquery()
    )
