"""What exactly does a client ask for? A create request's body and headers, checked, as an `Order`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from core.provider.simulator import catalog, problems
from core.provider.simulator.problems import InvalidField

WEBHOOK_EVENTS = ("start", "output", "logs", "completed")
MAX_WAIT_SECONDS = 60
MIN_CANCEL_AFTER_SECONDS = 5
_BODY_FIELDS = frozenset({"input", "webhook", "webhook_events_filter", "stream"})
_PREFER_WAIT = re.compile(r"(?:^|[,;\s])wait(?:=(\d{1,2}))?(?=$|[,;\s])")
_DURATION = re.compile(r"(?=\d)(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?|(\d{1,7})")
_UNIT_SECONDS = (3600, 60, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One accepted create request."""

    model: str
    input: Mapping[str, Any]
    webhook: str | None
    webhook_events: tuple[str, ...]
    cancel_after_seconds: int | None
    wait_seconds: int


def read_order(
    body: Mapping[str, Any], *, model: str, headers: Mapping[str, str], allow_http_webhooks: bool
) -> Order:
    """Check a create request for a known model; the body no longer holds a `version`.

    Raises:
        Problem: 422 with every field that breaks a rule.
    """
    inputs = body.get("input")
    wrong = [
        _invalid("additional_property_not_allowed", name, f"Additional property {name} is not allowed")
        for name in sorted(body.keys() - _BODY_FIELDS)
    ]
    if isinstance(inputs, dict):
        wrong += catalog.check_input(model, inputs)
    else:
        wrong.append(_invalid("required", "input", "input is required and must be an object"))
    wrong += _check_webhook(body.get("webhook"), allow_http=allow_http_webhooks)
    wrong += _check_events(body.get("webhook_events_filter"))
    cancel_after_seconds = parse_cancel_after(headers.get("cancel-after"))
    if wrong or not isinstance(inputs, dict):
        raise problems.invalid(wrong)
    return Order(
        model=model,
        input=inputs,
        webhook=body.get("webhook"),
        webhook_events=tuple(body.get("webhook_events_filter") or WEBHOOK_EVENTS),
        cancel_after_seconds=cancel_after_seconds,
        wait_seconds=parse_prefer(headers.get("prefer")),
    )


def parse_cancel_after(value: str | None) -> int | None:
    """Seconds from a Cancel-After header: `30`, `90s`, `5m`, `1h30m45s`; None without one.

    Raises:
        Problem: 422 for another form, or for less than five seconds.
    """
    if value is None:
        return None
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        description = "must be a duration such as 30s, 5m or 1h30m45s"
        raise problems.invalid([_invalid("format", "Cancel-After", description)])
    seconds = sum(int(part or 0) * unit for part, unit in zip(match.groups(), _UNIT_SECONDS, strict=True))
    if seconds < MIN_CANCEL_AFTER_SECONDS:
        description = f"must be at least {MIN_CANCEL_AFTER_SECONDS} seconds"
        raise problems.invalid([_invalid("minimum", "Cancel-After", description)])
    return seconds


def parse_prefer(value: str | None) -> int:
    """For how many seconds a Prefer header asks to hold the request, 60 at most; 0 when it does not."""
    match = _PREFER_WAIT.search(value or "")
    if match is None:
        return 0
    return min(int(match[1] or MAX_WAIT_SECONDS), MAX_WAIT_SECONDS)


def _check_webhook(url: Any, *, allow_http: bool) -> list[InvalidField]:
    if url is None:
        return []
    try:
        address = httpx.URL(url)
    except (TypeError, httpx.InvalidURL):
        address = httpx.URL("")
    if address.host and address.scheme in (("https", "http") if allow_http else ("https",)):
        return []
    return [_invalid("format", "webhook", "Must be an HTTPS URL")]


def _check_events(events: Any) -> list[InvalidField]:
    if events is None or (isinstance(events, list) and all(event in WEBHOOK_EVENTS for event in events)):
        return []
    description = f"Must be a list of the following: {', '.join(WEBHOOK_EVENTS)}"
    return [_invalid("enum", "webhook_events_filter", description)]


def _invalid(rule: str, name: str, description: str) -> InvalidField:
    return {"type": rule, "field": name, "description": description}
