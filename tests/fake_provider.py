"""What would the provider do? One in memory whose answers and faults a test sets, by the contract's words."""

import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from core import clock, errors
from core.provider.contract import Prediction, UploadedFile, parse_prediction
from tests import pictures_to_send

SECRET = "whsec_c3RhZ2luZy1kZXNrLXRlc3RzLXNlY3JldA=="
_TERMINAL = ("succeeded", "failed", "canceled", "aborted")


class FakeProvider:
    """Implements `Provider`. Predictions stay `starting` until the test says what becomes of them."""

    def __init__(self) -> None:
        self.predictions: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.webhook_urls: list[str | None] = []
        self.calls: list[str] = []
        self.secrets: tuple[str, ...] = (SECRET,)
        self.list_lag = timedelta()
        self.is_silent = False
        self.ignores_cancel = False
        self._faults: dict[str, deque[BaseException]] = defaultdict(deque)
        self._lock = threading.Lock()

    # ---- what a test sets ----------------------------------------------------------------------

    def fail_next(self, call: str, *faults: BaseException) -> None:
        """The next calls of that name raise these. `create:taken` raises after the order was taken."""
        self._faults[call].extend(faults)

    def forget_faults(self, call: str) -> None:
        """The next calls of that name raise nothing."""
        self._faults[call].clear()

    def bought(self) -> list[str]:
        """The ids of all predictions, in the order in which they were bought."""
        return list(self.predictions)

    def statuses(self) -> list[str]:
        """How those stand, in the same order."""
        return [self.predictions[prediction_id]["status"] for prediction_id in self.bought()]

    def start(self, prediction_id: str) -> Prediction:
        """The prediction is being worked on."""
        self.predictions[prediction_id] |= {"status": "processing", "started_at": clock.now().isoformat()}
        return self.seen(prediction_id)

    def finish(self, prediction_id: str, *, data: bytes | None = None, **fields: Any) -> Prediction:
        """The prediction succeeded with this picture, or ended as the fields say."""
        now = clock.now().isoformat()
        url = f"https://replicate.delivery/{prediction_id}.png"
        self.files[url] = pictures_to_send.result() if data is None else data
        self.predictions[prediction_id] |= {
            "status": "succeeded",
            "output": url if fields.get("status", "succeeded") == "succeeded" else None,
            "started_at": now,
            "completed_at": now,
            "metrics": {"predict_time": 1.5},
            **fields,
        }
        return self.seen(prediction_id)

    def expire(self, prediction_id: str) -> None:
        """The prediction's hour is over: its files and its texts are erased."""
        self.predictions[prediction_id] |= {"output": None, "input": {}, "logs": None, "data_removed": True}

    def seen(self, prediction_id: str) -> Prediction:
        """The prediction now, without asking for it."""
        return parse_prediction(dict(self.predictions[prediction_id]))

    # ---- the contract --------------------------------------------------------------------------

    def upload(self, data: bytes, *, file_name: str, content_type: str) -> UploadedFile:
        self._answer("upload")
        url = f"https://replicate.delivery/uploads/{len(self.files)}-{file_name}"
        self.files[url] = data
        return UploadedFile(url=url, expires_at=clock.now() + timedelta(hours=24))

    def create(self, *, model: str, input: Mapping[str, Any], webhook_url: str | None = None) -> Prediction:
        self._answer("create")
        with self._lock:
            prediction_id = f"p{len(self.predictions):04d}"
            self.predictions[prediction_id] = {
                "id": prediction_id,
                "model": model,
                "status": "starting",
                "input": dict(input),
                "output": None,
                "error": None,
                "created_at": clock.now().isoformat(),
                "data_removed": False,
            }
            self.webhook_urls.append(webhook_url)
        self._answer("create:taken")
        return self.seen(prediction_id)

    def get(self, prediction_id: str) -> Prediction:
        self._answer("get")
        if prediction_id not in self.predictions:
            raise errors.PredictionNotFound
        return self.seen(prediction_id)

    def list_pages(self, *, created_after: datetime) -> Iterator[Sequence[Prediction]]:
        self._answer("list_pages")
        shown_until = clock.now() - self.list_lag
        found = [
            seen
            for seen in map(self.seen, reversed(self.bought()))
            if created_after <= seen.created_at <= shown_until
        ]
        for start in range(0, len(found), 100):
            yield found[start : start + 100]

    def cancel(self, prediction_id: str) -> Prediction:
        self._answer("cancel")
        if not self.ignores_cancel and self.predictions[prediction_id]["status"] not in _TERMINAL:
            self.predictions[prediction_id] |= {"status": "canceled", "completed_at": clock.now().isoformat()}
        return self.seen(prediction_id)

    @contextmanager
    def download(self, url: str) -> Iterator[Iterator[bytes]]:
        self._answer("download")
        if url not in self.files:
            raise errors.OutputExpired
        yield iter([self.files[url]])

    def webhook_secrets(self) -> Sequence[str]:
        self._answer("webhook_secrets")
        return self.secrets

    def is_reachable(self) -> bool:
        return not self.is_silent

    def _answer(self, call: str) -> None:
        with self._lock:
            self.calls.append(call)
            fault = self._faults[call].popleft() if self._faults[call] else None
        if fault is not None:
            raise fault
        if self.is_silent:
            raise errors.ProviderUnavailable
