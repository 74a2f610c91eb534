"""What surrounds the jobs and credits of one example? A desk that can die, a provider, a clock, and the books."""

import functools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from hypothesis.stateful import RuleBasedStateMachine

from core import errors
from core.jobs import audit, creation, dispatch, pause, sweep
from core.jobs.desk import Desk
from core.models import WebhookDelivery
from core.storage.backend import ObjectStorage
from core.webhooks.inbox import Inbox
from tests import factories, pictures_to_send
from tests.fake_provider import SECRET
from tests.model import books as bookkeeping
from tests.model.books import JOB_OVER, Books
from tests.model.crashes import Crash, CrashingDatabase, CrashingProvider, Dice, Inline
from tests.settable_clock import NOON, SettableClock
from tests.webhooks import signing

TIMEOUT_SECONDS = 300
OPENING_BALANCE = 150
ENDED = ("succeeded", "failed", "canceled", "aborted")
RETENTION = timedelta(hours=1)
# How a prediction may end, and what the provider then says besides.
ENDINGS: dict[str, dict[str, Any]] = {
    "succeed": {},
    "fail": {"status": "failed", "error": "CUDA out of memory."},
    "safety": {"status": "failed", "error": "The output was flagged as sensitive (E005)."},
    "cancel": {"status": "canceled"},
    "abort": {"status": "aborted"},
    "not a picture": {},
}
# At the end a prediction that still runs, by its number; where nothing is named, the provider stays silent.
_LAST_ENDINGS = {0: "succeed", 2: "fail", 4: "succeed"}
_ROUNDS_MAX = 100
_ROUND_SECONDS = 20
_T = TypeVar("_T")
_picture = functools.cache(pictures_to_send.result)


class Situation(RuleBasedStateMachine):
    """A desk on a database of its own. `now` is what the database says, `books` what it has to say."""

    def __init__(self, database: CrashingDatabase, folder: Path, *, time: SettableClock, dice: Dice) -> None:
        super().__init__()
        self.database, self.doom, self.time = database, database.doom, time
        self.time.time = NOON
        self.doom.revive()
        dice.start_over()
        self.provider, self.storage = CrashingProvider(self.doom), ObjectStorage(folder.as_uri())
        factories.set_balance(self.database, OPENING_BALANCE)
        self.books = Books(
            provider=self.provider,
            storage=self.storage,
            account_id=factories.account_id(self.database),
            opening_balance=OPENING_BALANCE,
        )
        self.news: list[tuple[str | None, bytes]] = []
        self.now = self.checked = bookkeeping.read(self.database)
        self.is_broken = False
        self.start_process()

    def start_process(self) -> None:
        """All that a process holds in memory: made at its start, lost at its death."""
        self.doom.revive()
        self.queue: list[str] = []
        self.desk = Desk(
            database=self.database,
            storage=self.storage,
            provider=self.provider,
            webhook_base_url="https://desk.example",
            timeout_seconds=TIMEOUT_SECONDS,
            creates_per_minute=600,
            create_burst=4,
        )
        self.inbox = Inbox(self.desk, configured_secrets=(SECRET,))

    def do(self, call: Callable[[], _T]) -> _T | errors.StagingError | Crash:
        """What the call returned, how it was refused, or that the process died of it and was started again."""
        outcome: _T | errors.StagingError | Crash
        try:
            outcome = call()
        except (errors.StagingError, Crash) as exception:
            outcome = exception
        assert self.doom.is_dead == isinstance(outcome, Crash), "somebody lived on after the crash"
        if self.doom.is_dead:
            self.start_process()
        self._hear_of_cancels()
        self.now = bookkeeping.read(self.database)
        return outcome

    # ---- what the provider and the clock do --------------------------------------------------------

    def unfinished(self) -> list[str]:
        """The predictions that have not ended."""
        return [one for one, prediction in self.provider.predictions.items() if prediction["status"] not in ENDED]

    def move(self, prediction_id: str, kind: str, **fields: Any) -> None:
        """Start or end a prediction, and keep the news of it."""
        if kind == "start":
            self.provider.start(prediction_id)
        else:
            number = self.provider.bought().index(prediction_id)
            data = b"<html>" if kind == "not a picture" else _picture(number % 4)
            if kind == "succeed":
                self.books.pictures[prediction_id] = data
            self.provider.finish(prediction_id, data=data, **{**ENDINGS.get(kind, {}), **fields})
            self.books.endings[prediction_id] = kind
        self._tell(prediction_id)

    def forward(self, seconds: float) -> None:
        """Let time pass; the provider keeps `Cancel-After`, if not always, and forgets after an hour."""
        now = self.time.forward(seconds=seconds)
        for number, (prediction_id, prediction) in enumerate(self.provider.predictions.items()):
            deadline = datetime.fromisoformat(prediction["created_at"]) + timedelta(seconds=TIMEOUT_SECONDS)
            if prediction["status"] not in ENDED and now >= deadline and number % 2 == 0:
                self.move(prediction_id, "deadline", status="canceled", completed_at=deadline.isoformat())
            is_over = prediction["status"] in ENDED and not prediction["data_removed"]
            if is_over and now >= datetime.fromisoformat(prediction["completed_at"]) + RETENTION:
                self.provider.expire(prediction_id)
                self.lose(prediction_id)

    def lose(self, prediction_id: str) -> None:
        """The prediction's file is gone."""
        self.provider.files.pop(f"https://replicate.delivery/{prediction_id}.png", None)
        self.books.lost_files.add(prediction_id)

    def _hear_of_cancels(self) -> None:
        for prediction_id, prediction in self.provider.predictions.items():
            if prediction["status"] in ENDED and prediction_id not in self.books.endings:
                self.books.endings[prediction_id] = "canceled by us"
                self._tell(prediction_id)

    def _tell(self, prediction_id: str) -> None:
        prediction = self.provider.predictions[prediction_id]
        if prediction["status"] != "aborted":
            url = self.provider.webhook_urls[self.provider.bought().index(prediction_id)]
            variant_id = parse_qs(urlsplit(url or "").query)["variant"][0]
            self.news.append((variant_id, json.dumps(prediction).encode()))

    # ---- what a person may expect ------------------------------------------------------------------

    def job(self, pick: int) -> str:
        """One of the jobs there are."""
        jobs = list(self.books.prices)
        return jobs[pick % len(jobs)]

    def is_kept(self, webhook_id: str) -> bool:
        """Whether the webhook is in the inbox."""
        with self.database.read() as session:
            return session.get(WebhookDelivery, webhook_id) is not None

    def new_jobs(self) -> list[str]:
        """The jobs that are not in the books."""
        return sorted(set(self.now.jobs) - set(self.books.prices))

    def missing(self, job_id: str) -> tuple[list[int], bool]:
        """Which variants of the job have no result in any of its family, and whether any of those is under way."""
        root = job_id
        while self.now.jobs[root]["retry_of"] is not None:
            root = self.now.jobs[root]["retry_of"]
        family = [root]
        for one in family:
            family += [job for job, row in self.now.jobs.items() if row["retry_of"] == one]
        variants = [variant for one in family for variant in self.now.of_job(one)]
        done = {variant["variant_index"] for variant in variants if variant["state"] == "succeeded"}
        indexes = [variant["variant_index"] for variant in self.now.of_job(job_id)]
        is_under_way = any(self.now.jobs[one]["state"] not in JOB_OVER for one in family)
        return [index for index in indexes if index not in done], is_under_way

    # ---- what must come of it all ------------------------------------------------------------------

    def require_the_rules(self) -> None:
        """Everything that must hold after each step."""
        broken = bookkeeping.broken_rules(self.checked, self.now, self.books)
        self.is_broken = self.is_broken or bool(broken)
        assert broken == []
        self.checked = self.now

    def come_to_rest(self) -> None:
        """Faults stop and time runs: everything ends, and nothing is left over or off."""
        self.doom.revive()
        self.provider.heal()
        self.provider.list_lag = timedelta()
        for _ in range(_ROUNDS_MAX):
            if all(job["state"] in JOB_OVER for job in self.now.jobs.values()):
                break
            self._round()
            self.require_the_rules()
        else:
            raise AssertionError(f"these never ended: {[dict(one) for one in self.now.variants.values()]}")
        self.forward(61)
        self.inbox.apply_waiting()
        self.now = bookkeeping.read(self.database)
        self.require_the_rules()
        excused = {f"prediction {one}" for one in bookkeeping.orphans(self.now, self.books)}
        assert [finding for finding in audit.audit(self.desk) if finding.subject not in excused] == []
        with self.database.read() as session:
            unapplied = session.scalars(
                sa.select(WebhookDelivery.webhook_id).where(WebhookDelivery.applied_at.is_(None))
            )
            assert unapplied.all() == []

    def _round(self) -> None:
        dispatch.release(self.desk, self.enqueue)
        while self.queue:
            creation.create_prediction(self.desk, self.queue.pop(0))
        for prediction_id in self.unfinished():
            ending = _LAST_ENDINGS.get(self.provider.bought().index(prediction_id) % 6)
            if ending is not None:
                self.move(prediction_id, ending)
        self.inbox.apply_waiting()
        sweep.poll_running(self.desk, Inline())
        sweep.resolve_submitting(self.desk)
        sweep.end_overdue_queued(self.desk)
        pause.end_if_token_is_valid(self.desk)
        self.forward(_ROUND_SECONDS)
        self._hear_of_cancels()
        self.now = bookkeeping.read(self.database)

    def enqueue(self, variant_id: str, *, turn: int) -> None:
        """Take a task, as the queue does."""
        self.queue.append(variant_id)


def signed(body: bytes, webhook_id: str) -> dict[str, str]:
    """The headers of a webhook as the provider would send it now."""
    return signing.headers(body, webhook_id=webhook_id)
