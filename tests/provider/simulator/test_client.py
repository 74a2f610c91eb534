"""Every call of the real client works against the simulator, unchanged, in both of its styles."""

import asyncio
import io
from typing import Any

import pytest
from PIL import Image
from replicate.client import Client
from replicate.exceptions import ReplicateError
from replicate.version import Version

from tests.provider.simulator.simulation import MODEL, Simulation, jpeg

INPUT = {"prompt": "Furnish this room", "seed": 7, "output_format": "png"}


def finished(prediction: Any) -> Any:
    # Safe here, because nothing in these tests is aborted: the client would wait for ever on that.
    prediction._client.poll_interval = 0.01
    prediction.wait()
    return prediction


async def finished_async(prediction: Any) -> Any:
    prediction._client.poll_interval = 0.01
    await prediction.async_wait()
    return prediction


def latest_version(simulation: Simulation) -> Version:
    version = simulation.client.models.get(MODEL).latest_version
    assert version is not None
    return version


def test_client_creates_by_model_and_reads_the_output(shared: Simulation) -> None:
    prediction = finished(shared.client.models.predictions.create(model=MODEL, input=INPUT))
    assert prediction.status == "succeeded"
    assert prediction.logs.startswith("Using seed: 7\nGenerating...")
    assert prediction.metrics["image_count"] == 1
    picture = Image.open(io.BytesIO(shared.http.get(prediction.output).content))
    assert picture.format == "PNG"


@pytest.mark.parametrize("form", ["name", "name and version", "version"])
def test_client_creates_by_version_in_each_of_its_forms(shared: Simulation, form: str) -> None:
    version = latest_version(shared).id
    reference = {"name": MODEL, "name and version": f"{MODEL}:{version}", "version": version}[form]
    prediction = finished(shared.client.predictions.create(version=reference, input=INPUT))
    assert (prediction.model, prediction.version, prediction.status) == (MODEL, "hidden", "succeeded")


def test_client_uploads_a_file_given_as_input(shared: Simulation) -> None:
    photo = io.BytesIO(jpeg(120, 80))
    prediction = finished(shared.client.models.predictions.create(model=MODEL, input={**INPUT, "input_image": photo}))
    assert prediction.input["input_image"].startswith(f"{shared.server.url}/v1/files/")
    assert Image.open(io.BytesIO(shared.http.get(prediction.output).content)).size == (120, 80)


def test_client_cancels_and_reloads(simulate: Any) -> None:
    slow = simulate(seconds=60)
    prediction = slow.client.models.predictions.create(model=MODEL, input=INPUT)
    prediction.cancel()
    assert prediction.status == "canceled"
    prediction.reload()
    assert prediction.status == "canceled"


def test_client_pages_through_all_predictions_and_back(simulate: Any) -> None:
    simulation = simulate(seconds=60)
    created = [simulation.create(fault="hang", seed=number)["id"] for number in range(205)]
    client = simulation.client
    pages = [client.predictions.list()]
    while pages[-1].next:
        pages.append(client.predictions.list(pages[-1].next))
    assert [len(page) for page in pages] == [100, 100, 5]
    assert [prediction.id for page in pages for prediction in page] == created[::-1]
    back = client.predictions.list(pages[-1].previous)
    assert [prediction.id for prediction in back] == [prediction.id for prediction in pages[1]]
    assert pages[0].previous is None
    assert all(page.next.startswith(simulation.server.url) for page in pages[:-1])


def test_client_keeps_files(shared: Simulation) -> None:
    files = shared.client.files
    made = files.create(io.BytesIO(b"bytes"), filename="room.jpg", metadata={"ref": 1})
    assert (made.name, made.size, made.content_type, made.metadata) == ("room.jpg", 5, "image/jpeg", {"ref": 1})
    assert files.get(made.id).checksums == made.checksums
    assert made.id in [file.id for file in files.list()]
    assert files.delete(made.id)
    with pytest.raises(ReplicateError) as refusal:
        files.get(made.id)
    assert refusal.value.status == 404


def test_client_reads_account_secret_and_model(shared: Simulation) -> None:
    assert shared.client.accounts.current().username
    assert shared.client.webhooks.default.secret().key.startswith("whsec_")
    model = shared.client.models.get(MODEL)
    assert model.id == MODEL
    assert "prompt" in latest_version(shared).openapi_schema["components"]["schemas"]["Input"]["properties"]


def test_client_gets_the_reason_of_a_refusal(shared: Simulation) -> None:
    with pytest.raises(ReplicateError) as refusal:
        shared.client.models.predictions.create(model=MODEL, input={"prompt": "x", "safety_tolerance": 7})
    assert refusal.value.status == 422
    assert "input.safety_tolerance" in (refusal.value.detail or "")


def test_async_client_does_all_of_it_too(shared: Simulation) -> None:
    async def talk(client: Client) -> None:
        prediction = await client.models.predictions.async_create(model=MODEL, input=INPUT)
        assert (await finished_async(prediction)).status == "succeeded"
        assert (await client.predictions.async_get(prediction.id)).output == prediction.output
        by_version = await client.predictions.async_create(version=MODEL, input=INPUT)
        await by_version.async_cancel()
        await by_version.async_reload()
        assert by_version.status in ("canceled", "succeeded")
        assert prediction.id in [item.id for item in await client.predictions.async_list()]
        file = await client.files.async_create(io.BytesIO(b"bytes"), filename="a.png")
        assert (await client.files.async_get(file.id)).size == 5
        assert file.id in [item.id for item in await client.files.async_list()]
        assert await client.files.async_delete(file.id)
        assert (await client.accounts.async_current()).username
        assert (await client.webhooks.default.async_secret()).key.startswith("whsec_")
        assert (await client.models.async_get(MODEL)).owner == "black-forest-labs"

    asyncio.run(talk(shared.client))


def test_run_waits_for_the_output(shared: Simulation) -> None:
    output = shared.client.run(MODEL, input=INPUT, use_file_output=False)
    assert str(output).startswith(f"{shared.server.url}/delivery/")
