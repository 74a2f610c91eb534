"""How does a prediction look from outside? The object that answers, lists and webhooks carry."""

from datetime import UTC, datetime
from typing import Any

from core.provider.contract import PredictionStatus
from core.provider.simulator.faults import Fault
from core.provider.simulator.records import Record

# Begins like the true host, and is a name that no network knows.
WRONG_HOST = "replicate.delivery.invalid"
# The model works for most of a prediction's time; the rest goes into moving the picture.
_GENERATING_SHARE = 0.95


def timestamp(moment: datetime) -> str:
    """An aware datetime as ISO 8601 text in UTC with microseconds, such as 2025-03-01T09:30:00.000000Z."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def prediction_view(record: Record, *, origin: str) -> dict[str, Any]:
    """The prediction object with URLs on that origin.

    Required fields are always there, null where there is no value yet. Optional ones that may not be null
    are left out until they have a value.
    """
    api_url = f"{origin}/v1/predictions/{record.id}"
    view: dict[str, Any] = {
        "id": record.id,
        "model": record.model,
        "version": "hidden",
        "input": record.input,
        "logs": logs_text(record),
        "output": output_url(record, origin=origin),
        "data_removed": record.data_removed,
        "error": record.error,
        "source": "api",
        "status": record.status.value,
        "created_at": timestamp(record.created_at),
        "urls": {"web": f"{origin}/p/{record.id}", "get": api_url, "cancel": f"{api_url}/cancel"},
    }
    for name in ("deadline", "started_at", "completed_at"):
        moment = getattr(record, name)
        if moment is not None:
            view[name] = timestamp(moment)
    if record.completed_at is not None:
        view["metrics"] = _metrics(record, record.completed_at)
    return view


def output_url(record: Record, *, origin: str) -> str | None:
    """Where the picture can be fetched without a token, or None while there is none."""
    if record.status is not PredictionStatus.SUCCEEDED or record.data_removed:
        return None
    if Fault.OUTPUT_WRONG_HOST in record.faults:
        origin = f"https://{WRONG_HOST}"
    return f"{origin}/delivery/{record.id}/{record.output_name}"


def logs_text(record: Record) -> str:
    """What the model wrote: the seed once it runs, and the picture's size in bytes at the end."""
    if record.started_at is None or record.data_removed:
        return ""
    lines = [f"Using seed: {record.seed}", "Generating..."]
    if record.status is PredictionStatus.SUCCEEDED and record.completed_at is not None:
        generating_seconds = (record.completed_at - record.started_at).total_seconds() * _GENERATING_SHARE
        lines += [f"Generated image in {generating_seconds:.1f}sec", f"Downloading {record.drawn_bytes} bytes"]
    return "\n".join(lines)


def _metrics(record: Record, completed_at: datetime) -> dict[str, float]:
    metrics: dict[str, float] = {"total_time": (completed_at - record.created_at).total_seconds()}
    if record.status is not PredictionStatus.ABORTED:
        started_at = record.started_at or completed_at
        metrics["predict_time"] = (completed_at - started_at).total_seconds()
    if record.status is PredictionStatus.SUCCEEDED:
        metrics["image_count"] = 1
    return metrics
