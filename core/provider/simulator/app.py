"""What does the simulator's server run? The application with all routes of the API."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI

from core import clock as real_clock
from core.provider.simulator import (
    assembly,
    problems,
    routes_account,
    routes_delivery,
    routes_files,
    routes_introspection,
    routes_predictions,
)
from core.provider.simulator.config import SimulatorConfig
from core.provider.simulator.connections import Connections
from core.provider.simulator.pictures import Drawing


def build_app(
    config: SimulatorConfig,
    state_dir: Path,
    *,
    drawing: Drawing | None = None,
    clock: Callable[[], datetime] = real_clock.now,
    connections: Connections | None = None,
    port: int | None = None,
) -> FastAPI:
    """The simulator as an ASGI application; it works while its lifespan runs.

    Args:
        config: its switches.
        state_dir: the folder with everything that survives a restart; made if missing. One application at a time.
        drawing: makes the pictures; the simulator's own stager by default.
        clock: tells the time to everything but the rate limit.
        connections: the server's open connections, for breaking them off on purpose.
        port: where it listens, if that is known: webhooks of predictions from before a restart name it then.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts = assembly.running(
            config,
            state_dir,
            drawing=drawing,
            clock=clock,
            connections=connections or Connections(),
            port=port,
        )
        async with parts as app.state.simulator:
            yield

    app = FastAPI(title="Replicate simulator", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    problems.install(app)
    for routes in (routes_predictions, routes_files, routes_account, routes_delivery, routes_introspection):
        app.include_router(routes.router)
    return app
