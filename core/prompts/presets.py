"""Which rooms and looks can be ordered, and which words describe them to the model?

Every phrase names things that can be carried in and out again, so no preset asks for a fixture, a surface or a view.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core import errors

_SHOWN_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomType:
    """A kind of room: `term` as it reads inside a sentence, `icon` a Material Symbols name."""

    slug: str
    term: str
    icon: str
    furniture: str
    permanent: str = ""

    @property
    def name(self) -> str:
        """The term as a label: "Living room"."""
        return self.term[0].upper() + self.term[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A look: `term` as it reads inside a sentence, `tagline` for people, `phrases` for the model."""

    slug: str
    term: str
    tagline: str
    phrases: str

    @property
    def name(self) -> str:
        """The term as a label: "Mid-century modern"."""
        return self.term[0].upper() + self.term[1:]


def room_type(slug: str) -> RoomType:
    """The room type of that slug.

    Raises:
        UnknownRoomType: naming what was given and what is allowed.
    """
    if slug not in ROOM_TYPES:
        raise errors.UnknownRoomType(_unknown("room type", slug, allowed=ROOM_TYPES))
    return ROOM_TYPES[slug]


def style(slug: str) -> Style:
    """The style of that slug.

    Raises:
        UnknownStyle: naming what was given and what is allowed.
    """
    if slug not in STYLES:
        raise errors.UnknownStyle(_unknown("style", slug, allowed=STYLES))
    return STYLES[slug]


def _unknown(kind: str, given: str, *, allowed: Mapping[str, object]) -> str:
    # ascii() makes control characters and look-alike letters visible and keeps them out of pages and logs.
    shown = ascii(given if len(given) <= _SHOWN_LENGTH else given[:_SHOWN_LENGTH] + "...")
    return f"There is no {kind} {shown}. Choose one of: {', '.join(allowed)}. Nothing was charged."


ROOM_TYPES: Mapping[str, RoomType] = {
    room.slug: room
    for room in (
        RoomType(
            slug="living_room",
            term="living room",
            icon="weekend",
            furniture=(
                "a sofa with cushions and a throw, an armchair, a coffee table on an area rug, a side table with a "
                "lamp, a potted plant, framed art"
            ),
        ),
        RoomType(
            slug="bedroom",
            term="bedroom",
            icon="bed",
            furniture=(
                "a bed with a headboard, layered bedding and pillows, two nightstands with lamps, a bench at the "
                "foot of the bed, a soft rug, framed art"
            ),
        ),
        RoomType(
            slug="kitchen",
            term="kitchen",
            icon="countertops",
            permanent="cabinets, countertops, sink, appliances and tiles",
            furniture=(
                "a bowl of fruit, wooden cutting boards, a vase with fresh greenery, folded linen towels, pots of "
                "herbs, counter stools where there is room, a woven runner"
            ),
        ),
        RoomType(
            slug="dining_room",
            term="dining room",
            icon="table_restaurant",
            furniture=(
                "a dining table with six chairs, a centerpiece with a vase, a simple place setting, a sideboard, an "
                "area rug under the table, framed art"
            ),
        ),
        RoomType(
            slug="bathroom",
            term="bathroom",
            icon="bathtub",
            permanent="vanity, sink, toilet, bath, shower, mirror and tiles",
            furniture=(
                "rolled and folded towels, a bath mat, a tray with soap and lotion bottles, a small stool, a woven "
                "basket, a potted plant"
            ),
        ),
        RoomType(
            slug="home_office",
            term="home office",
            icon="desk",
            furniture=(
                "a desk with a laptop and a task lamp, a comfortable office chair, a freestanding bookcase with "
                "books, an area rug, a potted plant, framed art"
            ),
        ),
        RoomType(
            slug="nursery",
            term="nursery",
            icon="crib",
            furniture=(
                "a crib with fitted bedding, a rocking chair with a cushion, a changing table with baskets, a soft "
                "round rug, a small bookshelf with toys, framed prints"
            ),
        ),
        RoomType(
            slug="kids_room",
            term="kids room",
            icon="toys",
            furniture=(
                "a single bed with playful bedding, a small desk and chair, a low bookshelf with books and toys, "
                "storage baskets, a colorful rug, framed prints"
            ),
        ),
        RoomType(
            slug="entryway",
            term="entryway",
            icon="meeting_room",
            furniture=(
                "a slim console table with a bowl and a lamp, a mirror leaning above it, a bench with cushions, a "
                "runner rug, a freestanding coat rack, a potted plant"
            ),
        ),
        RoomType(
            slug="basement",
            term="basement",
            icon="foundation",
            permanent="pipes, posts and vents",
            furniture=(
                "a sectional sofa with cushions, a low media console with a television, a coffee table on a large "
                "rug, a game table with chairs, floor lamps, a potted plant"
            ),
        ),
        RoomType(
            slug="laundry_room",
            term="laundry room",
            icon="local_laundry_service",
            permanent="cabinets, countertops, sink, washer, dryer and tiles",
            furniture=(
                "woven laundry baskets, neatly folded towels, a slim freestanding drying rack, glass jars on a tray, "
                "a small runner rug, a potted plant"
            ),
        ),
        RoomType(
            slug="family_room",
            term="family room",
            icon="chair",
            furniture=(
                "a large sectional sofa with cushions, two lounge chairs, an ottoman on an area rug, a low media "
                "console with a television, baskets with blankets, framed art"
            ),
        ),
        RoomType(
            slug="studio_apartment",
            term="studio apartment",
            icon="apartment",
            furniture=(
                "a bed with layered bedding, a compact sofa with a small coffee table, a bistro table with two "
                "chairs, an open bookcase as a divider, area rugs, a floor lamp"
            ),
        ),
        RoomType(
            slug="home_gym",
            term="home gym",
            icon="fitness_center",
            furniture=(
                "an exercise bike, a rack of dumbbells, a yoga mat and a balance ball, a weight bench, a leaning "
                "mirror, a basket of rolled towels"
            ),
        ),
        RoomType(
            slug="outdoor_patio",
            term="outdoor patio",
            icon="deck",
            permanent="paving, railings, fences, planting, lawn and sky",
            furniture=(
                "an outdoor sofa with weatherproof cushions, two lounge chairs, a low outdoor table with lanterns, "
                "an outdoor rug, potted plants, a freestanding parasol where there is room"
            ),
        ),
    )
}

STYLES: Mapping[str, Style] = {
    look.slug: look
    for look in (
        Style(
            slug="modern",
            term="modern",
            tagline="Clean lines, neutral tones, metal and glass",
            phrases="clean straight lines, smooth leather and wool, glass and brushed metal, gray, white and black",
        ),
        Style(
            slug="scandinavian",
            term="Scandinavian",
            tagline="Pale wood, soft textiles, calm and bright",
            phrases="pale oak and birch, linen and chunky wool, rounded simple shapes, white, sand and dusty blue",
        ),
        Style(
            slug="industrial",
            term="industrial",
            tagline="Raw steel, worn leather, reclaimed wood",
            phrases="black steel frames, worn cognac leather, reclaimed wood, charcoal, rust and tobacco brown",
        ),
        Style(
            slug="mid_century",
            term="mid-century modern",
            tagline="Walnut, tapered legs, warm 1950s color",
            phrases=(
                "walnut and teak on tapered legs, low profiles, tweed and velvet, mustard, olive and burnt orange"
            ),
        ),
        Style(
            slug="farmhouse",
            term="farmhouse",
            tagline="Weathered wood, slipcovers, homely comfort",
            phrases="weathered pine, slipcovered cotton and plaid, wicker and enamel, cream, sage and soft black",
        ),
        Style(
            slug="coastal",
            term="coastal",
            tagline="Rattan, linen and the colors of the shore",
            phrases="bleached wood and rattan, airy linen, jute and seagrass weaves, white, sand and sea blue",
        ),
        Style(
            slug="traditional",
            term="traditional",
            tagline="Classic shapes, dark wood, rich fabrics",
            phrases=(
                "carved mahogany and cherry, rolled arms and tufting, damask and brocade, burgundy, navy and gold"
            ),
        ),
        Style(
            slug="contemporary",
            term="contemporary",
            tagline="Soft curves, mixed textures, one bold accent",
            phrases=(
                "softly curved silhouettes, boucle and matte lacquer, mixed metals, warm neutrals with one bold "
                "accent"
            ),
        ),
        Style(
            slug="bohemian",
            term="bohemian",
            tagline="Layered patterns, plants, finds from travels",
            phrases=(
                "layered patterned textiles, rattan and carved wood, macrame and fringe, terracotta, ochre and teal"
            ),
        ),
        Style(
            slug="minimalist",
            term="minimalist",
            tagline="Few pieces, quiet forms, much calm",
            phrases=(
                "few well-spaced pieces, plain geometric forms, matte ash and cotton, off-white, stone and soft gray"
            ),
        ),
        Style(
            slug="luxury",
            term="luxury",
            tagline="Velvet, marble tops and brass",
            phrases=(
                "plush velvet and silk, marble-topped tables, polished brass and crystal, ivory, emerald and "
                "champagne"
            ),
        ),
        Style(
            slug="japandi",
            term="Japandi",
            tagline="Low, natural and serene",
            phrases=(
                "low furniture in light ash, paper and bamboo, handmade ceramics and linen, oatmeal, clay and ink "
                "black"
            ),
        ),
        Style(
            slug="rustic",
            term="rustic",
            tagline="Rough timber, hides and woven wool",
            phrases=(
                "rough-hewn solid timber, hides and woven wool, wrought iron and stoneware, bark brown, moss and "
                "cream"
            ),
        ),
        Style(
            slug="art_deco",
            term="art deco",
            tagline="Geometric glamour, lacquer and gold",
            phrases="fan and sunburst motifs, high-gloss lacquer, velvet and fluted glass, black, gold and jade",
        ),
        Style(
            slug="mediterranean",
            term="Mediterranean",
            tagline="Sun-washed linen, olive wood and clay",
            phrases=(
                "olive wood and wrought iron, sun-washed linen, glazed clay pots, terracotta, cobalt and warm white"
            ),
        ),
    )
}
