"""What exactly is the model told?

1. What to add, and in which style. 2. The person's wish, quoted. 3. What stays: last, so that it has the last word.
The model ignores negative prompts, so everything is said in positive words. Its text encoder reads 512 tokens, about
four characters each: the longest prompt stays well under that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.prompts import instructions as wishes
from core.prompts import presets

VERSION = "2026-11-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """How a prompt is put together of what furnishes and what keeps the room; `title` is for people.

    A version stays as it is once a job names it: what is to change gets a version of its own.
    """

    version: str
    title: str
    parts: Callable[[list[str], str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedPrompt:
    """The editing instruction, and the `version` of the template it was made with."""

    text: str
    version: str


def compose(*, room_type: str, style: str, instructions: str = "", version: str = VERSION) -> ComposedPrompt:
    """The instruction for one photo, from two slugs and a wish, by the template of that version.

    Raises:
        KeyError: if there is no such template; whoever names one chooses from `TEMPLATES`.
        UnknownRoomType, UnknownStyle: if a slug is not in the tables.
        InstructionsTooLong, InstructionsRefused: if the wish can't be passed on.
    """
    room = presets.room_type(room_type)
    look = presets.style(style)
    wish = wishes.require_allowed(instructions)
    furnish = [
        f"Furnish the {room.term} in this photograph in {look.term} style: add {room.furniture}.",
        f"Furniture materials and colors: {look.phrases}.",
        "Place each piece at true scale, clear of doors, lit as the room is.",
        *([f'Additional wish: "{wish}".'] if wish else []),
    ]
    parts = TEMPLATES[version].parts(furnish, preservation_clause(room))
    return ComposedPrompt(text=" ".join(parts), version=version)


def preservation_clause(room: presets.RoomType) -> str:
    """What stays as photographed, in positive words; `room.permanent` names what such a room is likely to have."""
    permanent = f"{room.permanent}, " if room.permanent else ""
    return (
        "Keep the building exactly as photographed: the same walls, windows, view, doors, floor, ceiling, trim, "
        f"{permanent}lights and built-in fixtures in their present shape, color and condition. "
        "Keep the same camera position, lens, perspective, crop, framing and light."
    )


TEMPLATES: Mapping[str, Template] = {
    one.version: one
    for one in (
        Template(
            version=VERSION, title="Furniture first, then what stays", parts=lambda furnish, keep: [*furnish, keep]
        ),
        Template(
            version="2026-11-2",
            title="What stays first, then furniture",
            parts=lambda furnish, keep: [keep, *furnish],
        ),
    )
}
