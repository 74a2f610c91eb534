"""What does the simulated model draw? Furniture in a photo of a room, and sample rooms to try it on, all offline.

Pictures are drawn, not learned: a level camera is fitted to the photo's floor line, and furniture built of small
facets is placed, lit and shaded in it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

SAMPLE_SIZE = (1248, 832)


def stage(photo: "Image.Image", *, prompt: str, seed: int) -> "Image.Image":
    """The photo with furniture drawn in: RGB, of exactly the photo's size.

    Args:
        photo: a room, in any mode and size.
        prompt: names the room type and the style; a modern living room where it names none.
        seed: picks the arrangement; the same photo, prompt and seed give the same picture.
    """
    from core.provider.simulator.stager import staging  # its parts load when the first picture is drawn

    return staging.stage(photo, prompt=prompt, seed=seed)


def sample_room(seed: int, size: tuple[int, int] = SAMPLE_SIZE) -> "Image.Image":
    """An empty room as an RGB photograph of that size in pixels.

    Seeds 0 to 5 show six different rooms; higher ones show them from elsewhere or painted differently.
    """
    from core.provider.simulator.stager.rooms import drawing  # its parts load when the first picture is drawn

    return drawing.sample_room(seed, size)
