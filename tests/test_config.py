"""Is Streamlit configured as an internal tool should be? Loopback, no telemetry, and colors that can be read."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from core.jobs import service

ROOT = Path(__file__).parents[1]
CONFIG: dict[str, Any] = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
THEME: dict[str, Any] = CONFIG["theme"]
SCHEMES = ("light", "dark")
# WCAG 2.2: 4.5 for text, 7 for text that is to be read with ease, 3 for what is not text.
TEXT, EASY_TEXT, SHAPE = 4.5, 7.0, 3.0
_HEX = re.compile(r"#[0-9a-f]{6}")


def luminance(color: str) -> float:
    assert _HEX.fullmatch(color), color
    channels = (value / 255 for value in bytes.fromhex(color[1:]))
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_server_listens_on_loopback_alone_and_opens_no_browser() -> None:
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["server"]["port"] == 8501
    assert CONFIG["server"]["headless"] is True


def test_nothing_is_told_to_others() -> None:
    assert CONFIG["browser"]["gatherUsageStats"] is False


def test_protections_of_the_browser_stay_on() -> None:
    for switch in ("enableCORS", "enableXsrfProtection"):
        assert CONFIG["server"].get(switch, True) is True


def test_uploads_are_limited_to_what_a_listing_may_be() -> None:
    assert CONFIG["server"]["maxUploadSize"] == 500
    assert CONFIG["server"]["maxUploadSize"] * 1024 * 1024 == service.UPLOADS_MAX_BYTES


def test_visitors_see_no_stack_traces_and_no_developers_menu() -> None:
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["client"]["toolbarMode"] == "minimal"


def test_code_that_changes_under_a_running_desk_is_not_reloaded_by_halves() -> None:
    assert CONFIG["server"]["fileWatcherType"] == "none"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_words_on_buttons_can_be_read(scheme: str) -> None:
    assert contrast(THEME[scheme]["primaryColor"], "#ffffff") >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
def test_text_can_be_read_with_ease(scheme: str, ground: str) -> None:
    assert contrast(THEME[scheme]["textColor"], THEME[scheme][ground]) >= EASY_TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
def test_links_can_be_read(scheme: str, ground: str) -> None:
    assert contrast(THEME[scheme]["linkColor"], THEME[scheme][ground]) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["redColor", "orangeColor", "blueColor", "greenColor", "grayColor"])
def test_the_colors_of_states_stand_out(scheme: str, name: str) -> None:
    assert contrast(THEME[scheme][name], THEME[scheme]["secondaryBackgroundColor"]) >= SHAPE


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("color", THEME["chartCategoricalColors"])
def test_lines_of_charts_stand_out_on_light_and_on_dark(scheme: str, color: str) -> None:
    assert contrast(color, THEME[scheme]["secondaryBackgroundColor"]) >= SHAPE


def test_light_and_dark_set_the_same_colors() -> None:
    assert set(THEME["light"]) == set(THEME["dark"])


def test_charts_have_a_color_for_every_state() -> None:
    assert len(set(THEME["chartCategoricalColors"])) >= 6
