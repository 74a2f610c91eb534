"""What must be going on for a point to be reached? One row for each kind of trouble, and what must come of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import sqlalchemy as sa

from core.db.session import Database
from core.jobs.provider_list import GET_LIMIT
from core.models import QueuePause, Variant
from tests.crash.processes import poll

if TYPE_CHECKING:
    from tests.crash.lane import Lane

QUICK = ("--seconds", "0.6", "--creates-per-minute", "0")
_CREATE = {"method": "POST", "path": "/v1/models/.*/predictions"}
_UPLOAD = {"method": "POST", "path": "/v1/files"}
_READ = {"method": "GET", "path": "/v1/predictions/.*"}
_DOWNLOAD = {"method": "GET", "path": "/delivery/.*"}
_SOON_SECONDS = 60.0
# An order that never left is looked for in the list for about a minute before anything is bought anew.
_FINISH_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """Faults and settings, and the end that every job must come to.

    Attributes:
        switches: the simulator's.
        faults: the simulator's rates by name, until the desk was killed, or for good with `lasting`.
        gateway: rules before the simulator, for as long.
        variables: settings of the desk.
        stall: a point where the machine stands still for some seconds, once.
        jobs: how many photos are staged, one after the other.
        meanwhile: what a person or the night does once they are staged.
        afterwards: what the person does again after the restart; the jobs that come of it.
        at_start: the point is reached while the server starts on an empty database.
        once: the point is reached once in a server's life, so each kill has a desk of its own.
        ends: the states a job may end in.
        begin_within_seconds: how soon work must be seen to go on after the restart.
    """

    name: str
    switches: tuple[str, ...] = QUICK
    faults: Mapping[str, float] = field(default_factory=dict)
    gateway: tuple[Mapping[str, Any], ...] = ()
    lasting: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    with_webhooks: bool = False
    stall: tuple[str, float] | None = None
    jobs: int = 1
    meanwhile: "Callable[[Lane, list[str]], None] | None" = None
    afterwards: "Callable[[Lane, list[str]], list[str]] | None" = None
    at_start: bool = False
    once: bool = False
    ends: tuple[str, ...] = ("completed",)
    begin_within_seconds: float = 5.0
    die_within_seconds: float = 60.0
    finish_within_seconds: float = _FINISH_SECONDS

    @property
    def surroundings(self) -> tuple[object, ...]:
        """What can't be changed while the simulator and the desk run; scenarios that share it can share a desk."""
        return (self.switches, tuple(self.variables.items()), self.with_webhooks, self.name if self.once else "")


def _cancel(lane: "Lane", job_ids: list[str]) -> None:
    """Somebody cancels what runs, and may get no answer."""
    states = ("running", None)
    what = "a running variant"
    poll(lambda: states in lane.books.variant_states(job_ids), within_seconds=_SOON_SECONDS, what=what)
    with suppress(httpx.TransportError):
        for job_id in job_ids:
            lane.desk.cancel(job_id)


def _cancel_again(lane: "Lane", job_ids: list[str]) -> list[str]:
    for job_id in job_ids:
        lane.desk.cancel(job_id)
    return []


def _retry(lane: "Lane", job_ids: list[str]) -> None:
    """Once the jobs have failed, and the trouble is over, somebody tries them again, and may get no answer."""
    poll(lambda: lane.books.unfinished() == 0, within_seconds=_SOON_SECONDS, what="the failure")
    lane.simulator.faults({})
    with suppress(httpx.TransportError):
        for job_id in job_ids:
            lane.desk.retry(job_id, key=f"retry of {job_id}")


def _retry_again(lane: "Lane", job_ids: list[str]) -> list[str]:
    return [lane.desk.retry(job_id, key=f"retry of {job_id}") for job_id in job_ids]


def _let_them_wait_too_long(lane: "Lane", job_ids: list[str]) -> None:
    """Half an hour passes for these queued variants."""
    long_ago = datetime.now(UTC) - timedelta(minutes=31)
    _change(lane, sa.update(Variant).where(Variant.job_id.in_(job_ids)).values(created_at=long_ago))


def _let_all_be_due_at_once(lane: "Lane", job_ids: list[str]) -> None:
    """So that one round looks at all of them, as after a longer pause, until the desk is dead.

    Nobody looks at one before enough of them run: what is looked at alone is not looked at with the others.
    """
    running = sa.and_(Variant.job_id.in_(job_ids), Variant.state == "running")

    def make_due(at: datetime) -> None:
        _change(lane, sa.update(Variant).where(running).values(next_due_at=at))

    def died_of_being_due() -> bool:
        states = [state for state, _ in lane.books.variant_states(job_ids)]
        many_run = states.count("running") > GET_LIMIT
        make_due(datetime.now(UTC) + timedelta(minutes=0 if many_run else 1))
        return lane.desk.ended_with() is not None

    poll(died_of_being_due, within_seconds=_SOON_SECONDS, what="death while many run")


def _let_pauses_be_short(lane: "Lane", _job_ids: list[str]) -> None:
    """The half minute until the token is tried again passes at once, until the desk is dead."""

    def shortened() -> bool:
        _change(lane, sa.update(QueuePause).values(next_try_at=datetime.now(UTC) - timedelta(seconds=1)))
        return lane.desk.ended_with() is not None

    poll(shortened, within_seconds=_SOON_SECONDS, what="death after a pause")


def _take_the_provider_away(lane: "Lane", _job_ids: list[str]) -> None:
    """After the photo was handed over, and an order was throttled, nobody listens any more."""

    def ordered() -> bool:
        return any(call["path"].endswith("/predictions") for call in lane.simulator.requests(since=lane.began_at))

    poll(ordered, within_seconds=_SOON_SECONDS, what="an order")
    lane.simulator.stop()


def _change(lane: "Lane", statement: sa.Update) -> None:
    database = Database(lane.desk.database_url)
    with database.write() as session:
        session.execute(statement)
    database.close()


_UNHURRIED = ("--seconds", "3", "--creates-per-minute", "0")

PLAIN = Scenario(name="plain")
# Time enough for a look while the prediction runs, however busy the machine is.
UNHURRIED = Scenario(name="unhurried", switches=_UNHURRIED)
WEBHOOKS = Scenario(name="webhooks", with_webhooks=True)
FIRST_NEWS = Scenario(name="first webhook", with_webhooks=True, once=True)
FIRST_START = Scenario(name="first start", at_start=True, once=True)
MANY = Scenario(
    name="many at once",
    # Time enough for them to run together, however busy the machine is.
    switches=("--seconds", "12", "--creates-per-minute", "0"),
    jobs=6,
    meanwhile=_let_all_be_due_at_once,
)
LAGGING_LIST = Scenario(name="lagging list", switches=(*QUICK, "--list-lag", "5"))
THROTTLED = Scenario(
    name="throttled", switches=("--seconds", "0.6", "--creates-per-minute", "60", "--create-burst", "1")
)
LOST_ANSWERS = Scenario(name="lost answers", faults={"reset-after-accept": 1})
NOT_TAKEN = Scenario(name="orders not taken", faults={"server-error": 1})
UNREACHABLE = Scenario(name="unreachable", faults={"throttle": 1}, meanwhile=_take_the_provider_away)
# While the provider takes no orders at all, the next one is tried half a minute later, restart or not.
NO_FUNDS = Scenario(name="no funds", faults={"payment": 1})
NO_FUNDS_FOR_MANY = Scenario(name="no funds for many", faults={"payment": 1}, jobs=6)
NO_UPLOADS = Scenario(name="token not accepted", gateway=({**_UPLOAD, "status": 401},))
TOKEN_LOST = Scenario(name="token withdrawn", gateway=({**_READ, "status": 401},), meanwhile=_let_pauses_be_short)
ORDER_REFUSED = Scenario(name="order refused", gateway=({**_CREATE, "status": 422},), lasting=True, ends=("failed",))
UPLOAD_AWAY = Scenario(name="upload not possible", gateway=({**_UPLOAD, "status": 503},))
UPLOAD_REFUSED = Scenario(
    name="upload refused", gateway=({**_UPLOAD, "status": 422},), lasting=True, ends=("failed",)
)
WAITED_TOO_LONG = Scenario(
    name="waited too long",
    gateway=({**_UPLOAD, "status": 503},),
    lasting=True,
    meanwhile=_let_them_wait_too_long,
    ends=("failed",),
)
SLOW_DOWNLOAD = Scenario(name="slow download", faults={"output-slow": 1})
SUSPENDED = Scenario(name="suspended", stall=("jobs.creation.create_prediction/begin_attempt:after-commit", 11.0))
DOWNLOAD_AWAY = Scenario(name="download not possible", gateway=({**_DOWNLOAD, "status": 503},))
FAILING = Scenario(name="model fails", faults={"failure": 1}, lasting=True, ends=("failed",))
# Once the desk is dead the model is well again; what was ordered before that may still fail for good.
FAILING_FOR_A_WHILE = Scenario(
    name="model fails for a while", faults={"failure": 1}, ends=("completed", "partial", "failed")
)
RETRIED = Scenario(
    name="retried",
    faults={"failure": 1},
    meanwhile=_retry,
    afterwards=_retry_again,
    ends=("failed", "completed"),
)
CANCELED = Scenario(
    name="canceled",
    switches=_UNHURRIED,
    meanwhile=_cancel,
    afterwards=_cancel_again,
    ends=("canceled", "partial", "completed"),
)
SILENT = Scenario(
    name="never finished",
    faults={"hang": 1, "deadline-ignored": 1},
    lasting=True,
    variables={"STAGING_JOB_TIMEOUT_SECONDS": "5"},
    ends=("failed",),
)
