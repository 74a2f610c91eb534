"""What goes on by itself? The loop that releases, polls, settles and applies webhooks, in every worker process."""

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from core import logs
from core.jobs import dispatch, pause, settlement, sweep
from core.jobs.desk import Desk
from core.jobs.queue import VariantQueue
from core.webhooks.inbox import Inbox

_BUSY_SECONDS = 0.1
_BUSY_FOR_SECONDS = 1.0
_IDLE_SECONDS = 1.0
_HOUSEKEEPING_SECONDS = 1.0
_FORGETTING_SECONDS = 600.0
_STEPS = 4
_LOOKERS = 6
# Webhooks have threads of their own: while the provider is slow to answer, its news must not wait behind questions.
_APPLIERS = 4
_STOP_SECONDS = 10.0
_log = logs.get(__name__)


class Worker:
    """One loop in a thread of its own, with a small pool for what waits on the network."""

    def __init__(self, desk: Desk, *, queue: VariantQueue, inbox: Inbox) -> None:
        self._desk = desk
        self._queue = queue
        self._inbox = inbox
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(_STEPS, thread_name_prefix="step")
        self._steps: dict[str, Future[Any]] = {}
        self._lookers = ThreadPoolExecutor(_LOOKERS, thread_name_prefix="look")
        self._appliers = ThreadPoolExecutor(_APPLIERS, thread_name_prefix="apply")
        self._housekeeping_due = 0.0
        self._forgetting_due = time.monotonic() + _FORGETTING_SECONDS
        self._busy_until = 0.0
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        """Start the queue, then the loop."""
        self._attempt(lambda: pause.try_at_once(self._desk))
        self._queue.start()
        self._thread.start()

    def stop(self) -> None:
        """End the loop after its present round, let running settlements finish, then stop the queue."""
        self._stopping.set()
        self._desk.wake.set()
        self._thread.join(_STOP_SECONDS)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._lookers.shutdown(wait=True, cancel_futures=True)
        self._appliers.shutdown(wait=True, cancel_futures=True)
        self._queue.stop()

    def run_until_interrupted(self) -> None:
        """Start, and stop cleanly at SIGINT or SIGTERM."""
        interrupted = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: interrupted.set())
        self.start()
        interrupted.wait()
        self.stop()

    def is_alive(self) -> bool:
        """Whether the loop runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        _log.info("worker started")
        while not self._stopping.is_set():
            self._desk.wake.clear()
            busy = self._round()
            self._desk.wake.wait(_BUSY_SECONDS if busy else _IDLE_SECONDS)
        _log.info("worker stopped")

    def _round(self) -> bool:
        self._attempt(self._release)
        # What waits for the provider must not keep the loop: each of these runs once at a time in the pool.
        self._alone("inbox", lambda: self._inbox.hand_out_waiting(self._appliers))
        self._alone("poll", lambda: sweep.poll_running(self._desk, self._lookers))
        if time.monotonic() >= self._housekeeping_due:
            self._housekeeping_due = time.monotonic() + _HOUSEKEEPING_SECONDS
            self._attempt(lambda: settlement.renew_claims(self._desk))
            self._alone("resolve", lambda: sweep.resolve_submitting(self._desk))
            self._alone("pause", lambda: pause.end_if_token_is_valid(self._desk))
            self._attempt(lambda: sweep.end_overdue_queued(self._desk))
        if time.monotonic() >= self._forgetting_due:
            self._forgetting_due = time.monotonic() + _FORGETTING_SECONDS
            self._alone("forget", self._forget)
        if time.monotonic() >= self._busy_until and self._attempt(lambda: sweep.in_flight(self._desk)):
            # What is in flight will be so for seconds: asking in every round would be most of the round's work.
            self._busy_until = time.monotonic() + _BUSY_FOR_SECONDS
        return time.monotonic() < self._busy_until

    def _release(self) -> None:
        released = dispatch.release(self._desk, self._queue.enqueue)
        if released:
            _log.debug("variants released", count=released)

    def _forget(self) -> None:
        deliveries, tasks = self._inbox.forget_applied(), self._queue.forget_finished()
        _log.info("old records forgotten", deliveries=deliveries, tasks=tasks)

    def _alone(self, name: str, step: Callable[[], Any]) -> None:
        running = self._steps.get(name)
        if running is None or running.done():
            self._steps[name] = self._pool.submit(self._attempt, step)

    def _attempt(self, step: Callable[[], Any]) -> Any:
        # The loop must outlive a database that is away for a moment; what failed is due again in the next round.
        try:
            return step()
        except Exception:
            _log.exception("a step of the worker failed; it is tried again")
            return None
