"""What is counted for Prometheus, under which names? This process's own counters, in a registry of its own.

Every label has a bounded set of values: states, operations, error codes. Nothing names a customer, a job or a file.
"""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from core import errors

PREFIX = "staging_desk_"
_CALL_BUCKETS_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
# Refusals that mean something of their own; the others are told by their class.
_TELLING_STATUSES = (401, 402, 403, 404, 422, 429)

# Otherwise each counter comes with a second series that tells when it was made.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Operation(StrEnum):
    """The calls to the provider; a list is counted by its pages."""

    UPLOAD = "upload"
    CREATE = "create"
    GET = "get"
    LIST_PAGE = "list_page"
    CANCEL = "cancel"
    DOWNLOAD = "download"
    WEBHOOK_SECRETS = "webhook_secrets"
    IS_REACHABLE = "is_reachable"


class Receipt(StrEnum):
    """What a webhook's sender was told."""

    NEW = "new"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    FAILED = "failed"


class Metrics:
    """The counters of one process. A new one starts at zero, so that reloaded code never registers a name twice."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._provider_calls = Counter(
            f"{PREFIX}provider_calls",
            "Calls to the provider that ended, by operation and outcome (ok, or the error's code).",
            ("operation", "outcome"),
            registry=self.registry,
        )
        self._provider_refusals = Counter(
            f"{PREFIX}provider_refusals",
            "Calls that the provider answered with an HTTP error, by status.",
            ("status",),
            registry=self.registry,
        )
        self._provider_call_duration = Histogram(
            f"{PREFIX}provider_call_duration_seconds",
            "How long calls to the provider took, whatever their outcome; a download with its body.",
            ("operation",),
            buckets=_CALL_BUCKETS_SECONDS,
            registry=self.registry,
        )
        self._webhooks_received = Counter(
            f"{PREFIX}webhooks_received",
            "Webhooks that this process answered, by what their sender was told.",
            ("outcome",),
            registry=self.registry,
        )
        # A series that begins at zero shows its first event as an increase; one that begins at 1 does not.
        for operation in Operation:
            self._provider_calls.labels(operation.value, "ok")
            self._provider_call_duration.labels(operation.value)
        for status in ("401", "402", "429", "5xx"):
            self._provider_refusals.labels(status)
        for receipt in Receipt:
            self._webhooks_received.labels(receipt.value)

    def provider_call_ended(self, operation: Operation, error: Exception | None, *, seconds: float) -> None:
        """Count one call to the provider by what it raised, None if it was answered, and note how long it took."""
        outcome = "ok" if error is None else errors.StagingError.code
        if isinstance(error, errors.StagingError):
            outcome = error.code
        self._provider_calls.labels(operation.value, outcome).inc()
        self._provider_call_duration.labels(operation.value).observe(seconds)
        status = 429 if isinstance(error, errors.ProviderThrottled) else _status_of(error)
        if status is not None:
            self._provider_refusals.labels(_status_label(status)).inc()

    def webhook_received(self, receipt: Receipt) -> None:
        """Count one webhook's answer."""
        self._webhooks_received.labels(receipt.value).inc()

    def exposition(self, accept: str | None = None) -> tuple[bytes, str]:
        """Everything in the registry, in the text format that suits the `Accept` header, and its media type."""
        encode, media_type = choose_encoder(accept or "")
        return encode(self.registry), media_type


def _status_of(error: Exception | None) -> int | None:
    # What never came to an answer has no status.
    status = error.subjects.get("status") if isinstance(error, errors.ProviderError) else None
    return status if isinstance(status, int) else None


def _status_label(status: int) -> str:
    return str(status) if status in _TELLING_STATUSES else f"{status // 100}xx"
