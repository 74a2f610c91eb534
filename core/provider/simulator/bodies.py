"""What did a client send? The JSON object in a request's body."""

import json
from typing import Any

from core.provider.simulator import problems


def read_object(data: bytes) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        Problem: 400 when there is none.
    """
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as exception:
        raise problems.Problem(400, "The request's body is not valid JSON.") from exception
    if not isinstance(body, dict):
        raise problems.Problem(400, "The request's body must be a JSON object.")
    return body
