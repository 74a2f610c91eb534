import pytest
from PIL import Image

from core.delivery import contrast


def luminance(color):
    return contrast.mean_luminance(Image.new("RGB", (4, 4), color), mask=Image.new("L", (4, 4), 255))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("black", "white", 21.0), ("white", "white", 1.0), ("#767676", "white", 4.54), ("red", "white", 4.0)],
)
def test_the_ratio_is_that_of_wcag(one, other, expected):
    assert contrast.ratio(luminance(one), luminance(other)) == pytest.approx(expected, abs=0.01)
    assert contrast.ratio(luminance(other), luminance(one)) == pytest.approx(expected, abs=0.01)


def test_only_masked_pixels_count():
    picture = Image.new("RGB", (2, 1), "black")
    picture.putpixel((1, 0), (255, 255, 255))
    mask = Image.new("L", (2, 1))
    mask.putpixel((1, 0), 255)

    assert contrast.mean_luminance(picture, mask=mask) == pytest.approx(1)


def test_an_empty_mask_is_an_error_and_not_a_pass():
    with pytest.raises(ValueError, match="no pixels"):
        contrast.mean_luminance(Image.new("RGB", (2, 2)), mask=Image.new("L", (2, 2)))
