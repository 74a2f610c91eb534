"""Does a spreadsheet get what was exported, and nothing that it would run?"""

from dataclasses import dataclass

import pytest

from core import spreadsheets


@dataclass(frozen=True)
class Row:
    text: str


def lines(*texts: str) -> list[str]:
    written = spreadsheets.csv_of([Row(text) for text in texts], columns=("text",))
    return written.decode("utf-8-sig").splitlines()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", "\uff20"])
def test_what_looks_like_a_formula_is_text(start: str) -> None:
    assert lines(f"{start}1+1") == ['"text"', f'"\'{start}1+1"']


def test_a_semicolon_does_not_begin_a_cell() -> None:
    assert lines("x;=1+1") == ['"text"', '"x;=1+1"']


def test_a_file_that_is_cut_says_so_in_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 2)
    assert lines("a", "b") == ['"text"', '"a"', '"b"']
    assert lines("a", "b", "c")[2:] == ['"b"', '"Cut off after 2 lines: narrow it down for the others."']
