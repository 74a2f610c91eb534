"""Where do furnishings darken the floor and the wall? Soft shadows, multiplied onto the photo.

Three layers, drawn small and blurred: contact (what stands on the floor), shade (what hangs above it), and the cast
shadow away from the light; and a faint one on the wall behind.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.provider.simulator.stager import scenery
from core.provider.simulator.stager.camera import Floats
from core.provider.simulator.stager.floor import RoomBox
from core.provider.simulator.stager.light import Light
from core.provider.simulator.stager.view import View

_SHRINK = 4
_DARKNESS = (10, 8, 8)
_CORNERS = np.array([[i, j, k] for j in (0, 1) for i, k in ((0, 0), (1, 0), (1, 1), (0, 1))])
_SIDES = ((0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
_CONTACT_HEIGHT = 0.3
_WALL_REACH_METERS = 0.9
_LARGE_METERS = 0.09


def cast(photo: Image.Image, piece: scenery.Piece, *, view: View, light: Light, room: RoomBox) -> None:
    """Darken an RGB photo where the parts of a piece keep the light off. The upper quarter is never touched."""
    opaque = piece.shadow > 0
    boxes, weight = scenery.part_bounds(piece)[opaque], piece.shadow[opaque]
    if not len(boxes):
        return
    size = (-(-photo.width // _SHRINK), -(-photo.height // _SHRINK))
    meter = view.pixels_per_meter(boxes.mean(axis=(0, 1))) / _SHRINK
    floor = _floor_shadow(boxes, weight, size=size, view=view, light=light, meter=meter)
    ground = _floor_mask(room, size)
    floor = ImageChops.multiply(floor, ground)
    wall = _wall_shadow(boxes, weight, size=size, view=view, light=light, meter=meter)
    wall = ImageChops.multiply(wall, ImageChops.invert(ground))
    dark = ImageChops.add(floor, wall)
    box = dark.getbbox()
    if box is None:
        return
    left, top, right, bottom = box[0], max(box[1], size[1] // 4), box[2], box[3]
    if bottom <= top:
        return
    small = dark.crop((left, top, right, bottom))
    large = small.resize((small.width * _SHRINK, small.height * _SHRINK), Image.Resampling.BILINEAR)
    photo.paste(Image.new("RGB", large.size, _DARKNESS), (left * _SHRINK, top * _SHRINK), large)


def _floor_shadow(
    boxes: Floats, weight: Floats, *, size: tuple[int, int], view: View, light: Light, meter: float
) -> Image.Image:
    lowest = boxes[:, 0, 1]
    low, high = _octagons(boxes)
    below = low * np.array([1.0, 0.0, 1.0])
    shade = np.where(lowest < _CONTACT_HEIGHT, 0, 85 * weight * np.exp(-lowest / 0.7)).astype(int)
    contact = np.where(lowest < _CONTACT_HEIGHT, 135 * weight * np.exp(-lowest / 0.22), 0).astype(int)
    long = (52 * weight * np.exp(-lowest / 0.8) * _is_large(boxes)).astype(int)
    # The shadow away from the light, in steps from the foot to the top, which blur into one.
    slide = light.toward / light.toward[1] * np.array([1.0, 0.0, 1.0])
    steps = []
    for share in (0.0, 0.33, 0.67, 1.0):
        level = low + (high - low) * share
        steps.append((level - slide * (np.minimum(level[..., 1:2], 1.1) * 0.55)) * np.array([1.0, 0.0, 1.0]))
    under = view.project(below)[:, None]
    layers = [
        _layer(under, contact, size, blur=0.028 * meter),
        _layer(under, np.maximum(shade, (contact * 0.5).astype(int)), size, blur=0.1 * meter),
        _layer(view.project(np.stack(steps, axis=1)), long, size, blur=0.13 * meter),
    ]
    keep = ImageChops.invert(layers[0])
    for layer in layers[1:]:
        keep = ImageChops.multiply(keep, ImageChops.invert(layer))
    return ImageChops.invert(keep)


def _octagons(boxes: Floats) -> tuple[Floats, Floats]:
    """The lower and the upper outline (n, 8, 3) of each box, its corners cut: few things are that square."""
    share = np.array([[0.2, 0.0], [0.8, 0.0], [1.0, 0.2], [1.0, 0.8], [0.8, 1.0], [0.2, 1.0], [0.0, 0.8], [0.0, 0.2]])
    span = boxes[:, 1] - boxes[:, 0]
    outline = np.empty((len(boxes), 8, 3))
    outline[..., 0] = boxes[:, None, 0, 0] + share[:, 0] * span[:, None, 0]
    outline[..., 2] = boxes[:, None, 0, 2] + share[:, 1] * span[:, None, 2]
    low, high = outline, outline.copy()
    low[..., 1], high[..., 1] = boxes[:, None, 0, 1], boxes[:, None, 1, 1]
    return low, high


def _wall_shadow(
    boxes: Floats, weight: Floats, *, size: tuple[int, int], view: View, light: Light, meter: float
) -> Image.Image:
    """The shadow on the wall z = 0 of what stands near it: aside and a little down."""
    is_near = (boxes[:, 0, 2] < _WALL_REACH_METERS) & _is_large(boxes)
    near = boxes[is_near]
    if not len(near):
        return Image.new("L", size)
    corners = np.stack([near[:, _CORNERS[:, axis], axis] for axis in range(3)], axis=-1)
    away = np.maximum(corners[..., 2], 0.0)
    side = float(np.clip(light.toward[0], -0.7, 0.7))
    on_wall = corners.copy()
    on_wall[..., 0] -= side * 0.5 * away
    on_wall[..., 1] = np.maximum(corners[..., 1] - 0.35 * away, 0.0)
    on_wall[..., 2] = 0.0
    strength = (60 * weight[is_near] * np.exp(-near[:, 0, 2] / 0.3)).astype(int)
    return _layer(view.project(on_wall)[:, np.array(_SIDES)], strength, size, blur=0.07 * meter)


def _is_large(boxes: Floats) -> npt.NDArray[np.bool_]:
    """Which boxes throw a shadow of their own beyond their foot."""
    return np.asarray(np.sort(boxes[:, 1] - boxes[:, 0], axis=1)[:, 1] > _LARGE_METERS)


def _layer(pixels: Floats, strength: npt.NDArray[np.int_], size: tuple[int, int], *, blur: float) -> Image.Image:
    """Outlines (n, faces, corners, 2) filled with their strength, the faint ones first, then blurred."""
    layer = Image.new("L", size)
    polygon = ImageDraw.Draw(layer).polygon
    order = np.argsort(strength, kind="stable")
    order = order[strength[order] > 3]
    if not len(order):
        return layer
    outlines = (pixels[order] / _SHRINK).reshape(len(order), pixels.shape[1], -1)
    for faces, value in zip(outlines.tolist(), strength[order].tolist(), strict=True):
        for face in faces:
            polygon(face, value)
    return layer.filter(ImageFilter.GaussianBlur(max(0.6, blur)))


def _floor_mask(room: RoomBox, size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size)
    columns = np.linspace(0, size[0], 41)
    edge = list(zip(columns.tolist(), (room.rows_at(columns * _SHRINK) / _SHRINK).tolist(), strict=True))
    ImageDraw.Draw(mask).polygon([*edge, (size[0], size[1]), (0, size[1])], fill=255)
    return mask
