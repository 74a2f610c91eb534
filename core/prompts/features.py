"""Which parts of the property must stay as the photo shows them?"""

from core.prompts.vocabulary import ADDITION, DAMAGE, PRESENT, ROOM, RULE, STRUCTURE

# Features are what a buyer could not carry away, each with its topic for people. STRUCTURE is there in any room, so
# that "no windows" asks for removal; ADDITION may or may not be there, so that "no wallpaper" is harmless; PRESENT
# may be added as furniture (a cabinet, a potted tree), but what the photo shows of it stays; DAMAGE must not be
# hidden; ROOM is only painted or enlarged; RULE is what protects the rest.
ROWS: tuple[tuple[str, str, str], ...] = (
    (
        STRUCTURE,
        "the walls",
        """
        wall, drywall, brick wall, column, pillar, archway, plaster, wall color, wall colour, baseboard,
        skirting board
        """,
    ),
    (
        ADDITION,
        "the walls",
        """
        accent wall, feature wall, partition, wallpaper, wall paper, paint, coat of paint, mural, paneling,
        panelling, wall panel, wainscoting, repaint, shiplap, molding, moulding, crown molding, crown moulding,
        stucco, exposed brick, bricks, wood panel, wooden panel
        """,
    ),
    (PRESENT, "the walls", "trim, brick, siding"),
    (STRUCTURE, "the floor", "floor, flooring, floorboard, floor color, floor colour"),
    (
        ADDITION,
        "the floor",
        "carpet, carpeting, tile, tiling, hardwood, parquet, laminate, linoleum, vinyl plank, floor tile",
    ),
    (STRUCTURE, "the ceiling", "ceiling, ceiling height, ceiling color, ceiling colour"),
    (ADDITION, "the ceiling", "skylight, ceiling beam, exposed beam, wood beam, wooden beam, vaulted ceiling"),
    (
        STRUCTURE,
        "the windows and doors",
        "window, window frame, door, door frame, doorway, staircase, stair, stairway, railing, banister, step",
    ),
    (
        ADDITION,
        "the windows and doors",
        "french door, bay window, picture window, sliding door, barn door, balcony, window seat",
    ),
    (PRESENT, "the windows and doors", "window sill, windowsill"),
    (
        STRUCTURE,
        "the view and the outside",
        """
        power line, powerline, telephone pole, telephone wire, overhead wire, overhead cable, utility pole,
        driveway, roof, facade
        """,
    ),
    (
        ADDITION,
        "the view and the outside",
        """
        view, sky, the sky, skyline, the outside, scenery, landscape, landscaping, lawn, grass, swimming pool,
        pool, hot tub, jacuzzi, deck, patio cover, pergola, fence, sunset, sunrise, dusk, night, nighttime,
        twilight, sunlight, sunshine, weather, snow, exterior, solar panel, outside the window,
        through the window, out the window, out of the window
        """,
    ),
    (
        PRESENT,
        "the view and the outside",
        """
        garden, yard, backyard, front yard, shed, tree, bush, hedge, building, neighbor, neighbour,
        house next door, natural light, daylight, paving, neighbor house, neighbour house, neighbors house
        """,
    ),
    (
        DAMAGE,
        "damage, which buyers must be able to see",
        """
        damage, water damage, crack, stain, water stain, mold, mould, mildew, water mark, watermark, hole,
        scratch, scuff, scuff mark, dent, leak, rust, rot, peeling paint, flaking paint, discoloration,
        wear and tear, defect, flaw
        """,
    ),
    (
        STRUCTURE,
        "the fixtures",
        """
        radiator, outlet, power outlet, socket, light switch, thermostat, smoke detector, air vent, vent, pipe,
        fixture, light fixture, electrical panel, fuse box, meter, baseboard heater, heater, boiler,
        water heater, furnace, ac unit
        """,
    ),
    (
        ADDITION,
        "the fixtures",
        """
        fireplace, fire place, mantel, mantelpiece, chandelier, pendant light, ceiling light, ceiling lamp,
        ceiling fan, recessed light, recessed lighting, track lighting, pot light, spotlight, sconce,
        wall sconce, sink, toilet, bathtub, tub, shower, faucet, tap, backsplash, kitchen island, island,
        built-in, built in, built-in shelf, built-in shelves, built in shelves, kitchen cabinet, upper cabinet,
        lower cabinet, wall cabinet, countertop, counter top, worktop, appliance, fridge, refrigerator, oven,
        stove, dishwasher, microwave, washer, dryer, washing machine, range hood, air conditioner,
        air conditioning, bathroom vanity, closet, pantry, garage
        """,
    ),
    (PRESENT, "the fixtures", "cabinet, cabinet door, counter, vanity, door handle, doorknob, hardware"),
    (ADDITION, "the fixtures", "cabinets, cabinetry, cupboards"),
    (
        ROOM,
        "the room itself",
        """
        room, space, bedroom, living room, family room, dining room, kitchen, bathroom, powder room, hallway,
        hall, entryway, entrance, basement, attic, everything, office, home office, nursery, laundry room,
        house, home, apartment, interior, patio, property
        """,
    ),
    (
        ADDITION,
        "the room itself",
        """
        floor plan, floorplan, room layout, layout of the room, size of the room, open concept, open plan,
        open floor plan, square footage, architecture, structural change, finish the basement, renovate,
        renovation, remodel, knock through
        """,
    ),
    (
        ADDITION,
        "the camera and framing",
        """
        camera angle, camera position, camera view, perspective, viewpoint, framing, crop, cropping, zoom,
        zoom in, zoom out, wide angle, wider angle, lens, different angle, another angle, lower angle,
        higher angle, from a lower angle, from a higher angle, from a different angle, from another angle,
        from the other side, bird's eye view, aspect ratio
        """,
    ),
    (
        RULE,
        "the rules that protect the photo",
        """
        instruction, rule, restriction, guideline, constraint, prompt, system prompt, system message,
        preservation, preservation clause, everything above, everything before, everything so far,
        what you were told, all of the above
        """,
    ),
)
