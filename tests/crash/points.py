"""Where can the desk die? Every commit and every call to the provider or the storage, and when each is reached."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.crash import scenarios
from tests.crash.scenarios import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One place to be killed at: on which hit of which name, in which scenario, on which database."""

    name: str
    hit: int
    scenario: Scenario
    database: str = "sqlite"

    @property
    def is_slow(self) -> bool:
        """Whether an order that never left, or whose refusal was forgotten, is first looked for at the provider."""
        return any(self.name.startswith(name) for name in _SLOW)

    def __str__(self) -> str:
        hit = f" ({self.hit})" if self.hit > 1 else ""
        return f"{self.scenario.name}: {self.name}{hit}, {self.database}"

    @property
    def surroundings(self) -> tuple[object, ...]:
        """Points where this is the same can follow each other in one desk's life."""
        return (self.database, *self.scenario.surroundings)


_SLOW = (
    "jobs.creation.create_prediction/begin_attempt:after-commit",
    "jobs.creation._ask/block+postpone:before-commit",
    "jobs.creation._ask/begin+postpone",
    "jobs.creation._ask/postpone:before-commit",
    "jobs.creation._ask/refuse:before-commit",
    "jobs.creation.create_prediction/begin+wait_in_queue:",
    "provider.create:before",
)

# A block is named as `blocks` names it; each row says in which scenario it is reached, and on which hits to kill.
BLOCKS: tuple[tuple[str, Scenario, tuple[int, ...]], ...] = (
    ("credits.service.welcome", scenarios.FIRST_START, (1,)),
    ("jobs.cancellation.cancel_job", scenarios.CANCELED, (1,)),
    ("jobs.creation._ask/begin+postpone", scenarios.NO_FUNDS, (1,)),
    ("jobs.creation._ask/block+postpone", scenarios.THROTTLED, (1,)),
    ("jobs.creation._ask/note_call_ended", scenarios.LOST_ANSWERS, (1,)),
    ("jobs.creation._ask/postpone", scenarios.UNREACHABLE, (1,)),
    ("jobs.creation._ask/refuse", scenarios.ORDER_REFUSED, (1,)),
    ("jobs.creation._hand_over_photo", scenarios.PLAIN, (1,)),
    ("jobs.creation._is_held_back", scenarios.NO_FUNDS_FOR_MANY, (1,)),
    ("jobs.creation._postpone_after_standstill", scenarios.SUSPENDED, (1,)),
    ("jobs.creation.create_prediction/begin+wait_in_queue", scenarios.NO_UPLOADS, (1,)),
    ("jobs.creation.create_prediction/begin_attempt", scenarios.PLAIN, (1, 2)),
    ("jobs.creation.create_prediction/begin_attempt", scenarios.LAGGING_LIST, (1,)),
    ("jobs.creation.create_prediction/end_without_result", scenarios.UPLOAD_REFUSED, (1,)),
    ("jobs.creation.create_prediction/wait_in_queue", scenarios.UPLOAD_AWAY, (1,)),
    ("jobs.creation.record", scenarios.PLAIN, (1, 2)),
    ("jobs.creation.record", scenarios.LAGGING_LIST, (1,)),
    ("jobs.creation.record", scenarios.LOST_ANSWERS, (1,)),
    ("jobs.creation.record", scenarios.WEBHOOKS, (1,)),
    ("jobs.dispatch.release", scenarios.PLAIN, (1,)),
    ("jobs.manual_retry.retry_job", scenarios.RETRIED, (1,)),
    ("jobs.pause.end_if_token_is_valid/claim_trial", scenarios.TOKEN_LOST, (1,)),
    ("jobs.pause.end_if_token_is_valid/end", scenarios.TOKEN_LOST, (1,)),
    ("jobs.orders.buy", scenarios.PLAIN, (1,)),
    ("jobs.settlement.claim", scenarios.PLAIN, (1,)),
    ("jobs.settlement.give_up_claim", scenarios.DOWNLOAD_AWAY, (1,)),
    ("jobs.settlement.renew_claims", scenarios.SLOW_DOWNLOAD, (1,)),
    ("jobs.sweep._claim_due", scenarios.PLAIN, (1,)),
    ("jobs.sweep._claim_submitting", scenarios.LOST_ANSWERS, (1,)),
    ("jobs.sweep._note_begun", scenarios.MANY, (1,)),
    ("jobs.pause.begin_unless_paused", scenarios.TOKEN_LOST, (1,)),
    # The first looks find nothing and wait; a later one gives the order up.
    ("jobs.sweep._resolve", scenarios.NOT_TAKEN, (1, 11)),
    ("jobs.sweep._end_queued", scenarios.WAITED_TOO_LONG, (1, 2)),
    ("jobs.sync._fetch_and_keep", scenarios.PLAIN, (1, 2)),
    ("jobs.sync._fetch_and_keep", scenarios.WEBHOOKS, (2,)),
    ("jobs.sync.apply", scenarios.UNHURRIED, (1,)),
    # The first two send the variants back for their free retry, the next two end them.
    ("jobs.sync.end_without_result", scenarios.FAILING, (1, 3, 4)),
    ("jobs.sync.end_without_result", scenarios.FAILING_FOR_A_WHILE, (2,)),
    ("webhooks.inbox._close_together", scenarios.WEBHOOKS, (1,)),
    ("webhooks.inbox._keep", scenarios.WEBHOOKS, (1,)),
)

# Calls that leave the process. After: the answer has arrived, and nothing of it is written.
CALLS: tuple[tuple[str, Scenario, tuple[int, ...]], ...] = (
    ("provider.upload", scenarios.PLAIN, (1,)),
    ("provider.create", scenarios.PLAIN, (1, 2)),
    ("provider.create", scenarios.LAGGING_LIST, (1,)),
    ("provider.create", scenarios.WEBHOOKS, (1,)),
    ("provider.create", scenarios.FAILING_FOR_A_WHILE, (3,)),
    ("provider.get", scenarios.PLAIN, (1,)),
    ("provider.list_pages", scenarios.LOST_ANSWERS, (1,)),
    ("provider.list_pages", scenarios.MANY, (1,)),
    ("provider.cancel", scenarios.CANCELED, (1,)),
    ("provider.cancel", scenarios.SILENT, (1,)),
    ("provider.download", scenarios.PLAIN, (1, 2)),
    ("provider.webhook_secrets", scenarios.FIRST_NEWS, (1,)),
    # The first three puts of a job are its photo's files, the next its results'.
    ("storage.put", scenarios.PLAIN, (1, 4)),
)

_ASKED_AGAIN = "all that a person asked for in one transaction, which they ask for again"

# Transactions that no job hangs on, so that dying in them loses nothing but themselves.
EXCEPTIONS: dict[str, str] = {
    "jobs.pause.try_at_once": "it is the first thing a server does, before there is one to be killed at work",
    "api.deps.get_optional_actor": "notes when a key was last used",
    "cli.create_api_key": "a command of its own, repeated by who gave it",
    "auth.api_keys.create_key": _ASKED_AGAIN,
    "auth.api_keys.revoke_key": _ASKED_AGAIN,
    "auth.audit.note_export": _ASKED_AGAIN,
    "auth.users._note_sign_in": _ASKED_AGAIN,
    "auth.users.appoint": _ASKED_AGAIN,
    "auth.users.invite": _ASKED_AGAIN,
    "auth.users.set_role": _ASKED_AGAIN,
    "auth.users.sign_out": _ASKED_AGAIN,
    "credits.limits.set_refund_limit": _ASKED_AGAIN,
    "credits.terms.set_terms": _ASKED_AGAIN,
    "credits.service._move_once": _ASKED_AGAIN,
    "jobs.experiment_desk.define": _ASKED_AGAIN,
    "jobs.experiment_desk.discard": _ASKED_AGAIN,
    "jobs.experiment_desk.start": _ASKED_AGAIN,
    "jobs.experiment_desk.stop": _ASKED_AGAIN,
    "jobs.model_settings.change": _ASKED_AGAIN,
    "jobs.favorites.choose": _ASKED_AGAIN,
    "jobs.favorites.rate": _ASKED_AGAIN,
    "jobs.refunds.approve": _ASKED_AGAIN,
    "jobs.refunds.decline": _ASKED_AGAIN,
    "jobs.refunds.refund_job": _ASKED_AGAIN,
    "jobs.demo_history.history.write": "opens the accounts of a made-up history, with nothing in them",
    "jobs.demo_history.history._write_chunk": "a part of a made-up history that adds up in itself",
    "listings.service._add": "one photo; those before it stay, and sending all again adds the others",
    "listings.service.change_photos": _ASKED_AGAIN,
    "listings.service.open_listing": _ASKED_AGAIN,
    "listings.service.change": _ASKED_AGAIN,
    "webhooks.inbox.forget_applied": "once an hour, deletes what was applied a week before",
}

# Later hits of a name that was hit before, and what another point covers: on demand.
_ON_DEMAND = {
    ("jobs.creation.create_prediction/begin_attempt", 2),
    ("jobs.creation.record", 2),
    ("jobs.sweep._resolve", 11),
    ("jobs.sweep._end_queued", 2),
    ("jobs.sync.end_without_result", 3),
    ("provider.create", 2),
    ("provider.download", 2),
}

# What is repeated on PostgreSQL: ordering, writing down what was bought, and settling.
_POSTGRES_NAMES = ("create_prediction/begin_attempt", "creation.record", "sync._fetch_and_keep", "provider.create")


def all_points(database: str) -> list[Point]:
    """Every point of both tables."""
    found = [*_of(BLOCKS, ("before-commit", "after-commit")), *_of(CALLS, ("before", "after"))]
    return [replace(point, database=database) for point in found]


def quick_points() -> list[Point]:
    """The points of every run: each name in each scenario on SQLite, and what matters most on PostgreSQL."""
    return [*filter(_is_quick, all_points("sqlite")), *filter(_is_repeated, all_points("postgres"))]


def _is_quick(point: Point) -> bool:
    return (point.name.rpartition(":")[0], point.hit) not in _ON_DEMAND


def _is_repeated(point: Point) -> bool:
    named = any(name in point.name for name in _POSTGRES_NAMES)
    return point.scenario is scenarios.PLAIN and point.hit == 1 and named


def _of(table: tuple[tuple[str, Scenario, tuple[int, ...]], ...], sides: tuple[str, str]) -> Iterator[Point]:
    for name, scenario, hits in table:
        for hit in hits:
            for side in sides:
                yield Point(name=f"{name}:{side}", hit=hit, scenario=scenario)
