"""Uploaded files: what is kept of them, who may download them, and when they are gone."""

import hashlib
from typing import Any

import httpx
import pytest

from tests.provider.simulator.simulation import Simulation


def upload(simulation: Simulation, *, name: str = "a.jpg", **fields: str) -> httpx.Response:
    return simulation.http.post("/v1/files", files={"content": (name, b"bytes", "image/jpeg")}, data=fields)


def link(simulation: Simulation, file_id: str) -> httpx.URL:
    return httpx.URL(simulation.http.get(f"/simulator/files/{file_id}/link").json()["url"])


def test_file_is_described_as_it_was_sent(shared: Simulation) -> None:
    file = upload(shared, name="room.jpg", metadata='{"ref": 5}').json()
    assert (file["name"], file["content_type"], file["size"]) == ("room.jpg", "image/jpeg", 5)
    assert file["checksums"] == {"sha256": hashlib.sha256(b"bytes").hexdigest()}
    assert file["metadata"] == {"ref": 5}


def test_fields_of_the_form_win_over_the_part(shared: Simulation) -> None:
    file = upload(shared, filename="other.bin", type="application/zip").json()
    assert (file["name"], file["content_type"]) == ("other.bin", "application/zip")


@pytest.mark.parametrize("fields", [{"metadata": "{"}, {"metadata": "[]"}, {"filename": "n" * 256}])
def test_malformed_fields_are_refused(shared: Simulation, fields: dict[str, str]) -> None:
    answer = shared.http.post("/v1/files", files={"content": ("a.jpg", b"bytes")}, data=fields)
    assert answer.status_code == 422


def test_download_needs_the_signature_and_no_token(shared: Simulation) -> None:
    file_id = upload(shared).json()["id"]
    answer = httpx.get(link(shared, file_id))
    assert (answer.status_code, answer.content) == (200, b"bytes")


@pytest.mark.parametrize("altered", [{"owner": "other"}, {"expiry": "9999999999"}, {"signature": "AAAA"}])
def test_altered_link_downloads_nothing(shared: Simulation, altered: dict[str, str]) -> None:
    url = link(shared, upload(shared).json()["id"]).copy_merge_params(altered)
    assert httpx.get(url).status_code == 404


def test_link_of_one_file_does_not_open_another(shared: Simulation) -> None:
    first, second = (upload(shared).json()["id"] for _ in range(2))
    url = str(link(shared, first)).replace(first, second)
    assert httpx.get(url).status_code == 404


def test_link_expires(simulate: Any) -> None:
    simulation = simulate()
    url = link(simulation, upload(simulation).json()["id"])
    simulation.clock.forward(3601)
    assert httpx.get(url).status_code == 404


def test_file_is_gone_after_a_day(simulate: Any) -> None:
    simulation = simulate()
    file = upload(simulation).json()
    simulation.clock.forward(24 * 3600 + 1)
    assert simulation.http.get(file["urls"]["get"]).status_code == 404
    assert simulation.http.get("/v1/files").json()["results"] == []
    upload(simulation)
    assert file["id"] not in [path.name for path in (simulation.server.state_dir / "files").iterdir()]


def test_file_list_goes_on_over_pages(simulate: Any) -> None:
    simulation = simulate()
    ids = [upload(simulation).json()["id"] for _ in range(103)]
    first = simulation.http.get("/v1/files").json()
    second = simulation.http.get(first["next"]).json()
    listed = [file["id"] for page in (first, second) for file in page["results"]]
    assert listed == ids[::-1]
    assert (len(first["results"]), first["previous"], second["next"]) == (100, None, None)
    assert simulation.http.get(second["previous"]).json()["results"] == first["results"]


def test_prediction_has_a_page_for_people(shared: Simulation) -> None:
    ended = shared.ended(shared.create(prompt="<script>alert(1)</script>")["id"])
    page = shared.http.get(ended["urls"]["web"])
    assert page.headers["content-type"].startswith("text/html")
    assert "<script>" not in page.text
    assert ended["output"] in page.text
