"""What would months of work look like? A believable history, with its ledger and its files, written in bulk.

Everything but ids comes from a seeded chance, so that the same call gives the same figures. It is written a chunk of
jobs at a time, in order of time; each chunk is one transaction that adds up in itself, so that nothing is off when
the command is stopped between two, and what else is in the database is not touched.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.credits import service as credit_service
from core.db.session import Database
from core.jobs.demo_history import audited, books, bulk, cast, columns, pictures, refunds, rhythm, rows, stories
from core.jobs.demo_history import jobs as demo_jobs
from core.jobs.demo_history.books import Balances, Movement
from core.jobs.demo_history.columns import Columns, Ints
from core.jobs.demo_history.refunds import Deed, Pending
from core.jobs.demo_history.rhythm import Period
from core.jobs.demo_history.rows import Setting
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundState
from core.models import Account, Attempt, AuditEntry, Base, Job, JobEvent, LedgerEntry, Photo, Refund, Variant

JOBS_MAX = 2_000_000
DAYS_MAX = 3_650
_CHUNK_JOBS = 10_000
# Told how many jobs are written so far.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The rows of new jobs by table, in the order in which tables refer to each other.

    Besides them: what happens to older jobs meanwhile, the credits that move, and what people refund.
    """

    tables: Mapping[type[Base], Columns]
    later_events: Columns
    movements: list[Movement]
    deeds: list[Deed]
    jobs: int


@dataclass(slots=True, kw_only=True)
class _Author:
    """What is carried from one chunk to the next while a history is made up."""

    span: Period
    setting: Setting
    chance: np.random.Generator
    waiting: demo_jobs.Waiting
    pending: Pending

    def next_chunk(self, arrivals: Ints, until: int) -> Chunk:
        """The jobs that arrive then, and what happens to older ones before `until`."""
        setting = self.setting
        of = demo_jobs.draw(
            arrivals,
            self.waiting,
            span=self.span,
            pictures=pictures.EACH_ACCOUNT,
            timeout_seconds=setting.timeout_seconds,
            chance=self.chance,
        )
        refunds.plan(of, self.pending, now=self.span.now, chance=self.chance)
        deeds = self.pending.due_before(until)
        seeds, ids, names = rows.fresh_seeds(of, self.chance), rows.fresh_ids(of), rows.file_names(of)
        return Chunk(
            tables={
                Photo: rows.photos(of, names, setting),
                Job: rows.jobs_rows(of, names, setting),
                Variant: rows.variants(of, ids, seeds, setting),
                Attempt: rows.attempts(of, ids, seeds, setting),
                JobEvent: stories.events(of, names, ids, seeds, setting),
            },
            later_events=stories.later_events(of, deeds, setting),
            movements=books.movements(of, ids.variants, deeds),
            deeds=deeds,
            jobs=len(of.id),
        )


def write(desk: Desk, *, jobs: int, days: int, seed: int = 1, progress: Progress | None = None) -> int:
    """Write that many finished jobs, spread over the days until now; returns how many were written.

    1. Open the customers' accounts, and draw and store the pictures that all jobs share.
    2. Draw when the jobs come in, and cut that into chunks.
    3. Make up each chunk, and write it in one transaction.

    Raises:
        ValidationFailed: if jobs or days are not above zero, or beyond all reason.
    """
    _require_sensible(jobs=jobs, days=days)
    database, span = desk.database, rhythm.period(clock.now(), days=days)
    with database.write() as session:
        account_ids = _open_accounts(session, since=span.begins)
    chance = np.random.default_rng([seed, jobs, days])
    author = _Author(
        span=span,
        setting=Setting(
            account_ids=account_ids,
            pictures=pictures.stored(desk.storage, account_ids),
            prompts=rows.all_prompts(),
            timeout_seconds=desk.timeout_seconds,
            is_sqlite=database.is_sqlite,
        ),
        chance=chance,
        waiting=demo_jobs.Waiting(),
        pending=Pending(),
    )
    arrivals = rhythm.arrivals(span, jobs=jobs, chance=chance)
    own = dict.fromkeys(range(len(account_ids)), 0)
    written = 0
    for part in rhythm.chunks(arrivals, jobs=_CHUNK_JOBS):
        until = int(arrivals[part.stop]) if part.stop < jobs else span.now + 1
        with _uncollected():
            chunk = author.next_chunk(arrivals[part], until)
            _write_chunk(database, chunk, author.setting, own)
        written += chunk.jobs
        if progress is not None:
            progress(written)
    return written


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from going through a million tuples again and again: none of them is in a circle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _require_sensible(*, jobs: int, days: int) -> None:
    for name, given, most in (("jobs", jobs, JOBS_MAX), ("days", days, DAYS_MAX)):
        if not 1 <= given <= most:
            raise errors.ValidationFailed(f"A history has from 1 to {most:,} {name}. Nothing was written.")


def _open_accounts(session: Session, *, since: int) -> list[int]:
    """The customers' accounts, in their order; those that are new were opened before their first job."""
    there = set(session.scalars(sa.select(Account.id)))
    account_ids = [credit_service.find_or_open_account(session, name=one.name) for one in cast.CUSTOMERS]
    new = [account_id for account_id in account_ids if account_id not in there]
    opened_at = columns.moment(since)
    session.execute(sa.update(Account).where(Account.id.in_(new)).values(created_at=opened_at))
    return account_ids


def _write_chunk(database: Database, chunk: Chunk, setting: Setting, own: dict[int, int]) -> None:
    """Write a chunk as a whole; `own` is each account's balance as this history alone makes it."""
    with database.write() as session:
        bulk.prepare(session)
        balances = Balances(own=own, real=_locked_balances(session, setting.account_ids))
        for table, new_rows in chunk.tables.items():
            bulk.insert(session, table, new_rows)
        bulk.insert(session, JobEvent, chunk.later_events)
        moves = list(books.with_grants(chunk.movements, balances))
        bulk.insert(session, LedgerEntry, books.entries(moves, setting))
        _write_refunds(session, chunk.deeds, setting)
        bulk.insert(session, AuditEntry, audited.entries(moves, chunk.deeds, setting))
        for place, balance in balances.real.items():
            session.execute(
                sa.update(Account).where(Account.id == setting.account_ids[place]).values(balance=balance)
            )


def _locked_balances(session: Session, account_ids: Sequence[int]) -> dict[int, int]:
    found = session.execute(
        sa.select(Account.id, Account.balance)
        .where(Account.id.in_(account_ids))
        .order_by(Account.id)
        .with_for_update()
    )
    by_id = {row.id: row.balance for row in found}
    return {place: by_id[account_id] for place, account_id in enumerate(account_ids)}


def _write_refunds(session: Session, deeds: list[Deed], setting: Setting) -> None:
    bulk.insert(session, Refund, rows.refunds(deeds, setting))
    returned = [
        {"of_job": deed.job_id, "credits": deed.amount} for deed in deeds if deed.state is RefundState.REFUNDED
    ]
    if returned:
        session.connection().execute(
            sa.update(Job)
            .where(Job.id == sa.bindparam("of_job"))
            .values(credits_refunded=Job.credits_refunded + sa.bindparam("credits")),
            returned,
        )
