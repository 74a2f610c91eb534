"""Does everything add up? Each check is one question to the database, the storage or the provider."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.credits import ledger
from core.jobs import dispatch, orphans, sweep
from core.jobs.desk import Desk
from core.jobs.states import IN_FLIGHT_JOBS, JobState, VariantState
from core.models import Account, Attempt, Job, LedgerEntry, Photo, Refund, Variant
from core.storage.contract import sha256

# A deadline passes, the sweep notices, the provider is asked to cancel: this long may lie between.
_GRACE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is off: what it concerns, and how."""

    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that is off, in the order of the checks, and what could not be checked, with the reason."""

    findings: list[Finding]
    unchecked: list[str]


def audit(desk: Desk) -> list[Finding]:
    """Everything that is off; empty when all is well, as far as it could be looked at."""
    return full_audit(desk).findings


def full_audit(desk: Desk) -> Audit:
    """Every check, and what none could look at: nothing is wrong with what we keep while the provider is away."""
    findings: list[Finding] = []
    with desk.database.read() as session:
        for check in _DATABASE_CHECKS:
            findings.extend(check(session))
    findings.extend(_files(desk))
    try:
        findings.extend(_orphans(desk))
    except errors.ProviderError as away:
        return Audit(findings, [f"Predictions that nobody owns could not be looked for: {away.message}"])
    return Audit(findings, [])


def _balances(session: Session) -> Iterator[Finding]:
    total = sa.func.coalesce(sa.func.sum(LedgerEntry.amount), 0)
    rows = session.execute(
        sa.select(Account.name, Account.balance, total)
        .outerjoin(LedgerEntry, LedgerEntry.account_id == Account.id)
        .group_by(Account.id, Account.name, Account.balance)
        .having(total != Account.balance)
    )
    for name, balance, entries in rows:
        yield Finding(f"account {name}", f"the balance is {balance}, its entries add up to {entries}")


def _running_balances(session: Session) -> Iterator[Finding]:
    running = sa.func.sum(LedgerEntry.amount).over(partition_by=LedgerEntry.account_id, order_by=LedgerEntry.id)
    lines = sa.select(LedgerEntry.id, LedgerEntry.balance_after, running.label("expected")).subquery()
    for row in session.execute(sa.select(lines).where(lines.c.balance_after != lines.c.expected)):
        yield Finding(
            f"ledger entry {row.id}", f"it says {row.balance_after} after it, the sum so far is {row.expected}"
        )


def _job_money(session: Session) -> Iterator[Finding]:
    def summed(kind: str) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((LedgerEntry.kind == kind, LedgerEntry.amount), else_=0)), 0)

    charged, refunded = -summed("charge"), summed("refund")
    rows = session.execute(
        sa.select(Job.id, Job.credits_used, Job.credits_refunded, charged, refunded)
        .outerjoin(LedgerEntry, LedgerEntry.job_id == Job.id)
        .group_by(Job.id, Job.credits_used, Job.credits_refunded)
        .having(sa.or_(charged != Job.credits_used, refunded != Job.credits_refunded))
    )
    for job_id, used, returned, in_ledger, back_in_ledger in rows:
        yield Finding(
            f"job {job_id}",
            f"it says {used} charged and {returned} returned, the ledger says {in_ledger} and {back_in_ledger}",
        )


def _captured(session: Session) -> Iterator[Finding]:
    """What an ended job kept is the price of its results: what the desk itself returned is the price of the rest."""
    captured = sa.func.coalesce(
        sa.func.sum(sa.case((Variant.state == VariantState.SUCCEEDED, Variant.price_credits), else_=0)), 0
    )
    # What people refund besides, out of goodwill or for a bad picture, is none of this sum.
    returned = (
        sa.select(sa.func.coalesce(sa.func.sum(LedgerEntry.amount), 0))
        .where(
            LedgerEntry.job_id == Job.id,
            LedgerEntry.kind == ledger.EntryKind.REFUND,
            LedgerEntry.reason == ledger.SYSTEM_REASON,
        )
        .correlate(Job)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Job.id, Job.credits_used, returned, captured)
        .join(Variant, Variant.job_id == Job.id)
        .where(Job.state.not_in(IN_FLIGHT_JOBS))
        .group_by(Job.id, Job.credits_used)
        .having(Job.credits_used != captured + returned)
    )
    for job_id, used, back, kept in rows:
        yield Finding(f"job {job_id}", f"{used} charged, {back} returned by the desk, results for {kept}")


def _refunds(session: Session) -> Iterator[Finding]:
    """A refund that people made is in the ledger, as much as it says, and nothing else of theirs is."""
    key = sa.literal("refund:") + Refund.id
    rows = session.execute(
        sa.select(Refund.id, Refund.job_id, Refund.state, Refund.amount, LedgerEntry.amount.label("in_ledger"))
        .outerjoin(LedgerEntry, LedgerEntry.entry_key == key)
        .where(
            sa.case((Refund.state == "refunded", Refund.amount), else_=0) != sa.func.coalesce(LedgerEntry.amount, 0)
        )
    )
    for row in rows:
        yield Finding(
            f"job {row.job_id}",
            f"refund {row.id} of {row.amount} is {row.state}, the ledger has {row.in_ledger or 0}",
        )
    by_people = sa.select(LedgerEntry.job_id, LedgerEntry.entry_key).where(
        LedgerEntry.kind == ledger.EntryKind.REFUND,
        LedgerEntry.reason != ledger.SYSTEM_REASON,
        sa.func.replace(LedgerEntry.entry_key, "refund:", "").not_in(sa.select(Refund.id)),
    )
    for job_id, entry_key in session.execute(by_people):
        yield Finding(f"job {job_id}", f"the ledger's {entry_key} is of no refund that was made")


def _states(session: Session) -> Iterator[Finding]:
    in_flight = sa.func.sum(sa.case((Variant.completed_at.is_(None), 1), else_=0))
    succeeded = sa.func.sum(sa.case((Variant.state == VariantState.SUCCEEDED, 1), else_=0))
    count = sa.func.count(Variant.id)
    is_in_flight = Job.state.in_(IN_FLIGHT_JOBS)
    rows = session.execute(
        sa.select(Job.id, Job.state)
        .outerjoin(Variant, Variant.job_id == Job.id)
        .group_by(Job.id, Job.state)
        .having(
            sa.or_(
                sa.and_(is_in_flight, in_flight == 0),
                sa.and_(~is_in_flight, in_flight > 0),
                sa.and_(Job.state == JobState.COMPLETED, succeeded != count),
                sa.and_(Job.state == JobState.PARTIAL, sa.or_(succeeded == 0, succeeded == count)),
                sa.and_(Job.state.in_((JobState.FAILED, JobState.CANCELED)), succeeded > 0),
            )
        )
    )
    for job_id, state in rows:
        yield Finding(f"job {job_id}", f"it is {state}, which its variants contradict")


def _overdue(session: Session) -> Iterator[Finding]:
    now = clock.now()
    ordered_at = (
        sa.select(sa.func.max(Attempt.created_at))
        .where(Attempt.variant_id == Variant.id)
        .correlate(Variant)
        .scalar_subquery()
    )
    late = sa.or_(
        Variant.deadline_at < now - _GRACE,
        sa.and_(
            Variant.state == VariantState.QUEUED,
            dispatch.waiting_since() < now - dispatch.QUEUE_TIMEOUT - _GRACE,
        ),
        sa.and_(Variant.state == VariantState.SUBMITTING, ordered_at < now - sweep.INPUT_KEPT - _GRACE),
    )
    rows = session.execute(
        sa.select(Variant.job_id, Variant.variant_index, Variant.state).where(Variant.completed_at.is_(None), late)
    )
    for job_id, index, state in rows:
        yield Finding(f"job {job_id}", f"variant {index} is still {state} past its time limit")


_DATABASE_CHECKS: tuple[Callable[[Session], Iterator[Finding]], ...] = (
    _balances,
    _running_balances,
    _job_money,
    _captured,
    _refunds,
    _states,
    _overdue,
)


def _files(desk: Desk) -> Iterator[Finding]:
    with desk.database.read() as session:
        results = session.execute(
            sa.select(Variant.result_key, Variant.result_sha256).where(Variant.result_key.is_not(None)).distinct()
        ).all()
        originals = session.execute(sa.select(Photo.original_key, Photo.sha256).distinct()).all()
    for key, digest in [*results, *originals]:
        if key is None:
            continue
        try:
            found = sha256(desk.storage.get(key))
        except errors.FileNotFound:
            yield Finding(f"file {key}", "it is missing")
            continue
        except errors.StorageUnavailable as unavailable:
            yield Finding("storage", unavailable.message)
            return
        if found != digest:
            yield Finding(f"file {key}", "its content is not what was stored")


def _orphans(desk: Desk) -> Iterator[Finding]:
    for prediction in orphans.find(desk):
        yield Finding(
            f"prediction {prediction.id}",
            f"it was ordered by us and is {prediction.status.value}, but no variant owns it",
        )
