"""How is the API put together? One FastAPI application, mounted at `/api`."""

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from core.api import error_handlers, health, metrics
from core.api.limits import RequestLimits
from core.api.routes import accounts, files, jobs, provider, stage, sync, webhooks
from core.api.schemas import Problem
from core.runtime import Runtime

_PROBLEMS = {
    status: {"model": Problem, "description": description, "content": {"application/problem+json": {}}}
    for status, description in {
        401: "The key is missing, unknown or revoked",
        403: "The role does not allow this",
        404: "There is no such thing, or it belongs to another account",
        422: "Something is missing or malformed; nothing was changed",
    }.items()
}


def build_api(runtime: Runtime) -> FastAPI:
    """The API over this runtime, with paths as they stand below `/api`."""
    api = FastAPI(title="Staging Desk", version="1", responses=_PROBLEMS, docs_url=None, redoc_url=None)  # type: ignore[arg-type]
    api.state.runtime = runtime
    error_handlers.install(api)
    api.add_middleware(RequestLimits)
    for room in (stage, jobs, sync, provider, accounts, files, webhooks):
        api.include_router(room.router)
    return api


def build_alone(runtime: Runtime) -> Starlette:
    """The API as an application of its own, at `/api` beside its health checks and metrics."""
    beside = [*health.routes(runtime.checks), *metrics.routes(lambda: runtime)]
    return Starlette(routes=[Mount("/api", app=build_api(runtime)), *beside])
