"""What does the simulator remember of one prediction? The record, its id, and its form in the database."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from core.provider.contract import PredictionStatus
from core.provider.simulator.faults import UNDRAWN, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One prediction: what was asked, when it is due by the clock, and how far it has come.

    Attributes:
        origin: scheme and host under which its creator reached the simulator.
        planned_error: the text it will fail with, decided at its creation; None when it is to be drawn.
        starts_at: when it leaves `starting`; None for one that never does.
        ready_at: when it may end; None for one that hangs.
        drawn_at: when its picture was ready or had failed; `drawn_bytes` and `draw_error` say which.
        listed_at: from when on lists show it; None for at once.
        prompt_sha256, input_image: what identifies its order besides the seed, kept when its data is removed.
    """

    id: str
    model: str
    origin: str
    input: Mapping[str, Any]
    seed: int
    output_format: str
    webhook: str | None
    webhook_events: tuple[str, ...]
    faults: frozenset[Fault]
    planned_error: str | None
    created_at: datetime
    starts_at: datetime | None
    ready_at: datetime | None
    deadline: datetime | None
    status: PredictionStatus = PredictionStatus.STARTING
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    drawn_at: datetime | None = None
    drawn_bytes: int | None = None
    draw_error: str | None = None
    data_removed: bool = False
    listed_at: datetime | None = None
    prompt_sha256: str | None = None
    input_image: str | None = None

    @property
    def needs_drawing(self) -> bool:
        """Whether a picture is still to be drawn for it."""
        is_drawable = self.planned_error is None and not self.faults & UNDRAWN
        return is_drawable and self.drawn_at is None and not self.status.is_terminal

    @property
    def output_name(self) -> str:
        """The file name of its picture."""
        return f"output.{self.output_format}"


_TIMES = ("created_at", "starts_at", "ready_at", "deadline", "started_at", "completed_at", "drawn_at", "listed_at")
_NAMES = tuple(item.name for item in fields(Record))


def new_id() -> str:
    """26 random characters of lower-case base32, as the provider's ids are."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def digest(text: str) -> str:
    """The SHA-256 of a text in hexadecimal, by which others can find it where the text itself is not kept."""
    # Half a surrogate pair can come out of JSON, and counts as any other character.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def to_json(record: Record) -> str:
    """The record as the JSON text that is kept in the database."""
    document: dict[str, Any] = {name: getattr(record, name) for name in _NAMES}
    for name in _TIMES:
        document[name] = document[name].isoformat() if document[name] is not None else None
    document["faults"] = sorted(record.faults)
    return json.dumps(document)


def from_json(text: str) -> Record:
    """The record that `to_json` wrote."""
    document = json.loads(text)
    for name in _TIMES:
        # A record from before a field was added does not have it.
        text_of_time = document.get(name)
        document[name] = datetime.fromisoformat(text_of_time) if text_of_time is not None else None
    document["faults"] = frozenset(Fault(name) for name in document["faults"])
    document["webhook_events"] = tuple(document["webhook_events"])
    document["status"] = PredictionStatus(document["status"])
    return Record(**document)
