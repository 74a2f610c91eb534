"""What is asked of the API on purpose? By operation, each success there is, and what strange requests do not find."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from core import errors
from core.jobs.service import UPLOADS_MAX
from tests import factories, pictures_to_send
from tests.api_client import Api
from tests.factories import BELLEVUE, OUTSIDER
from tests.listings import desk_listings
from tests.webhooks.signing import body_of, headers


@dataclass(frozen=True)
class Things:
    """What there is to be asked for, all of Bellevue Homes."""

    running: str
    failed: str
    completed: str
    refund_id: str
    prediction_id: str
    experiment_id: str
    photo_key: str
    listing_id: str
    listing_photo_id: str

    def path_parameters(self, path: str) -> dict[str, str]:
        """The parameters of a path, for something that is there."""
        known = {
            "job_id": self.failed
            if path.endswith("/retry")
            else self.completed
            if path.endswith(("/favorite", "/ratings/{variant}"))
            else self.running,
            "variant": "0",
            "refund_id": self.refund_id,
            "prediction_id": self.prediction_id,
            "experiment_id": self.experiment_id,
            "account": BELLEVUE,
            "key": self.photo_key,
            "listing_id": self.listing_id,
            "photo_id": self.listing_photo_id,
            "owner": "black-forest-labs",
            "name": "flux-2-pro",
        }
        return {name: known[name] for name in re.findall(r"{(\w+)", path)}


Ask = Callable[[Api, Things], httpx.Response]


def _stage(*names: str, key: str | None = None, **fields: str) -> Ask:
    """Stage these files of the table below."""

    def ask(api: Api, _: Things) -> httpx.Response:
        files = [("image", (f"{name}.jpg", FILES[name], "image/jpeg")) for name in names]
        data = {"roomType": "living_room", "style": "modern", "account": BELLEVUE, **fields}
        sent = {} if key is None else {"Idempotency-Key": key}
        return api.post("alice", "/stage", files=files, data=data, headers=sent)

    return ask


def _call(method: str, path: str, *, who: str | None = "alice", **options: Any) -> Ask:
    def ask(api: Api, things: Things) -> httpx.Response:
        return api.call(method, who, path.format(**vars(things)), **options)

    return ask


def _then(first: Ask, second: Ask) -> Ask:
    def both(api: Api, things: Things) -> httpx.Response:
        first(api, things)
        return second(api, things)

    return both


def _twice(ask: Ask) -> Ask:
    return _then(ask, ask)


def _without_credits(ask: Ask) -> Ask:
    def short(api: Api, things: Things) -> httpx.Response:
        factories.set_balance(api.desk.database, 0)
        return ask(api, things)

    return short


def _while_provider_fails(error: errors.ProviderError, ask: Ask, *calls: str) -> Ask:
    def failing(api: Api, things: Things) -> httpx.Response:
        for call in calls:
            api.provider.fail_next(call, *[error] * 8)
        return ask(api, things)

    return failing


def _while_storage_is_away(ask: Ask, monkeypatched: str) -> Ask:
    def away(api: Api, things: Things) -> httpx.Response:
        def refuses(*_: object, **__: object) -> None:
            raise errors.StorageUnavailable

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(api.runtime.storage), monkeypatched, refuses)
            return ask(api, things)

    return away


def _finish_listing(api: Api, things: Things) -> httpx.Response:
    staged = STAGE_LISTING(api, things)
    for job in staged.json()["jobs"]:
        desk_listings.finish_job(api.desk, api.provider, job["jobId"])
    return staged


def _refund(who: str, **body: Any) -> Ask:
    return _call("POST", "/jobs/{completed}/refund", who=who, json={"reason": "goodwill"} | body)


def _webhook(webhook_id: str = "msg_1", content: bytes | None = None) -> Ask:
    def send(api: Api, things: Things) -> httpx.Response:
        body = body_of(api.provider.predictions[things.prediction_id]) if content is None else content
        sent = headers(body, webhook_id=webhook_id)
        return api.post(None, "/webhooks/replicate", content=body, headers=sent)

    return send


FILES = {
    "photo": pictures_to_send.photo(7),
    "other": pictures_to_send.photo(8),
    "empty": b"",
    "text": b"This is no photo.",
    "broken": pictures_to_send.photo(9)[:2_000],
    "huge": b"\xff\xd8\xff" + bytes(50 * 1024 * 1024),
}
JSON = {"Content-Type": "application/json"}
KEY = {"headers": {"Idempotency-Key": "again"}}
RETRY, CANCEL, STATUS = "/jobs/{failed}/retry", "/jobs/{running}/cancel", "/replicate/status/{prediction_id}"
APPROVE, DECLINE = "/refunds/{refund_id}/approve", "/refunds/{refund_id}/decline"
NO = {"json": {"note": "The picture is fine."}}
MODEL, DEFAULT = "/models/black-forest-labs/flux-2-pro", "/models/black-forest-labs/flux-kontext-pro"
TERMS: dict[str, Any] = {"json": {"rushVariantCredits": 30, "inFlightMax": 8}}
SYNC = _call("POST", "/sync-staging", json={})
VIEW = _call("GET", STATUS)
PHOTO = _call("GET", "/files/{photo_key}")
LISTING, SHEET_PHOTO = "/listings/{listing_id}", "/listings/{listing_id}/photos/{listing_photo_id}"
STAGE_LISTING = _call("POST", f"{LISTING}/stage", json={})
SEND = _call("POST", f"{LISTING}/photos", files={"image": ("bath.jpg", FILES["other"], "image/jpeg")})
FAVORITE, RATING = "/jobs/{completed}/favorite", "/jobs/{completed}/ratings/1"
REFUSED, AWAY = errors.ProviderUnauthorized(), errors.ProviderUnavailable()
# By operation: each success there is, and each refusal that needs more than a strange request.
DELIBERATE: list[tuple[str, str, int, Ask]] = [
    ("post", "/stage", 202, _stage("photo")),
    ("post", "/stage", 202, _stage("photo", "other")),
    ("post", "/stage", 200, _twice(_stage("photo", key="again"))),
    ("post", "/stage", 400, _stage("empty")),
    ("post", "/stage", 402, _without_credits(_stage("photo"))),
    ("post", "/stage", 404, _stage("photo", account="Nobody Ltd")),
    ("post", "/stage", 409, _then(_stage("photo", key="again"), _stage("other", key="again"))),
    ("post", "/stage", 409, _stage("photo", model="black-forest-labs/flux-2-pro")),
    ("post", "/stage", 413, _stage("huge")),
    ("post", "/stage", 415, _stage("text")),
    ("post", "/stage", 422, _stage("broken")),
    ("post", "/stage", 422, _stage("photo", roomType="ballroom")),
    ("post", "/stage", 422, _stage("photo", model="nobody/nothing")),
    ("post", "/stage", 422, _stage(*["photo"] * (UPLOADS_MAX + 1))),
    ("post", "/stage", 503, _while_storage_is_away(_stage("photo"), "put")),
    ("post", "/listings", 200, _call("POST", "/listings", json={"reference": "1 Elm", "account": BELLEVUE})),
    ("post", "/listings", 422, _call("POST", "/listings", json={"reference": " ", "account": BELLEVUE})),
    ("post", "/listings", 422, _call("POST", "/listings", json={"reference": "1 Elm"})),
    ("get", "/listings", 200, _call("GET", "/listings", params={"text": "elm"})),
    ("get", "/listings/{listing_id}", 200, _call("GET", LISTING)),
    ("get", "/listings/{listing_id}", 404, _call("GET", LISTING, who="charlie")),
    ("patch", "/listings/{listing_id}", 200, _call("PATCH", LISTING, json={"style": "coastal"})),
    ("patch", "/listings/{listing_id}", 422, _call("PATCH", LISTING, json={"style": "disco"})),
    (
        "patch",
        "/listings/{listing_id}",
        409,
        _then(
            _call("POST", "/listings", json={"reference": "1 Elm", "account": BELLEVUE}),
            _call("PATCH", LISTING, json={"reference": "1 ELM"}),
        ),
    ),
    ("post", "/listings/{listing_id}/photos", 200, _twice(SEND)),
    ("post", "/listings/{listing_id}/photos", 503, _while_storage_is_away(SEND, "put")),
    ("patch", "/listings/{listing_id}/photos/{photo_id}", 200, _call("PATCH", SHEET_PHOTO, json={"skip": True})),
    ("patch", "/listings/{listing_id}/photos/{photo_id}", 404, _call("PATCH", f"{LISTING}/photos/x", json={})),
    ("patch", "/listings/{listing_id}/photos/{photo_id}", 422, _call("PATCH", SHEET_PHOTO, json={"skp": True})),
    ("post", "/listings/{listing_id}/stage", 202, STAGE_LISTING),
    ("post", "/listings/{listing_id}/stage", 200, _twice(_call("POST", f"{LISTING}/stage", json={}, **KEY))),
    ("post", "/listings/{listing_id}/stage", 402, _without_credits(STAGE_LISTING)),
    ("post", "/listings/{listing_id}/stage", 409, _call("POST", f"{LISTING}/stage", json={"expectedCredits": 39})),
    ("post", "/listings/{listing_id}/stage", 422, _twice(STAGE_LISTING)),
    (
        "get",
        "/listings/{listing_id}/results.zip",
        200,
        _then(_finish_listing, _call("GET", f"{LISTING}/results.zip")),
    ),
    ("get", "/listings/{listing_id}/results.zip", 409, _call("GET", f"{LISTING}/results.zip")),
    ("get", "/listings/{listing_id}/results.zip", 401, _call("GET", f"{LISTING}/results.zip", who=None)),
    (
        "get",
        "/listings/{listing_id}/results.zip",
        503,
        _while_storage_is_away(_call("GET", f"{LISTING}/results.zip"), "is_reachable"),
    ),
    ("put", "/jobs/{job_id}/favorite", 204, _call("PUT", FAVORITE, json={"variant": 1})),
    ("put", "/jobs/{job_id}/favorite", 422, _call("PUT", FAVORITE, json={"variant": 2})),
    ("put", "/jobs/{job_id}/favorite", 422, _call("PUT", FAVORITE, json={"variant": 10**30})),
    (
        "put",
        "/jobs/{job_id}/ratings/{variant}",
        422,
        _call("PUT", f"/jobs/{{completed}}/ratings/{10**30}", json={"stars": 1}),
    ),
    ("put", "/jobs/{job_id}/ratings/{variant}", 204, _call("PUT", RATING, json={"stars": 5})),
    ("put", "/jobs/{job_id}/ratings/{variant}", 422, _call("PUT", RATING, json={"stars": 6})),
    ("get", "/jobs", 200, _call("GET", "/jobs", params={"status": ["failed", "processing"], "limit": 1})),
    ("get", "/jobs/{job_id}", 200, _call("GET", "/jobs/{running}")),
    ("get", "/jobs/{job_id}", 404, _call("GET", "/jobs/{running}", who="charlie")),
    ("post", "/jobs/{job_id}/cancel", 200, _call("POST", CANCEL)),
    ("post", "/jobs/{job_id}/cancel", 409, _call("POST", "/jobs/{failed}/cancel")),
    ("post", "/jobs/{job_id}/retry", 202, _call("POST", RETRY)),
    ("post", "/jobs/{job_id}/retry", 200, _twice(_call("POST", RETRY, **KEY))),
    ("post", "/jobs/{job_id}/retry", 402, _without_credits(_call("POST", RETRY))),
    ("post", "/jobs/{job_id}/retry", 409, _call("POST", "/jobs/{running}/retry")),
    ("post", "/jobs/{job_id}/refund", 200, _refund("alice", amount=5)),
    ("post", "/jobs/{job_id}/refund", 200, _twice(_refund("alice", variant=1))),
    # Support's limit was set to nothing when the waiting refund was asked for.
    ("post", "/jobs/{job_id}/refund", 202, _refund("dora")),
    ("post", "/jobs/{job_id}/refund", 403, _refund("bob")),
    ("post", "/jobs/{job_id}/refund", 409, _then(_refund("alice"), _refund("alice", amount=1))),
    ("post", "/jobs/{job_id}/refund", 422, _refund("alice", amount=0)),
    ("post", "/jobs/{job_id}/refund", 422, _refund("alice", amount=1.5)),
    ("post", "/jobs/{job_id}/refund", 422, _refund("alice", amout=5)),
    ("post", "/jobs/{job_id}/refund", 422, _refund("alice", reason="other")),
    ("get", "/refunds", 200, _call("GET", "/refunds", params={"state": "requested", "limit": 1})),
    ("post", "/refunds/{refund_id}/approve", 200, _twice(_call("POST", APPROVE))),
    ("post", "/refunds/{refund_id}/approve", 403, _call("POST", APPROVE, who="dora")),
    ("post", "/refunds/{refund_id}/approve", 409, _then(_call("POST", DECLINE, **NO), _call("POST", APPROVE))),
    ("post", "/refunds/{refund_id}/decline", 200, _call("POST", DECLINE, **NO)),
    ("post", "/refunds/{refund_id}/decline", 404, _call("POST", "/refunds/nothing/decline", **NO)),
    ("post", "/sync-staging", 200, SYNC),
    ("post", "/sync-staging", 400, _call("POST", "/sync-staging", content=b"\xff", headers=JSON)),
    ("post", "/sync-staging", 403, _call("POST", "/sync-staging", who="bob", json={})),
    ("post", "/sync-staging", 413, _call("POST", "/sync-staging", content=b" " * (1024 * 1024 + 1))),
    ("post", "/sync-staging", 502, _while_provider_fails(REFUSED, SYNC, "get", "list_pages")),
    ("post", "/sync-staging", 503, _while_provider_fails(AWAY, SYNC, "get", "list_pages")),
    ("get", "/replicate/status/{prediction_id}", 200, VIEW),
    ("get", "/replicate/status/{prediction_id}", 502, _while_provider_fails(REFUSED, VIEW, "get")),
    ("get", "/replicate/status/{prediction_id}", 503, _while_provider_fails(AWAY, VIEW, "get")),
    ("get", "/accounts/{account}", 200, _call("GET", f"/accounts/{BELLEVUE}", params={"limit": 1})),
    ("get", "/accounts/{account}", 404, _call("GET", f"/accounts/{OUTSIDER}", who="bob")),
    ("put", "/terms/{account}", 200, _call("PUT", f"/terms/{BELLEVUE}", **TERMS)),
    ("put", "/terms/{account}", 403, _call("PUT", f"/terms/{BELLEVUE}", who="dora", **TERMS)),
    ("put", "/terms/{account}", 404, _call("PUT", "/terms/nobody's", **TERMS)),
    ("get", "/models", 200, _call("GET", "/models")),
    ("get", "/models", 200, _call("GET", "/models", who="bob")),
    ("patch", "/models/{owner}/{name}", 200, _call("PATCH", MODEL, json={"isOn": True, "isDefault": True})),
    ("patch", "/models/{owner}/{name}", 403, _call("PATCH", MODEL, who="dora", json={"isOn": True})),
    ("patch", "/models/{owner}/{name}", 409, _call("PATCH", MODEL, json={"isDefault": True})),
    ("patch", "/models/{owner}/{name}", 409, _call("PATCH", DEFAULT, json={"isOn": False})),
    ("patch", "/models/{owner}/{name}", 422, _call("PATCH", "/models/nobody/nothing", json={"isOn": True})),
    ("patch", "/models/{owner}/{name}", 422, _call("PATCH", MODEL, json={})),
    ("patch", "/models/{owner}/{name}", 422, _call("PATCH", MODEL, json={"isOf": True})),
    ("get", "/experiments", 200, _call("GET", "/experiments")),
    ("get", "/experiments", 403, _call("GET", "/experiments", who="dora")),
    ("get", "/experiments/{experiment_id}", 200, _call("GET", "/experiments/{experiment_id}")),
    ("get", "/experiments/{experiment_id}", 404, _call("GET", "/experiments/nothing")),
    ("get", "/analytics/summary", 200, _call("GET", "/analytics/summary", params={"by": "style"})),
    ("get", "/analytics/summary", 404, _call("GET", "/analytics/summary", params={"account": "nobody's"})),
    ("get", "/files/{key}", 200, PHOTO),
    ("get", "/files/{key}", 403, _call("GET", "/files/a", who=None, params={"expires": 1, "signature": "x"})),
    ("get", "/files/{key}", 503, _while_storage_is_away(PHOTO, "get")),
    ("post", "/webhooks/replicate", 200, _webhook()),
    ("post", "/webhooks/replicate", 200, _twice(_webhook())),
    ("post", "/webhooks/replicate", 401, _call("POST", "/webhooks/replicate", who=None, json={})),
    ("post", "/webhooks/replicate", 413, _webhook(content=b" " * (10 * 1024 * 1024 + 1))),
    ("post", "/webhooks/replicate", 422, _webhook(content=b"[]")),
]
