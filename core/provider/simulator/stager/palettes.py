"""Which materials, colors and shapes make a style? A few lines a style, in three tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.provider.simulator.stager.mesh import Finish, linear


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A style: colors as hex codes, shapes and motifs by the names their builders know.

    `clutter` is how full the rooms are: 1 is usual.
    """

    slug: str
    upholstery: tuple[str, ...]
    accents: tuple[str, ...]
    wood: str
    dark_wood: str
    metal: str
    linen: str
    throw: str
    rug: tuple[str, ...]
    ceramic: str
    frame: str
    sofa: str
    legs: str
    table: str
    chair: str
    headboard: str
    lamp: str
    rug_pattern: str
    art: str
    plants: tuple[str, ...]
    gloss: float = 0.12
    metal_gloss: float = 0.7
    clutter: float = 1.0

    def fabric(self, number: int) -> Finish:
        """An upholstery cloth or leather."""
        code = self.upholstery[number % len(self.upholstery)]
        return Finish(linear(code), gloss=0.35 if self.sofa == "chesterfield" else 0.04)

    def accent(self, number: int) -> Finish:
        """A cushion's or throw's cloth."""
        return Finish(linear(self.accents[number % len(self.accents)]), gloss=0.03)

    @property
    def timber(self) -> Finish:
        """The wood of tables and legs."""
        return Finish(linear(self.wood), gloss=self.gloss, grain=0.16)

    @property
    def dark_timber(self) -> Finish:
        """The second wood, for cases and frames."""
        return Finish(linear(self.dark_wood), gloss=self.gloss, grain=0.16)

    @property
    def steel(self) -> Finish:
        """The metal of lamps and handles."""
        return Finish(linear(self.metal), gloss=self.metal_gloss, grain=0.03)

    @property
    def sheets(self) -> Finish:
        """Bed linen."""
        return Finish(linear(self.linen), gloss=0.02)

    @property
    def blanket(self) -> Finish:
        """The throw over a sofa's arm or a bed's foot."""
        return Finish(linear(self.throw), gloss=0.02)

    @property
    def pottery(self) -> Finish:
        """Vases and pots."""
        return Finish(linear(self.ceramic), gloss=0.3, grain=0.04)


# upholstery / accents / wood, dark wood, metal, linen, throw / rug / ceramic, frame
_COLORS: Mapping[str, str] = {
    "modern": (
        "8d9196 5c6066 b9bbbd / 23262a e8e6e1 3f6f7d a9adb1 / "
        "6e5846 34302d 2b2c2e e9e8e6 494e54 / c9c9c6 8f9295 4c5055 / 2c2e31 202124"
    ),
    "scandinavian": (
        "d9d6cf a9b7bf c3c0b8 / 8ea3ae efe9de d8b9a0 6b7f88 / "
        "cfae82 b8946a ece9e3 f3f1ec b7c2c6 / efebe3 b9b4aa 8a8d8c / f0ece4 c9a577"
    ),
    "industrial": (
        "8a4f2a 6a3d22 4f4b47 / 3a3836 9c5b33 6f675e b08a62 / "
        "7a5535 4b3626 1f1e1d b9b3aa 54504b / 6b625a 3f3b38 8f5a3a / 45423f 1d1c1b"
    ),
    "mid_century": (
        "c18b2c 6f7a45 2f6469 / c8612c 6f7a45 e3c47a 27525a / "
        "8a5430 6b3d22 b08d4a efe6d4 c8612c / d9c7a3 bf6a35 39595c / 2f6469 7b4a2a"
    ),
    "farmhouse": (
        "e6dfcf b9bfae d6c9b2 / 8f9b83 f0e9da 5a5c55 a98c6a / "
        "b08a60 7c5f42 33322f f2ecdf 8f9b83 / e2d8c4 9aa08d 5e5b52 / efe8d8 6f5a44"
    ),
    "coastal": (
        "f0ebe0 9fbccb dccfb8 / 3f7d9c cfe0e6 e9dcc3 78a8b8 / "
        "d3b892 b99b74 e6e2d8 f6f4ee 7fb0c2 / dcc9a6 f1eadb 6e9fb4 / 5d9ab3 e9e2d2"
    ),
    "traditional": (
        "23395b 6e1f2b c9b48c / 7a2230 c79a45 20345a d9c7a0 / "
        "5e2d1c 43200f b8924a efe6d5 6e1f2b / 7a2230 1f3050 d3b06a / 2c4a7c b08a3e"
    ),
    "contemporary": (
        "e7dfd3 cbbfae a79a8b / c4552d e9e2d6 8b7d6c 3b3631 / "
        "a47f5b 54432f 3a3632 f0ebe3 c4552d / efe8dd cdbfae c4552d / d8c9b6 2c2926"
    ),
    "bohemian": (
        "b5532f d8b48a 2f6b66 / cf8a2e 2f6b66 b8432f ead9bb 6a3b57 / "
        "9a6a3e 6d4526 b08a4c efe3cd cf8a2e / b5532f e6cf9f 2f5f5c / c0633c 8a5f36"
    ),
    "minimalist": (
        "dcdad6 c4c1bc efedea / cfccc6 e9e7e3 a7a49f / "
        "cdb896 a8957a 8b8a88 f4f3f1 c6c3bd / e8e6e2 d6d3ce bdbab4 / e4e1dc d9c7a8"
    ),
    "luxury": (
        "0f5a4a e6dccb 3b3350 / e8d9b4 0f5a4a c9a45c f0e9dc / "
        "3b2a21 241a15 d0a653 f4efe5 d8c8a2 / efe6d6 cbb68a 8d8473 / efe9df c79b46"
    ),
    "japandi": (
        "d6c9b4 a89a86 8c8b80 / 2e2c2a b5724f e5dccb 7d7f6f / "
        "c2a277 3a332c 26241f ece4d6 8c8b80 / ddd0ba b9aa92 2f2d2a / 5b5148 2e2a26"
    ),
    "rustic": (
        "6b4a30 8a7a5c 59603f / 8c2f24 d9c9a6 59603f 3c2a1e / "
        "7d5632 553820 2a2622 e4d9c3 8c2f24 / cbb68f 7a2f24 4c3a28 / 8a6f55 5e4128"
    ),
    "art_deco": (
        "14604f 1d1c22 c99a3f / d5a845 17171b 1f7a66 efe4c8 / "
        "1c1719 141114 d9aa48 f1e8d4 d5a845 / 1b1b20 c79b43 1f6a59 / 17171b d0a043"
    ),
    "mediterranean": (
        "f1e7d3 c5683f 2c5d9b / 2458a6 d27a49 f0dfb8 7c8a4a / "
        "8f6a3d 5f4225 211e1c f7f0e1 2458a6 / ecdcb9 c5683f 2458a6 / c0683d 7a5630"
    ),
}

# sofa, legs, table, chair, headboard, lamp, rug pattern, art, plants
_SHAPES: Mapping[str, str] = {
    "modern": "track metal glass shell upholstered arc abstract blocks fiddle,snake",
    "scandinavian": "slim tapered round wishbone slats tripod berber botanical fiddle,olive,rubber",
    "industrial": "chesterfield frame crate metal pipe pharmacy faded skyline snake,rubber",
    "mid_century": "tapered tapered oval shell panel tripod arcs arcs rubber,snake,fiddle",
    "farmhouse": "rolled block plank crossback planks drum stripes wreath olive,fern",
    "coastal": "slip tapered drum rattan rattan gourd jute sea palm,pampas",
    "traditional": "rolled turned carved upholstered tufted urn persian landscape fern,palm",
    "contemporary": "curved plinth pebble barrel curved globe abstract shapes olive,pampas,fiddle",
    "bohemian": "low block round rattan rattan rattan kilim sun palm,monstera,snake,rubber",
    "minimalist": "track plinth slab plain plain stick plain line olive",
    "luxury": "tufted brass marble barrel channel crystal marbled gilded fiddle,palm",
    "japandi": "low block slab wishbone slats paper grid ink bonsai,olive,pampas",
    "rustic": "slip log plank crossback logs lantern navajo mountains fern,olive",
    "art_deco": "fluted brass mirror barrel fan fluted fans sunburst palm,snake",
    "mediterranean": "slip turned carved ladder iron gourd tiles arches olive,palm",
}

_MANNERS: Mapping[str, Mapping[str, float]] = {
    "modern": {"gloss": 0.25},
    "industrial": {"gloss": 0.08},
    "mid_century": {"gloss": 0.2},
    "farmhouse": {"gloss": 0.06},
    "coastal": {"gloss": 0.08},
    "traditional": {"gloss": 0.35},
    "bohemian": {"clutter": 1.4},
    "minimalist": {"gloss": 0.06, "clutter": 0.4},
    "luxury": {"gloss": 0.5, "metal_gloss": 1.0},
    "japandi": {"gloss": 0.05, "clutter": 0.7},
    "rustic": {"gloss": 0.05},
    "art_deco": {"gloss": 0.75, "metal_gloss": 1.0},
    "mediterranean": {"gloss": 0.15},
}


def _look(slug: str) -> Look:
    upholstery, accents, materials, rug, small = (group.split() for group in _COLORS[slug].split(" / "))
    wood, dark_wood, metal, linen, throw = materials
    ceramic, frame = small
    sofa, legs, table, chair, headboard, lamp, rug_pattern, art, plants = _SHAPES[slug].split()
    return Look(
        slug=slug,
        upholstery=tuple(upholstery),
        accents=tuple(accents),
        wood=wood,
        dark_wood=dark_wood,
        metal=metal,
        linen=linen,
        throw=throw,
        rug=tuple(rug),
        ceramic=ceramic,
        frame=frame,
        sofa=sofa,
        legs=legs,
        table=table,
        chair=chair,
        headboard=headboard,
        lamp=lamp,
        rug_pattern=rug_pattern,
        art=art,
        plants=tuple(plants.split(",")),
        **_MANNERS.get(slug, {}),
    )


LOOKS: Mapping[str, Look] = {slug: _look(slug) for slug in _COLORS}
