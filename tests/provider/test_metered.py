"""Is each call to the provider counted once, by its outcome, and passed on unchanged?"""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from core import clock, errors
from core.metrics import Metrics, Operation
from core.provider import answers
from core.provider.contract import Provider
from core.provider.metered import MeteredProvider
from tests.exposition import Scrape
from tests.fake_provider import FakeProvider

CALLS = "staging_desk_provider_calls_total"
ORDER: dict[str, Any] = {"model": "black-forest-labs/flux-kontext-pro", "input": {"prompt": "x"}}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def metered(provider: FakeProvider, metrics: Metrics) -> Provider:
    return MeteredProvider(provider, metrics)


def counted(metrics: Metrics) -> dict[tuple[str, str], float]:
    """Calls by operation and outcome, without those that never happened."""
    scrape = Scrape(metrics.exposition()[0].decode())
    samples = scrape.families[CALLS.removesuffix("_total")].samples
    return {(one.labels["operation"], one.labels["outcome"]): one.value for one in samples if one.value}


def refusals(metrics: Metrics) -> dict[str, float]:
    scrape = Scrape(metrics.exposition()[0].decode())
    return dict(scrape.by("status", "staging_desk_provider_refusals_total"))


def test_every_call_is_passed_on_counted_and_timed(
    metered: Provider, provider: FakeProvider, metrics: Metrics
) -> None:
    uploaded = metered.upload(b"photo", file_name="a.jpg", content_type="image/jpeg")
    created = metered.create(**ORDER, webhook_url="https://desk.example/hook")
    finished = provider.finish(created.id)
    assert metered.get(created.id) == finished
    pages = list(metered.list_pages(created_after=clock.now() - timedelta(hours=1)))
    assert [one.id for page in pages for one in page] == [created.id]
    assert metered.cancel(created.id).status == "succeeded"
    with metered.download(finished.output_url or "") as chunks:
        assert b"".join(chunks) == provider.files[finished.output_url or ""]
    assert tuple(metered.webhook_secrets()) == provider.secrets
    assert metered.is_reachable() is True

    assert provider.files[uploaded.url] == b"photo"
    assert provider.webhook_urls == ["https://desk.example/hook"]
    assert counted(metrics) == {(operation.value, "ok"): 1 for operation in Operation}
    scrape = Scrape(metrics.exposition()[0].decode())
    for operation in Operation:
        name = "staging_desk_provider_call_duration_seconds_count"
        assert scrape.value(name, operation=operation.value) == 1
    assert refusals(metrics) == {}


@pytest.mark.parametrize(
    ("status", "outcome", "label"),
    [
        (429, "provider_throttled", "429"),
        (401, "provider_unauthorized", "401"),
        (403, "provider_unauthorized", "403"),
        (402, "provider_payment_required", "402"),
        (422, "provider_refused", "422"),
        (418, "provider_refused", "4xx"),
        (500, "provider_ambiguous", "5xx"),
        (503, "provider_ambiguous", "5xx"),
    ],
)
def test_a_refused_order_is_seen_by_its_code_and_its_status(
    metered: Provider, provider: FakeProvider, metrics: Metrics, status: int, outcome: str, label: str
) -> None:
    error = answers.error_for(status, httpx.Headers(), {}, is_create=True)
    provider.fail_next("create", error)
    with pytest.raises(errors.ProviderError) as raised:
        metered.create(**ORDER)
    assert raised.value is error
    assert counted(metrics) == {("create", outcome): 1}
    assert refusals(metrics) == {label: 1}


def test_a_server_error_on_reading_is_told_from_silence(
    metered: Provider, provider: FakeProvider, metrics: Metrics
) -> None:
    provider.fail_next("get", answers.error_for(502, {}, None, is_create=False), errors.ProviderUnavailable())
    for _ in range(2):
        with pytest.raises(errors.ProviderUnavailable):
            metered.get("p0000")
    assert counted(metrics) == {("get", "provider_unavailable"): 2}
    assert refusals(metrics) == {"5xx": 1}


def test_each_page_of_a_list_is_a_call_and_a_page_that_fails_too(
    metered: Provider, provider: FakeProvider, metrics: Metrics
) -> None:
    for _ in range(250):
        provider.create(**ORDER)
    since = clock.now() - timedelta(hours=1)
    assert [len(page) for page in metered.list_pages(created_after=since)] == [100, 100, 50]
    provider.fail_next("list_pages", errors.ProviderThrottled(retry_after_seconds=1))
    with pytest.raises(errors.ProviderThrottled):
        list(metered.list_pages(created_after=since))
    assert counted(metrics) == {("list_page", "ok"): 3, ("list_page", "provider_throttled"): 1}


def test_a_download_that_breaks_in_its_middle_is_no_success(
    metered: Provider, provider: FakeProvider, metrics: Metrics
) -> None:
    url = provider.finish(provider.create(**ORDER).id).output_url or ""
    with pytest.raises(errors.ProviderUnavailable), metered.download(url) as chunks:
        next(chunks)
        raise errors.ProviderUnavailable
    with pytest.raises(errors.OutputExpired), metered.download("https://replicate.delivery/gone.png"):
        pass
    assert counted(metrics) == {("download", "provider_unavailable"): 1, ("download", "output_expired"): 1}


def test_an_error_of_ours_is_counted_and_not_swallowed(
    metered: Provider, provider: FakeProvider, metrics: Metrics
) -> None:
    provider.fail_next("get", RuntimeError("a mistake"))
    with pytest.raises(RuntimeError, match="a mistake"):
        metered.get("p0000")
    assert counted(metrics) == {("get", "internal_error"): 1}


def test_a_provider_that_does_not_answer_is_counted_as_unreachable(
    metered: Provider, provider: FakeProvider, metrics: Metrics
) -> None:
    provider.is_silent = True
    assert metered.is_reachable() is False
    assert counted(metrics) == {("is_reachable", "provider_unavailable"): 1}


def test_each_set_of_metrics_begins_at_nothing(provider: FakeProvider) -> None:
    for _ in range(2):
        metrics = Metrics()
        assert MeteredProvider(provider, metrics).is_reachable()
        assert counted(metrics) == {("is_reachable", "ok"): 1}
