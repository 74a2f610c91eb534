"""What would one count by hand? Every figure by plain loops over the models' rows, without any of the desk's code."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.db.session import Database
from core.models import Account, Attempt, Job, LedgerEntry, Variant

_IN_FLIGHT = ("pending", "processing")


@dataclass
class Staged:
    """A job with all that belongs to it."""

    row: Job
    account: str
    variants: list[tuple[Variant, list[Attempt]]]

    def value(self, dimension: str) -> str:
        return self.account if dimension == "account" else getattr(self.row, _NAMES.get(dimension, dimension))


_NAMES = {"person": "created_by"}


@dataclass
class Everything:
    """All jobs and all entries, with the name of the account."""

    jobs: list[Staged]
    entries: list[tuple[LedgerEntry, str, Staged | None]]

    def narrowed(self, wanted: dict[str, str]) -> "Everything":
        """What the filter lets through."""
        return Everything(
            [job for job in self.jobs if all(job.value(name) == value for name, value in wanted.items())],
            [
                (entry, account, job)
                for entry, account, job in self.entries
                if all(_of_entry(account, job, name) == value for name, value in wanted.items())
            ],
        )

    def within(self, first: date, last: date, zone: ZoneInfo) -> "Everything":
        """What was submitted, and moved, on these days as the zone has them."""

        def inside(moment: datetime) -> bool:
            return first <= moment.astimezone(zone).date() <= last

        return Everything(
            [job for job in self.jobs if inside(job.row.created_at)],
            [one for one in self.entries if inside(one[0].at)],
        )

    def grouped(self, name: str, value: str) -> "Everything":
        return self.narrowed({name: value})


def _of_entry(account: str, job: Staged | None, name: str) -> str | None:
    return account if name == "account" else job.value(name) if job else None


def everything(database: Database) -> Everything:
    with database.read() as session:
        names = {row.id: row.name for row in session.scalars(sa.select(Account))}
        attempts: dict[str, list[Attempt]] = {}
        for attempt in session.scalars(sa.select(Attempt).order_by(Attempt.number)):
            attempts.setdefault(attempt.variant_id, []).append(attempt)
        variants: dict[str, list[tuple[Variant, list[Attempt]]]] = {}
        for variant in session.scalars(sa.select(Variant).order_by(Variant.variant_index)):
            variants.setdefault(variant.job_id, []).append((variant, attempts.get(variant.id, [])))
        jobs = {
            job.id: Staged(job, names[job.account_id], variants.get(job.id, []))
            for job in session.scalars(sa.select(Job))
        }
        entries = [
            (entry, names[entry.account_id], jobs.get(entry.job_id or ""))
            for entry in session.scalars(sa.select(LedgerEntry))
        ]
        return Everything(list(jobs.values()), entries)


def percentiles(values: list[float]) -> tuple[int, float | None, float | None, float | None, float | None]:
    ordered = sorted(values)
    found = [ordered[max(math.ceil(len(ordered) * p / 100), 1) - 1] if ordered else None for p in (50, 90, 95, 99)]
    return (len(ordered), *found)  # type: ignore[return-value]


def _seconds(first: datetime | None, last: datetime | None) -> float | None:
    return max((last - first) / timedelta(seconds=1), 0.0) if first and last else None


def stages(of: Everything) -> dict[str, list[float]]:
    found: dict[str, list[float | None]] = {
        name: [] for name in ("queue_wait", "provider", "settlement", "end_to_end", "job")
    }
    for job in of.jobs:
        if job.row.state == "completed":
            found["job"].append(_seconds(job.row.created_at, job.row.completed_at))
        for variant, attempts in job.variants:
            if variant.state != "succeeded":
                continue
            found["end_to_end"].append(_seconds(job.row.created_at, variant.completed_at))
            if attempts:
                last = attempts[-1]
                found["queue_wait"].append(_seconds(variant.retried_at or job.row.created_at, last.created_at))
                ran = last.predict_seconds
                measured = _seconds(last.provider_started_at, last.provider_completed_at)
                found["provider"].append(ran if ran is not None else measured)
                found["settlement"].append(_seconds(last.provider_completed_at, variant.completed_at))
    return {name: [value for value in values if value is not None] for name, values in found.items()}


def success(of: Everything) -> dict[str, tuple[int, int] | int]:
    states = Counter(job.row.state for job in of.jobs)
    counted = states["completed"] + states["partial"] + states["failed"]
    variants = Counter(variant.state for job in of.jobs for variant, _attempts in job.variants)
    at_first = sum(
        job.row.state == "completed" and all(variant.retried_at is None for variant, _ in job.variants)
        for job in of.jobs
    )
    return {
        "jobs": len(of.jobs),
        "in_flight": states["pending"] + states["processing"],
        "completed": states["completed"],
        "partial": states["partial"],
        "failed": states["failed"],
        "canceled": states["canceled"],
        "success": (states["completed"], counted),
        "first_attempt": (at_first, counted),
        "variants": (variants["succeeded"], variants["succeeded"] + variants["failed"]),
    }


def credits(of: Everything) -> tuple[int, int, int, int]:
    by_kind: Counter[str] = Counter()
    for entry, _account, _job in of.entries:
        by_kind[entry.kind] += entry.amount
    return -by_kind["charge"], by_kind["refund"], by_kind["grant"], by_kind["adjustment"]


def refund_reasons(of: Everything) -> dict[str, tuple[int, int]]:
    refunds = [entry for entry, _account, _job in of.entries if entry.kind == "refund"]
    sums: Counter[str] = Counter()
    for entry in refunds:
        sums[entry.reason] += entry.amount
    counts = Counter(entry.reason for entry in refunds)
    return {reason: (total, counts[reason]) for reason, total in sums.items()}


def costs(of: Everything) -> dict[str, int]:
    found = Counter({"spent": 0, "used": 0, "under_way": 0, "retried": 0, "failed": 0, "canceled": 0})
    for job in of.jobs:
        for variant, attempts in job.variants:
            for number, attempt in enumerate(attempts, start=1):
                is_last = number == len(attempts)
                found["spent"] += attempt.cost_usd_micros
                if variant.state in ("failed", "canceled"):
                    found[variant.state] += attempt.cost_usd_micros
                elif is_last and variant.state == "succeeded":
                    found["used"] += attempt.cost_usd_micros
                elif is_last and variant.state == "running":
                    found["under_way"] += attempt.cost_usd_micros
                else:
                    found["retried"] += attempt.cost_usd_micros
    return dict(found)


def failures(of: Everything, zone: ZoneInfo) -> dict[str, Counter[date]]:
    found: dict[str, Counter[date]] = {}
    for job in of.jobs:
        if job.row.error_code is not None:
            day = job.row.created_at.astimezone(zone).date()
            found.setdefault(job.row.error_code, Counter())[day] += 1
    return found


def settled(of: Everything) -> Counter[str]:
    doors = {"webhook": "webhook", "sweep": "sweep", "sync": "manual_sync"}
    return Counter(
        doors.get(variant.settled_by, "other")
        for job in of.jobs
        for variant, _attempts in job.variants
        if variant.settled_by is not None
    )


def retries(of: Everything) -> tuple[tuple[int, int], tuple[int, int]]:
    ended = [job for job in of.jobs if job.row.state not in _IN_FLIGHT]
    retried = [variant for job in ended for variant, _ in job.variants if variant.retried_at is not None]
    again = [job for job in ended if job.row.retry_of is not None and job.row.state != "canceled"]
    return (
        (sum(variant.state == "succeeded" for variant in retried), len(retried)),
        (sum(job.row.state == "completed" for job in again), len(again)),
    )


def rhythm(of: Everything, zone: ZoneInfo) -> list[list[int]]:
    found = [[0] * 24 for _ in range(7)]
    for job in of.jobs:
        local = job.row.created_at.astimezone(UTC).astimezone(zone)
        found[local.weekday()][local.hour] += 1
    return found
