"""How does the API say no? Problem documents with a title, a detail and a status."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, TypedDict

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from core.provider.simulator.json_answer import JsonAnswer

_TITLES = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    413: "Content too large",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
}


class InvalidField(TypedDict):
    """One field that was refused: the rule it broke, its path, and the reason in words."""

    type: str
    field: str
    description: str


class Problem(Exception):
    """An answer that refuses the request."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {"title": title or _TITLES.get(status, "Error"), "detail": detail, "status": status}
        self.body |= extra or {}
        self.headers = dict(headers or {})

    def response(self) -> JsonAnswer:
        """The problem document as an answer."""
        return JsonAnswer(
            self.body, status_code=self.status, headers=self.headers, media_type="application/problem+json"
        )


def unauthenticated() -> Problem:
    """No token came with the request."""
    return Problem(401, "You did not pass an authentication token.", title="Unauthenticated")


def not_found(detail: str = "The requested resource could not be found.") -> Problem:
    """There is nothing of that name."""
    return Problem(404, detail)


def invalid(fields: Sequence[InvalidField], *, title: str = "Input validation failed") -> Problem:
    """Some fields break the rules."""
    detail = "".join(f"- {item['field']}: {item['description']}\n" for item in fields)
    return Problem(422, detail, title=title, extra={"invalid_fields": list(fields)})


def payment_required() -> Problem:
    """The account has no money left."""
    detail = "You have insufficient credit to run this model. Purchase credit, then try again."
    return Problem(402, detail, title="Insufficient credit")


Place = Literal["header", "json", "text"]


def throttled(
    wait_seconds: float, headers: Mapping[str, str], *, told_in: Collection[Place] = ("header", "json", "text")
) -> Problem:
    """Too many creates: the wait is told in all three places where clients look for it, or in some of them only."""
    wait = max(1, math.ceil(wait_seconds))
    told = f" Your rate limit resets in ~{wait}s." if "text" in told_in else ""
    return Problem(
        429,
        f"Request was throttled.{told}",
        title="Too many requests",
        extra={"retry_after": wait} if "json" in told_in else {},
        headers={**({"Retry-After": str(wait)} if "header" in told_in else {}), **headers},
    )


def install(app: FastAPI) -> None:
    """Make every error of the application, its own and the framework's, a problem document."""

    @app.exception_handler(Problem)
    async def answer_problem(_request: Request, problem: Problem) -> JsonAnswer:
        return problem.response()

    @app.exception_handler(HTTPException)
    async def answer_framework_error(_request: Request, exception: HTTPException) -> JsonAnswer:
        return Problem(exception.status_code, str(exception.detail), headers=exception.headers).response()

    @app.exception_handler(Exception)
    async def answer_unexpected_error(_request: Request, _exception: Exception) -> JsonAnswer:
        # The server logs the exception itself, once this answer is on its way.
        return Problem(500, "Something unexpected went wrong.").response()
