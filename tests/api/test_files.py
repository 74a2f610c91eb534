"""Are files opened by those who may see them, and by links that are ours and not over?"""

from datetime import timedelta

import pytest

from core.jobs import sync
from core.storage import links
from tests import factories, pictures_to_send
from tests.api_client import Api, problem
from tests.settable_clock import SettableClock

DATABASES = ("sqlite",)


@pytest.fixture
def key(api: Api) -> str:
    return factories.detail(api.desk.database, factories.job(api.desk)).photo.original_key


def signed(api: Api, key: str, **options: object) -> str:
    return links.signed_path(key, secret=api.runtime.settings.signing_secret, **options)  # type: ignore[arg-type]


def test_a_file_comes_as_it_was_stored_and_can_not_run_in_a_browser(api: Api, key: str) -> None:
    answer = api.get("bob", f"/files/{key}")
    assert answer.content == pictures_to_send.photo()
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"].startswith("private")


def test_a_signed_link_opens_without_a_key(api: Api, key: str) -> None:
    answer = api.get(None, signed(api, key))
    assert (answer.status_code, answer.content) == (200, pictures_to_send.photo())


def test_a_signed_download_has_its_name(api: Api, key: str) -> None:
    answer = api.get(None, signed(api, key, download_name='Küche "A"\r\n.jpg'))
    assert answer.status_code == 200
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''K%C3%BCche")
    assert "\r" not in disposition


def test_a_link_ends(api: Api, key: str, clock: SettableClock) -> None:
    path = signed(api, key)
    clock.forward(minutes=6 * 60 - 1)
    assert api.get(None, path).status_code == 200
    clock.forward(minutes=6 * 60 + 2)
    problem(api.get(None, path), 403, "link_expired")


@pytest.mark.parametrize("change", ["key", "expires", "signature", "name", "no signature", "no expires", "secret"])
def test_an_altered_link_opens_nothing(api: Api, key: str, change: str) -> None:
    other = factories.detail(api.desk.database, factories.job(api.desk, number=2)).photo.original_key
    path = signed(api, key)
    start, query = path.split("?")
    expires, signature = query.split("&")
    altered = {
        "key": path.replace(key, other),
        "expires": f"{start}?expires={int(expires.split('=')[1]) + 3600}&{signature}",
        "signature": path[:-1] + ("0" if path[-1] != "0" else "1"),
        "name": path + "&name=other.jpg",
        "no signature": f"{start}?{expires}",
        "no expires": f"{start}?{signature}",
        "secret": links.signed_path(key, secret="another secret"),
    }[change]
    answer = api.get(None, altered)
    assert answer.status_code in (401, 403)
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_same_file_keeps_its_link_for_a_while(api: Api, key: str, clock: SettableClock) -> None:
    first = signed(api, key)
    clock.forward(minutes=5)
    assert signed(api, key) == first
    assert signed(api, key, now=clock() + timedelta(hours=7)) != first


@pytest.mark.parametrize(
    "path",
    [
        "accounts/1/originals/../../../staging.sqlite",
        "..%2f..%2fstaging.sqlite",
        "%2e%2e/%2e%2e/staging.sqlite",
        "accounts/1/originals/",
        "accounts/1/secrets/" + "a" * 64,
        "accounts/1/originals/" + "a" * 64 + ".jpeg/..",
        "/etc/passwd",
        "accounts/1/originals/" + "a" * 64,
    ],
)
def test_nothing_but_our_files_is_opened(api: Api, key: str, path: str) -> None:
    assert api.get("alice", f"/files/{path}").status_code == 404


def test_results_open_for_their_account_only(api: Api) -> None:
    job_id, predictions = factories.ordered_job(api.desk)
    sync.apply(api.desk, factories.manager(), api.provider.finish(predictions[0]))
    url = api.get("bob", f"/jobs/{job_id}").json()["resultUrls"][0]
    assert api.get("bob", url).content == pictures_to_send.result()
    problem(api.get("charlie", url), 404, "file_not_found")
    problem(api.get(None, url), 401, "not_authenticated")
