"""Which jobs are asked about? A choice by any of the things a job has, and what figures can be grouped by."""

from dataclasses import dataclass
from enum import StrEnum


class Dimension(StrEnum):
    """What a filter chooses by, and what figures are grouped by."""

    ACCOUNT = "account"
    PERSON = "person"
    ROOM_TYPE = "room_type"
    STYLE = "style"
    MODEL = "model"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Each is the one value that is wanted, or None for all. Accounts go by name, people by what jobs call them."""

    account: str | None = None
    person: str | None = None
    room_type: str | None = None
    style: str | None = None
    model: str | None = None
    priority: str | None = None

    def wanted(self) -> dict[Dimension, str]:
        """What is chosen, by dimension."""
        named = {dimension: getattr(self, dimension.value) for dimension in Dimension}
        return {dimension: value for dimension, value in named.items() if value is not None}
