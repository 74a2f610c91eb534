"""Which materials, colors and shapes make a style? One row a style."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.provider.simulator.stager.mesh import Finish, linear


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A style: colors as hex codes, shapes and motifs by the names their builders know."""

    slug: str
    upholstery: tuple[str, ...]
    accents: tuple[str, ...]
    wood: str
    dark_wood: str
    metal: str
    linen: str
    throw: str
    rug: tuple[str, str, str]
    ceramic: str
    sofa: str
    legs: str
    table: str
    chair: str
    headboard: str
    lamp: str
    rug_pattern: str
    art: str
    plants: tuple[str, ...]
    frame: str
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


LOOKS: Mapping[str, Look] = {
    look.slug: look
    for look in (
        Look(
            slug="modern",
            upholstery=("8d9196", "5c6066", "b9bbbd"),
            accents=("23262a", "e8e6e1", "3f6f7d", "a9adb1"),
            wood="6e5846",
            dark_wood="34302d",
            metal="2b2c2e",
            linen="e9e8e6",
            throw="494e54",
            rug=("c9c9c6", "8f9295", "4c5055"),
            ceramic="2c2e31",
            sofa="track",
            legs="metal",
            table="glass",
            chair="shell",
            headboard="upholstered",
            lamp="arc",
            rug_pattern="abstract",
            art="blocks",
            plants=("fiddle", "snake"),
            frame="202124",
            gloss=0.25,
        ),
        Look(
            slug="scandinavian",
            upholstery=("d9d6cf", "a9b7bf", "c3c0b8"),
            accents=("8ea3ae", "efe9de", "d8b9a0", "6b7f88"),
            wood="cfae82",
            dark_wood="b8946a",
            metal="ece9e3",
            linen="f3f1ec",
            throw="b7c2c6",
            rug=("efebe3", "b9b4aa", "8a8d8c"),
            ceramic="f0ece4",
            sofa="slim",
            legs="tapered",
            table="round",
            chair="wishbone",
            headboard="slats",
            lamp="tripod",
            rug_pattern="berber",
            art="botanical",
            plants=("fiddle", "olive", "rubber"),
            frame="c9a577",
        ),
        Look(
            slug="industrial",
            upholstery=("8a4f2a", "6a3d22", "4f4b47"),
            accents=("3a3836", "9c5b33", "6f675e", "b08a62"),
            wood="7a5535",
            dark_wood="4b3626",
            metal="1f1e1d",
            linen="b9b3aa",
            throw="54504b",
            rug=("6b625a", "3f3b38", "8f5a3a"),
            ceramic="45423f",
            sofa="chesterfield",
            legs="frame",
            table="crate",
            chair="metal",
            headboard="pipe",
            lamp="pharmacy",
            rug_pattern="faded",
            art="skyline",
            plants=("snake", "rubber"),
            frame="1d1c1b",
            gloss=0.08,
        ),
        Look(
            slug="mid_century",
            upholstery=("c18b2c", "6f7a45", "2f6469"),
            accents=("c8612c", "6f7a45", "e3c47a", "27525a"),
            wood="8a5430",
            dark_wood="6b3d22",
            metal="b08d4a",
            linen="efe6d4",
            throw="c8612c",
            rug=("d9c7a3", "bf6a35", "39595c"),
            ceramic="2f6469",
            sofa="tapered",
            legs="tapered",
            table="oval",
            chair="shell",
            headboard="panel",
            lamp="tripod",
            rug_pattern="arcs",
            art="arcs",
            plants=("rubber", "snake", "fiddle"),
            frame="7b4a2a",
            gloss=0.2,
        ),
        Look(
            slug="farmhouse",
            upholstery=("e6dfcf", "b9bfae", "d6c9b2"),
            accents=("8f9b83", "f0e9da", "5a5c55", "a98c6a"),
            wood="b08a60",
            dark_wood="7c5f42",
            metal="33322f",
            linen="f2ecdf",
            throw="8f9b83",
            rug=("e2d8c4", "9aa08d", "5e5b52"),
            ceramic="efe8d8",
            sofa="rolled",
            legs="block",
            table="plank",
            chair="crossback",
            headboard="planks",
            lamp="drum",
            rug_pattern="stripes",
            art="wreath",
            plants=("olive", "fern"),
            frame="6f5a44",
            gloss=0.06,
        ),
        Look(
            slug="coastal",
            upholstery=("f0ebe0", "9fbccb", "dccfb8"),
            accents=("3f7d9c", "cfe0e6", "e9dcc3", "78a8b8"),
            wood="d3b892",
            dark_wood="b99b74",
            metal="e6e2d8",
            linen="f6f4ee",
            throw="7fb0c2",
            rug=("dcc9a6", "f1eadb", "6e9fb4"),
            ceramic="5d9ab3",
            sofa="slip",
            legs="tapered",
            table="drum",
            chair="rattan",
            headboard="rattan",
            lamp="gourd",
            rug_pattern="jute",
            art="sea",
            plants=("palm", "pampas"),
            frame="e9e2d2",
            gloss=0.08,
        ),
        Look(
            slug="traditional",
            upholstery=("23395b", "6e1f2b", "c9b48c"),
            accents=("7a2230", "c79a45", "20345a", "d9c7a0"),
            wood="5e2d1c",
            dark_wood="43200f",
            metal="b8924a",
            linen="efe6d5",
            throw="6e1f2b",
            rug=("7a2230", "1f3050", "d3b06a"),
            ceramic="2c4a7c",
            sofa="rolled",
            legs="turned",
            table="carved",
            chair="upholstered",
            headboard="tufted",
            lamp="urn",
            rug_pattern="persian",
            art="landscape",
            plants=("fern", "palm"),
            frame="b08a3e",
            gloss=0.35,
        ),
        Look(
            slug="contemporary",
            upholstery=("e7dfd3", "cbbfae", "a79a8b"),
            accents=("c4552d", "e9e2d6", "8b7d6c", "3b3631"),
            wood="a47f5b",
            dark_wood="54432f",
            metal="3a3632",
            linen="f0ebe3",
            throw="c4552d",
            rug=("efe8dd", "cdbfae", "c4552d"),
            ceramic="d8c9b6",
            sofa="curved",
            legs="plinth",
            table="pebble",
            chair="barrel",
            headboard="curved",
            lamp="globe",
            rug_pattern="abstract",
            art="shapes",
            plants=("olive", "pampas", "fiddle"),
            frame="2c2926",
        ),
        Look(
            slug="bohemian",
            upholstery=("b5532f", "d8b48a", "2f6b66"),
            accents=("cf8a2e", "2f6b66", "b8432f", "ead9bb", "6a3b57"),
            wood="9a6a3e",
            dark_wood="6d4526",
            metal="b08a4c",
            linen="efe3cd",
            throw="cf8a2e",
            rug=("b5532f", "e6cf9f", "2f5f5c"),
            ceramic="c0633c",
            sofa="low",
            legs="block",
            table="round",
            chair="rattan",
            headboard="rattan",
            lamp="rattan",
            rug_pattern="kilim",
            art="sun",
            plants=("palm", "monstera", "snake", "rubber"),
            frame="8a5f36",
            clutter=1.4,
        ),
        Look(
            slug="minimalist",
            upholstery=("dcdad6", "c4c1bc", "efedea"),
            accents=("cfccc6", "e9e7e3", "a7a49f"),
            wood="cdb896",
            dark_wood="a8957a",
            metal="8b8a88",
            linen="f4f3f1",
            throw="c6c3bd",
            rug=("e8e6e2", "d6d3ce", "bdbab4"),
            ceramic="e4e1dc",
            sofa="track",
            legs="plinth",
            table="slab",
            chair="plain",
            headboard="plain",
            lamp="stick",
            rug_pattern="plain",
            art="line",
            plants=("olive",),
            frame="d9c7a8",
            gloss=0.06,
            clutter=0.4,
        ),
        Look(
            slug="luxury",
            upholstery=("0f5a4a", "e6dccb", "3b3350"),
            accents=("e8d9b4", "0f5a4a", "c9a45c", "f0e9dc"),
            wood="3b2a21",
            dark_wood="241a15",
            metal="d0a653",
            linen="f4efe5",
            throw="d8c8a2",
            rug=("efe6d6", "cbb68a", "8d8473"),
            ceramic="efe9df",
            sofa="tufted",
            legs="brass",
            table="marble",
            chair="barrel",
            headboard="channel",
            lamp="crystal",
            rug_pattern="marbled",
            art="gilded",
            plants=("fiddle", "palm"),
            frame="c79b46",
            gloss=0.5,
            metal_gloss=1.0,
        ),
        Look(
            slug="japandi",
            upholstery=("d6c9b4", "a89a86", "8c8b80"),
            accents=("2e2c2a", "b5724f", "e5dccb", "7d7f6f"),
            wood="c2a277",
            dark_wood="3a332c",
            metal="26241f",
            linen="ece4d6",
            throw="8c8b80",
            rug=("ddd0ba", "b9aa92", "2f2d2a"),
            ceramic="5b5148",
            sofa="low",
            legs="block",
            table="slab",
            chair="wishbone",
            headboard="slats",
            lamp="paper",
            rug_pattern="grid",
            art="ink",
            plants=("bonsai", "olive", "pampas"),
            frame="2e2a26",
            gloss=0.05,
            clutter=0.7,
        ),
        Look(
            slug="rustic",
            upholstery=("6b4a30", "8a7a5c", "59603f"),
            accents=("8c2f24", "d9c9a6", "59603f", "3c2a1e"),
            wood="7d5632",
            dark_wood="553820",
            metal="2a2622",
            linen="e4d9c3",
            throw="8c2f24",
            rug=("cbb68f", "7a2f24", "4c3a28"),
            ceramic="8a6f55",
            sofa="slip",
            legs="log",
            table="plank",
            chair="crossback",
            headboard="logs",
            lamp="lantern",
            rug_pattern="navajo",
            art="mountains",
            plants=("fern", "olive"),
            frame="5e4128",
            gloss=0.05,
        ),
        Look(
            slug="art_deco",
            upholstery=("14604f", "1d1c22", "c99a3f"),
            accents=("d5a845", "17171b", "1f7a66", "efe4c8"),
            wood="1c1719",
            dark_wood="141114",
            metal="d9aa48",
            linen="f1e8d4",
            throw="d5a845",
            rug=("1b1b20", "c79b43", "1f6a59"),
            ceramic="17171b",
            sofa="fluted",
            legs="brass",
            table="mirror",
            chair="barrel",
            headboard="fan",
            lamp="fluted",
            rug_pattern="fans",
            art="sunburst",
            plants=("palm", "snake"),
            frame="d0a043",
            gloss=0.75,
            metal_gloss=1.0,
        ),
        Look(
            slug="mediterranean",
            upholstery=("f1e7d3", "c5683f", "2c5d9b"),
            accents=("2458a6", "d27a49", "f0dfb8", "7c8a4a"),
            wood="8f6a3d",
            dark_wood="5f4225",
            metal="211e1c",
            linen="f7f0e1",
            throw="2458a6",
            rug=("ecdcb9", "c5683f", "2458a6"),
            ceramic="c0683d",
            sofa="slip",
            legs="turned",
            table="carved",
            chair="ladder",
            headboard="iron",
            lamp="gourd",
            rug_pattern="tiles",
            art="arches",
            plants=("olive", "palm"),
            frame="7a5630",
            gloss=0.15,
        ),
    )
}
