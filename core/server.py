"""What does the server do besides pages? Routes and lifespan that `app.py` hands to Streamlit."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from core import errors, logs, runtime
from core.api.app import build_api
from core.runtime import Runtime
from core.settings import Settings
from core.worker import Worker

_log = logs.get(__name__)


class _Api:
    """The API of the runtime that is current: it is built when the server starts, after the routes are laid."""

    def __init__(self) -> None:
        self.built: FastAPI | None = None
        self.parts: _Parts | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.built is None:
            raise errors.ConfigurationError("The API was called before the server had started.")
        await self.built(scope, receive, send)


_api = _Api()


def routes() -> list[BaseRoute]:
    """The API at `/api`, and the two questions that a supervisor asks."""
    return [Mount("/api", app=_api), Route("/healthz", _healthz), Route("/readyz", _readyz)]


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Start what this process is to do, by `STAGING_ROLE`, and stop it cleanly.

    1. Refuse unsafe production settings. 2. In a demo, start the simulator. 3. Migrate the database.
    4. Start the queue and the sweep (role `all`).
    """
    async with _running(with_worker=Settings().role == "all"):
        yield {}


def api_application() -> Starlette:
    """The API with its health checks, as an application of its own; the work is done by worker processes."""

    @asynccontextmanager
    async def api_lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with _running(with_worker=False):
            yield

    return Starlette(routes=routes(), lifespan=api_lifespan)


def run_worker() -> None:
    """Run the queue and the sweep in the foreground until SIGINT or SIGTERM."""
    ended = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: ended.set())
    parts = _Parts(_prepared_settings(), with_worker=True)
    ended.wait()
    parts.stop()


@asynccontextmanager
async def _running(*, with_worker: bool) -> AsyncIterator[None]:
    parts = await asyncio.to_thread(_Parts, _prepared_settings(), with_worker=with_worker)
    try:
        yield
    finally:
        await asyncio.to_thread(parts.stop)


def _prepared_settings() -> Settings:
    settings = Settings()
    logs.configure(as_json=settings.is_production)
    settings.require_startable()
    return settings


class _Parts:
    """Everything that was started, so that it can be stopped in reverse."""

    def __init__(self, settings: Settings, *, with_worker: bool) -> None:
        self.simulator = _start_simulator(settings) if settings.has_own_simulator and with_worker else None
        self.runtime = Runtime(settings, simulator_url=self.simulator.url if self.simulator else None)
        self.runtime.migrate()
        self.worker: Worker | None = None
        if with_worker:
            self.worker = Worker(self.runtime.desk, queue=self.runtime.new_queue(), inbox=self.runtime.inbox)
            self.worker.start()
        _api.built = build_api(self.runtime)
        _api.parts = self
        runtime.use(self.runtime)
        _log.info("desk started", env=settings.env, role=settings.role, demo=settings.is_demo)

    def stop(self) -> None:
        """Stop the worker, then the simulator, then let go of the database."""
        runtime.use(None)
        _api.parts = None
        if self.worker is not None:
            self.worker.stop()
        if self.simulator is not None:
            self.simulator.stop()
        self.runtime.close()
        _log.info("desk stopped")


def _start_simulator(settings: Settings) -> Any:
    # Only a demo pays for importing what the simulator draws with.
    from core.provider.simulator.config import SimulatorConfig
    from core.provider.simulator.server import SimulatorServer

    config = SimulatorConfig(
        seconds=settings.simulator_seconds,
        creates_per_minute=settings.creates_per_minute,
        create_burst=settings.create_burst,
        allow_http_webhooks=settings.allow_http_webhooks,
    )
    server = SimulatorServer(config, state_dir=runtime.simulator_dir(settings))
    server.start()
    return server


async def _healthz(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


async def _readyz(_request: Request) -> JSONResponse:
    checks = await asyncio.to_thread(_check_parts)
    ready = all(checks.values())
    return JSONResponse(
        {"status": "ready" if ready else "not ready", "checks": checks}, status_code=200 if ready else 503
    )


def _check_parts() -> dict[str, bool]:
    parts = _api.parts
    if parts is None:
        return {"started": False}
    current = parts.runtime
    return {
        "queue": parts.worker is None or parts.worker.is_alive(),
        "database": current.database.is_reachable(),
        "storage": current.storage.is_reachable(),
        "provider": current.provider.is_reachable(),
    }
