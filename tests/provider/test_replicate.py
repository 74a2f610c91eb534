"""Does the adapter speak to Replicate as agreed, keep its token to itself, and turn every failure into ours?"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from core import clock, errors
from core.provider import replicate
from core.provider.registry import DEFAULT_MODEL
from core.provider.replicate import ReplicateProvider
from tests.provider.stranger import Stranger

TOKEN = "r8_token_of_these_tests"
INPUT = {"prompt": "Furnish.", "seed": 1}
PREDICTION = {
    "id": "p1",
    "model": DEFAULT_MODEL.name,
    "version": "hidden",
    "status": "starting",
    "input": INPUT,
    "created_at": "2027-03-01T12:00:00Z",
    "urls": {"get": "https://x/p1", "cancel": "https://x/p1/cancel"},
}


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    started = Stranger()
    yield started
    started.close()


@pytest.fixture
def provider(stranger: Stranger) -> ReplicateProvider:
    return ReplicateProvider(token=TOKEN, base_url=stranger.url, cancel_after_seconds=300)


def calls(provider: ReplicateProvider) -> dict[str, Callable[[], object]]:
    return {
        "create": lambda: provider.create(model=DEFAULT_MODEL.name, input=INPUT),
        "get": lambda: provider.get("p1"),
        "list": lambda: list(provider.list_pages(created_after=clock.now())),
        "cancel": lambda: provider.cancel("p1"),
        "upload": lambda: provider.upload(b"x", file_name="room.jpg", content_type="image/jpeg"),
        "secret": lambda: provider.webhook_secrets(),
    }


def test_a_create_is_one_post_by_model_name_with_a_deadline_and_its_webhook(
    stranger: Stranger, provider: ReplicateProvider
) -> None:
    stranger.answer(201, PREDICTION)
    made = provider.create(model=DEFAULT_MODEL.name, input=INPUT, webhook_url="https://desk.example.com/hook")
    assert (made.id, made.status) == ("p1", "starting")
    method, path, headers, body = stranger.asked[0]
    assert (method, path) == ("POST", f"/v1/models/{DEFAULT_MODEL.name}/predictions")
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["cancel-after"] == "300s"
    assert "prefer" not in headers
    assert json.loads(body) == {
        "input": INPUT,
        "webhook": "https://desk.example.com/hook",
        "webhook_events_filter": ["start", "completed"],
    }
    provider.create(model=DEFAULT_MODEL.name, input=INPUT)
    assert json.loads(stranger.asked[1][3]) == {"input": INPUT}


@pytest.mark.parametrize("status", [400, 401, 402, 404, 422, 429, 500, 502, 503, 504])
def test_a_create_is_never_repeated_by_itself(stranger: Stranger, provider: ReplicateProvider, status: int) -> None:
    stranger.answer(status, {"detail": "no", "status": status}, retry_after="0")
    with pytest.raises(errors.ProviderError):
        calls(provider)["create"]()
    assert len(stranger.asked) == 1


STATUSES: list[tuple[str, int, type[errors.ProviderError]]] = [
    ("create", 401, errors.ProviderUnauthorized),
    ("create", 402, errors.ProviderPaymentRequired),
    ("create", 404, errors.ProviderRefused),
    ("create", 422, errors.ProviderRefused),
    ("create", 500, errors.ProviderAmbiguous),
    ("get", 401, errors.ProviderUnauthorized),
    ("get", 404, errors.PredictionNotFound),
    ("get", 500, errors.ProviderUnavailable),
    ("list", 500, errors.ProviderUnavailable),
    ("cancel", 404, errors.PredictionNotFound),
    ("upload", 400, errors.ProviderRefused),
    ("secret", 401, errors.ProviderUnauthorized),
]


@pytest.mark.parametrize(("call", "status", "error"), STATUSES)
def test_each_status_becomes_our_error(
    stranger: Stranger, provider: ReplicateProvider, call: str, status: int, error: type[errors.ProviderError]
) -> None:
    stranger.answer(status, {"title": "T", "detail": "the reason", "status": status})
    with pytest.raises(error) as raised:
        calls(provider)[call]()
    assert type(raised.value) is error


def test_a_429_says_at_once_how_long_to_wait(stranger: Stranger, provider: ReplicateProvider) -> None:
    stranger.answer(429, {"detail": "slow down"}, retry_after="37")
    for call in ("create", "get", "list"):
        with pytest.raises(errors.ProviderThrottled) as raised:
            calls(provider)[call]()
        assert raised.value.retry_after_seconds == 37


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"id": "p1"}', b'{"id": 1, "status": "starting"}']
)
def test_an_answer_that_can_not_be_read_is_our_error(
    stranger: Stranger, provider: ReplicateProvider, body: bytes
) -> None:
    stranger.answer(200, body)
    for name, call in calls(provider).items():
        with pytest.raises(errors.ProviderError) as raised:
            call()
        # After a create, an order may have been taken.
        assert isinstance(raised.value, errors.ProviderAmbiguous) == (name == "create"), name


@pytest.mark.parametrize("call", ["create", "get", "list", "cancel", "upload", "secret"])
def test_a_refused_connection_means_nothing_was_sent(call: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        nobody = ReplicateProvider(token=TOKEN, base_url=url, cancel_after_seconds=300)
        with pytest.raises(errors.ProviderUnavailable):
            calls(nobody)[call]()
        assert nobody.is_reachable() is False


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("create", errors.ProviderAmbiguous),
        ("get", errors.ProviderUnavailable),
        ("upload", errors.ProviderUnavailable),
        ("cancel", errors.ProviderUnavailable),
    ],
)
def test_silence_after_sending_leaves_a_create_open(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch, call: str, error: type[Exception]
) -> None:
    monkeypatch.setattr(replicate, "READ_TIMEOUT_SECONDS", 0.2)
    provider = ReplicateProvider(token=TOKEN, base_url=stranger.url, cancel_after_seconds=300)
    stranger.answer(201, PREDICTION)
    released = threading.Event()
    stranger.before_answering = lambda: released.wait(5)  # type: ignore[assignment]
    with pytest.raises(error):
        calls(provider)[call]()
    released.set()
    assert len(stranger.asked) == 1


def test_the_status_aborted_is_read_in_answers_and_lists(stranger: Stranger, provider: ReplicateProvider) -> None:
    aborted = {**PREDICTION, "status": "aborted"}
    stranger.answer(200, aborted)
    stranger.answer(200, {"results": [aborted], "next": None})
    assert provider.get("p1").status == "aborted"
    assert [item.status for page in provider.list_pages(created_after=clock.now()) for item in page] == ["aborted"]


def test_a_list_goes_on_to_its_last_page(stranger: Stranger, provider: ReplicateProvider) -> None:
    stranger.answer(200, {"results": [PREDICTION], "next": f"{stranger.url}/v1/predictions?cursor=abc"})
    stranger.answer(200, {"results": [PREDICTION], "next": None})
    since = clock.now() - timedelta(minutes=1)
    assert len(list(provider.list_pages(created_after=since))) == 2
    assert stranger.asked[0][1].startswith("/v1/predictions?created_after=20")
    assert stranger.asked[1][1] == "/v1/predictions?cursor=abc"


def test_a_list_that_never_ends_is_an_error_and_not_a_shorter_list(
    stranger: Stranger, provider: ReplicateProvider
) -> None:
    """What is missing from a list counts as never bought; so a cut list must not look like a whole one."""
    stranger.answer(200, {"results": [PREDICTION], "next": f"{stranger.url}/v1/predictions?cursor=abc"})
    with pytest.raises(errors.ProviderError):
        list(provider.list_pages(created_after=clock.now()))
    assert len(stranger.asked) == replicate.LIST_PAGES_MAX


@pytest.mark.parametrize(
    "next_url", ["http://evil.example/v1/predictions?cursor=a", "//evil.example/x", 7, "http://[x"]
)
def test_a_list_is_not_followed_to_another_address(
    stranger: Stranger, provider: ReplicateProvider, next_url: object
) -> None:
    stranger.answer(200, {"results": [], "next": next_url})
    with pytest.raises(errors.ProviderError):
        list(provider.list_pages(created_after=clock.now()))
    assert len(stranger.asked) == 1


def test_the_webhook_secret_is_the_one_replicate_has_now(stranger: Stranger, provider: ReplicateProvider) -> None:
    for key in ("whsec_b25l", "whsec_dHdv"):
        stranger.answers = [(200, {}, json.dumps({"key": key}).encode())]
        assert list(provider.webhook_secrets()) == [key]


@pytest.mark.parametrize("created_at", [None, "soon"])
def test_an_order_that_was_taken_but_can_not_be_read_is_ambiguous(
    stranger: Stranger, provider: ReplicateProvider, created_at: object
) -> None:
    taken = {
        "id": "a",
        "model": "x/y",
        "version": "hidden",
        "status": "starting",
        "input": {},
        "created_at": created_at,
    }
    stranger.answer(201, taken)
    with pytest.raises(errors.ProviderAmbiguous):
        provider.create(model="x/y", input={})


# ---- downloads -----------------------------------------------------------------------------------


def fetch(provider: ReplicateProvider, url: str) -> bytes:
    with provider.download(url) as chunks:
        return b"".join(chunks)


def test_a_result_is_fetched_from_the_provider_itself_on_this_machine_with_our_token(
    stranger: Stranger, provider: ReplicateProvider
) -> None:
    stranger.answer(200, b"picture")
    assert fetch(provider, f"{stranger.url}/out.png") == b"picture"
    assert stranger.asked[0][2]["authorization"] == f"Bearer {TOKEN}"


def test_a_result_is_fetched_from_nowhere_else(stranger: Stranger, provider: ReplicateProvider) -> None:
    with pytest.raises(errors.OutputInvalid):
        fetch(provider, stranger.url.replace("127.0.0.1", "localhost") + "/out.png")
    assert stranger.asked == []


def test_no_proxy_of_the_environment_is_given_our_token(
    stranger: Stranger, provider: ReplicateProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order that goes one way and is looked for another would look as if it had never been placed."""
    proxy = Stranger()
    proxy.answer(502)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    provider = ReplicateProvider(token=TOKEN, base_url=stranger.url, cancel_after_seconds=300)
    stranger.answer(200, PREDICTION)
    provider.create(model=DEFAULT_MODEL.name, input=INPUT)
    provider.get("p1")
    fetch(provider, f"{stranger.url}/out.png")
    proxy.close()
    assert (len(stranger.asked), proxy.asked) == (3, [])


# ---- against the simulator -----------------------------------------------------------------------


def test_the_simulator_takes_the_whole_conversation(simulator: ReplicateProvider) -> None:
    from tests import pictures_to_send
    from tests.waiting import eventually

    file = simulator.upload(pictures_to_send.photo(), file_name="room.jpg", content_type="image/jpeg")
    inputs = dict(DEFAULT_MODEL.build_input("Furnish this room.", file.url, 5))
    made = simulator.create(model=DEFAULT_MODEL.name, input=inputs)
    assert made.input == inputs
    done = eventually(lambda: (found := simulator.get(made.id)).status.is_terminal and found)
    assert done.status == "succeeded"
    assert len(fetch(simulator, done.output_url or "")) > 1_000
    since = clock.now() - timedelta(minutes=1)
    assert [item.id for page in simulator.list_pages(created_after=since) for item in page] == [made.id]
    assert simulator.cancel(made.id).status == "succeeded"
    assert simulator.is_reachable() is True
    with pytest.raises(errors.PredictionNotFound):
        simulator.get("unknown")
