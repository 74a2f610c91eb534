"""Was this asked before? The same key with the same content answers with the jobs that it made the first time."""

import hashlib
import json
from urllib.parse import quote

import sqlalchemy as sa

from core import errors
from core.auth.actors import Actor
from core.jobs import details, queries
from core.jobs.desk import Desk
from core.jobs.new_job import Submission
from core.models import Job, LedgerEntry

KEY_MAX = 200


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


def find_earlier(desk: Desk, key: str | None, fingerprint: str, *, count: int) -> Submission | None:
    """What the key made the first time, as it was then; None if it is new, or there is no key.

    Raises:
        IdempotencyConflict: if the key was used with other content.
    """
    if key is None:
        return None
    with desk.database.read() as session:
        first = session.execute(
            sa.select(Job.id, Job.request_fingerprint).where(Job.idempotency_key == numbered(key, 0))
        ).one_or_none()
        if first is None:
            return None
        if first.request_fingerprint != fingerprint:
            raise errors.IdempotencyConflict
        keys = [numbered(key, number) for number in range(count)]
        found = session.execute(sa.select(Job.idempotency_key, Job.id).where(Job.idempotency_key.in_(keys)))
        by_key = {row.idempotency_key: row.id for row in found}
        ids = [by_key[one] for one in keys]
        jobs = [details.as_first_made(job) for job in queries.load_jobs(session, ids)]
        balance = session.execute(
            sa.select(LedgerEntry.balance_after).where(LedgerEntry.entry_key == f"charge:{ids[-1]}")
        ).scalar_one()
    return Submission(jobs=jobs, balance=balance, repeated=True)
