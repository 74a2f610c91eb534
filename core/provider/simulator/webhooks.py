"""Which webhooks does a change bring, and when? Also how they are signed. Nothing is sent from here."""

import base64
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from standardwebhooks import Webhook

from core.provider.contract import PredictionStatus
from core.provider.simulator import views
from core.provider.simulator.faults import Fault
from core.provider.simulator.records import Record, new_id

COMPLETED = "completed"
REPEATED_AFTER = timedelta(seconds=0.2)
RELEASED_AFTER = timedelta(seconds=0.5)
# Output and logs are told at most this often.
PROGRESS_EVERY = timedelta(seconds=0.5)


class Kind(StrEnum):
    """Whether a webhook tells the truth, and if not, how it lies."""

    GENUINE = "genuine"
    FORGED = "forged"
    WRONG_ID = "wrong-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One webhook to be posted.

    Attributes:
        webhook_id: the same for every attempt and every repetition.
        prediction_id: the prediction whose change brought it, whatever its body claims.
        body: the prediction as it was at the event, as JSON.
        due_at: when to post it; None while it is held back.
        attempts: how often it was posted so far.
        position: its row once it is kept.
    """

    webhook_id: str
    prediction_id: str
    event: str
    url: str
    body: str
    due_at: datetime | None
    kind: Kind = Kind.GENUINE
    attempts: int = 0
    position: int = 0

    @property
    def is_retried(self) -> bool:
        """Whether it is posted again when it was not taken: the provider does so at the end, a stranger never."""
        return self.event == COMPLETED and self.kind is not Kind.FORGED


def deliveries(
    record: Record, *, at: datetime, late_by: timedelta, make_id: Callable[[], str] = new_id
) -> Iterator[Delivery]:
    """The webhooks that a prediction's new state brings, in the order they are to be sent.

    Args:
        record: the prediction just after the change.
        at: now; webhooks are due from then on.
        late_by: how much later those of a `webhook-late` prediction are due.
        make_id: gives the ids; they are random by default.
    """
    if record.webhook is None or record.data_removed or record.status is PredictionStatus.ABORTED:
        return
    if Fault.WEBHOOK_FORGED in record.faults and record.status is PredictionStatus.PROCESSING:
        yield _forged(record, at=at, make_id=make_id)
    if Fault.WEBHOOK_WRONG_ID in record.faults and record.status.is_terminal:
        yield _about_nobody(record, at=at, make_id=make_id)
    if Fault.WEBHOOK_LOST in record.faults:
        return
    for event in _events(record):
        due_at = _due_at(record, event, at=at, late_by=late_by)
        delivery = _delivery(record, event, body=_body(record, event), due_at=due_at, make_id=make_id)
        yield delivery
        if Fault.WEBHOOK_DUPLICATE in record.faults and delivery.due_at is not None:
            yield replace(delivery, due_at=delivery.due_at + REPEATED_AFTER)


def signed_headers(delivery: Delivery, *, secret: str, at: datetime) -> dict[str, str]:
    """The Standard Webhooks headers of one attempt, signed with a key of a stranger if it is forged."""
    signer = Webhook(new_secret() if delivery.kind is Kind.FORGED else secret)
    return {
        "content-type": "application/json",
        "webhook-id": delivery.webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signer.sign(delivery.webhook_id, at, delivery.body),
    }


def new_secret() -> str:
    """A random signing secret in its textual form."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _events(record: Record) -> list[str]:
    if record.status is PredictionStatus.PROCESSING:
        events = ["start", "logs"]
    elif record.status is PredictionStatus.SUCCEEDED:
        events = [*_closing_progress(record), COMPLETED]
    else:
        events = [COMPLETED]
    return [event for event in events if event in record.webhook_events]


def _closing_progress(record: Record) -> list[str]:
    # The picture and the last lines come at the same moment, so one of the two is told, and neither
    # shortly after the first lines.
    is_too_soon = (
        "logs" in record.webhook_events
        and record.started_at is not None
        and record.completed_at is not None
        and record.completed_at - record.started_at < PROGRESS_EVERY
    )
    if is_too_soon:
        return []
    return ["output"] if "output" in record.webhook_events else ["logs"]


def _due_at(record: Record, event: str, *, at: datetime, late_by: timedelta) -> datetime | None:
    is_reordered = Fault.WEBHOOK_REORDER in record.faults and COMPLETED in record.webhook_events
    if is_reordered and event != COMPLETED:
        return None
    return at + late_by if Fault.WEBHOOK_LATE in record.faults else at


def _body(record: Record, event: str) -> str:
    view = views.prediction_view(record, origin=record.origin)
    if event in ("output", "logs") and record.status is PredictionStatus.SUCCEEDED:
        # These are told from inside the run, just before it ends.
        view["status"] = PredictionStatus.PROCESSING.value
        for name in ("completed_at", "metrics"):
            del view[name]
    return json.dumps(view)


def _forged(record: Record, *, at: datetime, make_id: Callable[[], str]) -> Delivery:
    claim: Mapping[str, Any] = views.prediction_view(record, origin=record.origin) | {
        "status": PredictionStatus.SUCCEEDED.value,
        "output": f"{record.origin}/delivery/{make_id()}/{record.output_name}",
        "completed_at": views.timestamp(at),
    }
    return _delivery(record, COMPLETED, body=json.dumps(claim), due_at=at, make_id=make_id, kind=Kind.FORGED)


def _about_nobody(record: Record, *, at: datetime, make_id: Callable[[], str]) -> Delivery:
    # Another order too, by its seed: with the very same one, its receiver would be right to think it theirs.
    seed = record.seed + 1
    nobody = replace(record, id=make_id(), seed=seed, input={**record.input, "seed": seed})
    return _delivery(record, COMPLETED, body=_body(nobody, COMPLETED), due_at=at, make_id=make_id, kind=Kind.WRONG_ID)


def _delivery(
    record: Record,
    event: str,
    *,
    body: str,
    due_at: datetime | None,
    make_id: Callable[[], str],
    kind: Kind = Kind.GENUINE,
) -> Delivery:
    return Delivery(
        webhook_id=f"msg_{make_id()}",
        prediction_id=record.id,
        event=event,
        url=record.webhook or "",
        body=body,
        due_at=due_at,
        kind=kind,
    )
