"""Results that are late, gone, elsewhere or no pictures, as a plain client and the product's own meet them."""

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from core import errors
from core.provider.replicate import ReplicateProvider
from core.provider.simulator import routes_delivery, views
from tests.provider.simulator.simulation import Simulation


@pytest.fixture(scope="module")
def provider(shared: Simulation) -> Iterator[ReplicateProvider]:
    yield ReplicateProvider(token="any", base_url=shared.server.url, cancel_after_seconds=300)


def ended(simulation: Simulation, fault: str) -> dict[str, Any]:
    prediction = simulation.ended(simulation.create(fault=fault, output_format="jpg")["id"])
    assert prediction["status"] == "succeeded"
    return prediction


def output(simulation: Simulation, fault: str) -> httpx.Response:
    return simulation.http.get(ended(simulation, fault)["output"])


def fetched(provider: ReplicateProvider, url: str) -> bytes:
    with provider.download(url) as chunks:
        return b"".join(chunks)


def test_expired_output_is_gone(shared: Simulation, provider: ReplicateProvider) -> None:
    prediction = ended(shared, "output-expired")
    assert shared.http.get(prediction["output"]).status_code == 404
    with pytest.raises(errors.OutputExpired):
        fetched(provider, prediction["output"])


def test_removed_data_is_gone_as_the_prediction_ends(shared: Simulation, provider: ReplicateProvider) -> None:
    prediction = ended(shared, "data-removed")
    assert (prediction["input"], prediction["output"], prediction["logs"]) == ({}, None, "")
    read = provider.get(prediction["id"])
    assert (read.data_removed, read.output_url, read.status) == (True, None, "succeeded")
    assert shared.http.get(f"/delivery/{prediction['id']}/output.jpg").status_code == 404


def test_output_that_is_no_image_pretends_to_be_one(shared: Simulation) -> None:
    answer = output(shared, "output-not-image")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(answer.content))


def test_truncated_output_only_fails_to_decode(shared: Simulation) -> None:
    answer = output(shared, "output-truncated")
    assert answer.status_code == 200
    with pytest.raises(OSError, match=r"(?i)truncated"):
        Image.open(io.BytesIO(answer.content)).load()


def test_interrupted_output_is_whole_the_second_time(shared: Simulation) -> None:
    url = ended(shared, "output-interrupted")["output"]
    # Looking whether it is there interrupts nothing.
    assert shared.http.head(url).status_code == 200
    with pytest.raises(httpx.TransportError):
        shared.http.get(url)
    Image.open(io.BytesIO(shared.http.get(url).content)).load()


def test_slow_output_is_whole_at_last(shared: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes_delivery, "SLOW_SECONDS", 0.4)
    answer = output(shared, "output-slow")
    assert answer.elapsed.total_seconds() >= 0.3
    Image.open(io.BytesIO(answer.content)).load()


def test_output_at_a_wrong_host_is_not_asked_for(shared: Simulation, provider: ReplicateProvider) -> None:
    url = ended(shared, "output-wrong-host")["output"]
    assert httpx.URL(url).host == views.WRONG_HOST
    # A name that begins like the true one, and that no name server may know.
    assert views.WRONG_HOST.startswith("replicate.delivery.")
    assert views.WRONG_HOST.endswith(".invalid")
    with pytest.raises(errors.OutputInvalid):
        fetched(provider, url)


def test_redirected_output_leads_to_a_picture_at_another_host(shared: Simulation) -> None:
    before = shared.stats()["redirects_followed"]
    answer = output(shared, "output-redirect")
    target = httpx.URL(answer.headers["location"])
    assert (answer.status_code, target.host, target.port) == (302, "localhost", shared.http.base_url.port)
    Image.open(io.BytesIO(httpx.get(target).content)).load()
    assert shared.stats()["redirects_followed"] == before + 1


def test_client_does_not_follow_a_redirect(shared: Simulation, provider: ReplicateProvider) -> None:
    url, before = ended(shared, "output-redirect")["output"], shared.stats()["redirects_followed"]
    with pytest.raises(errors.StagingError):
        fetched(provider, url)
    assert shared.stats()["redirects_followed"] == before
