"""How does a list go on? Cursors, and the absolute URLs of the pages before and after."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from fastapi import Request

from core.provider.simulator import problems
from core.provider.simulator.assembly import origin_of

PAGE_SIZE = 100
MAX_POSITION = 2**62
Direction = Literal["older", "newer"]


class Cursor(NamedTuple):
    """Where a page begins: everything older, or newer, than a position; None for the newest."""

    direction: Direction = "older"
    position: int | None = None


def read_cursor(request: Request) -> Cursor:
    """The page that is asked for.

    Raises:
        Problem: 400 for a cursor that is none of ours.
    """
    text = request.query_params.get("cursor")
    if text is None:
        return Cursor()
    try:
        direction, _, position = base64.urlsafe_b64decode(text.encode()).decode().partition(":")
        cursor = Cursor("newer" if direction == "newer" else "older", int(position))
    except (binascii.Error, ValueError) as exception:
        raise problems.Problem(400, "The cursor is not valid.") from exception
    if cursor.position is None or not 0 <= cursor.position <= MAX_POSITION:
        raise problems.Problem(400, "The cursor is not valid.")
    return cursor


def page_url(request: Request, direction: Direction, position: int) -> str:
    """The absolute URL of another page of the same list, with the same filters."""
    cursor = base64.urlsafe_b64encode(f"{direction}:{position}".encode()).decode()
    url = request.url.include_query_params(cursor=cursor)
    return f"{origin_of(request)}{url.path}?{url.query}"


def read_time(request: Request, name: str) -> datetime | None:
    """An ISO 8601 query parameter as an aware datetime; UTC where it names no zone.

    Raises:
        Problem: 422 when it is no time.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exception:
        description = "Does not match format 'date-time'"
        raise problems.invalid([{"type": "format", "field": name, "description": description}]) from exception
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
