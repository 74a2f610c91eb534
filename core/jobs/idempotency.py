"""Was this asked before? The same key with the same content answers with the jobs that it made the first time."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import errors
from core.auth.actors import Actor
from core.jobs import details, queries
from core.jobs.desk import Desk
from core.jobs.new_job import Submission
from core.models import Job, LedgerEntry, Reuse

KEY_MAX = 200
# So many jobs one request makes at most.
JOBS_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a key stands for: the job, which was bought with it or given again, and the balance after that."""

    job_id: str
    fingerprint: str | None
    balance: int
    is_reuse: bool


def fingerprint(*content: object) -> str:
    """What tells one request from another, as a hex digest; the content must be JSON."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def scoped_key(actor: Actor, given: str | None) -> str | None:
    """The key as it is kept: keys of different callers are different, even when they and their keys look alike.

    Raises:
        ValidationFailed: if it is empty, too long or not printable.
    """
    if given is None:
        return None
    key = given.strip()
    if not key or len(key) > KEY_MAX or not key.isprintable():
        raise errors.ValidationFailed(
            f"An Idempotency-Key is 1 to {KEY_MAX} printable characters. Nothing was charged."
        )
    return f"{actor.source}:{quote(actor.identity, safe='')}:{key}"


def numbered(key: str | None, number: int) -> str | None:
    """The key of the n-th job that one request makes."""
    return None if key is None else f"{key}#{number}"


class KeyTaken(Exception):
    """The key has made something by now. Whoever was told so answers with that; no person meets it."""


def require_free(session: Session, key: str | None) -> None:
    """In the transaction that uses the key: each table by itself lets a key stand once, but not both together.

    Raises:
        KeyTaken: if it stands in one of them.
    """
    if key is not None and _made(session, [numbered(key, number) for number in range(JOBS_MAX)]):
        raise KeyTaken


def find_earlier(desk: Desk, key: str | None, fingerprint: str) -> Submission | None:
    """What the key made the first time, as it was then; None if it is new, or there is no key.

    Raises:
        IdempotencyConflict: if the key was used with other content.
    """
    if key is None:
        return None
    keys = [numbered(key, number) for number in range(JOBS_MAX)]
    with desk.database.read() as session:
        made = _made(session, keys)
        known = [made[one] for one in keys if one in made]
        if not known:
            return None
        if known[0].fingerprint != fingerprint:
            raise errors.IdempotencyConflict
        jobs = queries.load_jobs(session, [one.job_id for one in known])
    return Submission(
        jobs=[job if one.is_reuse else details.as_first_made(job) for one, job in zip(known, jobs, strict=True)],
        balance=known[-1].balance,
        repeated=True,
        reused=frozenset(number for number, one in enumerate(known) if one.is_reuse),
    )


def _made(session: Session, keys: Sequence[str | None]) -> dict[str | None, _Made]:
    """What the keys stand for: jobs that were bought, and jobs that were given again."""
    bought = (
        sa.select(Job.idempotency_key, Job.id, Job.request_fingerprint, LedgerEntry.balance_after, sa.false())
        .join(LedgerEntry, LedgerEntry.entry_key == sa.literal("charge:") + Job.id)
        .where(Job.idempotency_key.in_(keys))
    )
    given = sa.select(Reuse.idempotency_key, Reuse.job_id, Reuse.request_fingerprint, Reuse.balance, sa.true()).where(
        Reuse.idempotency_key.in_(keys)
    )
    return {
        row[0]: _Made(job_id=row[1], fingerprint=row[2], balance=row[3], is_reuse=bool(row[4]))
        for query in (bought, given)
        for row in session.execute(query)
    }
