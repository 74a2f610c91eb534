"""What if the server dies while a whole listing is sent in, bought and drawn? It goes on, at the very price."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.delivery import listing_zip
from tests import pictures_to_send
from tests.crash.books import Books
from tests.crash.processes import ACCOUNT, Desk, DeskSettings, Simulator, poll
from tests.images import pictures

PHOTOS, PRICE = 21, 40
# Photos come at once and are prepared side by side; this many are kept when the server dies.
KEPT_AT_FIRST = 7


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    running = Simulator(
        tmp_path / "simulator", "--seconds", "1", "--creates-per-minute", "600", "--create-burst", "10"
    )
    yield running
    running.stop()


@pytest.fixture
def desk(tmp_path: Path, simulator: Simulator) -> Iterator[Desk]:
    running = Desk(DeskSettings(data=tmp_path / "data", provider_url=simulator.url))
    running.prepare()
    running.start()
    running.wait_until_ready()
    yield running
    running.kill()


def zipped() -> bytes:
    """24 files: 20 photos, a HEIC, one of the photos again, one cut off, and an empty one."""
    photos = [(f"kitchen-{number}.jpg", pictures_to_send.photo(number)) for number in range(PHOTOS - 1)]
    files = [*photos, ("bedroom.heic", pictures.heic()), ("again.jpg", photos[0][1])]
    files += [("broken.jpg", photos[1][1][:2_000]), ("empty.jpg", b"")]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def sent_in(desk: Desk, listing_id: str) -> dict[str, Any]:
    sent = {"image": ("photos.zip", zipped(), "application/zip")}
    body: dict[str, Any] = desk.call("POST", f"/listings/{listing_id}/photos", files=sent).json()
    return body


def bought(desk: Desk, listing_id: str) -> dict[str, Any]:
    headers = {"Idempotency-Key": "the whole of it"}
    words = {"expectedCredits": PHOTOS * PRICE}
    body: dict[str, Any] = desk.call("POST", f"/listings/{listing_id}/stage", json=words, headers=headers).json()
    return body


def balance(books: Books) -> int:
    return next(balance for name, balance, _ in books.balances() if name == ACCOUNT)


def dies_of(desk: Desk, point: str, *, hit: int = 1) -> None:
    """The server dies there; then it is started again."""
    poll(desk.was_sprung, within_seconds=60, what=f"the death at {point} ({hit})")
    desk.disarm()
    restart(desk)


def restart(desk: Desk) -> None:
    desk.start()
    desk.wait_until_ready()


def test_a_listing_goes_on_wherever_the_server_was_killed(desk: Desk, simulator: Simulator) -> None:
    books = Books(desk.database_url)
    balance_at_first = balance(books)
    words = {"reference": "12 Elm Street", "account": ACCOUNT, "style": "coastal"}
    listing_id = str(desk.call("POST", "/listings", json=words).json()["id"])

    desk.arm("listings.service._add:after-commit", hit=KEPT_AT_FIRST)
    with pytest.raises(httpx.TransportError):
        sent_in(desk, listing_id)
    dies_of(desk, "listings.service._add:after-commit", hit=KEPT_AT_FIRST)
    assert books.value("SELECT count(*) FROM listing_photos") == KEPT_AT_FIRST
    added = sent_in(desk, listing_id)
    assert len(added["listing"]["photos"]) == PHOTOS
    refused = {one["fileName"]: one["error"]["code"] for one in added["outcomes"] if one["error"]}
    assert refused | {"broken.jpg": "photo_unreadable", "empty.jpg": "photo_empty"} == refused

    desk.arm("jobs.orders.buy:before-commit")
    with pytest.raises(httpx.TransportError):
        bought(desk, listing_id)
    dies_of(desk, "jobs.orders.buy:before-commit")
    assert books.job_ids() == []
    desk.arm("jobs.orders.buy:after-commit")
    with pytest.raises(httpx.TransportError):
        bought(desk, listing_id)
    dies_of(desk, "jobs.orders.buy:after-commit")
    job_ids = [str(job["jobId"]) for job in bought(desk, listing_id)["jobs"]]
    assert sorted(job_ids) == sorted(books.job_ids())

    poll(lambda: ("succeeded", None) in books.variant_states(job_ids), within_seconds=60, what="a first result")
    desk.kill()
    assert books.unfinished() > PHOTOS // 2
    restart(desk)
    poll(lambda: books.unfinished() == 0, within_seconds=120, what="the end of all jobs")

    assert set(books.states(job_ids).values()) == {"completed"}
    assert [row[1:] for row in books.charges()] == [(1, -PRICE)] * PHOTOS
    assert balance(books) == balance_at_first - PHOTOS * PRICE
    assert len(simulator.predictions()) == 2 * PHOTOS
    answer = desk.call("GET", f"/listings/{listing_id}/results.zip")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert sum(name.startswith(listing_zip.RESULTS_FOLDER) for name in names) == 2 * PHOTOS
    checked = desk.check()
    assert checked.returncode == 0, checked.stdout
