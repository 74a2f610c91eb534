"""What must hold after every single event? Rules over the rows, the stored files and what the provider has sold.

They are written from the design, in their own words: nothing of the code that they examine is asked for its opinion.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.simulation import pictures
from tests.simulation.process import TIMEOUT_SECONDS
from tests.simulation.provider import MemoryProvider
from tests.simulation.snapshot import Row, Snapshot, order_of
from tests.simulation.storage import MemoryStorage

_ENDED_JOBS = ("completed", "partial", "failed", "canceled")
_ENDED_VARIANTS = ("succeeded", "failed", "canceled")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The provider forgets inputs after an hour: an order that was not found by then may be given up.
INPUT_KEPT = timedelta(minutes=55)
# Where not even the list answers, a job ends with its time limit and what an order may take to show up.
# One question that fails, as after a standstill, is no such silence.
_SILENCE = timedelta(seconds=3)
_UNREADABLE_MAX = timedelta(seconds=TIMEOUT_SECONDS + 55)


@dataclass(slots=True, kw_only=True)
class Books:
    """What the outside knows: what was sold, stored and promised, and what could not be known any more."""

    provider: MemoryProvider
    storage: MemoryStorage
    promised_jobs: set[str] = field(default_factory=set)
    sent_webhooks: set[str] = field(default_factory=set)
    taken_webhooks: set[str] = field(default_factory=set)
    excused_orders: set[tuple[Any, ...]] = field(default_factory=set)
    examined: set[tuple[str, str]] = field(default_factory=set)


Rule = Callable[[Snapshot, Snapshot, Books], Iterator[str]]


def broken(before: Snapshot, now: Snapshot, books: Books) -> tuple[str, str] | None:
    """The first rule that does not hold, and how; None if all hold."""
    for name, rule in RULES.items():
        for message in rule(before, now, books):
            return name, message
    return None


def _balances(_before: Snapshot, now: Snapshot, _books: Books) -> Iterator[str]:
    for account in now.accounts:
        if account["balance"] != account["entries"]:
            yield f"{account['name']} has {account['balance']}, its entries are {account['entries']}"
        if account["balance"] < 0:
            yield f"{account['name']} has {account['balance']}"


def _charges(_before: Snapshot, now: Snapshot, _books: Books) -> Iterator[str]:
    charges = Counter(entry["job_id"] for entry in now.ledger if entry["kind"] == "charge")
    paid: Counter[str] = Counter()
    for entry in now.ledger:
        if entry["kind"] == "charge":
            paid[entry["job_id"]] -= entry["amount"]
    for job_id, job in now.jobs.items():
        price = sum(variant["price_credits"] for variant in now.of_job(job_id))
        if charges[job_id] != 1 or not paid[job_id] == job["credits_used"] == price:
            charged = f"{charges[job_id]} charges of {paid[job_id]} together"
            yield f"job {job_id}, priced {price}, says {job['credits_used']}: {charged}"


def _refunds(_before: Snapshot, now: Snapshot, _books: Books) -> Iterator[str]:
    returned: Counter[str] = Counter()
    for entry in now.ledger:
        if entry["kind"] == "refund":
            returned[entry["job_id"]] += entry["amount"]
    for job_id, job in now.jobs.items():
        variants = now.of_job(job_id)
        due = sum(variant["price_credits"] for variant in variants if variant["state"] in ("failed", "canceled"))
        if not returned[job_id] == job["credits_refunded"] == due:
            yield f"job {job_id}: {due} due, {returned[job_id]} returned, it says {job['credits_refunded']}"


_KEPT = ("state", "error_code", "result_key", "result_sha256", "completed_at")


def _terminal(before: Snapshot, now: Snapshot, _books: Books) -> Iterator[str]:
    for job_id, job in before.jobs.items():
        if job["state"] in _ENDED_JOBS and now.jobs[job_id]["state"] != job["state"]:
            yield f"job {job_id} was {job['state']} and is {now.jobs[job_id]['state']}"
    for variant_id, variant in before.variants.items():
        if variant["state"] in _ENDED_VARIANTS:
            later = now.variants[variant_id]
            changed = [name for name in _KEPT if later[name] != variant[name]]
            if changed:
                yield f"variant {variant_id}, {variant['state']}, has another {changed}"


def _jobs_agree(_before: Snapshot, now: Snapshot, _books: Books) -> Iterator[str]:
    for job_id, job in now.jobs.items():
        states = [variant["state"] for variant in now.of_job(job_id)]
        if job["state"] not in _expected_states(states):
            yield f"job {job_id} is {job['state']}, its variants are {states}"


def _expected_states(states: list[str]) -> tuple[str, ...]:
    if any(state not in _ENDED_VARIANTS for state in states):
        return ("pending", "processing")
    if "succeeded" in states:
        return ("completed",) if set(states) == {"succeeded"} else ("partial",)
    return ("canceled",) if "canceled" in states else ("failed",)


def _results(_before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    followed = {attempt["variant_id"]: attempt["prediction_id"] for attempt in now.attempts}
    for variant_id, variant in now.variants.items():
        if variant["state"] != "succeeded" or (variant_id, variant["result_sha256"]) in books.examined:
            continue
        data = books.storage.files.get(variant["result_key"])
        if data is None:
            yield f"variant {variant_id} succeeded, but nothing lies under {variant['result_key']}"
        elif hashlib.sha256(data).hexdigest() != variant["result_sha256"]:
            yield f"variant {variant_id} has another result than it says"
        elif pictures.prediction_of(data) != followed[variant_id]:
            painter = pictures.prediction_of(data)
            yield f"variant {variant_id} follows {followed[variant_id]}, its picture is {painter}'s"
        else:
            books.examined.add((variant_id, variant["result_sha256"]))


def _owners(_before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    owners = Counter(attempt["prediction_id"] for attempt in now.attempts if attempt["prediction_id"] is not None)
    for prediction_id, count in owners.items():
        if count > 1:
            yield f"{prediction_id} has {count} owners"
    sold = {record.id: record for record in books.provider.records.values()}
    for attempt in now.attempts:
        record = sold.get(attempt["prediction_id"])
        if attempt["prediction_id"] is None:
            continue
        if record is None:
            yield f"attempt {attempt['id']} owns {attempt['prediction_id']}, which does not exist"
        elif order_of(record.input) not in (attempt["order"], None):
            yield f"attempt {attempt['id']} owns {attempt['prediction_id']}, which was ordered otherwise"


def _bought(before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    """What was bought is recorded, or its order is still looked for; and nobody buys twice what one try may buy."""
    by_order = {attempt["order"]: attempt for attempt in now.attempts}
    recorded = {attempt["prediction_id"] for attempt in now.attempts}
    bought: Counter[str] = Counter()
    for record in books.provider.records.values():
        attempt = by_order.get(order_of(record.input) or ())
        if attempt is None:
            if record.id not in recorded and not record.data_removed:
                yield f"{record.id} was bought, but no attempt ordered it"
            continue
        if attempt["order"] not in books.excused_orders:
            bought[attempt["variant_id"]] += 1
            if record.id not in recorded and attempt["status"] != "submitting":
                yield f"{record.id} was bought by attempt {attempt['id']}, which is {attempt['status']}"
    for variant_id, count in bought.items():
        allowed = 1 if now.variants[variant_id]["retried_at"] is None else 2
        if count > allowed:
            yield f"variant {variant_id} bought {count} predictions, {allowed} at most"


def _endings(_before: Snapshot, now: Snapshot, _books: Books) -> Iterator[str]:
    times = {(row["job_id"], row["variant_index"], row["kind"]): row["times"] for row in now.events}
    for variant in now.variants.values():
        for kind in _ENDED_VARIANTS:
            told = times.get((variant["job_id"], variant["variant_index"], kind), 0)
            if told != (variant["state"] == kind):
                yield f"variant {variant['id']} is {variant['state']} and was told to have {kind} {told} times"
        if times.get((variant["job_id"], variant["variant_index"], "retried"), 0) > 1:
            yield f"variant {variant['id']} was retried more than once"
    for job_id, job in now.jobs.items():
        if times.get((job_id, None, "finished"), 0) != (job["state"] in _ENDED_JOBS):
            yield f"job {job_id} is {job['state']} and was told to have finished another number of times"


_SAID_BY_PROVIDER = {
    "prediction_failed": ("failed",),
    "safety": ("failed",),
    "prediction_canceled": ("canceled", "aborted"),
    "output_expired": ("succeeded",),
    "output_invalid": ("succeeded",),
}
# The provider's clock and the desk's may differ by this much, and so may what they call the deadline.
_DEADLINE_TOLERANCE = timedelta(seconds=10)


def _true_endings(before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    """What ended just now did so because its own prediction did, or because its time was over."""
    followed = {attempt["variant_id"]: attempt["prediction_id"] for attempt in now.attempts}
    for variant_id, variant in now.variants.items():
        known = before.variants.get(variant_id)
        if variant["state"] not in ("succeeded", "failed") or (
            known is not None and known["state"] == variant["state"]
        ):
            continue
        record = books.provider.records.get(followed.get(variant_id) or "")
        said = ("succeeded",) if variant["state"] == "succeeded" else _SAID_BY_PROVIDER.get(variant["error_code"])
        if said is not None and (record is None or record.status.value not in said):
            status = "not there" if record is None else record.status.value
            yield f"variant {variant_id} is {variant['error_code'] or 'succeeded'}, its prediction is {status}"
        if variant["error_code"] == "timed_out" and variant["deadline_at"] is not None:
            early = timedelta(microseconds=variant["deadline_at"] - variant["completed_at"])
            if early > _DEADLINE_TOLERANCE:
                yield f"variant {variant_id} timed out {early} before its deadline"


def _canceled(before: Snapshot, now: Snapshot, _books: Books) -> Iterator[str]:
    known = {attempt["id"] for attempt in before.attempts}
    for attempt in now.attempts:
        job = before.jobs.get(now.variants[attempt["variant_id"]]["job_id"])
        if job is not None and job["cancel_requested_at"] is not None and attempt["id"] not in known:
            yield f"attempt {attempt['id']} was ordered after its job was canceled"


def _promises(_before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    for job_id in sorted(books.promised_jobs - set(now.jobs)):
        yield f"job {job_id} was promised, and is gone"


def _inbox(_before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    kept = {row["webhook_id"] for row in now.webhooks}
    for webhook_id in sorted(books.taken_webhooks - kept):
        yield f"webhook {webhook_id} was taken, and is gone"
    for webhook_id in sorted(kept - books.sent_webhooks):
        yield f"webhook {webhook_id} is kept, which nobody sent"


def excuse(before: Snapshot, now: Snapshot, books: Books, *, now_us: int, elapsed: timedelta) -> None:
    """What could not be found out may have bought something: the provider forgot the inputs, or never answered."""
    since = books.provider.list_unreadable_since
    was_asked_again = since is not None and elapsed - since >= _SILENCE
    limit = _UNREADABLE_MAX if was_asked_again else INPUT_KEPT
    waiting: dict[str, Row] = {row["id"]: row for row in before.attempts if row["status"] == "submitting"}
    for attempt in now.attempts:
        age = timedelta(microseconds=now_us - attempt["created_at"])
        if attempt["id"] in waiting and attempt["status"] == "abandoned" and age > limit:
            books.excused_orders.add(attempt["order"])


RULES: dict[str, Rule] = {
    "the balance is the sum of its entries": _balances,
    "each job is charged once": _charges,
    "what has no result is returned, once": _refunds,
    "terminal states stay": _terminal,
    "a job agrees with its variants": _jobs_agree,
    "a success has its own stored result": _results,
    "each prediction has one owner": _owners,
    "nothing is bought in vain": _bought,
    "each ending comes once": _endings,
    "an ending is true": _true_endings,
    "nothing is ordered after a cancel": _canceled,
    "what was promised is kept": _promises,
    "a webhook that was taken is kept, once": _inbox,
}
