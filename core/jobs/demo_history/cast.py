"""Who takes part in a made-up history? Customers of unequal size with their people, and the house's own."""

from dataclasses import dataclass

from core.auth.actors import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """An account: its weight among all, its people (or keys) with theirs, and how many credits it buys at once."""

    name: str
    weight: float
    people: tuple[tuple[str, float], ...]
    package_credits: int


CUSTOMERS = (
    Customer(
        name="Bellevue Homes",
        weight=34,
        people=(("Alice Brandt", 5), ("Bob Okafor", 4), ("Carmen Ruiz", 3), ("Bellevue listing feed", 6)),
        package_credits=20_000,
    ),
    Customer(
        name="Harbor & Pine Realty",
        weight=24,
        people=(("Dmitri Novak", 5), ("Elena Rossi", 3), ("Farid Haddad", 2)),
        package_credits=20_000,
    ),
    Customer(
        name="Northgate Estates",
        weight=17,
        people=(("Grace Lindqvist", 4), ("Hugo Martins", 3), ("Northgate website", 3)),
        package_credits=10_000,
    ),
    Customer(
        name="Old Town Lettings",
        weight=11,
        people=(("Imani Clarke", 3), ("Jonas Weber", 2)),
        package_credits=10_000,
    ),
    Customer(name="Sunridge", weight=7, people=(("Keiko Tanaka", 3), ("Liam Byrne", 1)), package_credits=5_000),
    Customer(name="Lakeside Living", weight=4, people=(("Mira Petrov", 1),), package_credits=5_000),
    Customer(
        name="Marlow & Daughters",
        weight=2,
        people=(("Nora Marlow", 2), ("Olive Marlow", 1)),
        package_credits=2_000,
    ),
    Customer(name="Casa Verde", weight=1, people=(("Pablo Vidal", 1),), package_credits=2_000),
)
# These stage through the API, by a key of that name.
KEYS = frozenset({"Bellevue listing feed", "Northgate website"})
SUPPORT = ("Dana Fields", "Erik Sand", "Priya Nair", "Samuel Cole")
MANAGER = "Maya Lind"


def door_of(person: str) -> Source:
    """Through which door that person or key stages."""
    return Source.API if person in KEYS else Source.PAGE
