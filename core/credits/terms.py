"""On which terms does an account stage? Whether it may rush and for how much, and how much of it may run at once."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import errors, logs
from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.auth.roles import Action
from core.credits import pricing
from core.db.session import Database
from core.models import Account

RUSH_VARIANT_CREDITS_MAX = 10_000
IN_FLIGHT_MAX = 10_000
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account may do, and for how much. None: it may not rush; any number of variants may run at once.

    `rush_variant_credits` is the price of one variant of a rush job; `in_flight_max` counts variants that have been
    given their turn and have not ended.
    """

    rush_variant_credits: int | None
    in_flight_max: int | None

    def variant_credits(self, *, is_rush: bool) -> int:
        """What one variant costs.

        Raises:
            RushNotAllowed: if it is to be rush, and the account may not.
        """
        if not is_rush:
            return pricing.VARIANT_PRICE_CREDITS
        if self.rush_variant_credits is None:
            raise errors.RushNotAllowed
        return self.rush_variant_credits


def terms_of(session: Session, account_id: int, *, lock: bool = False) -> Terms:
    """The account's terms; with `lock`, nobody else changes them until the commit."""
    query = sa.select(Account.rush_variant_credits, Account.in_flight_max).where(Account.id == account_id)
    row = session.execute(query.with_for_update(key_share=True) if lock else query).one()
    return Terms(rush_variant_credits=row.rush_variant_credits, in_flight_max=row.in_flight_max)


def set_terms(database: Database, actor: Actor, *, account: str, terms: Terms) -> None:
    """Set an account's terms from now on; jobs that were submitted keep their price and their turn.

    Raises:
        PermissionDenied: if the actor may not set limits.
        AccountNotFound: if there is none of that name.
        ValidationFailed: if the price is below the usual one or above 10,000 credits a variant, or the number is not
            from 1 to 10,000.
    """
    actor.require(Action.SET_LIMITS)
    _require_sound(terms)
    with database.write() as session:
        account_id = session.scalar(
            sa.select(Account.id).where(Account.name == account).with_for_update(key_share=True)
        )
        if account_id is None or not actor.sees(account_id):
            raise errors.AccountNotFound
        before = terms_of(session, account_id)
        session.execute(
            sa.update(Account)
            .where(Account.id == account_id)
            .values(rush_variant_credits=terms.rush_variant_credits, in_flight_max=terms.in_flight_max)
        )
        detail = f"{words(before)} → {words(terms)}"
        audit.note(session, actor, AuditKind.TERMS_CHANGED, account_id=account_id, target=account, detail=detail)
    _log.info("terms changed", account=account, actor=actor.name)


def words(terms: Terms) -> str:
    """The terms in one line."""
    price = terms.rush_variant_credits
    rush = "no rush" if price is None else f"rush at {price * pricing.VARIANTS_PER_JOB:,} credits a job"
    most = terms.in_flight_max
    return f"{rush}, {'any number' if most is None else f'at most {most:,}'} at once"


def _require_sound(terms: Terms) -> None:
    price, most = terms.rush_variant_credits, terms.in_flight_max
    if price is not None and not pricing.VARIANT_PRICE_CREDITS <= price <= RUSH_VARIANT_CREDITS_MAX:
        raise errors.ValidationFailed(
            f"A rush variant costs from {pricing.VARIANT_PRICE_CREDITS} to {RUSH_VARIANT_CREDITS_MAX:,} credits."
            " Nothing was changed."
        )
    if most is not None and not 1 <= most <= IN_FLIGHT_MAX:
        raise errors.ValidationFailed(f"From 1 to {IN_FLIGHT_MAX:,} variants may run at once. Nothing was changed.")
