"""Would it be noticed? Mistakes that people make in such code, each put into core for a while."""

import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from types import ModuleType
from typing import Any
from unittest import mock

import sqlalchemy as sa

from core import clock
from core.credits import ledger
from core.jobs import creation, dispatch, endings, idempotency, pause, retry, settlement, sweep, sync, transitions
from core.jobs.events import EventKind
from core.jobs.states import VariantState
from core.models import Job, Variant
from core.models.base import new_id
from core.provider import contract
from core.webhooks import inbox

Planting = Callable[[], AbstractContextManager[object]]
_FOR_EVER = timedelta(days=3_650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """A mistake, how it is made, the rules that may notice it, and a seed that did when it was last looked for."""

    name: str
    plant: Planting
    noticed_by: tuple[str, ...]
    seed: int = 0


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


def _set(owner: object, name: str, value: object) -> Planting:
    return lambda: mock.patch.object(owner, name, value)


def _edit(owner: object, name: str, *edits: tuple[str, str]) -> Planting:
    return lambda: edited(owner, name, *edits)


# ---- mistakes that are more than another word ----------------------------------------------------


def _keyed_by_a_fresh_id() -> AbstractContextManager[object]:
    keep = inbox.Inbox._keep

    def keep_all(self: inbox.Inbox, deliveries: Sequence[dict[str, Any]]) -> list[bool]:
        return keep(self, [one | {"webhook_id": f"{one['webhook_id']}-{new_id()}"} for one in deliveries])

    return mock.patch.object(inbox.Inbox, "_keep", keep_all)


@contextmanager
def _acknowledged_before_commit() -> Iterator[None]:
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


def _refunded_again_at_the_end() -> AbstractContextManager[object]:
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


def _refund_forgotten_after_a_time_out() -> AbstractContextManager[object]:
    return_credits = endings._return_credits

    def forget(session: Any, actor: Any, variant: Any, *, note: str) -> None:
        if note != "timed_out":
            return_credits(session, actor, variant, note=note)

    return mock.patch.object(endings, "_return_credits", forget)


def _reopened_by_late_news() -> AbstractContextManager[object]:
    """News that a prediction runs makes its variant run, whatever it was."""
    apply = sync.apply

    def reopen(desk: Any, actor: Any, prediction: contract.Prediction) -> Any:
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
        return apply(desk, actor, prediction)

    return mock.patch.object(sync, "apply", reopen)


class _Unstored:
    """A storage that remembers what it should keep, for later."""

    def __init__(self) -> None:
        self.files: list[tuple[str, bytes]] = []

    def put(self, key: str, data: bytes) -> None:
        self.files.append((key, data))


@contextmanager
def _settled_before_stored() -> Iterator[None]:
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
def _result_kept_by_job() -> Iterator[None]:
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
def _news_of_any_prediction_is_taken() -> Iterator[None]:
    """What a variant follows is not asked any more: the news of its first prediction ends its second."""
    with ExitStack() as stack:
        for planting in (
            _edit(sync, "find_variant", (", attempts.followed_prediction_id() == prediction_id)", ")")),
            _edit(settlement, "claim", ("attempts.followed_prediction_id() == prediction_id,", "")),
            _edit(endings, "succeed_variant", (" or variant.prediction_id != prediction.id", "")),
            _edit(endings, "end_without_result", (" or prediction_id not in (None, variant.prediction_id)", "")),
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
def _unlimited_retry() -> Iterator[None]:
    with (
        edited(retry, "after_failure", (" and not was_retried", "")),
        mock.patch.dict(endings._ENDINGS, {VariantState.QUEUED: _queue_again_always}),
    ):
        yield


# ---- all of them -----------------------------------------------------------------------------------

_KEPT = "a webhook that was taken is kept, once"
_RETURNED = "what has no result is returned, once"
_STAYS = "terminal states stay"
_VAIN = "nothing is bought in vain"
_ENDS = "everything ends"
_STORED = "a success has its own stored result"
_OWNED = "each prediction has one owner"
_SIGNED = "what is not signed is refused"
_TRUE = "an ending is true"
_BALANCE = "the balance is the sum of its entries"

BUGS = (
    Bug(name="webhooks are not told apart by their id", plant=_keyed_by_a_fresh_id, noticed_by=(_KEPT,)),
    Bug(name="a webhook is acknowledged before the commit", plant=_acknowledged_before_commit, noticed_by=(_KEPT,)),
    Bug(
        name="a webhook's variant is believed without a look at its input",
        plant=_edit(
            inbox.Inbox,
            "_adopt",
            (" or not (order_key(prediction.input) == order_key(attempt.input) is not None)", ""),
        ),
        noticed_by=(_OWNED, _VAIN),
    ),
    Bug(
        name="signatures are not verified",
        plant=_set(inbox.Inbox, "_require_signed", lambda self, body, headers: None),
        noticed_by=(_SIGNED,),
    ),
    Bug(name="credits are returned twice", plant=_refunded_again_at_the_end, noticed_by=(_RETURNED,)),
    Bug(name="a time-out returns nothing", plant=_refund_forgotten_after_a_time_out, noticed_by=(_RETURNED,)),
    Bug(
        name="a charge takes what is there",
        plant=_edit(
            ledger,
            "charge",
            (", Account.balance >= amount_credits)", ")"),
            ("balance=Account.balance - amount_credits", "balance=sa.func.max(Account.balance - amount_credits, 0)"),
        ),
        noticed_by=(_BALANCE,),
    ),
    Bug(name="late news reopens what has failed", plant=_reopened_by_late_news, noticed_by=(_STAYS, _RETURNED)),
    Bug(
        name="an unanswered order is sent again",
        plant=_edit(
            creation,
            "_ask",
            (
                "except errors.ProviderUnavailable as failed:",
                "except (errors.ProviderUnavailable, errors.ProviderAmbiguous) as failed:",
            ),
        ),
        noticed_by=(_VAIN,),
    ),
    Bug(
        name="orders are told apart without their seed",
        plant=_set(contract, "_IDENTIFYING_INPUTS", ("prompt", "input_image")),
        noticed_by=(_OWNED, _VAIN),
    ),
    Bug(
        name="the list is believed to be up to date",
        plant=_set(sweep, "LIST_LAG", timedelta()),
        noticed_by=(_VAIN,),
    ),
    Bug(
        name="clocks are believed to agree",
        plant=_set(sweep, "_CLOCK_SKEW", timedelta()),
        noticed_by=(_VAIN,),
    ),
    Bug(
        name="a call that is under way is believed to be lost",
        plant=_set(sweep, "CALL_MAX", timedelta()),
        noticed_by=(_VAIN,),
    ),
    Bug(
        name="the deadline is left to the provider",
        plant=_edit(
            sweep,
            "_look_at",
            (" or clock.now() >= item.deadline_at", ""),
            ("and clock.now() >= item.deadline_at", "and False"),
        ),
        noticed_by=(_ENDS,),
    ),
    Bug(name="a variant is settled before its result is stored", plant=_settled_before_stored, noticed_by=(_STORED,)),
    Bug(
        name="a storage that fails is taken for one that stored",
        plant=_edit(
            settlement,
            "fetch_result",
            (
                "    desk.storage.put(key, picture.data)",
                "    try:\n        desk.storage.put(key, picture.data)\n"
                "    except errors.StorageUnavailable:\n        pass",
            ),
        ),
        noticed_by=(_STORED,),
    ),
    Bug(name="one variant gets the other's result", plant=_result_kept_by_job, noticed_by=(_STORED,)),
    Bug(
        name="a settlement that is put off is forgotten",
        plant=_edit(settlement, "give_up_claim", ("_RETRY_PAUSE", "timedelta(days=3_650)")),
        noticed_by=(_ENDS,),
    ),
    Bug(
        name="the claim of a killed settlement lasts for ever",
        plant=_set(settlement, "_CLAIM", _FOR_EVER),
        noticed_by=(_ENDS,),
    ),
    Bug(
        name="a released variant is never released again",
        plant=_set(dispatch, "RELEASE_LEASE", _FOR_EVER),
        noticed_by=(_ENDS,),
    ),
    Bug(
        name="a pause never ends",
        plant=_set(pause, "claim_trial", lambda session: False),
        noticed_by=(_ENDS,),
    ),
    Bug(
        name="what was canceled is ordered again",
        plant=_edit(transitions, "_queue_again", ("variant.cancel_requested_at is not None", "False")),
        noticed_by=("nothing is ordered after a cancel",),
    ),
    Bug(
        name="the free retry has no limit",
        plant=_unlimited_retry,
        noticed_by=("each ending comes once", _VAIN),
    ),
    Bug(
        name="a job ends with its first variant",
        plant=_edit(
            endings, "_finish_job", ("for row in rows])", "for row in rows if VariantState(row.state).is_terminal])")
        ),
        noticed_by=("a job agrees with its variants",),
    ),
    Bug(
        name="a repeated request is a new one",
        plant=_set(idempotency, "numbered", lambda key, number: f"{key}#{number}#{new_id()}"),
        noticed_by=("the same key is answered with the same job",),
    ),
    Bug(
        name="news of an earlier prediction is taken",
        plant=_news_of_any_prediction_is_taken,
        noticed_by=(_TRUE,),
    ),
)
