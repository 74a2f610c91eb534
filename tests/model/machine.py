"""What can happen to jobs and credits? Every move of people, provider, clock and fate, in any order."""

import functools
from collections.abc import Callable, Sequence
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from core import errors
from core.credits import service as credit_service
from core.jobs import cancellation, creation, dispatch, manual_retry, manual_sync, pause, refunds, service, sweep
from core.jobs.photos import Upload
from core.jobs.refund_queries import RefundReason
from core.jobs.refunds import Refunded, RefundRequest
from core.jobs.service import StageRequest
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE
from tests.model.books import JOB_OVER, VARIANT_PRICE
from tests.model.crashes import Crash, Inline
from tests.model.situation import ENDINGS, Situation, signed

# What the next call of that name meets; "create:taken" comes after the order was taken.
FAULTS: dict[str, tuple[str, Callable[[], BaseException]]] = {
    "throttled": ("create", lambda: errors.ProviderThrottled(retry_after_seconds=3)),
    "unreachable": ("create", errors.ProviderUnavailable),
    "server error": ("create", errors.ProviderAmbiguous),
    "answer lost": ("create:taken", errors.ProviderAmbiguous),
    "refused": ("create", errors.ProviderRefused),
    "token invalid": ("create", errors.ProviderUnauthorized),
    "funds spent": ("create", errors.ProviderPaymentRequired),
    "photo not taken": ("upload", errors.ProviderUnavailable),
    "photo refused": ("upload", errors.ProviderRefused),
    "no answer": ("get", errors.ProviderUnavailable),
    "no list": ("list_pages", errors.ProviderUnavailable),
    "no cancel": ("cancel", errors.ProviderUnavailable),
    "download broken off": ("download", errors.ProviderUnavailable),
}
picks = st.integers(0, 15)
fault_names = st.lists(st.sampled_from(["answer lost", "answer lost", "server error", *FAULTS]), max_size=3)


class JobsAndLedger(Situation):
    """The rules: each is one thing that may happen, with what has to come of it at once."""

    @initialize(
        jobs=st.integers(1, 3),
        faults=st.one_of(fault_names, st.just(["answer lost", "server error"])),
        lag_seconds=st.sampled_from([0, 10]),
        outcomes=st.one_of(
            st.lists(st.sampled_from(["succeed", "cancel", "fail", "not a picture"]), max_size=4),
            st.just(["succeed", "cancel"]),
        ),
        is_repeated=st.booleans(),
    )
    def begin(
        self, jobs: int, faults: Sequence[str], lag_seconds: int, outcomes: Sequence[str], is_repeated: bool
    ) -> None:
        """Some jobs to begin with; if there are outcomes, they are ordered, and some of them over.

        What failed may be ordered again by then, and all that was told be told once more.
        """
        for key in range(jobs):
            self.submit(key)
        self.provider_mood(lag_seconds, ignores_cancel=False)
        if outcomes:
            self.provider_faults(faults)
            self.turn()
            self.provider_moves(outcomes, pick=0, is_told=True)
        if is_repeated:
            self.forward(4)
            self.turn()
            self.webhook(range(len(self.news)), is_sent_anew=True, is_applied=True)

    # ---- what people do ------------------------------------------------------------------------

    @rule(amount=st.sampled_from([1, 20, 45, 120]))
    def grant(self, amount: int) -> None:
        self.do(
            lambda: credit_service.grant(
                self.database, factories.manager(), account=BELLEVUE, amount_credits=amount, reason="package"
            )
        )
        # A person who got no answer looks at the account: the grant is there, or it is not.
        granted = [entry["amount"] for entry in self.now.entries[len(self.checked.entries) :]]
        assert granted in ([amount], []), granted
        self.books.grants += granted

    @rule(key=st.integers(0, 5))
    def submit(self, key: int) -> None:
        request = StageRequest(
            uploads=[Upload(file_name="room.jpg", data=pictures_to_send.photo(key))],
            room_type="bedroom",
            style="modern",
            account=BELLEVUE,
            idempotency_key=str(key),
        )
        balance = self.books.balance(self.now)
        outcome = self.do(lambda: service.submit(self.desk, factories.manager(), request))
        new = self.new_jobs()
        if key in self.books.keys:
            assert new == []
            assert isinstance(outcome, Crash) or [job.id for job in outcome.jobs] == [self.books.keys[key]]  # type: ignore[union-attr]
        elif balance < 2 * VARIANT_PRICE:
            assert isinstance(outcome, errors.InsufficientCredits | Crash)
            assert new == []
        else:
            assert len(new) == 1 or (isinstance(outcome, Crash) and new == [])
            self.books.keys |= dict.fromkeys([key][: len(new)], "".join(new))
        self.books.prices |= dict.fromkeys(new, 2 * VARIANT_PRICE)

    @precondition(lambda self: self.now.jobs)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        job_id = self.job(pick)
        was_over, was_asked = self.now.jobs[job_id]["state"] in JOB_OVER, job_id in self.books.cancel_asked
        outcome = self.do(lambda: cancellation.cancel_job(self.desk, factories.manager(), job_id=job_id))
        if was_over and not was_asked:
            assert isinstance(outcome, errors.StateConflict | Crash)
            return
        if not isinstance(outcome, Crash):
            assert not isinstance(outcome, errors.StagingError), outcome
            assert "queued" not in [variant["state"] for variant in self.now.of_job(job_id)]
        if self.now.jobs[job_id]["cancel_requested_at"] is not None:
            self.books.cancel_asked.add(job_id)

    @precondition(lambda self: self.now.jobs)
    @rule(pick=picks)
    def retry(self, pick: int) -> None:
        over = [job_id for job_id, job in self.now.jobs.items() if job["state"] in JOB_OVER]
        job_id = over[pick % len(over)] if over and pick % 4 else self.job(pick)
        missing, is_under_way = self.missing(job_id)
        price, balance = VARIANT_PRICE * len(missing), self.books.balance(self.now)
        outcome = self.do(lambda: manual_retry.retry_job(self.desk, factories.manager(), job_id=job_id))
        new = self.new_jobs()
        if is_under_way or not missing:
            assert isinstance(outcome, errors.StateConflict | Crash)
        elif balance < price:
            assert isinstance(outcome, errors.InsufficientCredits | Crash)
        else:
            assert len(new) == 1 or isinstance(outcome, Crash)
            assert all([one["variant_index"] for one in self.now.of_job(job)] == missing for job in new)
            self.books.prices |= dict.fromkeys(new, price)

    @precondition(lambda self: self.now.jobs)
    @rule(pick=picks, amount=st.sampled_from([1, 20, 40, None]), number=st.integers(0, 2))
    def refund(self, pick: int, amount: int | None, number: int) -> None:
        over = [job_id for job_id, job in self.now.jobs.items() if job["state"] in JOB_OVER]
        job_id = over[pick % len(over)] if over and pick % 4 else self.job(pick)
        key, left = f"{job_id}:{number}", self.books.left_to_refund(self.now, job_id)
        wanted = left if amount is None else amount
        request = RefundRequest(
            job_id=job_id, amount_credits=amount, reason=RefundReason.GOODWILL, idempotency_key=key
        )
        earlier = self.books.refunds.get(key)
        outcome = self.do(lambda: refunds.refund_job(self.database, factories.manager(), request))
        booked = [one for one in self.now.entries[len(self.checked.entries) :] if one["reason"] == "goodwill"]
        if earlier is not None:
            assert not booked
            assert isinstance(outcome, Refunded | errors.IdempotencyConflict | Crash)
        elif self.now.jobs[job_id]["state"] not in JOB_OVER or wanted > left or left == 0:
            assert not booked
            assert isinstance(outcome, errors.StateConflict | Crash)
        elif not isinstance(outcome, Crash) or booked:
            assert [one["amount"] for one in booked] == [wanted]
            self.books.refunds[key] = (job_id, wanted)

    @rule(pick=picks, everything=st.booleans(), dry_run=st.booleans())
    def sync(self, pick: int, everything: bool, dry_run: bool) -> None:
        job_id = None if everything or not self.now.jobs else self.job(pick)
        outcome = self.do(
            lambda: manual_sync.sync_jobs(self.desk, factories.manager(), job_id=job_id, dry_run=dry_run)
        )
        assert not isinstance(outcome, errors.StagingError) or isinstance(outcome, errors.ProviderUnavailable)
        assert not dry_run or self.checked == self.now

    # ---- what the desk does by itself ------------------------------------------------------------

    @rule()
    def turn(self) -> None:
        """A round of the worker's loop, with all the tasks that it gives rise to."""
        self.create(len(self.now.variants))
        self.do(self.inbox.apply_waiting)
        self.poll(1)
        self.keep_house()

    @rule(tasks=st.integers(0, 3))
    def create(self, tasks: int) -> None:
        """Release what is due, and run some of the tasks that wait in memory."""
        self.do(lambda: dispatch.release(self.desk, self.enqueue))
        for _ in range(min(tasks, len(self.queue))):
            # A crash in an earlier task has lost the rest.
            if self.queue:
                self.do(functools.partial(creation.create_prediction, self.desk, self.queue.pop(0)))

    @rule(seconds=st.sampled_from([1, 4]))
    def poll(self, seconds: int) -> None:
        self.forward(seconds)
        self.do(lambda: sweep.poll_running(self.desk, Inline()))

    @rule()
    def keep_house(self) -> None:
        self.do(lambda: sweep.resolve_submitting(self.desk))
        self.do(lambda: sweep.end_overdue_queued(self.desk))
        self.do(lambda: pause.end_if_token_is_valid(self.desk))

    @precondition(lambda self: self.news)
    @rule(picks=st.lists(picks, min_size=1, max_size=3), is_sent_anew=st.booleans(), is_applied=st.booleans())
    def webhook(self, picks: Sequence[int], is_sent_anew: bool, is_applied: bool) -> None:
        """Any news there ever was: right, a second time, late, or before what came first; also under another id."""
        for pick in picks:
            number = -1 - pick % len(self.news)
            variant_id, body = self.news[number]
            webhook_id = f"msg_{len(self.news) + number}_{is_sent_anew:d}"
            headers = signed(body, webhook_id)
            outcome = self.do(functools.partial(self.inbox.receive, body, headers, variant_id=variant_id))
            is_new = webhook_id not in self.books.webhooks_taken
            assert isinstance(outcome, Crash) or outcome is is_new
            if self.is_kept(webhook_id):
                self.books.webhooks_taken.add(webhook_id)
            assert isinstance(outcome, Crash) or not is_new or webhook_id in self.books.webhooks_taken
        if is_applied:
            self.do(self.inbox.apply_waiting)

    @rule(
        points=st.integers(0, 8),
        during=st.sampled_from(["turn", "settling", "settling", "create", "house", "whatever"]),
    )
    def crash(self, points: int, during: str) -> None:
        """The process dies at one of the next commits or calls, in the midst of this or of whatever comes."""
        self.doom.arm(points)
        if during == "turn":
            self.turn()
        elif during == "settling":
            if self.unfinished():
                self.provider_moves(["cancel", "succeed", "fail"], pick=points, is_told=False)
            self.poll(4)
        elif during == "create":
            self.create(3)
        elif during == "house":
            self.keep_house()

    # ---- what the provider and the world do --------------------------------------------------------

    @precondition(lambda self: self.unfinished())
    @rule(
        kinds=st.lists(st.sampled_from(["succeed", "succeed", "start", *ENDINGS]), min_size=1, max_size=4),
        pick=picks,
        is_told=st.booleans(),
    )
    def provider_moves(self, kinds: Sequence[str], pick: int, is_told: bool) -> None:
        """Predictions start and end; their news is sent at once, or whenever."""
        for kind in kinds:
            unfinished = self.unfinished()
            if unfinished:
                self.move(unfinished[pick % len(unfinished)], kind)
            if is_told and self.news:
                self.webhook([0], is_sent_anew=False, is_applied=True)

    @precondition(lambda self: self.books.pictures.keys() - self.books.lost_files)
    @rule(pick=picks)
    def output_expires(self, pick: int) -> None:
        there = sorted(self.books.pictures.keys() - self.books.lost_files)
        self.lose(there[pick % len(there)])

    @rule(names=fault_names)
    def provider_faults(self, names: Sequence[str]) -> None:
        for name in names:
            call, make = FAULTS[name]
            self.books.refusals += name in ("refused", "photo refused")
            self.books.silences += name == "no list"
            self.provider.fail_next(call, make())

    @rule(lag_seconds=st.sampled_from([0, 10]), ignores_cancel=st.booleans())
    def provider_mood(self, lag_seconds: int, ignores_cancel: bool) -> None:
        self.provider.list_lag, self.provider.ignores_cancel = timedelta(seconds=lag_seconds), ignores_cancel

    @rule(seconds=st.sampled_from([2, 6, 6, 16, 16, 60, 60, 310, 1_850, 4_000]))
    def time_passes(self, seconds: int) -> None:
        self.forward(seconds)

    # ---- what must hold --------------------------------------------------------------------------

    @invariant()
    def the_rules_hold(self) -> None:
        self.require_the_rules()

    def teardown(self) -> None:
        try:
            if not self.is_broken:
                self.come_to_rest()
        finally:
            self.database.close()
