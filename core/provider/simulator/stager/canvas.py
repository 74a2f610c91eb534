"""How does a flat picture lie on a floor or hang on a wall? Drawn in perspective, with smooth edges."""

import numpy as np
from PIL import Image

from core.provider.simulator.stager.camera import Floats


def lay(photo: Image.Image, picture: Image.Image, corners: Floats, *, keep_rows: bool = False) -> None:
    """Draw an RGBA picture into an RGB photo, its corners, clockwise from the top left, at pixels (4, 2).

    `keep_rows` leaves fine drawing as sharp as it is.
    """
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0).tolist()
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, photo.size).tolist()
    if right - left < 2 or bottom - top < 2:
        return
    fitted = picture if keep_rows else _fitted(picture, corners)
    w, h = fitted.size
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=np.float64)
    data = _homography(corners - np.array([left, top]), source)
    flat = fitted.transform(
        (right - left, bottom - top), Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR
    )
    alpha = flat.getchannel("A")
    color = flat.convert("RGB")
    photo.paste(color, (left, top), alpha)


def _fitted(picture: Image.Image, corners: Floats) -> Image.Image:
    """The picture no larger than it will appear, so that fine patterns blur instead of flicker; clear at its rim."""
    wide = max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3]))
    high = max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1]))
    size = (int(np.clip(wide, 16, picture.width)), int(np.clip(high * 1.15, 16, picture.height)))
    small = picture.resize(size, Image.Resampling.BOX) if size != picture.size else picture
    rim = small.resize((small.width + 2, small.height + 2), Image.Resampling.NEAREST)
    rim.putalpha(0)
    rim.paste(small, (1, 1))
    return rim


def _homography(target: Floats, source: Floats) -> tuple[float, ...]:
    """The eight coefficients with which Pillow finds the source point of each target point."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(values)).tolist())
