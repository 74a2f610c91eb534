"""What does an HTTP answer of the provider mean for us? Status codes and waiting times, as our errors."""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from core import clock, errors, logs
from core.provider.contract import readable_text

_DEFAULT_WAIT_SECONDS = 5.0
_MAX_WAIT_SECONDS = 300.0
_DETAIL_MAX = 500
_WAIT_IN_TEXT = re.compile(r"resets? in ~?\s*(\d+(?:\.\d+)?)\s*s", re.IGNORECASE)


def error_for(status: int, headers: Mapping[str, str], body: object, *, is_create: bool) -> errors.ProviderError:
    """The error for an answer of 400 or more.

    A server error on a create leaves open whether a prediction was bought: some gateways answer after the
    work was handed on. It is `ProviderAmbiguous`, so that it is looked up before anything is bought again.
    """
    problem: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    said = problem.get("detail") or problem.get("title") or f"HTTP {status}"
    detail = logs.redact(readable_text(said) or "")[:_DETAIL_MAX]
    if status == 429:
        return errors.ProviderThrottled(
            f"Replicate is limiting us: {detail}", retry_after_seconds=wait_seconds(headers, problem)
        )
    if status >= 500:
        kind = errors.ProviderAmbiguous if is_create else errors.ProviderUnavailable
        return kind(f"Replicate has a problem of its own: {detail}", status=status)
    by_status: Mapping[int, type[errors.ProviderError]] = {
        401: errors.ProviderUnauthorized,
        403: errors.ProviderUnauthorized,
        402: errors.ProviderPaymentRequired,
    }
    if status == 404 and not is_create:
        return errors.PredictionNotFound(status=status)
    if status in by_status:
        return by_status[status](status=status)
    return errors.ProviderRefused(f"Replicate refused the request: {detail}", status=status)


def wait_seconds(headers: Mapping[str, str], problem: Mapping[str, Any], *, now: datetime | None = None) -> float:
    """How long to wait after a 429: from `Retry-After`, else JSON `retry_after`, else the text, else 5 seconds."""
    found = _from_header(headers.get("retry-after", ""), now or clock.now())
    if found is None:
        found = _as_seconds(problem.get("retry_after"))
    if found is None:
        match = _WAIT_IN_TEXT.search(str(problem.get("detail", "")))
        found = float(match[1]) if match else _DEFAULT_WAIT_SECONDS
    return min(max(found, 0.0), _MAX_WAIT_SECONDS)


def _from_header(value: str, now: datetime) -> float | None:
    seconds = _as_seconds(value)
    if seconds is not None or not value:
        return seconds
    try:
        return (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError):
        return None


def _as_seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    # "nan" and "inf" are floats too.
    return seconds if 0 <= seconds < float("inf") else None
