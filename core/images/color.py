"""How do pixels of any kind become plain sRGB?"""

import io
from typing import Final

from PIL import Image, ImageCms

# Which mode a picture must be in for a profile of each colour space; other profiles don't belong to a photo.
_MODE_OF_PROFILE: Final[dict[str, str]] = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
_AVERAGEABLE: Final = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
_OPAQUE: Final[dict[str, str]] = {"LA": "L", "RGBA": "RGB"}


def scalable(picture: Image.Image) -> Image.Image:
    """The picture in a mode whose pixels may be averaged: L, LA, RGB, RGBA or CMYK, with 8 bits a channel."""
    if picture.mode.startswith("I"):
        # Sixteen-bit grey. Converting alone would cut everything above 255 to white.
        return picture.point(lambda value: value / 256).convert("L")
    if picture.mode in _AVERAGEABLE and "transparency" not in picture.info:
        return picture
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture.convert("L" if picture.mode == "1" else "RGB")


def to_srgb(picture: Image.Image, *, icc_profile: bytes | None) -> Image.Image:
    """The picture in mode RGB: converted from its profile to sRGB, transparency laid over white.

    `picture` comes from `scalable`. A profile that is broken or belongs to other pixels is ignored:
    the photo is still a photo, as every viewer treats it.
    """
    opaque = picture.convert(_OPAQUE[picture.mode]) if picture.mode in _OPAQUE else picture
    flat = _converted(opaque, icc_profile=icc_profile) if icc_profile else opaque
    flat = flat if flat.mode == "RGB" else flat.convert("RGB")
    if picture.mode in _OPAQUE:
        white = Image.new("RGB", picture.size, "white")
        white.paste(flat, mask=picture.getchannel("A"))
        return white
    return flat


def _converted(picture: Image.Image, *, icc_profile: bytes) -> Image.Image:
    try:
        source = ImageCms.getOpenProfile(io.BytesIO(icc_profile))
        mode = _MODE_OF_PROFILE.get(source.profile.xcolor_space.strip())
        if mode == "RGB" and picture.mode == "L":
            picture = picture.convert("RGB")
        if mode == picture.mode:
            converted = ImageCms.profileToProfile(
                picture,
                source,
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
            return converted if converted is not None else picture
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return picture
