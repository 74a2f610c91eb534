"""Which words ask for a change, which protect, and how do words hang together?

Every word or fixed phrase the guard knows has one tag, a single letter, so that a clause becomes a short string on
which the patterns of `alterations` are matched. Parts of the property are listed in `features`; words in neither are
plain nouns and adjectives (`OTHER`). The lists hold single words and phrases, separated by commas; `lexicon` adds
plurals and inflected forms.
"""

# What is done, and what is said to be done.
ALTER, MAKE, RENOVATE, LIFT = "a", "g", "r", "v"
ACTIONS = ALTER + MAKE + RENOVATE + LIFT
ALTERED, RENOVATED = "e", "E"
# How words hang together.
ON, AT, OF, WITH, EXCEPT, LINK = "y", "p", "P", "w", "j", "u"
PLACES = ON + AT + OF + EXCEPT + LINK
THE, A, NEW, SIZE, LOOK = "d", "i", "n", "z", "c"
IS, TO_BE, IT = "s", "m", "t"
AND, OR, COMMA, END = "&", "/", ",", "|"
# What protects.
NOT, NO, KEEP, STAY = "q", "f", "k", "l"
PROTECTORS = NOT + NO + KEEP + STAY
# What is spoken of.
OTHER, DECOR, COLOR = "o", "x", "C"
STRUCTURE, PRESENT, ADDITION, DAMAGE, ROOM, RULE = "S", "T", "U", "D", "H", "L"
FEATURES = STRUCTURE + PRESENT + ADDITION + DAMAGE + ROOM + RULE
# Fillers: read as if they were not there.
DROPPED = ""

# Verbs by their base form, of which phrases inflect the first word: tag, the participle's tag, verbs.
VERB_ROWS: tuple[tuple[str, str, str], ...] = (
    (
        ALTER,
        ALTERED,
        """
        change, alter, modify, replace, push, swap, switch, exchange, remove, delete, erase, eliminate,
        demolish, destroy, hide, conceal, mask, disguise, camouflage, obscure, block, obstruct, repair, restore,
        patch, fix, mend, retouch, photoshop, photoshop out, redo, rework, heighten, raise, lower, move,
        relocate, shift, refinish, resurface, sand, polish, clean, wash, transform, convert, reshape,
        straighten, darken, lighten, whiten, knock, knock down, knock out, tear, tear down, tear out, rip,
        rip out, strip, take, take out, take down, take away, take off, cut, cut out, crop out, edit, edit out,
        leave out, lose, get rid of, do away with, break down, break through, bring down, brick up, board up,
        wall off, close off, touch up, cover up, clean up, clear up, swap out, change out, make changes to,
        fill in, smooth, smooth out, mow, green, demo
        """,
    ),
    (MAKE, WITH, "make, give, cover, fill, refresh, update, brighten, turn, render"),
    (
        RENOVATE,
        RENOVATED,
        """
        paint, repaint, recolor, recolour, color, colour, whitewash, wallpaper, carpet, tile, retile, plaster,
        stencil, spray, stain, varnish, renovate, remodel, gut, rebuild, restructure, modernize, modernise,
        upgrade, enlarge, expand, widen, extend, double, shrink, resize, landscape, pave, repave, open, open up,
        merge, combine, panel, refloor, reroof
        """,
    ),
    (
        LIFT,
        OTHER,
        "ignore, disregard, forget, override, overrule, bypass, skip, discard, break, violate, circumvent, lift",
    ),
)
IRREGULAR_PAST: dict[str, tuple[str, ...]] = {
    "give": ("gave", "given"),
    "hide": ("hid", "hidden"),
    "take": ("took", "taken"),
    "tear": ("tore", "torn"),
    "break": ("broke", "broken"),
    "make": ("made",),
    "cut": ("cut",),
    "rebuild": ("rebuilt",),
    "redo": ("redid", "redone"),
    "get": ("got", "gotten"),
    "bring": ("brought",),
    "lose": ("lost",),
    "do": ("did", "done"),
    "leave": ("left",),
    "shrink": ("shrunk", "shrunken"),
    "forget": ("forgot", "forgotten"),
    "override": ("overrode", "overridden"),
}
DOUBLED_CONSONANT = """swap, strip, rip, gut, cut, crop, get, forget, photoshop, photoshop out, skip"""
# Verbs that are nouns or adjectives as often: they count as verbs only where an object follows.
DUAL_VERBS = """
    paint, wallpaper, carpet, tile, plaster, stencil, spray, stain, color, colour, panel, landscape, cover,
    patch, block, mask, switch, change, move, cut, double, update, upgrade, refresh, fix, repair, polish, clean,
    lower, open, green, demo, turn, sand, smooth, strip
    """

WORD_ROWS: tuple[tuple[str, str], ...] = (
    (ON, "on, onto, on to, on top of, upon, atop, over, across, above, in front of, to, against"),
    (
        AT,
        """
        near, by, beside, next to, along, alongside, around, across from, opposite, in, inside, within, behind,
        under, underneath, beneath, below, down, out, away, up, between, among, beyond, toward, towards, for,
        from, off, at, through, about, like, as, than, per, before, after, outside, up to, close to,
        adjacent to, according to, along with, lots of, plenty of, in line with, in keeping with,
        in harmony with, which, who, where, whose, what, how
        """,
    ),
    (OF, "of"),
    # Verbs that only speak of what is there.
    (
        LINK,
        """
        match, matches, face, faces, flank, flanks, suit, suits, complement, complements, fit, fits, echo,
        echoes, hug, decorate, decorated, dress, dressed, highlight, highlights, showcase, showcases, emphasize,
        accentuate, soften, softens, adorn, overlook, overlooks, reflect, reflects, feel, feels, go with,
        goes with, go well with, goes well with, work with, works with, work well with, works well with,
        pair with, pairs with, pair well with, pairs well with, contrast with, contrasts with, coordinate with,
        coordinates with, blend with, blends with, blend in with, harmonize with, fit with, fits with,
        make use of, make the most of, make room for
        """,
    ),
    (
        WITH,
        """
        with, into, should have, should get, must have, need, needs, could use, get, gets, deserve, deserves,
        featuring, give the room, give this room, give the space, give the kitchen, give the bathroom,
        give the bedroom
        """,
    ),
    (
        EXCEPT,
        "except, except for, apart from, aside from, other than, besides, everything but, all but, anything but",
    ),
    (
        THE,
        """
        the, this, these, those, my, our, your, his, her, its, their, all, every, each, both, any, existing,
        current, same, present, whole, entire
        """,
    ),
    (A, "a, an, some, one"),
    (NEW, "new, different, another, more, extra, additional, alternative, fresh, nicer, better, fancier, brand-new"),
    (
        SIZE,
        """
        bigger, larger, wider, taller, higher, longer, smaller, brighter, lighter, darker, greener, bluer,
        roomier, sunnier, more spacious, floor to ceiling, wall to wall, full height, twice as big,
        twice as large, huge, gone, invisible, disappear, vanish, further, lush, cleaner, prettier
        """,
    ),
    (
        LOOK,
        """
        white, off-white, sunny, cloudy, snowy, rainy, black, gray, grey, beige, cream, ivory, taupe, brown,
        tan, red, blue, navy, teal, green, sage, yellow, gold, orange, pink, purple, lavender, charcoal,
        eggshell, pastel, dark, light, bright, neutral, wood, wooden, oak, walnut, maple, cherry, pine, teak,
        marble, granite, quartz, stone, concrete, cement, brick red, terracotta, tiled, herringbone, slate,
        bamboo, cork, glass, stained glass, sky blue, grass green
        """,
    ),
    (
        IS,
        """
        is, are, was, isn't, has, had, looks, seems, it's, that's, there's, there is, there are, we have,
        they have, you have, i have, we've
        """,
    ),
    (TO_BE, "be, become, look, appear, were"),
    (RENOVATED, "need painting, needs painting, need repainting, needs repainting"),
    (IT, "it, them"),
    (AND, "and, &, +"),
    (OR, "or, nor, /, and/or"),
    (END, "but, then, while, whereas, however, so, so that, because, since, although, though, plus, yet, afterwards"),
    (
        NOT,
        """
        not, never, neither, avoid, avoiding, refrain, refraining, stop, instead of, rather than, cannot, cant,
        dont, don't, can't, won't, shouldn't, mustn't, doesn't, shouldnt, wont, nothing
        """,
    ),
    (NO, "no, without, minus, free of, zero"),
    (
        KEEP,
        """
        keep, keeps, keeping, kept, preserve, preserves, preserving, preserved, retain, retaining, maintain,
        maintaining, respect, respecting, follow, following, obey, honor, honour, protect, protecting
        """,
    ),
    (
        STAY,
        """
        leave, leaves, leaving, stay, stays, staying, remain, remains, remaining, unchanged, untouched,
        unaltered, intact, as is, as they are, as it is, as in the photo, alone, into account,
        into consideration, visible, unobstructed, uncovered
        """,
    ),
    (COLOR, "color, colors, colour, colours, texture, pattern, stripe, stripes, polka dots"),
    (
        DECOR,
        """
        curtain, curtains, drape, drapes, drapery, blind, blinds, shade, shades, sheers, shutters, art, artwork,
        artworks, picture, pictures, photo, photos, photograph, photographs, poster, posters, print, prints,
        canvas, mirror, mirrors, rug, rugs, runner, shelf, shelves, bookshelves, plant, plants, tapestry,
        tapestries, clock, gallery wall, wall hanging, wreath, garland, decor, décor, decoration, decorations,
        furniture, focal point, centerpiece, reading nook, pop, stand out, cushions, throw, painting, paintings
        """,
    ),
    # Fixed names of movable things, and phrases whose words mislead.
    (
        OTHER,
        """
        floor lamp, floor lamps, floor mirror, pampas grass, dried grass, sea grass, grasses, christmas tree,
        olive tree, fig tree, potted tree, palm tree, ficus tree, indoor tree, lemon tree, potted trees,
        china cabinet, display cabinet, display cabinets, filing cabinet, tv cabinet, media cabinet,
        storage cabinet, storage cabinets, bar cabinet, shoe cabinet, curio cabinet, liquor cabinet,
        wine cabinet, persian carpet, oriental carpet, turkish carpet, moroccan carpet, carpet under,
        carpet beneath, carpet runner, night stand, night stands, deck of cards, make sure, making sure, put in,
        putting in, let in, letting in, bring in, not only, not just, would like, i'd like, we'd like
        """,
    ),
    (
        DROPPED,
        """
        please, also, too, very, really, just, maybe, perhaps, kindly, thanks, now, there, here, instead, ok,
        okay, even, still, much, bit, let's, lets, everywhere, throughout, don't forget to, do not forget to,
        never forget to, don't forget, do not forget, don't hesitate to, do not hesitate to, don't mind,
        do not mind, why not, is needed, are needed, is required, are required, are a must, is a must,
        would be nice, would be great, would be good, would be lovely
        """,
    ),
)
# "Should be", "needs to be" and the like: what follows is wished for, not described.
MODALS = """
    should, must, could, can, may, might, shall, will, would, needs to, need to, has to, have to, ought to,
    are to, is to, to
    """
BECOMING = "be, become, turn, look, go"
# Words in -ing that are no links: nouns and adjectives, and verbs of adding.
ING_WORDS = """
    adding, anything, awning, bedding, building, ceiling, clothing, creating, dining, evening, everything,
    floating, flooring, folding, freestanding, getting, giving, hanging, having, housing, including, inserting,
    installing, king, landscaping, laying, lighting, living, molding, morning, paneling, placing, putting,
    railing, reading, ring, rocking, seating, setting, showing, siding, sitting, sleeping, sliding, something,
    spring, string, swing, thing, using, wanting, wedding, wing, working
    """
# Words in -ly that are no adverbs.
LY_WORDS = "family, lily, lilies, fly, assembly, friendly, jelly, italy, july, supply"
# Furniture with doors of its own.
CASE_FURNITURE = """
    armoire, bookcase, bookshelf, buffet, cabinet, cabinetry, cabinets, console, credenza, cupboard, dollhouse,
    dresser, hutch, sideboard, stand, unit, wardrobe
    """
