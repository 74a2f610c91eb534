"""What does the jobs room work with? Its tools and limits, put together once per process."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.db.session import Database
from core.provider.contract import Provider
from core.storage.contract import Storage


@dataclass(frozen=True, slots=True)
class Silence:
    """When somebody was first and last asked, without an answer in between."""

    began_at: datetime
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The tools that use cases share.

    `wake` tells this process's loops that there is something to do; `settling` holds the ids of the variants whose
    results this process is fetching, each with the monotonic time since when; `silences` the predictions that it has
    asked about in vain; `looking` the variants whose look is not finished.
    """

    database: Database
    storage: Storage
    provider: Provider
    webhook_base_url: str | None
    timeout_seconds: int
    creates_per_minute: int
    create_burst: int
    wake: threading.Event = field(default_factory=threading.Event)
    settling: dict[str, float] = field(default_factory=dict)
    looking: set[str] = field(default_factory=set)
    silences: dict[str, Silence] = field(default_factory=dict)

    @property
    def timeout(self) -> timedelta:
        """How long a prediction may take."""
        return timedelta(seconds=self.timeout_seconds)

    @property
    def poll_interval(self) -> timedelta:
        """How long a running prediction is left alone between two looks; news by webhook spares most of them."""
        return timedelta(seconds=0.4 if self.webhook_base_url is None else 2)
