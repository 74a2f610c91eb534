"""How are errors told to programs? As problem documents (RFC 9457) with a stable code."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from core import errors, logs

MEDIA_TYPE = "application/problem+json"
_BY_STATUS: dict[int, type[errors.StagingError]] = {404: errors.NotFound, 405: errors.MethodNotAllowed}
_log = logs.get(__name__)


def install(api: FastAPI) -> None:
    """Answer every error of the application as a problem."""
    api.add_exception_handler(errors.StagingError, _on_staging_error)
    api.add_exception_handler(RequestValidationError, _on_invalid_request)
    api.add_exception_handler(HTTPException, _on_http_error)
    api.add_exception_handler(DataError, _on_impossible_text)
    api.add_exception_handler(Exception, _on_unexpected)


def problem(
    error: errors.StagingError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The answer for an error, with these headers besides."""
    status = status or error.http_status
    headers = {**(headers or {}), **({"WWW-Authenticate": "Bearer"} if status == 401 else {})}
    content = {
        "type": f"urn:staging-desk:error:{error.code}",
        "title": error.title,
        "status": status,
        "detail": error.message,
        "code": error.code,
    }
    return JSONResponse(content, status_code=status, media_type=MEDIA_TYPE, headers=headers)


async def _on_staging_error(_request: Request, error: Exception) -> JSONResponse:
    return problem(error if isinstance(error, errors.StagingError) else errors.StagingError())


async def _on_invalid_request(_request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    # The value itself is left out: it may be large, or a secret in the wrong field.
    words = "; ".join(f"{'.'.join(str(part) for part in item['loc'][1:])}: {item['msg']}" for item in found)
    return problem(errors.ValidationFailed(f"{words}. Nothing was changed." if words else None))


async def _on_http_error(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = _BY_STATUS.get(status, errors.ValidationFailed if status < 500 else errors.StagingError)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return problem(kind(), status=status, headers=headers)


def _allowed(request: Request) -> set[str]:
    """The methods that the path takes, of all routes: the router itself tells those of the first that matches."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return {
        method
        for context in iter_route_contexts(request.app.routes)
        if context.path and compile_path(context.path)[0].match(path)
        for method in context.methods or ()
    }


async def _on_impossible_text(request: Request, _error: Exception) -> JSONResponse:
    # PostgreSQL keeps no zero characters in texts, not even to look for them.
    _log.warning("request holds what the database can't take", path=request.url.path)
    message = "Something in this request holds characters that no name or text of ours has. Nothing was changed."
    return problem(errors.ValidationFailed(message))


async def _on_unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("request failed", path=request.url.path, exc_info=error)
    return problem(errors.StagingError())
