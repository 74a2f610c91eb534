"""Does the provider's news still come? What webhooks settled lately, when the last one came, and what nobody knew."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.auth.actors import Actor, Source
from core.auth.roles import Action
from core.jobs.states import VariantState
from core.models import Variant, WebhookDelivery
from core.webhooks.inbox import Outcome

_WINDOW = timedelta(hours=24)
# The provider tries to deliver for about a minute: what it could not bring by then never comes.
_QUIET_WITHIN = timedelta(minutes=15)
_QUIET_SETTLEMENTS = 3
_UNKNOWN_SHOWN = 20
_NEWS = (Source.WEBHOOK.value, Source.SWEEP.value, Source.SYNC.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownDelivery:
    """A signed webhook about a prediction that no variant of ours owns."""

    prediction_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookHealth:
    """Webhooks over the last 24 hours.

    `settled` counts variants that ended by the provider's word, `settled_by_webhook` those of them whose news a
    webhook brought. `is_quiet`: results keep coming, but for a while all of them through the sweep.
    """

    settled: int
    settled_by_webhook: int
    last_received_at: datetime | None
    is_quiet: bool
    unknown: tuple[UnknownDelivery, ...]

    @property
    def share(self) -> float | None:
        """The share settled by webhook, 0 to 1; None while nothing was settled."""
        return self.settled_by_webhook / self.settled if self.settled else None


def read(session: Session, actor: Actor) -> WebhookHealth:
    """How webhooks are doing now.

    Raises:
        PermissionDenied: if the actor may not sync jobs: this is for those who put things right.
    """
    actor.require(Action.SYNC)
    now = clock.now()
    since = now - _WINDOW
    by_source = {
        row.settled_by: row.settled
        for row in session.execute(
            sa.select(Variant.settled_by, sa.func.count().label("settled"))
            .where(Variant.completed_at > since, Variant.settled_by.in_(_NEWS))
            .group_by(Variant.settled_by)
        )
    }
    last = session.scalar(sa.select(sa.func.max(WebhookDelivery.received_at)))
    quiet_since = max(now - _QUIET_WITHIN, last) if last else now - _QUIET_WITHIN
    without = session.scalar(
        sa.select(sa.func.count()).where(
            Variant.completed_at > quiet_since,
            Variant.state == VariantState.SUCCEEDED,
            Variant.settled_by != Source.WEBHOOK.value,
        )
    )
    unknown = session.execute(
        sa.select(WebhookDelivery.prediction_id, WebhookDelivery.received_at)
        .where(WebhookDelivery.outcome == Outcome.UNKNOWN, WebhookDelivery.received_at > since)
        .order_by(WebhookDelivery.received_at.desc())
        .limit(_UNKNOWN_SHOWN)
    )
    return WebhookHealth(
        settled=sum(by_source.values()),
        settled_by_webhook=by_source.get(Source.WEBHOOK.value, 0),
        last_received_at=last,
        is_quiet=(without or 0) >= _QUIET_SETTLEMENTS,
        unknown=tuple(UnknownDelivery(**row._mapping) for row in unknown),
    )
