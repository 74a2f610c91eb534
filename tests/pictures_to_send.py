"""Which photo is sent in? Small ones, drawn here."""

import functools
import io
import random

from PIL import Image, ImageDraw, ImageOps

from core.provider.simulator.pictures import Drawing

WIDTH, HEIGHT = 640, 512


@functools.lru_cache(maxsize=64)
def photo(number: int = 0, *, width: int = WIDTH, height: int = HEIGHT, kind: str = "JPEG") -> bytes:
    """A valid picture of a room, another one for each number."""
    chance = random.Random(number)
    picture = Image.new("RGB", (width, height), (225, 220, 210))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, height * 2 // 3, width, height), fill=(150, 110, 80))
    for _ in range(12):
        left, top = chance.randrange(width - 60), chance.randrange(height - 60)
        color = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        draw.rectangle((left, top, left + 50, top + 50), fill=color)
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def result(number: int = 0, *, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A picture as the model returns it."""
    return photo(1_000 + number, width=width, height=height, kind="PNG")


# What the simulator draws where its own pictures are not the question: the photo's negative.
QUICK_DRAWING = Drawing(
    stage=lambda photo, *, prompt, seed: ImageOps.invert(photo),
    sample_room=lambda seed, size: Image.new("RGB", size, (seed % 256, 40, 90)),
)
