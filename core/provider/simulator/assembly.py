"""What do the routes work with? The running parts of one simulator, put together and taken apart."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fastapi import Request

from core import logs
from core.provider.simulator import problems, webhooks
from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.connections import Connections
from core.provider.simulator.courier import Courier
from core.provider.simulator.engine import Engine
from core.provider.simulator.faults import Fault, FaultPlan
from core.provider.simulator.files import FileShelf
from core.provider.simulator.limits import TokenBucket
from core.provider.simulator.outbox import Outbox
from core.provider.simulator.pictures import Drawing
from core.provider.simulator.quality import Quality
from core.provider.simulator.sources import InputSources
from core.provider.simulator.store import Database, PredictionStore
from core.provider.simulator.studio import Studio

ACCOUNT = "simulator"
# The counters of faults that came true are called so, then the fault.
STRUCK = "fault "


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """Everything a request may need; `stopping` is set when held requests must end.

    `interrupted` has the predictions whose first download was broken off on purpose; a restart forgets them.
    `qualities` are those in force. `reads` counts the calls that change nothing, in memory, so that they cost no
    write either.
    """

    config: SimulatorConfig
    clock: Callable[[], datetime]
    database: Database
    engine: Engine
    store: PredictionStore
    outbox: Outbox
    courier: Courier
    files: FileShelf
    studio: Studio
    plan: FaultPlan
    bucket: TokenBucket
    connections: Connections
    webhook_secret: str
    stopping: asyncio.Event
    qualities: list[Quality]
    interrupted: set[str] = field(default_factory=set)
    reads: Counter[str] = field(default_factory=Counter)

    def count_struck(self, faults: frozenset[Fault]) -> None:
        """Count the faults that came true for one create."""
        for fault in faults:
            self.store.count(f"{STRUCK}{fault}")


@asynccontextmanager
async def running(
    config: SimulatorConfig,
    state_dir: Path,
    *,
    drawing: Drawing | None,
    clock: Callable[[], datetime],
    connections: Connections,
    port: int | None,
) -> AsyncIterator[Simulator]:
    """A simulator at work on its state folder, until the context ends."""
    simulator = _assemble(config, state_dir, drawing=drawing, clock=clock, connections=connections)
    if port is not None:
        simulator.store.move_to_port(port)
    simulator.files.delete_expired(now=clock())
    simulator.engine.resume()
    loops = [asyncio.create_task(simulator.engine.run()), asyncio.create_task(simulator.courier.run())]
    try:
        yield simulator
    finally:
        simulator.stopping.set()
        # Drawings under way are finished first and may still be kept: their news arrives through this event loop.
        await asyncio.to_thread(simulator.studio.close)
        await asyncio.sleep(0)
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await simulator.courier.close()
        simulator.database.close()


def _assemble(
    config: SimulatorConfig,
    state_dir: Path,
    *,
    drawing: Drawing | None,
    clock: Callable[[], datetime],
    connections: Connections,
) -> Simulator:
    state_dir.mkdir(parents=True, exist_ok=True)
    files_dir, outputs_dir = state_dir / "files", state_dir / "outputs"
    webhook_secret = _kept(state_dir / "webhook-secret", webhooks.new_secret)
    signing_key = _kept(state_dir / "files-key", secrets.token_hex).encode()
    database = Database(state_dir / "simulator.sqlite")
    store, outbox = PredictionStore(database), Outbox(database)
    sources = InputSources(files_dir=files_dir, outputs_dir=outputs_dir)
    studio = Studio(sources=sources, outputs_dir=outputs_dir, drawing=drawing)
    courier = Courier(outbox, secret=webhook_secret, clock=clock, counted=store.count)
    return Simulator(
        config=config,
        clock=clock,
        database=database,
        engine=Engine(
            config=config, database=database, store=store, outbox=outbox, courier=courier, studio=studio, clock=clock
        ),
        store=store,
        outbox=outbox,
        courier=courier,
        files=FileShelf(database, files_dir, signing_key=signing_key),
        studio=studio,
        plan=FaultPlan(config.faults, failure_rate=config.failure_rate, seed=config.seed),
        bucket=TokenBucket(per_minute=config.creates_per_minute, burst=config.create_burst),
        connections=connections,
        webhook_secret=webhook_secret,
        stopping=asyncio.Event(),
        qualities=list(config.qualities),
    )


def of(request: Request) -> Simulator:
    """The simulator that answers this request."""
    simulator: Simulator = request.app.state.simulator
    return simulator


def origin_of(request: Request) -> str:
    """Scheme and host as the client named them, so that every URL it is given works for it."""
    return f"{request.url.scheme}://{request.url.netloc}"


async def require_bearer(request: Request) -> None:
    """Let any token pass, and no request without one.

    Raises:
        Problem: 401.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in ("bearer", "token") or not token.strip():
        raise problems.unauthenticated()


def _kept(path: Path, make: Callable[[], str]) -> str:
    """A secret that is made once and then stays in the state folder, out of every log."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(make())
    value = path.read_text().strip()
    logs.protect(value)
    return value
