"""How does anyone see that a picture is simulated? Small letters in its upper left corner."""

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

WORD = "SIMULATED"
_SPACING = 0.14  # of the letters' height, between letters
_SMALLEST, _LARGEST = 11, 22


def mark(photo: Image.Image) -> None:
    """Write the word into an RGB photo, on a dark translucent pill."""
    pill, letters, inset = _drawn(min(photo.size))
    photo.paste((14, 15, 17), (inset, inset), pill)
    photo.paste((255, 255, 255), (inset, inset), letters)


@lru_cache(maxsize=16)
def _drawn(shorter_side: int) -> tuple[Image.Image, Image.Image, int]:
    """The pill's and the letters' masks, and how far they are from the edges, in pixels."""
    size = max(_SMALLEST, min(_LARGEST, round(shorter_side / 52)))
    scale = 4
    font = ImageFont.load_default(size * scale)
    gap = size * scale * _SPACING
    widths = [font.getlength(letter) for letter in WORD]
    pad = size * scale * 0.75
    width = int(sum(widths) + gap * (len(WORD) - 1) + 2 * pad)
    height = int(size * scale * 1.75)
    # Multiples of the scale, so that the masks shrink evenly.
    width, height = width // scale * scale, height // scale * scale
    pill, letters = Image.new("L", (width, height)), Image.new("L", (width, height))
    ImageDraw.Draw(pill).rounded_rectangle((0, 0, width - 1, height - 1), radius=height // 2, fill=158)
    draw, x = ImageDraw.Draw(letters), pad
    for letter, advance in zip(WORD, widths, strict=True):
        draw.text((x, height / 2), letter, font=font, anchor="lm", fill=238)
        x += advance + gap
    return pill.reduce(scale), letters.reduce(scale), max(8, round(shorter_side * 0.018))
