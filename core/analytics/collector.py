"""What does the database say to Prometheus? Read when it is asked for, by a few indexed queries.

States, depths and ages are read as they are. Settlements and applied webhooks are counted from the rows that appeared
since the last look, beginning with this process: whichever process settled a variant, each that is asked tells of it.
So sum nothing of this over processes; take one of them, or the maximum.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TypeVar

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from core import clock, logs
from core.analytics import depths
from core.auth.actors import Source
from core.metrics import PREFIX

# However many ask, and however often, the database is asked once in this time.
MAX_AGE_SECONDS = 2.0
# Counting a long history takes its time: this bounds the share of it that the database spends on being asked.
_WORK_SHARE_MAX = 0.05
_MAX_AGE_OF_LONG_HISTORY_SECONDS = 60.0
# One question that hangs must not hold up those that come after it.
_TURN_TIMEOUT_SECONDS = 2.0
# A transaction may commit this long after the time that it wrote into its row.
_LATE_COMMIT = timedelta(seconds=60)
_DELAY_BUCKETS_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0)
_SOURCES = tuple(source.value for source in Source)
_OUTCOMES = ("applied", "no_news", "unknown_prediction", "failed")
_UNKNOWN = "unknown"
_log = logs.get(__name__)


_R = TypeVar("_R", depths.Settled, depths.Applied)


class _Arrivals:
    """Lets each row through once. `since` looks back a little every time, for what was committed late."""

    def __init__(self) -> None:
        self.since = self._begun_at = clock.now()
        self._let_through: dict[str, datetime] = {}

    def fresh(self, rows: Sequence[_R], now: datetime) -> list[_R]:
        """Those of the rows that did not come before."""
        fresh = [row for row in rows if row.id not in self._let_through]
        self._let_through |= {row.id: row.at for row in fresh}
        # Another machine's clock may be ahead; what the others write must not be taken for old.
        latest = min(now, max(self._let_through.values(), default=now))
        self.since = max(self._begun_at, latest - _LATE_COMMIT)
        self._let_through = {key: at for key, at in self._let_through.items() if at >= self.since}
        return fresh


class DatabaseCollector:
    """A collector for a registry. `read` opens a session for reading; if it fails, `database_up` says so."""

    def __init__(self, read: Callable[[], AbstractContextManager[Session]]) -> None:
        self._read = read
        self._turn = threading.Lock()
        self._known: depths.Depths | None = None
        self._known_until = 0.0
        self._settled = _Arrivals()
        self._applied = _Arrivals()
        self._settlement_delay = Histogram(
            f"{PREFIX}settlement_delay_seconds",
            "From the end of a prediction at the provider to the end of its variant here, by what brought the news.",
            ("source",),
            buckets=_DELAY_BUCKETS_SECONDS,
            registry=None,
        )
        self._webhooks_applied = Counter(
            f"{PREFIX}webhooks_applied",
            "Webhooks that were dealt with, in any process, by what they changed.",
            ("outcome",),
            registry=None,
        )
        for source in (Source.WEBHOOK, Source.SWEEP):
            self._settlement_delay.labels(source.value)
        for outcome in _OUTCOMES:
            self._webhooks_applied.labels(outcome)

    def collect(self) -> Iterable[Metric]:
        """The database's metrics; without its gauges while it can't be read."""
        known = self._look()
        yield GaugeMetricFamily(
            f"{PREFIX}database_up", "Whether the database could be read for this.", value=float(known is not None)
        )
        yield from self._settlement_delay.collect()
        yield from self._webhooks_applied.collect()
        if known is not None:
            yield from _gauges(known, clock.now())

    def _look(self) -> depths.Depths | None:
        if not self._turn.acquire(timeout=_TURN_TIMEOUT_SECONDS):
            return None
        try:
            if time.monotonic() >= self._known_until:
                begun = time.monotonic()
                self._known = self._ask()
                ended = time.monotonic()
                self._known_until = ended + self._rest_seconds(ended - begun)
            return self._known
        finally:
            self._turn.release()

    def _rest_seconds(self, took_seconds: float) -> float:
        if self._known is None:
            # That it is back is to be seen soon, however long it took to fail.
            return MAX_AGE_SECONDS
        return max(MAX_AGE_SECONDS, min(took_seconds / _WORK_SHARE_MAX, _MAX_AGE_OF_LONG_HISTORY_SECONDS))

    def _ask(self) -> depths.Depths | None:
        now = clock.now()
        try:
            with self._read() as session:
                found = depths.depths(session)
                settled = depths.settled_since(session, self._settled.since)
                applied = depths.applied_since(session, self._applied.since)
        except (DBAPIError, NoConnection) as exception:
            _log.warning("the database can't be read for metrics", error=type(exception).__name__)
            return None
        for one in self._settled.fresh(settled, now):
            if one.delay is not None:
                source = one.source if one.source in _SOURCES else _UNKNOWN
                # Two clocks are compared here: the provider's may be a little ahead.
                self._settlement_delay.labels(source).observe(max(one.delay.total_seconds(), 0.0))
        for item in self._applied.fresh(applied, now):
            outcome = (item.outcome or _UNKNOWN).replace(" ", "_")
            self._webhooks_applied.labels(outcome if outcome in _OUTCOMES else _UNKNOWN).inc()
        return found


def _gauges(known: depths.Depths, now: datetime) -> Iterable[Metric]:
    for name, words, label, counts in (
        ("jobs", "Jobs by state.", "state", known.jobs),
        ("variants", "Variants by state.", "state", known.variants),
        ("queue_depth", "Variants that wait for their turn, by priority.", "priority", known.queued),
    ):
        family = GaugeMetricFamily(f"{PREFIX}{name}", words, labels=(label,))
        for key, count in counts.items():
            family.add_metric((key.value,), count)
        yield family
    for name, words, value in (
        (
            "oldest_job_in_flight_age_seconds",
            "Since when the oldest unfinished job waits for its end.",
            _age_seconds(known.oldest_job_at, now),
        ),
        ("webhooks_waiting", "Webhooks that were kept and not yet dealt with.", known.webhooks_waiting),
        (
            "oldest_webhook_waiting_age_seconds",
            "Since when the oldest of them waits.",
            _age_seconds(known.oldest_webhook_at, now),
        ),
        ("queue_paused", "Whether the provider takes no orders from us, so that a person has to act.", known.pauses),
    ):
        yield GaugeMetricFamily(f"{PREFIX}{name}", words, value=value)
    if known.last_webhook_at is not None:
        yield GaugeMetricFamily(
            f"{PREFIX}last_webhook_timestamp_seconds",
            "When the last webhook was received, in seconds since 1970.",
            value=known.last_webhook_at.timestamp(),
        )


def _age_seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
