"""How well does one colour stand out from another? WCAG 2's relative luminance and contrast ratio."""

from typing import Final

from PIL import Image

_LINEAR_FROM_ENCODED: Final = 0.04045
_WEIGHTS: Final = (0.2126, 0.7152, 0.0722)


def _linear(level: int) -> float:
    encoded = level / 255
    return encoded / 12.92 if encoded <= _LINEAR_FROM_ENCODED else ((encoded + 0.055) / 1.055) ** 2.4


_LINEAR: Final = tuple(_linear(level) for level in range(256))


def mean_luminance(picture: Image.Image, *, mask: Image.Image) -> float:
    """The mean relative luminance (0 black … 1 white) of an sRGB picture's pixels where `mask`, mode L, isn't 0.

    Luminance is linear in the linearized channels, so three histograms give the exact mean.

    Raises:
        ValueError: if the mask is empty.
    """
    histogram = picture.histogram(mask)
    pixels = sum(histogram[:256])
    if pixels == 0:
        raise ValueError("no pixels to measure")
    return (
        sum(
            weight
            * sum(count * linear for count, linear in zip(histogram[start : start + 256], _LINEAR, strict=True))
            for weight, start in zip(_WEIGHTS, (0, 256, 512), strict=True)
        )
        / pixels
    )


def ratio(one: float, other: float) -> float:
    """The contrast of two luminances, from 1 (none) to 21 (black and white)."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
