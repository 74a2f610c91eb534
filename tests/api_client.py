"""How do programs call the desk in tests? Over the real application, each with a key of its own."""

from dataclasses import dataclass
from typing import Any

import httpx
from starlette.testclient import TestClient

from core.auth import api_keys
from core.auth.roles import Role
from core.jobs.desk import Desk
from core.runtime import Runtime
from tests import factories, pictures_to_send
from tests.fake_provider import FakeProvider

KEYS: dict[str, tuple[Role, str | None]] = {
    "alice": (Role.MANAGER, None),
    "bob": (Role.STAFF, factories.BELLEVUE),
    "charlie": (Role.STAFF, factories.OUTSIDER),
    "dora": (Role.SUPPORT, None),
}


def make_keys(desk: Desk) -> dict[str, str]:
    """A key for each person."""
    keys = {}
    for name, (role, account) in KEYS.items():
        owner = factories.account_id(desk.database, account) if account else None
        with desk.database.write() as session:
            keys[name] = api_keys.create(session, name=name, role=role, account_id=owner)
    return keys


@dataclass(frozen=True)
class Api:
    """The API as a program sees it: `api.get("bob", "/jobs")`; `None` calls without a key."""

    client: TestClient
    keys: dict[str, str]
    runtime: Runtime
    desk: Desk
    provider: FakeProvider

    def call(self, method: str, who: str | None, path: str, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.keys.get(who, who)}"
        url = path if path.startswith("/api") else f"/api{path}"
        answer: Any = self.client.request(method, url, headers=headers, **options)
        return answer  # type: ignore[no-any-return]

    def get(self, who: str | None, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", who, path, **options)

    def post(self, who: str | None, path: str, **options: Any) -> httpx.Response:
        return self.call("POST", who, path, **options)

    def stage(self, who: str | None, *numbers: int, key: str | None = None, **fields: str) -> httpx.Response:
        """Send photos to be staged."""
        files = [
            ("image", (f"room-{number}.jpg", pictures_to_send.photo(number), "image/jpeg"))
            for number in numbers or (0,)
        ]
        data = {"roomType": "living_room", "style": "modern", **fields}
        headers = {"Idempotency-Key": key} if key is not None else {}
        return self.post(who, "/stage", files=files, data=data, headers=headers)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The answer's problem, which must be this one and well formed."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "code"}
    assert (body["status"], body["code"]) == (status, code), body
    assert body["detail"]
    return body
