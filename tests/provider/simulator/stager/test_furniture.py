"""Claims about the furniture: bodies are closed, pieces stand on the floor, layouts name pieces that exist."""

import random

import numpy as np
import pytest

from core.provider.simulator.stager import catalog, mesh, pictures, rugs
from core.provider.simulator.stager.layouts import LAYOUTS
from core.provider.simulator.stager.palettes import LOOKS

GRAY = mesh.Finish((0.5, 0.5, 0.5))
BODIES = {
    "box": (mesh.box((0, 1, 0), (1, 2, 3), GRAY), 6.0),
    "small box": (mesh.box((3, 1, 0), (0.2, 0.2, 0.2), GRAY), 0.008),
    "soft box": (mesh.soft_box((0, 0, 1), (1, 1, 1), GRAY, radius=0.02), 1.0),
    "upright rod": (mesh.rod((0, 0, 0), (0, 1, 0), GRAY, radius=0.5, sides=60), np.pi / 4),
    "lying rod": (mesh.rod((1, 1, 0), (0, 1, 0), GRAY, radius=0.5, sides=60), np.pi / 4),
    "turned": (mesh.turned((0, 0, 0), [(0.5, 0), (0.5, 1)], GRAY, sides=60), np.pi / 4),
}


def volume(part: mesh.Part) -> float:
    """The volume that a part's facets enclose: negative where they face inward."""
    first, second = (part.facets[:, i] - part.facets[:, i - 2] for i in (2, 3))
    outward = np.cross(first, second) / 2
    middle = part.facets.mean(axis=1) - part.facets.reshape(-1, 3).mean(axis=0)
    return float((outward * middle).sum() / 3)


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_closed_and_face_outward(name: str) -> None:
    part, expected = BODIES[name]
    assert volume(part) == pytest.approx(expected, rel=0.03)
    assert volume(part.turned(40).moved(1, 2, 3)) == pytest.approx(expected, rel=0.03)


def test_a_cushion_faces_outward() -> None:
    assert volume(mesh.pillow((0, 0, 0), 0.5, 0.5, 0.16, GRAY)) > 0.01


@pytest.mark.parametrize("name", catalog.PIECES)
def test_every_piece_stands_on_the_floor_in_every_style(name: str) -> None:
    for look in LOOKS.values():
        parts = catalog.PIECES[name](look, random.Random(1))
        low = np.min([part.bounds[0] for part in parts], axis=0)
        high = np.max([part.bounds[1] for part in parts], axis=0)
        assert low[1] == pytest.approx(0.0, abs=0.035), look.slug
        assert 0.05 < high[1] < 2.5, look.slug
        assert np.isfinite(np.concatenate([part.facets for part in parts])).all(), look.slug


def test_layouts_name_pieces_that_exist() -> None:
    for layout in LAYOUTS.values():
        names = {layout.main, *(name for slot in layout.slots for name in slot.pieces)}
        assert names <= set(catalog.PIECES)


def test_every_style_has_a_rug_and_a_picture_of_its_own() -> None:
    carpets = {style: rugs.rug(style, 1, width=2.0, depth=1.2).tobytes() for style in LOOKS}
    motifs = {style: pictures.motif(style, 1, is_wide=False).tobytes() for style in LOOKS}
    assert len(set(carpets.values())) == len(set(motifs.values())) == len(LOOKS)


def test_a_round_rug_is_clear_at_its_corners() -> None:
    alpha = rugs.rug("modern", 0, width=2.0, depth=2.0, shape="round").getchannel("A")
    assert alpha.getpixel((2, 2)) == 0
    assert alpha.getpixel((alpha.width // 2, alpha.height // 2)) == 255
