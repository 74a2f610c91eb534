"""How are a benchmark's figures told? One line for each contender, median and range, with the target beside them."""

import os
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Read here because the tests' own environment is emptied of the desk's settings.
_FILE = os.environ.get("STAGING_BENCH_REPORT")


@dataclass(frozen=True)
class Line:
    """One measured thing: a value for each repeat."""

    name: str
    values: Sequence[float]
    unit: str = ""
    target: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        spread = f"({_number(min(self.values))} to {_number(max(self.values))})" if len(self.values) > 1 else ""
        told = f"{_number(self.median)} {self.unit}".strip()
        return f"  {self.name:<58}{told:>14}  {spread:<22}{'target: ' + self.target if self.target else ''}".rstrip()


def ratio(name: str, ours: Line, theirs: Line, *, target: str = "") -> Line:
    """Ours over theirs, repeat by repeat: both were measured within seconds of each other."""
    return Line(name, [mine / other for mine, other in zip(ours.values, theirs.values, strict=True)], "", target)


def tell(title: str, lines: Sequence[Line]) -> None:
    """Write the table to the terminal and, if STAGING_BENCH_REPORT names a file, to its end."""
    text = "\n".join([f"\n{title}: median (range) of {max(len(line.values) for line in lines)}", *map(str, lines)])
    sys.stderr.write(text + "\n")
    if _FILE:
        with Path(_FILE).open("a") as file:
            file.write(text + "\n")


def _number(value: float) -> str:
    magnitude = abs(value)
    return f"{value:,.0f}" if magnitude >= 100 else f"{value:.1f}" if magnitude >= 10 else f"{value:.2f}"
