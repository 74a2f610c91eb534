"""How does a file become an upright sRGB picture of a wanted size, quickly and in little memory?"""

from typing import Final

from PIL import Image

from core.images import color, decoding, headers, scaling
from core.images.headers import PhotoHeader

_UPRIGHT: Final[dict[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def render(
    data: bytes,
    *,
    header: PhotoHeader,
    width: int,
    height: int,
    resampling: Image.Resampling = Image.Resampling.LANCZOS,
) -> Image.Image:
    """The picture at `width` × `height` pixels as seen upright, in sRGB, without metadata.

    1. Decode, a JPEG straight to the smallest size that is large enough.
    2. Scale, with transparency kept apart from colour.
    3. Convert the colours and lay transparency over white: few pixels are left to do it for.
    4. Turn it upright, last for the same reason.

    Raises `PhotoUnreadable` and `PicturesBusy`.
    """
    stored = headers.as_stored((width, height), orientation=header.orientation)
    with decoding.decoded(data, header=header, at_least=stored) as picture, decoding.refusing_damage():
        profile = picture.info.get("icc_profile")
        small = scaling.scaled(color.scalable(picture), *stored, resampling=resampling)
    with decoding.refusing_damage():
        finished = upright(color.to_srgb(small, icc_profile=profile), orientation=header.orientation)
    # Encoders write some of what they find here, a comment for one, without being asked.
    finished.info = {}
    return finished


def upright(picture: Image.Image, *, orientation: int) -> Image.Image:
    """The picture with an EXIF orientation applied."""
    return picture.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else picture
