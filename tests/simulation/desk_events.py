"""What can happen to the desk? People who ask, steps of the worker, news of the provider: one method each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from core import errors
from core.auth.actors import Actor, Source
from core.auth.roles import Role
from core.credits import service as credit_service
from core.jobs import cancellation, manual_retry, manual_sync, pause, service, settlement, sweep
from core.jobs.photos import Upload
from core.provider.simulator import courier, webhooks
from core.provider.simulator.webhooks import Delivery, Kind
from tests import pictures_to_send
from tests.simulation.process import Process
from tests.simulation.provider import SECRET
from tests.simulation.safety import EPOCH, Books
from tests.simulation.snapshot import Reader
from tests.simulation.world import Crash, World

ACCOUNT = "Bellevue Homes"
ALICE = Actor(name="alice", role=Role.MANAGER, source=Source.PAGE)
_PHOTOS = 3
_REPLAY_AGES_SECONDS = (310.0, 3_600.0, 30 * 24 * 3_600.0)


class DeskEvents:
    """Each public method is one event: it asks the real services for something and says what came of it."""

    def __init__(self, world: World, process: Process, books: Books, reader: Reader, *, jobs_max: int) -> None:
        self.process = process
        self._world = world
        self._books = books
        self._reader = reader
        self._jobs_max = jobs_max
        self._keys: list[str] = []
        self._made: dict[str, str] = {}

    # ---- people ------------------------------------------------------------------------------------

    def submit(self) -> str:
        """A new photo, or the same request once more with its key: the first answer may have been lost."""
        is_new = len(self._keys) < self._jobs_max and (not self._keys or self._world.happens(0.7))
        if is_new:
            self._keys.append(f"key-{len(self._keys)}")
        number = len(self._keys) - 1 if is_new else self._world.chance.randrange(len(self._keys))
        photo = pictures_to_send.photo(number % _PHOTOS)
        request = service.StageRequest(
            uploads=[Upload(file_name="room.jpg", data=photo)],
            room_type="living_room",
            style="modern",
            account=ACCOUNT,
            priority="rush" if number % 2 else "normal",
            idempotency_key=self._keys[number],
        )
        made = service.submit(self.process.desk, ALICE, request)
        (job_id,) = [job.id for job in made.jobs]
        self._books.promised_jobs.add(job_id)
        if self._made.setdefault(self._keys[number], job_id) != job_id:
            self._world.report("the same key is answered with the same job", self._keys[number])
        return f"{self._keys[number]} {'repeated' if made.repeated else 'new'}"

    def grant(self) -> str:
        balance = credit_service.grant(
            self.process.desk.database, ALICE, account=ACCOUNT, amount_credits=40, reason="package"
        )
        return f"{balance}"

    def cancel(self) -> str:
        job_id = self._some_job()
        return cancellation.cancel_job(self.process.desk, ALICE, job_id=job_id).state.value

    def retry(self) -> str:
        job_id = self._some_job()
        key = self._world.chance.choice((None, f"retry-{job_id}"))
        made = manual_retry.retry_job(self.process.desk, ALICE, job_id=job_id, idempotency_key=key)
        self._books.promised_jobs.update(job.id for job in made.jobs)
        return "repeated" if made.repeated else "new"

    def sync(self) -> str:
        job_id = self._some_job() if self._world.happens(0.5) else None
        report = manual_sync.sync_jobs(self.process.desk, ALICE, job_id=job_id)
        return f"checked {report.checked}, changed {len(report.changed)}"

    def dry_sync(self) -> str:
        """A sync that only tells: whatever it says, nothing is written."""
        before, rate = self._reader.read(), self._world.meeting_rate
        self._world.meeting_rate = 0.0
        try:
            report = manual_sync.sync_jobs(self.process.desk, ALICE, dry_run=True)
        finally:
            self._world.meeting_rate = rate
        if self._reader.read() != before:
            self._world.report("a dry run changes nothing", "rows were changed")
        return f"would change {len(report.changed)}"

    # ---- the worker --------------------------------------------------------------------------------

    def release(self) -> str:
        return f"{self.process.release()}"

    def task(self) -> str:
        """Some task of the queue; now and then it is handed out twice, or lost."""
        tasks, world = self.process.tasks, self._world
        variant_id = tasks[world.chance.randrange(len(tasks))]
        if not world.happens(0.1):
            tasks.remove(variant_id)
        if world.happens(0.05):
            return "lost"
        self.process.run_task(variant_id)
        return "done"

    def poll(self) -> str:
        return f"{self.process.poll()}"

    def look(self) -> str:
        """A look that a thread took up only now."""
        waiting = self.process.looks.waiting
        waiting.pop(self._world.chance.randrange(len(waiting)))()
        return "done"

    def resolve(self) -> str:
        return f"{sweep.resolve_submitting(self.process.desk)}"

    def end_overdue(self) -> str:
        return f"{sweep.end_overdue_queued(self.process.desk)}"

    def end_pause(self) -> str:
        return f"{pause.end_if_token_is_valid(self.process.desk)}"

    def renew(self) -> str:
        """What this process is settling stays reserved for it."""
        settlement.renew_claims(self.process.desk)
        return f"{len(self.process.desk.settling)}"

    def inbox(self) -> str:
        """The inbox is gone through, or handed out to threads."""
        if self._world.happens(0.5):
            return f"{self.process.inbox.apply_waiting()}"
        return f"{len(self.process.inbox.hand_out_waiting(self.process.looks))} handed out"

    # ---- the provider's news -----------------------------------------------------------------------

    def due_webhooks(self) -> list[Delivery]:
        """What the provider may post now."""
        now = self._world.true_now()
        return [one for one in self._books.provider.outbox if one.due_at is not None and one.due_at <= now]

    def webhook(self) -> str:
        """Some webhook that is due is posted: in any order, again if it was not taken, and sometimes misrouted."""
        provider, world = self._books.provider, self._world
        delivery = world.chance.choice(self.due_webhooks())
        provider.outbox.remove(delivery)
        (hint,) = parse_qs(urlsplit(delivery.url).query)["variant"]
        if world.happens(provider.weather.misrouted_rate):
            hint = self._another_variant()
        try:
            is_new = self._post(delivery, hint=hint, age_seconds=0.0)
        except (Crash, errors.StagingError):
            self._post_again_later(delivery)
            raise
        if is_new and delivery.webhook_id in self._books.taken_webhooks:
            world.report("a webhook that was taken is kept, once", f"{delivery.webhook_id} was taken as new twice")
        self._books.taken_webhooks.add(delivery.webhook_id)
        return f"{delivery.kind} {delivery.event} of {delivery.prediction_id} {'new' if is_new else 'known'}"

    def replay(self) -> str:
        """Somebody posts what was overheard long ago, with its old signature."""
        taken = self._world.chance.choice(sorted(self._books.taken_webhooks))
        prediction = self._world.chance.choice(list(self._books.provider.records.values()))
        due_at = self._world.true_now()
        delivery = next(
            webhooks.deliveries(replace(prediction, faults=frozenset()), at=due_at, late_by=timedelta()), None
        )
        if delivery is None:
            return "nothing to replay"
        delivery = replace(delivery, webhook_id=taken)
        self._post(delivery, hint=None, age_seconds=self._world.chance.choice(_REPLAY_AGES_SECONDS))
        return "taken"

    def _post(self, delivery: Delivery, *, hint: str | None, age_seconds: float) -> bool:
        world = self._world
        signed_at = world.true_now() - timedelta(seconds=age_seconds)
        headers = webhooks.signed_headers(delivery, secret=SECRET, at=signed_at)
        is_honest = delivery.kind is not Kind.FORGED and age_seconds == 0
        if is_honest:
            self._books.sent_webhooks.add(delivery.webhook_id)
        is_new = self.process.inbox.receive(delivery.body.encode(), headers, variant_id=hint)
        if not is_honest:
            world.report(
                "what is not signed is refused", f"a {delivery.kind} webhook, {age_seconds:.0f} s old, was taken"
            )
        return is_new

    def _post_again_later(self, delivery: Delivery) -> None:
        if delivery.is_retried and delivery.attempts < len(courier.RETRY_DELAYS_SECONDS):
            delay = timedelta(seconds=courier.RETRY_DELAYS_SECONDS[delivery.attempts])
            later = replace(delivery, attempts=delivery.attempts + 1, due_at=self._world.true_now() + delay)
            self._books.provider.outbox.append(later)

    def _another_variant(self) -> str:
        """A variant that is being ordered, if there is one: it would welcome any news."""
        variants = self._reader.read().variants.values()
        being_ordered = [row["id"] for row in variants if row["state"] == "submitting"]
        return str(self._world.chance.choice(being_ordered or [*(row["id"] for row in variants), "nobody"]))

    def _due_states(self) -> set[str]:
        now_us = (self._world.desk_now() - EPOCH) // timedelta(microseconds=1)
        variants = self._reader.read().variants.values()
        return {row["state"] for row in variants if row["next_due_at"] is not None and row["next_due_at"] <= now_us}

    def _some_job(self) -> str:
        return self._world.chance.choice(list(self._reader.read().jobs))

    # ---- which of them can happen now --------------------------------------------------------------

    def possible(self) -> dict[str, tuple[Callable[[], str], float]]:
        """The events that can happen now, by name, with their weights."""
        snapshot, process = self._reader.read(), self.process
        has_jobs, has_sales = bool(snapshot.jobs), bool(self._books.provider.records)
        due = self._due_states()
        lock_is_free = self._world.locks_held == 0
        candidates: tuple[tuple[Callable[[], str], float, bool], ...] = (
            (self.submit, 4 if len(self._keys) < self._jobs_max else 1, True),
            (self.grant, 1, True),
            (self.cancel, 1.5, has_jobs),
            (self.retry, 2, has_jobs),
            (self.sync, 1, "running" in due),
            (self.dry_sync, 1, "running" in due and self._world.depth == 0),
            (self.release, 8, "queued" in due),
            (self.task, 14, bool(process.tasks) and lock_is_free),
            (self.poll, 8, "running" in due),
            (self.look, 8, bool(process.looks.waiting) and lock_is_free),
            (self.resolve, 6, "submitting" in due),
            (self.end_overdue, 1, snapshot.has_queued),
            (self.end_pause, 2, snapshot.is_paused),
            (self.renew, 2, bool(process.desk.settling)),
            (self.inbox, 6, snapshot.has_unapplied and lock_is_free),
            (self.webhook, 12, bool(self.due_webhooks()) and lock_is_free),
            (self.replay, 1, lock_is_free and has_sales and bool(self._books.taken_webhooks)),
        )
        return {call.__name__: (call, weight) for call, weight, is_possible in candidates if is_possible}
