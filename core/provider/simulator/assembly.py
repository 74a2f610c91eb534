"""What do the routes work with? The running parts of one simulator, put together and taken apart."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fastapi import Request

from core import logs
from core.provider.simulator import problems, webhooks
from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.connections import Connections
from core.provider.simulator.courier import Courier
from core.provider.simulator.engine import Engine
from core.provider.simulator.faults import FaultPlan
from core.provider.simulator.files import FileShelf
from core.provider.simulator.limits import TokenBucket
from core.provider.simulator.outbox import Outbox
from core.provider.simulator.pictures import Drawing
from core.provider.simulator.sources import InputSources
from core.provider.simulator.store import Database, PredictionStore
from core.provider.simulator.studio import Studio

ACCOUNT = "simulator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """Everything a request may need; `stopping` is set when held requests must end."""

    config: SimulatorConfig
    clock: Callable[[], datetime]
    engine: Engine
    store: PredictionStore
    outbox: Outbox
    files: FileShelf
    studio: Studio
    plan: FaultPlan
    bucket: TokenBucket
    connections: Connections
    webhook_secret: str
    stopping: asyncio.Event


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
    state_dir.mkdir(parents=True, exist_ok=True)
    database = Database(state_dir / "simulator.sqlite")
    store, outbox = PredictionStore(database), Outbox(database)
    webhook_secret = _kept(state_dir / "webhook-secret", webhooks.new_secret)
    files = FileShelf(
        database, state_dir / "files", signing_key=_kept(state_dir / "files-key", secrets.token_hex).encode()
    )
    outputs_dir = state_dir / "outputs"
    sources = InputSources(files_dir=state_dir / "files", outputs_dir=outputs_dir)
    studio = Studio(sources=sources, outputs_dir=outputs_dir, drawing=drawing)
    courier = Courier(outbox, secret=webhook_secret, clock=clock, counted=store.count)
    engine = Engine(
        config=config, database=database, store=store, outbox=outbox, courier=courier, studio=studio, clock=clock
    )
    if port is not None:
        store.move_to_port(port)
    files.delete_expired(now=clock())
    engine.resume()
    loops = [asyncio.create_task(engine.run()), asyncio.create_task(courier.run())]
    stopping = asyncio.Event()
    try:
        yield Simulator(
            config=config,
            clock=clock,
            engine=engine,
            store=store,
            outbox=outbox,
            files=files,
            studio=studio,
            plan=FaultPlan(config.faults, failure_rate=config.failure_rate, seed=config.seed),
            bucket=TokenBucket(per_minute=config.creates_per_minute, burst=config.create_burst),
            connections=connections,
            webhook_secret=webhook_secret,
            stopping=stopping,
        )
    finally:
        stopping.set()
        await _stop(loops, courier=courier, studio=studio, database=database)


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


async def _stop(loops: list[asyncio.Task[None]], *, courier: Courier, studio: Studio, database: Database) -> None:
    # Drawings under way are finished first and may still be kept: their news arrives through this event loop.
    await asyncio.to_thread(studio.close)
    await asyncio.sleep(0)
    for loop in loops:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop
    await courier.close()
    database.close()


def _kept(path: Path, make: Callable[[], str]) -> str:
    """A secret that is made once and then stays in the state folder, out of every log."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(make())
    value = path.read_text().strip()
    logs.protect(value)
    return value
