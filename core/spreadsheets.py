"""How do figures leave the desk so that a spreadsheet opens them, and runs nothing that they say?"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice

# What a person can still open.
MAX_ROWS = 100_000

# What a spreadsheet takes for a formula when it stands first in a cell, full-width signs included.
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")


def csv_of(rows: Iterable[object], *, columns: Sequence[str], headings: Mapping[str, str] | None = None) -> bytes:
    """One line for each row's attributes of these names, under a heading, as UTF-8 CSV; times in ISO 8601.

    Columns are headed by their names, but for those in `headings`.

    After 100,000 lines it ends, and its last line says so: hand one row more over than that where there are more.
    """
    text, waiting = io.StringIO(), iter(rows)
    # All in quotes: where a spreadsheet parts cells at semicolons, those in a text would begin cells of their own.
    writer = csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow([(headings or {}).get(column, column) for column in columns])
    writer.writerows([_cell(getattr(row, column)) for column in columns] for row in islice(waiting, MAX_ROWS))
    if next(waiting, None) is not None:
        writer.writerow([f"Cut off after {MAX_ROWS:,} lines: narrow it down for the others."])
    # Without the mark at the start, spreadsheets take it for another encoding.
    return text.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
