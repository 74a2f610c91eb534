"""How does a mistake get into core? Each function here puts one in for as long as its context lasts."""

import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from types import ModuleType
from typing import Any
from unittest import mock

import sqlalchemy as sa

from core import clock, errors
from core.credits import ledger
from core.jobs import creation, endings, retry, settlement, sweep, sync
from core.jobs.events import EventKind
from core.jobs.states import VariantState, final_job_state
from core.models import Job, Variant
from core.models.base import new_id
from core.provider import contract
from core.webhooks import inbox

Planting = Callable[[], AbstractContextManager[object]]
FOR_EVER = timedelta(days=3_650)


def edited(owner: Any, name: str, *edits: tuple[str, str]) -> AbstractContextManager[object]:
    """The function with some of its text replaced.

    Raises:
        LookupError: if the text is not there: the code has changed, and the mistake has to follow it.
    """
    function = getattr(owner, name)
    text = textwrap.dedent(inspect.getsource(function))
    for old, new in edits:
        if old not in text:
            raise LookupError(f"{name} has no {old!r} any more")
        text = text.replace(old, new)
    module = owner if isinstance(owner, ModuleType) else inspect.getmodule(owner)
    made: dict[str, Any] = {}
    exec(compile(text, f"<{name} with a mistake>", "exec"), vars(module), made)
    return mock.patch.object(owner, name, made[name])


def attribute(owner: object, name: str, value: object) -> Planting:
    return lambda: mock.patch.object(owner, name, value)


def text(owner: object, name: str, *edits: tuple[str, str]) -> Planting:
    return lambda: edited(owner, name, *edits)


# ---- mistakes that are more than another word ----------------------------------------------------


def keyed_by_a_fresh_id() -> AbstractContextManager[object]:
    keep = inbox.Inbox._keep

    def keep_all(self: inbox.Inbox, deliveries: Sequence[dict[str, Any]]) -> list[bool]:
        return keep(self, [one | {"webhook_id": f"{one['webhook_id']}-{new_id()}"} for one in deliveries])

    return mock.patch.object(inbox.Inbox, "_keep", keep_all)


@contextmanager
def acknowledged_before_commit() -> Iterator[None]:
    """What came is put on a list in memory; the next round writes it down."""
    keep, find_waiting = inbox.Inbox._keep, inbox.Inbox._waiting
    unwritten: list[dict[str, Any]] = []

    def keep_later(self: inbox.Inbox, deliveries: Sequence[dict[str, Any]]) -> list[bool]:
        unwritten.extend(deliveries)
        return [True] * len(deliveries)

    def write_and_find(self: inbox.Inbox) -> Any:
        while unwritten:
            keep(self, [unwritten.pop(0)])
        return find_waiting(self)

    with (
        mock.patch.object(inbox.Inbox, "_keep", keep_later),
        mock.patch.object(inbox.Inbox, "_waiting", write_and_find),
    ):
        yield


def refunded_again_at_the_end() -> AbstractContextManager[object]:
    """The end of a job returns what failed, although each variant did so when it failed."""
    finish = endings._finish_job

    def finish_and_refund(session: Any, actor: Any, *, job_id: str) -> None:
        finish(session, actor, job_id=job_id)
        ended = session.scalar(sa.select(Job.completed_at).where(Job.id == job_id)) is not None
        failed = sa.select(Variant.price_credits).where(
            Variant.job_id == job_id, Variant.state == VariantState.FAILED
        )
        left = session.scalar(sa.select(Job.credits_used - Job.credits_refunded).where(Job.id == job_id))
        for price in session.scalars(failed).all() if ended else ():
            if left >= price:
                left -= price
                ledger.refund(
                    session,
                    key=f"return:{new_id()}",
                    job_id=job_id,
                    amount_credits=price,
                    reason=ledger.SYSTEM_REASON,
                    actor=actor.name,
                )

    return mock.patch.object(endings, "_finish_job", finish_and_refund)


def refund_forgotten_after_a_time_out() -> AbstractContextManager[object]:
    return_credits = endings._return_credits

    def forget(session: Any, actor: Any, variant: Any, *, note: str) -> None:
        if note != "timed_out":
            return_credits(session, actor, variant, note=note)

    return mock.patch.object(endings, "_return_credits", forget)


def reopened_by_late_news() -> AbstractContextManager[object]:
    """News that a prediction runs makes its variant run, whatever it was."""
    apply = sync.apply

    def reopen(desk: Any, actor: Any, prediction: contract.Prediction, **more: Any) -> Any:
        variant = sync.find_variant(desk, prediction.id)
        if variant is not None and not prediction.status.is_terminal and variant.state is VariantState.FAILED:
            with desk.database.write() as session:
                session.execute(
                    sa.update(Variant)
                    .where(Variant.id == variant.variant_id)
                    .values(
                        state=VariantState.RUNNING,
                        error_code=None,
                        completed_at=None,
                        next_due_at=clock.now(),
                    )
                )
        return apply(desk, actor, prediction, **more)

    return mock.patch.object(sync, "apply", reopen)


class _Unstored:
    """A storage that remembers what it should keep, for later."""

    def __init__(self) -> None:
        self.files: list[tuple[str, bytes]] = []

    def put(self, key: str, data: bytes) -> None:
        self.files.append((key, data))


@contextmanager
def settled_before_stored() -> Iterator[None]:
    fetch, settle = settlement.fetch_result, sync._settle
    unstored = _Unstored()

    def fetch_only(desk: Any, *arguments: Any, **more: Any) -> Any:
        return fetch(replace(desk, storage=unstored), *arguments, **more)

    def settle_then_store(desk: Any, *arguments: Any) -> Any:
        change = settle(desk, *arguments)
        while unstored.files:
            desk.storage.put(*unstored.files.pop())
        return change

    with (
        mock.patch.object(settlement, "fetch_result", fetch_only),
        mock.patch.object(sync, "_settle", settle_then_store),
    ):
        yield


@contextmanager
def result_kept_by_job() -> Iterator[None]:
    """A result once fetched is used again for whatever has the photo's size: the key of the cache is too coarse."""
    fetch = settlement.fetch_result
    fetched: dict[Any, Any] = {}

    def fetch_once(desk: Any, prediction: Any, **photo: Any) -> Any:
        key = (id(desk.storage), *sorted(photo.items()))
        if key not in fetched:
            fetched[key] = fetch(desk, prediction, **photo)
        return fetched[key]

    with mock.patch.object(settlement, "fetch_result", fetch_once):
        yield


@contextmanager
def news_of_any_prediction_is_taken() -> Iterator[None]:
    """What a variant follows is not asked any more: the news of its first prediction ends its second."""
    with ExitStack() as stack:
        for planting in (
            text(sync, "find_variant", (", attempts.followed_prediction_id() == prediction_id)", ")")),
            text(settlement, "claim", ("attempts.followed_prediction_id() == prediction_id,", "")),
            text(endings, "succeed_variant", (" or variant.prediction_id != prediction.id", "")),
            text(endings, "end_without_result", (" or prediction_id not in (None, variant.prediction_id)", "")),
        ):
            stack.enter_context(planting())
        yield


def _queue_again_always(session: Any, actor: Any, variant: Any, failure: Any) -> bool:
    now = clock.now()
    session.execute(
        sa.update(Variant)
        .where(Variant.id == variant.id, Variant.state == variant.state)
        .values(state=VariantState.QUEUED, retried_at=now, next_due_at=now, deadline_at=None, settling_until=None)
    )
    endings._tell(session, actor, variant, EventKind.RETRIED, "once more")
    return True


@contextmanager
def unlimited_retry() -> Iterator[None]:
    decide = retry.after_failure
    with (
        mock.patch.object(
            retry, "after_failure", lambda failure, **facts: decide(failure, **facts | {"was_retried": False})
        ),
        mock.patch.dict(endings._ENDINGS, {VariantState.QUEUED: _queue_again_always}),
    ):
        yield


class _Sloppy:
    """A tool of the desk that is as it was, but for one call."""

    def __init__(self, tool: Any, **calls: Callable[..., Any]) -> None:
        self._tool = tool
        vars(self).update(calls)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tool, name)


def unanswered_is_refused() -> AbstractContextManager[object]:
    ask = creation._ask

    def ask_sloppily(desk: Any, *arguments: Any, **more: Any) -> Any:
        def create(**order: Any) -> Any:
            try:
                return desk.provider.create(**order)
            except errors.ProviderAmbiguous as unknown:
                raise errors.ProviderUnavailable from unknown

        return ask(replace(desk, provider=_Sloppy(desk.provider, create=create)), *arguments, **more)

    return mock.patch.object(creation, "_ask", ask_sloppily)


def storage_that_fails_is_believed() -> AbstractContextManager[object]:
    fetch = settlement.fetch_result

    def fetch_sloppily(desk: Any, *arguments: Any, **more: Any) -> Any:
        def put(key: str, data: bytes) -> None:
            with suppress(errors.StorageUnavailable):
                desk.storage.put(key, data)

        return fetch(replace(desk, storage=_Sloppy(desk.storage, put=put)), *arguments, **more)

    return mock.patch.object(settlement, "fetch_result", fetch_sloppily)


def no_deadline_of_our_own() -> AbstractContextManager[object]:
    claim_due = sweep._claim_due

    def claim_without_deadline(desk: Any) -> list[Any]:
        return [replace(item, deadline_at=item.deadline_at + FOR_EVER) for item in claim_due(desk)]

    return mock.patch.object(sweep, "_claim_due", claim_without_deadline)


def job_ends_with_its_first_variant() -> AbstractContextManager[object]:
    return mock.patch.object(
        endings, "final_job_state", lambda states: final_job_state([state for state in states if state.is_terminal])
    )
