"""How does the API describe itself? FastAPI's document, with every refusal told as the problem that it is."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from core.api.error_handlers import MEDIA_TYPE
from core.api.schemas import Problem

_MEANINGS: Mapping[int, str] = {
    400: "The body is empty or can't be read; nothing was changed",
    401: "The key or the signature is missing, unknown or no longer valid",
    402: "Not enough credits; nothing was charged",
    403: "The role does not allow this, or the link has expired",
    404: "There is no such thing, or it belongs to another account",
    409: "The Idempotency-Key was used for another request, or the job or model has moved on; nothing was changed",
    413: "More was sent than this call takes; nothing was changed",
    415: "The file is of no kind that can be staged; nothing was charged",
    422: "Something is missing or malformed; nothing was changed",
    502: "Replicate gave no usable answer; nothing is lost",
    503: "A part that this call needs does not answer just now; nothing is lost, try again",
}
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
_CHALLENGE = {"WWW-Authenticate": {"description": "Always `Bearer`", "schema": {"type": "string"}}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route, or of all in a router, that may answer with these problems."""
    return {status: {"model": Problem} for status in statuses}


class DescribedApi(FastAPI):
    """An application whose document names the media type and the meaning of its problems."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document; made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            for path in document["paths"].values():
                for operation in path.values():
                    _describe_problems(operation["responses"])
        return self.openapi_schema or {}


def _describe_problems(responses: dict[str, Any]) -> None:
    # FastAPI lists a model under the media type of the route's own answers, whatever is said.
    for status, meaning in _MEANINGS.items():
        if str(status) in responses:
            responses[str(status)] = {"description": meaning, "content": _PROBLEM}
    if "401" in responses:
        responses["401"]["headers"] = _CHALLENGE
