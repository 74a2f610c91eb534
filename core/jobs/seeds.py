"""Which number makes one order differ from the next? In the provider's list only the input tells them apart."""

import secrets

from core.provider.registry import SEED_MAX


def fresh() -> int:
    """A random seed."""
    return secrets.randbelow(SEED_MAX + 1)


def different(count: int) -> list[int]:
    """So many random seeds, no two of them equal."""
    seeds: set[int] = set()
    while len(seeds) < count:
        seeds.add(fresh())
    return list(seeds)
