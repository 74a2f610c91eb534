"""What do we ask of the provider, and what does it answer? No network here, only the words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from core import errors
from core.provider import inputs as model_inputs


class PredictionStatus(StrEnum):
    """The six statuses of a prediction, as Replicate's API document names them."""

    STARTING = "starting"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    ABORTED = "aborted"

    @property
    def is_terminal(self) -> bool:
        """Whether the prediction will never change again."""
        return self not in (PredictionStatus.STARTING, PredictionStatus.PROCESSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One prediction as the provider tells it, at one moment."""

    id: str
    status: PredictionStatus
    input: Mapping[str, Any] | None
    output_url: str | None
    error: str | None
    logs: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    predict_seconds: float | None
    data_removed: bool
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """A file the provider keeps for us, for use as a prediction's input."""

    url: str
    expires_at: datetime | None


class Provider(Protocol):
    """What the desk needs of Replicate. Calls block; they raise only subclasses of `ProviderError`."""

    def upload(self, data: bytes, *, file_name: str, content_type: str) -> UploadedFile:
        """Hand over an input file."""

    def create(self, *, model: str, input: Mapping[str, Any], webhook_url: str | None = None) -> Prediction:
        """Buy one prediction by model name; `ProviderAmbiguous` when it may or may not have been bought."""

    def get(self, prediction_id: str) -> Prediction:
        """The prediction as it is now."""

    def list_pages(self, *, created_after: datetime) -> Iterator[Sequence[Prediction]]:
        """Predictions created at or after that time, newest first, in pages of 100; may lag by seconds."""

    def cancel(self, prediction_id: str) -> Prediction:
        """Ask for the prediction to end; a finished one is answered as it is."""

    def download(self, url: str) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a result, in chunks, from the places results may come from and no others."""

    def webhook_secrets(self) -> Sequence[str]:
        """The secrets that webhooks may be signed with."""

    def is_reachable(self) -> bool:
        """Whether the provider answers at all."""


# What tells one order from another; the provider may add defaults of its own to what it echoes.
_IDENTIFYING_INPUTS = ("prompt", "input_image", "seed")


def order_key(inputs: Mapping[str, Any] | None) -> tuple[Any, ...] | None:
    """What identifies an order in the provider's list: its prompt, image and seed; None where they are gone."""
    # Models name the image differently; it is the same one.
    told = {**(inputs or {}), "input_image": model_inputs.image_url(inputs or {})}
    key = tuple(told.get(name) for name in _IDENTIFYING_INPUTS)
    return None if any(value is None or isinstance(value, dict | list) for value in key) else key


def parse_time(value: object) -> datetime | None:
    """An aware datetime from the provider's ISO text, or None where it gave none.

    Raises:
        ProviderError: if the text is no time.
    """
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as exception:
        raise errors.ProviderError(f"Replicate sent a time that can't be read: {value!r}.") from exception


def parse_prediction(body: Mapping[str, Any]) -> Prediction:
    """A `Prediction` from the provider's JSON object, the same in answers, lists and webhooks.

    Raises:
        ProviderError: if a field that must be there is missing or of the wrong kind.
    """
    try:
        status = PredictionStatus(body["status"])
        created_at = parse_time(body["created_at"])
        prediction_id = body["id"]
    except (KeyError, ValueError) as exception:
        raise errors.ProviderError("Replicate sent a prediction that can't be read.") from exception
    if not isinstance(prediction_id, str) or created_at is None:
        raise errors.ProviderError("Replicate sent a prediction without an id or a time.")
    output, metrics, inputs = body.get("output"), body.get("metrics"), body.get("input")
    predict_seconds = metrics.get("predict_time") if isinstance(metrics, Mapping) else None
    return Prediction(
        id=prediction_id,
        status=status,
        input=inputs if isinstance(inputs, Mapping) else None,
        output_url=_first_url(output),
        error=readable_text(body.get("error")),
        logs=readable_text(body.get("logs")),
        created_at=created_at,
        started_at=parse_time(body.get("started_at")),
        completed_at=parse_time(body.get("completed_at")),
        predict_seconds=float(predict_seconds) if isinstance(predict_seconds, int | float) else None,
        data_removed=bool(body.get("data_removed")),
        raw=body,
    )


def readable_text(value: object) -> str | None:
    """Text as a database can keep it: JSON may hold a zero character, or half a surrogate pair."""
    return None if value is None else str(value).replace("\0", "").encode(errors="replace").decode()


def _first_url(output: object) -> str | None:
    # Kontext answers one URL string; other models of the family answer a list of one.
    if isinstance(output, list) and output:
        output = output[0]
    return output if isinstance(output, str) and output else None
