"""How is a photo staged? Read the wish and the room, place the furniture, then draw from the floor upward."""

import random as randomness

import numpy as np
from PIL import Image

from core.provider.simulator.stager import (
    canvas,
    floor,
    light,
    marking,
    painting,
    placing,
    reading,
    rugs,
    scenery,
    shadows,
    walls,
)
from core.provider.simulator.stager.ground import Ground
from core.provider.simulator.stager.layouts import LAYOUTS, Rug

_RUG_SCALES = (1.0, 0.85, 0.7, 0.55)


def stage(photo: Image.Image, *, prompt: str, seed: int) -> Image.Image:
    """The photo with furniture drawn in: RGB, of exactly the photo's size.

    What is neither furniture nor in its shadow stays as it is, but for the mark in the upper left corner. The same
    photo, prompt and seed give the same picture.
    """
    original = photo.convert("RGB")
    wish = reading.read(prompt)
    layout = LAYOUTS[wish.room]
    room = floor.find(original)
    arrangement = placing.arrange(room, layout, style=wish.style, seed=seed)
    view = arrangement.view
    lit = light.read(original, room=room, camera=view.camera, frame=view.frame)
    result = original.copy()
    random = randomness.Random(seed + 1)
    if layout.rug is not None:
        _lay_rug(result, layout.rug, arrangement, lit, room=room, style=wish.style, variant=random.randrange(4))
    hung = walls.hang(result, layout.hanging, arrangement, lit, style=wish.style, variant=random.randrange(6))
    everything = scenery.join([*(standing.build() for standing in arrangement.pieces), *hung])
    shadows.cast(result, everything, view=view, light=lit, room=room)
    painting.paint(result, everything, view=view, light=lit)
    marking.mark(result)
    return result


def _lay_rug(
    photo: Image.Image,
    rug: Rug,
    arrangement: placing.Arrangement,
    lit: light.Light,
    *,
    room: floor.RoomBox,
    style: str,
    variant: int,
) -> None:
    view = arrangement.view
    ground = Ground(room, view)
    x, z = rug.x * arrangement.side, rug.z + arrangement.forward
    for scale in _RUG_SCALES:
        half_width, half_depth = rug.width * scale / 2, rug.depth * scale / 2
        corners = np.array(
            [[x + sx * half_width, 0.0, z + sz * half_depth] for sx, sz in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        )
        if ground.bears(corners):
            picture = rugs.rug(style, variant, width=rug.width * scale, depth=rug.depth * scale, shape=rug.shape)
            canvas.lay(photo, lit.on_floor(picture, corners), view.project(corners))
            return
