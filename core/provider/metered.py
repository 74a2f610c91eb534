"""How do the calls to the provider go? Each is counted and timed on its way through."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from core import errors
from core.metrics import Metrics, Operation
from core.provider.contract import Prediction, Provider, UploadedFile


class MeteredProvider:
    """Another provider, with every call counted. Implements `Provider`; answers and errors pass unchanged."""

    def __init__(self, provider: Provider, metrics: Metrics) -> None:
        self._provider = provider
        self._metrics = metrics

    def upload(self, data: bytes, *, file_name: str, content_type: str) -> UploadedFile:
        """Hand over an input file."""
        with self._measured(Operation.UPLOAD):
            return self._provider.upload(data, file_name=file_name, content_type=content_type)

    def create(self, *, model: str, input: Mapping[str, Any], webhook_url: str | None = None) -> Prediction:
        """Buy one prediction by model name."""
        with self._measured(Operation.CREATE):
            return self._provider.create(model=model, input=input, webhook_url=webhook_url)

    def get(self, prediction_id: str) -> Prediction:
        """The prediction as it is now."""
        with self._measured(Operation.GET):
            return self._provider.get(prediction_id)

    def list_pages(self, *, created_after: datetime) -> Iterator[Sequence[Prediction]]:
        """Pages of predictions; each page is a call of its own, the end of the list is none."""
        pages = iter(self._provider.list_pages(created_after=created_after))
        while (page := self._next(pages)) is not None:
            yield page

    def cancel(self, prediction_id: str) -> Prediction:
        """Ask for the prediction to end; a finished one is answered as it is."""
        with self._measured(Operation.CANCEL):
            return self._provider.cancel(prediction_id)

    @contextmanager
    def download(self, url: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a result, in chunks; the call ends with its last chunk, or with what its reader raises."""
        with self._measured(Operation.DOWNLOAD), self._provider.download(url) as chunks:
            yield chunks

    def webhook_secrets(self) -> Sequence[str]:
        """The secrets that webhooks may be signed with."""
        with self._measured(Operation.WEBHOOK_SECRETS):
            return self._provider.webhook_secrets()

    def is_reachable(self) -> bool:
        """Whether the provider answers at all."""
        started = time.perf_counter()
        reachable = self._provider.is_reachable()
        self._ended(Operation.IS_REACHABLE, None if reachable else errors.ProviderUnavailable(), started)
        return reachable

    def _next(self, pages: Iterator[Sequence[Prediction]]) -> Sequence[Prediction] | None:
        started = time.perf_counter()
        try:
            page = next(pages, None)
        except Exception as exception:
            self._ended(Operation.LIST_PAGE, exception, started)
            raise
        if page is not None:
            self._ended(Operation.LIST_PAGE, None, started)
        return page

    @contextmanager
    def _measured(self, operation: Operation) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        except Exception as exception:
            self._ended(operation, exception, started)
            raise
        self._ended(operation, None, started)

    def _ended(self, operation: Operation, error: Exception | None, started: float) -> None:
        self._metrics.provider_call_ended(operation, error, seconds=time.perf_counter() - started)
