"""Are names and figures written as people should read them?"""

import re

from pages.widgets import formatting

HOSTILE = (
    "![p](http://127.0.0.1/p.png) :red[PAID] [Pay now](http://evil.example) $x^2$ `code` <b>b</b> :material/home:"
)


def test_text_from_outside_is_read_as_it_was_written_and_does_nothing() -> None:
    shown = formatting.plain(HOSTILE)
    assert re.search(r"(?<!\\)[]!`*_{}()<>#|~:$&[]", shown) is None
    # Nothing is lost: without the backslashes it is the text again.
    assert shown.replace("\\", "") == HOSTILE


def test_lines_of_a_name_become_one() -> None:
    assert formatting.plain("a\n\n# b") == "a \\# b"


def test_figures_have_separators_units_and_plurals() -> None:
    assert formatting.number(1_234_567) == "1\u202f234\u202f567"
    assert (formatting.credits(1), formatting.credits(40)) == ("1 credit", "40 credits")
    assert (formatting.percent(0.9714), formatting.percent(None)) == ("97.1\u202f%", "–")


def test_durations_take_the_unit_that_fits() -> None:
    table = {None: "–", 6.12: "6.1 s", 59.94: "59.9 s", 102: "1:42 min", 7_500: "2 h 05 min"}
    assert {seconds: formatting.duration(seconds) for seconds in table} == table
