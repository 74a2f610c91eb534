"""What must the database say? An independent account of what people and the provider did, and all that follows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core.db.session import Database
from core.models import Account, Attempt, Job, LedgerEntry, Variant
from core.storage.contract import Storage, sha256
from tests.fake_provider import FakeProvider

VARIANT_PRICE = 20
OVER = ("succeeded", "failed", "canceled")
JOB_OVER = ("completed", "partial", "failed", "canceled")
QUEUE_TIMEOUT = timedelta(minutes=30)
# The provider forgets inputs an hour after the end; the desk stops looking for an order before that, and where the
# list does not answer, when whatever was bought must be over: 15 s of lag, 40 s of a call, and the time limit.
FORGETTING = timedelta(minutes=55)
SILENCE = timedelta(seconds=15 + 40 + 300)
_TOLERANCE = timedelta(seconds=5)
# How a prediction's ending is called when its free retry has failed too.
CODES = {"fail": "prediction_failed", "safety": "safety", "not a picture": "output_invalid"}
_ORDER = ("prompt", "input_image", "seed")
_COLUMNS: Mapping[str, sa.Select[Any]] = {
    "jobs": sa.select(Job.__table__),
    "variants": sa.select(Variant.__table__).order_by(Variant.job_id, Variant.variant_index),
    "attempts": sa.select(Attempt.__table__).order_by(Attempt.variant_id, Attempt.number),
    "entries": sa.select(LedgerEntry.__table__).order_by(LedgerEntry.id),
    "accounts": sa.select(Account.__table__),
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Snapshot:
    """All that matters in the database, at one moment."""

    jobs: dict[str, Row]
    variants: dict[str, Row]
    attempts: list[Row]
    entries: list[Row]
    accounts: dict[int, Row]

    def of_job(self, job_id: str) -> list[Row]:
        """The job's variants, in their order."""
        return [variant for variant in self.variants.values() if variant["job_id"] == job_id]

    def of_variant(self, variant_id: str) -> list[Row]:
        """The variant's attempts, in their order."""
        return [attempt for attempt in self.attempts if attempt["variant_id"] == variant_id]


def read(database: Database) -> Snapshot:
    """The database as it is now."""
    with database.engine.connect() as connection:
        rows = {name: list(connection.execute(query).mappings()) for name, query in _COLUMNS.items()}
    by_id = {name: {row["id"]: row for row in rows[name]} for name in ("jobs", "variants", "accounts")}
    return Snapshot(attempts=rows["attempts"], entries=rows["entries"], **by_id)


@dataclass
class Books:
    """What was done from outside, as far as the desk's answers, or a look after a crash, told."""

    provider: FakeProvider
    storage: Storage
    account_id: int
    opening_balance: int
    grants: list[int] = field(default_factory=list)
    prices: dict[str, int] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)
    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)
    cancel_asked: set[str] = field(default_factory=set)
    endings: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    lost_files: set[str] = field(default_factory=set)
    refusals: int = 0
    silences: int = 0
    webhooks_taken: set[str] = field(default_factory=set)

    def balance(self, now: Snapshot) -> int:
        """What must be left, by what came in, what jobs cost, and what was given back."""
        ended_without_result = sum(variant["state"] in ("failed", "canceled") for variant in now.variants.values())
        return (
            self.opening_balance
            + sum(self.grants)
            - sum(self.prices.values())
            + VARIANT_PRICE * ended_without_result
            + sum(amount for _, amount in self.refunds.values())
        )

    def given_up(self, now: Snapshot) -> set[tuple[Any, ...] | None]:
        """The orders that nobody looks for any more, because the list did not answer in time."""
        last = {attempt["variant_id"]: attempt for attempt in now.attempts}
        return {
            _order(attempt["input"])
            for variant_id, attempt in last.items()
            if attempt["status"] == "abandoned"
            and now.variants[variant_id]["state"] in ("failed", "canceled")
            and self.silences
        }

    def left_to_refund(self, now: Snapshot, job_id: str) -> int:
        """What an ended job has cost, less what came back."""
        back = VARIANT_PRICE * sum(variant["state"] != "succeeded" for variant in now.of_job(job_id))
        return self.prices[job_id] - back - sum(amount for job, amount in self.refunds.values() if job == job_id)


def broken_rules(before: Snapshot, now: Snapshot, books: Books) -> list[str]:
    """Everything that must not be, in words; empty when all is well."""
    return [f"{rule}: {what}" for rule, check in RULES.items() for what in check(before, now, books)]


def _money(_before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    for account in now.accounts.values():
        total = 0
        for entry in now.entries:
            if entry["account_id"] == account["id"]:
                total += entry["amount"]
                if not entry["balance_after"] == total >= 0:
                    yield f"entry {entry['entry_key']} says {entry['balance_after']}, the sum is {total}"
        if total != account["balance"]:
            yield f"{account['name']} has {account['balance']}, the entries add up to {total}"
    balance, expected = now.accounts[books.account_id]["balance"], books.balance(now)
    if balance != expected:
        yield f"the balance is {balance}, not {expected}"


def _charges(_before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    if set(now.jobs) != set(books.prices):
        yield f"there are other jobs than those that were asked for: {set(now.jobs) ^ set(books.prices)}"
    by_job: dict[tuple[str, str], list[Row]] = {}
    for entry in now.entries:
        by_job.setdefault((entry["job_id"], entry["kind"]), []).append(entry)
    for job_id, job in now.jobs.items():
        charges = [-entry["amount"] for entry in by_job.get((job_id, "charge"), [])]
        if not charges == [job["credits_used"]] == [VARIANT_PRICE * len(now.of_job(job_id))]:
            yield f"job {job_id} of {len(now.of_job(job_id))} variants was charged {charges}"
        refunds = by_job.get((job_id, "refund"), [])
        returned = sum(entry["amount"] for entry in refunds)
        if not returned == job["credits_refunded"] <= job["credits_used"]:
            yield f"job {job_id}: {returned} returned, it says {job['credits_refunded']} of {job['credits_used']}"
        by_desk = sorted(entry["entry_key"] for entry in refunds if entry["reason"] == "system")
        due = sorted(f"return:{one['id']}" for one in now.of_job(job_id) if one["state"] in ("failed", "canceled"))
        if by_desk != due:
            yield f"job {job_id}: the desk returned {by_desk}, due was {due}"


def _terminal(before: Snapshot, now: Snapshot, _books: Books) -> Iterator[str]:
    for name, over in {"jobs": JOB_OVER, "variants": OVER}.items():
        after = getattr(now, name)
        for row_id, row in getattr(before, name).items():
            # Credits may still be given back on an ended job; nothing else of it changes.
            kept = {column: value for column, value in row.items() if column != "credits_refunded"}
            if row["state"] in over and kept.items() - after[row_id].items():
                yield f"{row_id} was {row['state']} and changed: {kept.items() - after[row_id].items()}"


def _jobs_agree(_before: Snapshot, now: Snapshot, _books: Books) -> Iterator[str]:
    for job_id, job in now.jobs.items():
        states = [variant["state"] for variant in now.of_job(job_id)]
        expected = "canceled" if "canceled" in states else "failed"
        if "succeeded" in states:
            expected = "completed" if set(states) == {"succeeded"} else "partial"
        allowed = (expected,) if all(state in OVER for state in states) else ("pending", "processing")
        if job["state"] not in allowed:
            yield f"job {job_id} is {job['state']}, its variants are {states}"


def _results(before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    for variant_id, variant in now.variants.items():
        was = before.variants.get(variant_id)
        if variant["state"] != "succeeded" or (was is not None and was["state"] == "succeeded"):
            continue
        digest = sha256(books.storage.get(variant["result_key"]))
        followed = now.of_variant(variant_id)[-1]["prediction_id"]
        if not digest == variant["result_sha256"] == sha256(books.pictures[followed]):
            yield f"variant {variant_id}: its file, its hash and the picture of {followed} are not the same"


def _owners(_before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    owners = Counter(attempt["prediction_id"] for attempt in now.attempts if attempt["prediction_id"] is not None)
    yield from (f"{prediction_id} has {count} owners" for prediction_id, count in owners.items() if count > 1)
    sold = {one: _order(prediction["input"]) for one, prediction in books.provider.predictions.items()}
    for attempt in now.attempts:
        if attempt["prediction_id"] is not None and sold[attempt["prediction_id"]] not in (
            None,
            _order(attempt["input"]),
        ):
            yield f"{attempt['prediction_id']} was ordered by another attempt than the one that owns it"
    looked_for = {_order(attempt["input"]) for attempt in now.attempts if attempt["status"] == "submitting"}
    looked_for |= books.given_up(now)
    for prediction_id, order in sold.items():
        # Whose it was can't be told any more once its input is erased.
        if prediction_id not in owners and order is not None and order not in looked_for:
            yield f"{prediction_id} was bought, and nobody owns it or looks for it"


def _purchases(_before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    buyers = {_order(attempt["input"]): attempt["variant_id"] for attempt in now.attempts}
    bought = Counter(buyers.get(_order(one["input"])) for one in books.provider.predictions.values() if one["input"])
    for variant_id, count in bought.items():
        if variant_id is None:
            yield f"{count} predictions were bought without any intent on record"
        elif count > (1 if now.variants[variant_id]["retried_at"] is None else 2):
            yield f"variant {variant_id} bought {count} predictions"


def _reasons(before: Snapshot, now: Snapshot, books: Books) -> Iterator[str]:
    for variant_id, variant in now.variants.items():
        was = before.variants.get(variant_id)
        if variant["state"] not in OVER or (was is not None and was["state"] == variant["state"]):
            continue
        attempts = now.of_variant(variant_id)
        ordered = [attempt["prediction_id"] for attempt in attempts]
        endings = [books.endings.get(one, "none") for one in ordered if one is not None]
        how = variant["error_code"] or variant["state"]
        is_right = REASONS[how](variant, attempts, endings, books)
        if not is_right:
            yield f"variant {variant_id} is {how}, its predictions ended so: {endings}"
    refused = sum(variant["error_code"] == "provider_refused" for variant in now.variants.values())
    if refused > books.refusals:
        yield f"{refused} variants were refused, the provider refused {books.refusals}"


def _failed_twice(variant: Row, _attempts: list[Row], endings: list[str], _books: Books) -> bool:
    """Its free retry is spent, and both predictions failed in a way that a new seed may mend."""
    return (
        variant["retried_at"] is not None
        and len(endings) == 2
        and endings[0] in CODES
        and CODES.get(endings[1]) == variant["error_code"]
    )


def _timed_out(variant: Row, attempts: list[Row], _endings: list[str], books: Books) -> bool:
    if attempts[-1]["status"] == "abandoned":
        limit = SILENCE if books.silences else FORGETTING
        return bool(variant["completed_at"] - attempts[-1]["created_at"] > limit)
    return bool(variant["completed_at"] >= variant["deadline_at"] - _TOLERANCE)


def _waited_long(variant: Row, _attempts: list[Row], _endings: list[str], _books: Books) -> bool:
    since = variant["retried_at"] or variant["created_at"]
    return bool(variant["completed_at"] - since > QUEUE_TIMEOUT)


Reason = Callable[[Row, list[Row], list[str], Books], bool]
# By error code, or by state where there is none: what must have happened for a variant to end so.
REASONS: Mapping[str, Reason] = {
    "succeeded": lambda _variant, _attempts, endings, _books: endings[-1] == "succeed",
    "canceled": lambda variant, _attempts, _endings, books: variant["job_id"] in books.cancel_asked,
    **dict.fromkeys(CODES.values(), _failed_twice),
    "prediction_canceled": lambda _variant, _attempts, endings, _books: endings[-1] in ("cancel", "abort"),
    "timed_out": _timed_out,
    "queue_timed_out": _waited_long,
    "output_expired": lambda _variant, attempts, _endings, books: attempts[-1]["prediction_id"] in books.lost_files,
    "provider_refused": lambda _variant, _attempts, _endings, books: books.refusals > 0,
}


def orphans(now: Snapshot, books: Books) -> set[str]:
    """The predictions that were bought by orders that were given up."""
    given_up = books.given_up(now)
    return {one for one, prediction in books.provider.predictions.items() if _order(prediction["input"]) in given_up}


def _order(inputs: Mapping[str, Any]) -> tuple[Any, ...] | None:
    return tuple(inputs[name] for name in _ORDER) if inputs else None


Rule = Callable[[Snapshot, Snapshot, Books], Iterator[str]]
RULES: Mapping[str, Rule] = {
    "money": _money,
    "charges and returns": _charges,
    "terminal states stay": _terminal,
    "a job agrees with its variants": _jobs_agree,
    "a success has its own stored result": _results,
    "each prediction has one owner": _owners,
    "nothing is bought twice": _purchases,
    "every ending has its reason": _reasons,
}
