"""Are names and figures written as people should read them?"""

import re
from datetime import date, timedelta

from core import clock as core_clock
from pages.widgets import formatting
from tests.settable_clock import SettableClock

HOSTILE = (
    "![p](http://127.0.0.1/p.png) :red[PAID] [Pay now](http://evil.example) $x^2$ `code` <b>b</b> :material/home:"
)


def test_text_from_outside_is_read_as_it_was_written_and_does_nothing() -> None:
    shown = formatting.plain(HOSTILE)
    assert re.search(r"(?<!\\)([]`*<~$&[]|:\w)", shown) is None
    # Nothing is lost: without the backslashes and the spaces of no width it is the text again.
    assert shown.replace("\\", "").replace("\u200b", "") == HOSTILE


def test_a_bare_address_does_not_become_a_link() -> None:
    assert formatting.plain("see https://evil.example or www.evil.example") == (
        "see https://\u200bevil.example or www.\u200bevil.example"
    )


def test_the_name_of_an_emoji_stays_a_name() -> None:
    assert formatting.plain(":house: at 10:30") == ":\u200bhouse: at 10\\:30"


def test_lines_of_a_name_become_one() -> None:
    assert formatting.plain("a\n\n# b") == "a # b"


def test_what_begins_a_line_does_not_begin_a_list_or_heading() -> None:
    for sign in ("-", "+", "#", ">", "*"):
        assert formatting.plain(f"{sign} a") == f"\\{sign} a"
    assert formatting.plain("1. a") == "1\u200b. a"


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("living-room_2 (final).jpg", "Harbor & Pine".replace("&", "and"), "photo_too_small", "Note: 3 × 4"):
        assert formatting.plain(name) == name


def test_figures_have_separators_units_and_plurals() -> None:
    assert formatting.number(1_234_567) == "1\u202f234\u202f567"
    assert (formatting.credits(1), formatting.credits(40)) == ("1 credit", "40 credits")
    assert (formatting.percent(0.9714), formatting.percent(None)) == ("97.1\u202f%", "–")


def test_durations_take_the_unit_that_fits() -> None:
    table = {None: "–", 6.12: "6.1 s", 59.94: "59.9 s", 102: "1:42 min", 7_500: "2 h 05 min"}
    assert {seconds: formatting.duration(seconds) for seconds in table} == table


def test_a_number_in_a_text_from_outside_stays_in_one_piece() -> None:
    assert formatting.plain(f"{formatting.credits(1_500)}\u2028left") == "1\u202f500 credits left"


def test_times_are_as_short_as_they_can_be(clock: SettableClock) -> None:
    now = core_clock.now()
    assert formatting.when(now) == "12:00"
    assert formatting.when_exactly(now - timedelta(seconds=5)) == "11:59:55"
    assert formatting.when(now - timedelta(days=1)) == f"{now - timedelta(days=1):%d %b}, 12:00"
    assert formatting.when(now - timedelta(days=400)).endswith(f"{(now - timedelta(days=400)).year}, 12:00")


def test_a_day_is_the_viewers_and_lasts_to_the_next() -> None:
    day = date(2026, 3, 1)
    assert (formatting.day_start(day).day, formatting.day_end(day) - formatting.day_start(day)) == (
        1,
        timedelta(days=1),
    )


def test_a_code_is_told_in_one_sentence_and_an_unknown_one_in_its_own_words() -> None:
    assert formatting.reason("safety") == "The safety filter refused this variant."
    assert formatting.reason("never_heard_of") == "never heard of"


def test_movements_have_their_sign() -> None:
    assert [formatting.signed(value) for value in (1_500, 0, -40)] == ["+1\u202f500", "0", "−40"]


def test_a_name_becomes_part_of_a_files_name() -> None:
    assert formatting.file_word("Harbor & Pine/../x") == "harbor-pine-x"
    assert formatting.file_word("…") == "account"
