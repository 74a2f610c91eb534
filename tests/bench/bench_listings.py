"""How fast is a whole listing drawn, and how fast is it given again?

    python -m pytest tests/bench/bench_listings.py -s

1. 100 photos in two variants each, at a provider that takes 600 creates a minute with a burst of 60 and needs 3 s for
   each: 60 go at once, 140 at ten a second, and the last takes its 3 s, so nobody can be done before 17 s. Beside it,
   in the same run: eight threads that order the same predictions with Replicate's client, one after another.
2. 24 photos of 12 megapixels that are finished: sent again, and asked for again by their stored photos.

A benchmark fails if work was not delivered, never because a machine was slow. Needs the extras `test` and `bench`.
"""

import io
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from replicate.client import Client

from core.provider.simulator import stager
from tests import pictures_to_send
from tests.bench import processes
from tests.bench.bench_staging import MODEL, PROMPT
from tests.bench.report import Line, ratio, tell

PHOTOS, VARIANTS, THREADS = 100, 2, 8
PREDICTION_SECONDS = 3.0
CREATES_PER_MINUTE, CREATE_BURST = 600, 60
BOUND_SECONDS = (PHOTOS * VARIANTS - CREATE_BURST) / (CREATES_PER_MINUTE / 60) + PREDICTION_SECONDS
FINISHED = 24
REPEATS = 5
_THROTTLED = re.compile(r'^staging_desk_provider_refusals_total\{status="429"\} (\S+)', re.M)


def test_a_hundred_photos_in_two_variants(tmp_path: Path) -> None:
    limits = ("--creates-per-minute", str(CREATES_PER_MINUTE), "--create-burst", str(CREATE_BURST))
    switches = ("--seconds", str(PREDICTION_SECONDS), *limits)
    photos = [pictures_to_send.photo(number) for number in range(PHOTOS)]
    with (
        processes.simulator(tmp_path / "ours", *switches) as provider,
        processes.desk(tmp_path / "desk", provider_url=provider.url) as desk,
        processes.manager_client(desk, tmp_path / "desk", credits=10_000) as client,
    ):
        # As a whole it is more than one listing holds.
        listings = [_filled(client, f"Part {part}", photos[part::2]) for part in range(2)]
        started = time.monotonic()
        for listing in listings:
            client.post(f"/api/listings/{listing}/stage", json={}).raise_for_status()
        # Nothing can be done before its bound, so asking earlier would only add to what is measured.
        time.sleep(max(0.0, started + BOUND_SECONDS - time.monotonic()))
        processes.wait_until_quiet(client, pause_seconds=0.1)
        ours = time.monotonic() - started
        found = [client.get(f"/api/listings/{listing}").json() for listing in listings]
        throttled = sum(float(one) for one in _THROTTLED.findall(httpx.get(f"{desk.url}/metrics").text))
    results = sum(len(photo["results"]) for listing in found for photo in listing["photos"])
    assert results == PHOTOS * VARIANTS
    with processes.simulator(tmp_path / "theirs", *switches) as provider:
        theirs = _eight_threads(provider.url, photos)
    mine, other = Line("the desk", [ours], "s"), Line(f"{THREADS} threads of Replicate's client", [theirs], "s")
    tell(
        f"{PHOTOS} photos × {VARIANTS}, not before {BOUND_SECONDS:.0f} s",
        [
            mine,
            Line("over what nobody can be under", [ours / BOUND_SECONDS], "", "at most 1.10"),
            other,
            ratio("theirs over ours", other, mine, target="at least 3.5"),
            Line("creates that were throttled", [throttled], "", "0"),
            Line("results delivered", [results], "", str(PHOTOS * VARIANTS)),
        ],
    )


def test_a_finished_listing_again(tmp_path: Path) -> None:
    photos = [_room(number) for number in range(FINISHED)]
    with (
        processes.simulator(tmp_path / "simulator", "--seconds", "0.2", "--creates-per-minute", "0") as provider,
        processes.desk(tmp_path / "desk", provider_url=provider.url) as desk,
        processes.manager_client(desk, tmp_path / "desk", credits=10_000) as client,
    ):
        first = _filled(client, "First", photos)
        client.post(f"/api/listings/{first}/stage", json={}).raise_for_status()
        processes.wait_until_quiet(client)
        calls = _creates(desk.url)
        sent, staged, stored = [], [], []
        photo_ids = [photo["id"] for photo in client.get(f"/api/listings/{first}").json()["photos"]]
        for repeat in range(REPEATS):
            began = time.perf_counter()
            again = _filled(client, f"Again {repeat}", photos)
            body = _staged(client, again, {})
            sent.append(time.perf_counter() - began)
            assert body["creditsUsed"] == 0
            assert all(job["reused"] for job in body["jobs"])
            began = time.perf_counter()
            files = [("image", (f"room-{n}.jpg", photo, "image/jpeg")) for n, photo in enumerate(photos)]
            words = {"roomType": "kitchen", "style": "modern", "account": processes.ACCOUNT}
            answer = client.post("/api/stage", files=files, data=words)
            staged.append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.text
            began = time.perf_counter()
            body = _staged(client, first, {"photoIds": photo_ids})
            stored.append(1_000 * (time.perf_counter() - began) / FINISHED)
            assert body["creditsUsed"] == 0
        assert _creates(desk.url) == calls
    tell(
        f"A finished listing of {FINISHED} photos of 12 megapixels again, at no charge and without the provider",
        [
            Line("a new listing of the same photos: sent and staged", sent, "s", "under 3"),
            Line("the same photos by POST /stage", staged, "s", "under 3"),
            Line("by stored photo", stored, "ms each", "at most 25"),
        ],
    )


def _filled(client: httpx.Client, reference: str, photos: list[bytes]) -> str:
    body = {"reference": reference, "account": processes.ACCOUNT}
    listing = client.post("/api/listings", json=body).raise_for_status().json()["id"]
    files = [("image", (f"kitchen {number}.jpg", photo, "image/jpeg")) for number, photo in enumerate(photos)]
    answer = client.post(f"/api/listings/{listing}/photos", files=files).raise_for_status().json()
    assert not [one for one in answer["outcomes"] if one["error"]]
    return str(listing)


def _staged(client: httpx.Client, listing: str, body: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(f"/api/listings/{listing}/stage", json=body).raise_for_status().json()
    return answer


def _creates(url: str) -> float:
    pattern = re.compile(r'^staging_desk_provider_calls_total\{.*operation="create".*\} (\S+)', re.M)
    return sum(float(one) for one in pattern.findall(httpx.get(f"{url}/metrics").text))


def _room(number: int) -> bytes:
    buffer = io.BytesIO()
    stager.sample_room(number, (4000, 3000)).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _eight_threads(url: str, photos: list[bytes]) -> float:
    """What one would write with the client: each thread orders a prediction, polls it, and reads its result."""

    def one(order: int) -> None:
        client = Client(api_token="bench-token", base_url=url)
        picture = io.BytesIO(photos[order // VARIANTS])
        file = client.files.create(picture, filename="room.jpg", content_type="image/jpeg")
        inputs = {"prompt": PROMPT, "input_image": file.urls["get"], "seed": order}
        prediction = client.models.predictions.create(model=MODEL, input=inputs)
        while prediction.status not in ("succeeded", "failed", "canceled", "aborted"):
            time.sleep(0.5)
            prediction.reload()
        assert prediction.status == "succeeded", prediction.error
        httpx.get(prediction.output).raise_for_status()

    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, range(len(photos) * VARIANTS)))
    return time.monotonic() - began
