"""What do the accounts pay and get back? A chunk's lines of the ledger, and never a balance below zero."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.auth.actors import SYSTEM_NAME, Source
from core.credits import ledger, pricing
from core.credits.ledger import EntryKind
from core.jobs.demo_history import cast, columns, fates, outcomes
from core.jobs.demo_history.columns import Ints
from core.jobs.demo_history.jobs import PEOPLE, PER_JOB, Jobs
from core.jobs.demo_history.refunds import Deed
from core.jobs.demo_history.rows import Setting
from core.jobs.refund_queries import RefundState
from core.models.base import new_id

# An account buys its next package before it is down to this.
_KEPT_CREDITS = 400


class Movement(NamedTuple):
    """One line of the ledger, without the balance after it, and the door (`source`) through which it came."""

    at: int
    key: str
    account: int
    kind: EntryKind
    amount: int
    job_id: str | None
    reason: str
    note: str
    actor: str
    source: str


@dataclass(slots=True)
class Balances:
    """Each account's balance as this history alone makes it, and as it is in the database with all else."""

    own: dict[int, int] = field(default_factory=dict)
    real: dict[int, int] = field(default_factory=dict)


def movements(jobs: Jobs, variant_ids: list[str], deeds: list[Deed]) -> list[Movement]:
    """What a chunk's jobs cost, what the desk returns of it, and what people refund, in order of time.

    `variant_ids`: one for each place of `jobs.exists`, whether there is such a variant or not.
    """
    found = [*_charges(jobs), *_returns(jobs, variant_ids), *_refunds(deeds)]
    found.sort(key=lambda one: one.at)
    return found


def with_grants(moves: list[Movement], balances: Balances) -> Iterator[tuple[Movement, int]]:
    """The movements with the real balance after each, and a package bought wherever credits run short."""
    own, real = balances.own, balances.real
    for move in moves:
        place, amount = move.account, move.amount
        while min(own[place], real[place]) + amount < _KEPT_CREDITS:
            package = cast.CUSTOMERS[place].package_credits
            own[place] += package
            real[place] += package
            yield _grant(move, package), real[place]
        own[place] += amount
        real[place] += amount
        yield move, real[place]


def entries(moves: Sequence[tuple[Movement, int]], setting: Setting) -> columns.Columns:
    """The ledger's new rows."""
    by_field = list(zip(*(move for move, _balance in moves), strict=True))
    at, key, account, kind, amount, job_id, reason, note, actor, _source = by_field
    return {
        "entry_key": key,
        "account_id": [setting.account_ids[one] for one in account],
        "at": setting.moments(np.array(at, dtype=np.int64)),
        "kind": kind,
        "amount": amount,
        "balance_after": [balance for _move, balance in moves],
        "job_id": job_id,
        "reason": reason,
        # What people say of a refund stays with it.
        "note": ["" if one.startswith("refund:") else said for one, said in zip(key, note, strict=True)],
        "actor": actor,
    }


def who(door: int, helper: str) -> str:
    """In whose name news comes through that door: a person's, where one asked for it."""
    return helper if outcomes.DOORS[door] in _PEOPLES_DOORS else SYSTEM_NAME


_PEOPLES_DOORS = (Source.SYNC, Source.PAGE)


def _charges(jobs: Jobs) -> Iterator[Movement]:
    prices = jobs.exists.sum(axis=1) * -pricing.VARIANT_PRICE_CREDITS
    callers = columns.picked([(person, cast.door_of(person).value) for person, _account in PEOPLE], jobs.person)
    kind, why = EntryKind.CHARGE, ledger.STAGING_REASON
    for at, job_id, account, amount, (name, source) in zip(
        jobs.created.tolist(), jobs.id, jobs.account.tolist(), prices.tolist(), callers, strict=True
    ):
        yield Movement(at, f"charge:{job_id}", account, kind, amount, job_id, why, "", name, source)


def _returns(jobs: Jobs, variant_ids: list[str]) -> Iterator[Movement]:
    variants = jobs.variants
    places: Ints = np.flatnonzero(jobs.exists.reshape(-1) & (variants.fate != fates.SUCCEEDED))
    for place in places.tolist():
        job, fate = place // PER_JOB, fates.FATES[variants.fate[place]]
        yield Movement(
            int(variants.ended[place]),
            f"return:{variant_ids[place]}",
            int(jobs.account[job]),
            EntryKind.REFUND,
            pricing.VARIANT_PRICE_CREDITS,
            jobs.id[job],
            ledger.SYSTEM_REASON,
            fate.failure.code if fate.failure else "canceled",
            who(int(variants.door[place]), PEOPLE[jobs.canceled_by[job]][0]),
            outcomes.DOORS[variants.door[place]].value,
        )


def _refunds(deeds: list[Deed]) -> Iterator[Movement]:
    for deed in deeds:
        if deed.state is RefundState.REFUNDED and deed.decided_by is not None:
            yield Movement(
                deed.decided,
                f"refund:{deed.id}",
                deed.account,
                EntryKind.REFUND,
                deed.amount,
                deed.job_id,
                deed.reason.value,
                deed.note,
                deed.decided_by,
                Source.PAGE.value,
            )


def _grant(before: Movement, credits: int) -> Movement:
    key, source = f"grant:{new_id()}", Source.PAGE.value
    return Movement(
        before.at, key, before.account, EntryKind.GRANT, credits, None, "package", "", cast.MANAGER, source
    )
