"""Pictures: what goes in, what comes out, and what is refused as an input image."""

import base64
import io
import random
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from PIL import Image, ImageChops

from core.provider.simulator import pictures, png
from core.provider.simulator.pictures import InputUnreadable
from tests.provider.simulator.simulation import Simulation, jpeg

INVERTED = (255 - 200, 255 - 180, 255 - 160)


def noise(width: int, height: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(3 * width * height))


def encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def data_url(data: bytes, kind: str = "image/jpeg") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def upload(simulation: Simulation, data: bytes) -> str:
    file = simulation.http.post("/v1/files", files={"content": ("a.jpg", data)}).json()
    return str(file["urls"]["get"])


def result(simulation: Simulation, **inputs: Any) -> Image.Image:
    ended = simulation.ended(simulation.create(**inputs)["id"])
    assert ended["status"] == "succeeded", ended["error"]
    return Image.open(io.BytesIO(simulation.http.get(ended["output"]).content))


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (1, 50), (257, 129)])
def test_png_is_lossless(size: tuple[int, int]) -> None:
    picture = noise(*size)
    again = Image.open(io.BytesIO(png.encode(picture)))
    again.load()
    assert again.format == "PNG"
    assert ImageChops.difference(again, picture).getbbox() is None


@pytest.mark.parametrize(
    ("output_format", "kind", "form"), [("png", "image/png", "PNG"), ("jpg", "image/jpeg", "JPEG")]
)
def test_output_has_the_format_asked_for_and_needs_no_token(
    shared: Simulation, output_format: str, kind: str, form: str
) -> None:
    ended = shared.ended(shared.create(output_format=output_format)["id"])
    assert ended["output"] == f"{shared.server.url}/delivery/{ended['id']}/output.{output_format}"
    answer = shared.http.get(ended["output"], headers={"Authorization": ""})
    assert answer.headers["content-type"] == kind
    assert Image.open(io.BytesIO(answer.content)).format == form


@pytest.mark.parametrize("way", ["file", "download link", "data url", "loopback", "output"])
def test_input_image_is_read_from_every_place_allowed(shared: Simulation, way: str, loopback_photo: str) -> None:
    ended = shared.ended(shared.create(input_image=data_url(jpeg()))["id"])
    file_url = upload(shared, jpeg())
    link = shared.http.get(f"/simulator/files/{file_url.rsplit('/', 1)[1]}/link").json()["url"]
    urls = {
        "file": file_url,
        "download link": link,
        "data url": data_url(jpeg()),
        "loopback": loopback_photo,
        "output": ended["output"],
    }
    picture = result(shared, input_image=urls[way])
    assert picture.size == (96, 64)
    # The drawing in these tests makes negatives; the negative of an output is the photo again.
    expected = (200, 180, 160) if way == "output" else INVERTED
    difference = ImageChops.difference(picture.convert("RGB"), Image.new("RGB", (96, 64), expected))
    assert max(difference.tobytes()) <= 3


@pytest.fixture
def loopback_photo() -> Iterator[str]:
    """The address of a photo on another server of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(jpeg())

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/photo.jpg"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://photos.example/room.jpg", "loopback addresses only"),
        ("http://169.254.169.254/latest", "loopback addresses only"),
        ("http://127.0.0.1:9/room.jpg", "no answer"),
        ("data:image/png;base64,%%%", "base64"),
        ("data:image/png;base64", "no data"),
        (data_url(b"hello"), "could not be decoded"),
        (data_url(jpeg()[:300]), "could not be decoded"),
        (data_url(encoded(Image.new("RGB", (9, 9)), "BMP")), "could not be decoded"),
    ],
)
def test_unusable_input_image_fails_the_prediction(shared: Simulation, url: str, reason: str) -> None:
    ended = shared.ended(shared.create(input_image=url)["id"])
    assert ended["status"] == "failed"
    assert reason in ended["error"]


def test_deleted_file_fails_the_prediction(shared: Simulation) -> None:
    url = upload(shared, jpeg())
    assert shared.http.delete(url).status_code == 204
    ended = shared.ended(shared.create(input_image=url)["id"])
    assert (ended["status"], "Could not fetch" in ended["error"]) == ("failed", True)


@pytest.mark.parametrize(("aspect_ratio", "size"), [("1:1", (64, 64)), ("16:9", (96, 54)), ("9:16", (36, 64))])
def test_aspect_ratio_crops_around_the_center(shared: Simulation, aspect_ratio: str, size: tuple[int, int]) -> None:
    assert result(shared, input_image=data_url(jpeg()), aspect_ratio=aspect_ratio).size == size


def test_crop_keeps_the_middle() -> None:
    photo = Image.new("RGB", (90, 30))
    photo.paste((255, 255, 255), (30, 0, 60, 30))
    assert pictures.crop_to(photo, "1:1").getcolors() == [(900, (255, 255, 255))]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_photo_of_any_allowed_kind_becomes_rgb(form: str, mode: str) -> None:
    photo = Image.new("RGB", (40, 30), (10, 200, 30)).convert(mode)
    data = encoded(photo.convert("RGB") if mode == "P" and form in ("JPEG", "WEBP") else photo, form)
    opened = pictures.open_photo(data)
    assert (opened.mode, opened.size) == ("RGB", (40, 30))


def test_photo_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    opened = pictures.open_photo(encoded(Image.new("RGB", (40, 30)), "JPEG", exif=exif))
    assert opened.size == (30, 40)


def test_large_photo_is_worked_on_at_about_a_megapixel() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for data, across in (
        (encoded(Image.new("RGB", (3000, 2000)), "JPEG"), 1.5),
        (encoded(Image.new("RGB", (3000, 2000)), "JPEG", exif=exif), 1 / 1.5),
        (encoded(Image.new("RGB", (3000, 2000)), "PNG"), 1.5),
    ):
        width, height = pictures.open_photo(data).size
        assert width * height == pytest.approx(1_048_576, rel=0.03)
        assert width / height == pytest.approx(across, rel=0.02)


def test_photo_of_too_many_pixels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_INPUT_PIXELS", 100)
    with pytest.raises(InputUnreadable, match="pixels"):
        pictures.open_photo(jpeg())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_damaged_photo_is_unreadable_and_nothing_worse(form: str) -> None:
    whole = encoded(noise(64, 64), form)
    rng = random.Random(4)
    for _ in range(40):
        damaged = bytearray(whole[: rng.randrange(20, len(whole))])
        for _ in range(5):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            assert pictures.open_photo(bytes(damaged)).mode == "RGB"
        except InputUnreadable:
            continue
