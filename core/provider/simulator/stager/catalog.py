"""Which pieces can be ordered by name? Built once for each style and variant, then kept."""

import random as randomness
from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from core.provider.simulator.stager import scenery
from core.provider.simulator.stager.furniture import beds, decor, foliage, lighting, seating, special, storage, tables
from core.provider.simulator.stager.mesh import Part
from core.provider.simulator.stager.palettes import LOOKS, Look

_KEPT = 96
VARIANTS = 3

Builder = Callable[..., list[Part]]


def _plain(build: Callable[[Look], list[Part]]) -> Builder:
    return lambda look, _random: build(look)


PIECES: Mapping[str, Builder] = {
    "sofa": seating.sofa,
    "loveseat": partial(seating.sofa, width=1.6),
    "armchair": seating.armchair,
    "chair": seating.chair,
    "bench": seating.bench,
    "bed_bench": partial(seating.bench, width=1.3),
    "pouf": seating.pouf,
    "stool": seating.stool,
    "coffee_table": tables.coffee_table,
    "side_table": tables.side_table,
    "dining_table": tables.dining_table,
    "bistro_table": partial(tables.dining_table, width=0.9, depth=0.9),
    "desk": tables.desk,
    "small_desk": partial(tables.desk, width=1.1),
    "console": tables.console,
    "island": tables.island,
    "lamp_table": storage.side_table_with_lamp,
    "nightstand": storage.nightstand,
    "sideboard": storage.sideboard,
    "dresser": storage.dresser,
    "media_console": storage.media_console,
    "bookcase": storage.bookcase,
    "low_shelf": storage.low_shelf,
    "washstand": storage.washstand,
    "towel_ladder": storage.towel_ladder,
    "towel_stool": storage.towel_stool,
    "basket": storage.basket,
    "coat_rack": storage.coat_rack,
    "drying_rack": storage.drying_rack,
    "laundry_shelf": storage.laundry_shelf,
    "floor_lamp": lighting.floor_lamp,
    "plant": foliage.plant,
    "small_plant": foliage.small_plant,
    "bed": beds.bed,
    "single_bed": beds.single_bed,
    "crib": beds.crib,
    "rocking_chair": beds.rocking_chair,
    "changing_table": beds.changing_table,
    "toys": lambda _look, random: decor.toy_blocks(random),
    "tent": _plain(decor.canvas_tent),
    "office_chair": special.office_chair,
    "weight_bench": special.weight_bench,
    "dumbbell_rack": special.dumbbell_rack,
    "exercise_ball": special.exercise_ball,
    "mats": special.rolled_mats,
    "treadmill": special.treadmill,
    "outdoor_sofa": special.outdoor_sofa,
    "outdoor_chair": special.outdoor_chair,
    "outdoor_table": special.outdoor_table,
    "lanterns": special.lanterns,
    "parasol": special.parasol,
}


@lru_cache(maxsize=_KEPT)
def piece(name: str, style: str, variant: int, width: float | None = None) -> scenery.Piece:
    """The piece of that name in a style; `width` in meters where the piece comes in several."""
    build = PIECES[name] if width is None else partial(PIECES[name], width=width)
    return scenery.assemble(build(LOOKS[style], randomness.Random(f"{name} {style} {variant}")))
