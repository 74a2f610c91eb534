"""What does the server do besides pages? Routes and lifespan that `app.py` hands to Streamlit."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from core import errors, logs, runtime
from core import settings as core_settings
from core.analytics.warming import WarmUp
from core.api import health, metrics
from core.api.app import build_api, mounted
from core.runtime import Runtime
from core.settings import Settings
from core.worker import Worker

_log = logs.get(__name__)


class _Desk:
    """Everything that this process runs, stopped in reverse, also when something further on does not start."""

    def __init__(self, settings: Settings) -> None:
        with_worker = settings.role == "all"
        self._worker: Worker | None = None
        with ExitStack() as started:
            simulator = _start_simulator(settings) if settings.has_own_simulator and with_worker else None
            if simulator is not None:
                started.callback(simulator.stop)
            self.runtime = Runtime(settings, simulator_url=simulator.url if simulator else None)
            started.callback(self.runtime.close)
            self.runtime.migrate()
            if with_worker:
                self._worker = self._start_worker()
                started.callback(self._worker.stop)
            self.api = build_api(self.runtime)
            runtime.use(self.runtime)
            started.callback(runtime.use, None)
            self._running = started.pop_all()
        _log.info("desk started", env=settings.env, role=settings.role, demo=settings.is_demo)

    def checks(self) -> Mapping[str, bool]:
        """Which of the parts answer, by name."""
        return {"queue": self._worker is None or self._worker.is_alive(), **self.runtime.checks()}

    def stop(self) -> None:
        """Stop the worker, let go of the database, then stop the simulator."""
        self._running.close()
        _log.info("desk stopped")

    def _start_worker(self) -> Worker:
        worker = Worker(self.runtime.desk, queue=self.runtime.new_queue(), inbox=self.runtime.inbox)
        worker.start()
        return worker


class _Door:
    """What the routes lead to: they are laid before the server starts, and the desk is opened by its lifespan."""

    def __init__(self) -> None:
        self.desk: _Desk | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.desk is None:
            raise errors.ConfigurationError("The API was called before the server had started.")
        api: FastAPI = self.desk.api
        await api(scope, receive, send)

    def runtime(self) -> Runtime | None:
        return None if self.desk is None else self.desk.runtime

    def checks(self) -> Mapping[str, bool]:
        return {"started": False} if self.desk is None else self.desk.checks()


_door = _Door()


def routes() -> list[BaseRoute]:
    """The API at `/api`, the two questions that a supervisor asks, and what Prometheus reads."""
    return [mounted(_door), *health.routes(_door.checks), *metrics.routes(_door.runtime)]


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Start what this process is to do, by `STAGING_ROLE`, and stop it cleanly.

    1. Refuse unsafe production settings. 2. In a demo, start the simulator. 3. Migrate the database.
    4. Start the queue and the sweep (role `all`). 5. A while later, read what figures are made of.
    """
    settings = core_settings.read()
    logs.configure(as_json=settings.is_production)
    settings.require_startable()
    desk = _door.desk = await asyncio.to_thread(_Desk, settings)
    # For the pages: an API alone has columns read by whoever asks it for figures first.
    warm_up = WarmUp(lambda go_on: desk.runtime.figures().read_ahead(go_on))
    warm_up.start()
    try:
        yield {}
    finally:
        _door.desk = None
        await asyncio.to_thread(warm_up.stop)
        await asyncio.to_thread(desk.stop)


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
