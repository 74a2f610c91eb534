"""How is the API put together? One FastAPI application, mounted at `/api`."""

import re

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from core.api import error_handlers, health, metrics
from core.api.document import DescribedApi, problems
from core.api.limits import RequestLimits
from core.api.routes import (
    accounts,
    analytics,
    experiments,
    files,
    jobs,
    listings,
    models,
    provider,
    refunds,
    stage,
    sync,
    webhooks,
)
from core.runtime import Runtime

# What any call with a key may answer; the routes themselves name the rest.
_WITH_KEY = problems(401, 403, 404, 422)


def build_api(runtime: Runtime) -> FastAPI:
    """The API over this runtime, with paths as they stand below `/api`."""
    api = DescribedApi(title="Staging Desk", version="1", docs_url=None, redoc_url=None)
    api.state.runtime = runtime
    error_handlers.install(api)
    api.add_middleware(RequestLimits)
    for room in (stage, listings, jobs, refunds, sync, provider, accounts, models, analytics, experiments, files):
        api.include_router(room.router, responses=_WITH_KEY)
    api.include_router(webhooks.router)
    return api


def mounted(application: ASGIApp) -> Mount:
    """The application at `/api`, every path below it, so that no refusal there is anybody else's."""
    mount = Mount("/api", app=application)
    # Otherwise a line break in a path, sent as %0A, would lead past it.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def build_alone(runtime: Runtime) -> Starlette:
    """The API as an application of its own, at `/api` beside its health checks and metrics."""
    beside = [*health.routes(runtime.checks), *metrics.routes(lambda: runtime)]
    return Starlette(routes=[mounted(build_api(runtime)), *beside])
