"""How does the API tell of an account: its balance, its ledger, its terms?"""

from datetime import datetime
from typing import Self

from pydantic import ConfigDict, StrictInt

from core.api.schemas import Schema
from core.credits import terms as account_terms
from core.credits.queries import Entry, Statement


class LedgerEntry(Schema):
    """One movement of credits."""

    id: int
    at: datetime
    kind: str
    amount: int
    balance_after: int
    job_id: str | None
    reason: str
    actor: str

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """From the room's value."""
        return cls(
            id=entry.id,
            at=entry.at,
            kind=entry.kind,
            amount=entry.amount,
            balance_after=entry.balance_after,
            job_id=entry.job_id,
            reason=entry.reason,
            actor=entry.actor,
        )


class Terms(Schema):
    """On which terms an account stages: null for no rush, and for any number of variants at once.

    `rushVariantCredits` is the price of one variant of a rush job, of which there are two.
    """

    # A misspelt limit must not lift it.
    model_config = ConfigDict(extra="forbid")

    rush_variant_credits: StrictInt | None
    in_flight_max: StrictInt | None

    @classmethod
    def of(cls, terms: account_terms.Terms) -> Self:
        """From the room's value."""
        return cls(rush_variant_credits=terms.rush_variant_credits, in_flight_max=terms.in_flight_max)


class Account(Schema):
    """An account's balance and a page of its ledger, newest first."""

    account: str
    balance: int
    terms: Terms
    entries: list[LedgerEntry]
    next_cursor: str | None

    @classmethod
    def of(cls, statement: Statement) -> Self:
        """From the room's value."""
        return cls(
            account=statement.account.name,
            balance=statement.account.balance,
            terms=Terms.of(statement.account.terms),
            entries=[LedgerEntry.of(entry) for entry in statement.entries],
            next_cursor=None if statement.next_before_id is None else str(statement.next_before_id),
        )
