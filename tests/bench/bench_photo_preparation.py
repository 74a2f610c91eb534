"""Is a large photo made ready much faster and in much less memory than plain Pillow does it, and as fast as libvips?

    python -m pytest tests/bench/bench_photo_preparation.py

Each measurement is a process of its own, the contenders take turns, and each one has to deliver a JPEG of the same
size. The table goes to the terminal and, if STAGING_BENCH_REPORT names a file, to the end of that file. Linux only:
it reads /proc.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

REPEATS = 7
ROOT = Path(__file__).resolve().parents[2]
# Read here because the tests' own environment is emptied of the desk's settings.
REPORT = os.environ.get("STAGING_BENCH_REPORT")
PHOTOS = {"24 MP": (6000, 4000), "48 MP": (8000, 6000)}


def prepare_ours(data: bytes, _size: tuple[int, int]) -> bytes:
    """Inspect and prepare, as an upload does."""
    from core.images import preparation, validation

    return preparation.prepare(data, header=validation.inspect(data)).jpeg


def prepare_pillow(data: bytes, size: tuple[int, int]) -> bytes:
    """What a user of Pillow would write."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(data)) as photo:
        picture = ImageOps.exif_transpose(photo).convert("RGB").resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def prepare_vips(data: bytes, size: tuple[int, int]) -> bytes:
    """The thumbnail of libvips, which shrinks while it decodes, with the same encoder settings."""
    import pyvips

    picture = pyvips.Image.thumbnail_buffer(data, size[0], height=size[1], size="force")
    return bytes(picture.jpegsave_buffer(Q=92, subsample_mode="on", keep="none"))


CONTENDERS: dict[str, Callable[[bytes, tuple[int, int]], bytes]] = {
    "ours": prepare_ours,
    "plain Pillow": prepare_pillow,
    "pyvips thumbnail": prepare_vips,
}


def peak_bytes() -> int:
    """The largest resident size of this process so far.

    Not `ru_maxrss`: that one starts at the parent's peak, which would hide a child smaller than its parent.
    """
    status = Path("/proc/self/status").read_text()
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def measure(name: str, path: str, warm_up: str, size: tuple[int, int]) -> dict[str, float]:
    """One run in this process, after a small photo has loaded the libraries.

    Everyone starts from the file's bytes in memory, as an upload arrives; they count as memory taken.
    """
    from PIL import Image

    CONTENDERS[name](Path(warm_up).read_bytes(), (528, 528))
    data = Path(path).read_bytes()
    before_bytes = peak_bytes() - len(data)
    started = time.perf_counter()
    jpeg = CONTENDERS[name](data, size)
    seconds = time.perf_counter() - started
    added_bytes = peak_bytes() - before_bytes
    width, height = Image.open(io.BytesIO(jpeg)).size
    return {"seconds": seconds, "added_bytes": added_bytes, "width": width, "height": height}


def make_photo(path: str, width: int, height: int) -> None:
    """Soft shapes, fine texture and noise: nearly two bits a pixel, as in a camera's file of a plain room."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(width)
    shapes = random.integers(0, 256, (height // 200 + 2, width // 200 + 2, 3), dtype=np.uint8)
    texture = random.integers(0, 256, (height // 4, width // 4), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(shapes).resize((width, height), Image.Resampling.BICUBIC)).astype(np.int16)
    fine = np.asarray(Image.fromarray(texture).resize((width, height), Image.Resampling.BILINEAR)).astype(np.int16)
    pixels += ((fine - 128) // 8)[..., None]
    pixels += random.normal(0, 3, (height, width, 1)).astype(np.int16)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=92)


@dataclass(frozen=True)
class Row:
    """One contender's figures for one photo."""

    milliseconds: list[float]
    megabytes: list[float]

    @property
    def time(self) -> float:
        return statistics.median(self.milliseconds)

    @property
    def memory(self) -> float:
        return statistics.median(self.megabytes)

    def __str__(self) -> str:
        milliseconds, megabytes = sorted(self.milliseconds), sorted(self.megabytes)
        return (
            f"{self.time:7.0f} ms ({milliseconds[0]:.0f}–{milliseconds[-1]:.0f})"
            f"  {self.memory:6.0f} MB ({megabytes[0]:.0f}–{megabytes[-1]:.0f})"
        )


def in_child(*arguments: object) -> str:
    """Runs this file as a program and returns what it wrote."""
    command = [sys.executable, __file__, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120).stdout


def race(path: Path, warm_up: Path, size: tuple[int, int]) -> dict[str, Row]:
    """All contenders in turn, `REPEATS` times over; each must deliver the size asked for."""
    rows = {name: Row([], []) for name in CONTENDERS}
    for _ in range(REPEATS):
        for name, row in rows.items():
            figures = json.loads(in_child("measure", name, path, warm_up, *size))
            assert (figures["width"], figures["height"]) == size, name
            row.milliseconds.append(1000 * figures["seconds"])
            row.megabytes.append(figures["added_bytes"] / 1e6)
    return rows


@pytest.mark.parametrize("photo", PHOTOS)
def test_preparing_is_five_times_faster_and_smaller_than_plain_pillow_and_as_fast_as_vips(
    photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.images import preparation

    path, warm_up = tmp_path / "photo.jpg", tmp_path / "small.jpg"
    in_child("make", path, *PHOTOS[photo])
    in_child("make", warm_up, 528, 528)
    rows = race(path, warm_up, preparation.prepared_size(*PHOTOS[photo]))

    lines = [f"{photo} JPEG, {path.stat().st_size / 1e6:.1f} MB: median (range) of {REPEATS}"]
    lines += [f"  {name:17}{row}" for name, row in rows.items()]
    report = "\n".join(lines) + "\n"
    with capsys.disabled():
        sys.stdout.write("\n" + report)
    if REPORT:
        with Path(REPORT).open("a") as file:
            file.write(report)

    ours, pillow, vips = rows["ours"], rows["plain Pillow"], rows["pyvips thumbnail"]
    assert ours.time * 5 <= pillow.time, report
    assert ours.memory * 5 <= pillow.memory, report
    assert ours.time <= vips.time * 1.1, report


if __name__ == "__main__":
    task, *rest = sys.argv[1:]
    if task == "make":
        make_photo(rest[0], int(rest[1]), int(rest[2]))
    else:
        found = measure(rest[0], rest[1], rest[2], (int(rest[3]), int(rest[4])))
        sys.stdout.write(json.dumps(found))
