"""What was refunded, what waits for a decision, and what is left to refund? Reads only, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import errors, spreadsheets
from core.auth import audit, names
from core.auth.actors import Actor
from core.auth.names import Meant
from core.auth.roles import Action
from core.credits import ledger
from core.db.session import Database
from core.jobs import search_text
from core.models import Account, Job, Photo, Refund

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200


class RefundReason(StrEnum):
    """Why people refund; what the desk returns by itself has the reason `system`."""

    TECHNICAL_FAILURE = "technical_failure"
    STRUCTURE_ALTERED = "structure_altered"
    WRONG_STYLE_OR_ROOM = "wrong_style_or_room"
    POOR_REALISM = "poor_realism"
    DUPLICATE_CHARGE = "duplicate_charge"
    FALSE_SAFETY_REFUSAL = "false_safety_refusal"
    LATE_DELIVERY = "late_delivery"
    GOODWILL = "goodwill"
    OTHER = "other"


REASON_WORDS: Mapping[RefundReason, str] = {
    RefundReason.TECHNICAL_FAILURE: "Technical failure",
    RefundReason.STRUCTURE_ALTERED: "The room itself was altered",
    RefundReason.WRONG_STYLE_OR_ROOM: "Wrong style or room",
    RefundReason.POOR_REALISM: "Not realistic enough",
    RefundReason.DUPLICATE_CHARGE: "Charged twice",
    RefundReason.FALSE_SAFETY_REFUSAL: "Wrongly refused as unsafe",
    RefundReason.LATE_DELIVERY: "Too late",
    RefundReason.GOODWILL: "Goodwill",
    RefundReason.OTHER: "Other",
}


class RefundState(StrEnum):
    """Where a refund is."""

    REQUESTED = "requested"
    REFUNDED = "refunded"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDetail:
    """A refund, or a request for one, with the job and account it is about."""

    id: str
    job_id: str
    account: str
    file_name: str
    variant_index: int | None
    amount_credits: int
    reason: RefundReason
    note: str
    state: RefundState
    requested_by: str
    requested_for: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_note: str
    requested_by_identity: str = ""
    requested_for_identity: str = ""
    decided_by_identity: str | None = None
    decided_for_identity: str | None = None

    @property
    def is_asker_unsure(self) -> bool:
        """Whether nobody can tell for certain who asked, of a request that an older version wrote."""
        return self.requested_for_identity.startswith("unsure:")

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was turned down by who had asked for it, or by who made the key that had."""
        own = {self.requested_by_identity, self.requested_for_identity}
        return self.state is RefundState.DECLINED and bool(
            own & {self.decided_by_identity, self.decided_for_identity}
        )


def is_of(actor: Actor, refund: RefundDetail) -> bool:
    """Whether the actor asked for it, by a key of theirs too: they may withdraw it, and never approve it."""
    return bool(actor.identities & {refund.requested_by_identity, refund.requested_for_identity})


@dataclass(frozen=True, slots=True)
class Waiting:
    """Some of the requests that wait for a manager, and how many do in all."""

    requests: tuple[RefundDetail, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFilter:
    """Which refunds are wanted; what is empty does not narrow. Requested from `since` on, and before `until`.

    `person` is what they are called who asked, made the key that did, or decided: an e-mail, a name or a key's.
    """

    state: RefundState | None = None
    reason: RefundReason | None = None
    account: str = ""
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None


_ANY = RefundFilter()


@dataclass(frozen=True, slots=True)
class RefundPage:
    """A page of refunds, newest first. `next_before_id` continues it."""

    refunds: tuple[RefundDetail, ...] = field(default=())
    next_before_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReasonTotal:
    """How many refunds a reason had, and how many credits."""

    reason: RefundReason
    count: int
    credits: int


def refunds(
    session: Session,
    actor: Actor,
    wanted: RefundFilter = _ANY,
    *,
    before_id: str | None = None,
    limit: int = PAGE_SIZE,
) -> RefundPage:
    """A page of refunds, newest first, older than the refund `before_id`.

    Raises:
        PermissionDenied: if the actor may not refund: this is for those who do.
    """
    actor.require(Action.REFUND)
    limit = max(1, min(limit, PAGE_SIZE_MAX))
    query = _narrowed(session, _details(), actor, wanted).order_by(Refund.id.desc()).limit(limit + 1)
    if before_id is not None:
        query = query.where(Refund.id < before_id if search_text.is_storable(before_id) else sa.false())
    found = [_detail(row) for row in session.execute(query)]
    return RefundPage(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


def waiting(session: Session, actor: Actor, *, limit: int = PAGE_SIZE) -> Waiting:
    """The requests that wait for a manager, the oldest first, and how many there are of them in all.

    Raises:
        PermissionDenied: if the actor may not refund.
    """
    actor.require(Action.REFUND)
    requested = _narrowed(session, _details(), actor, RefundFilter(state=RefundState.REQUESTED))
    rows = session.execute(requested.order_by(Refund.id).limit(max(1, min(limit, PAGE_SIZE_MAX))))
    count = session.scalar(sa.select(sa.func.count()).select_from(requested.subquery())) or 0
    return Waiting(tuple(_detail(row) for row in rows), count)


def totals_by_reason(session: Session, actor: Actor, wanted: RefundFilter = _ANY) -> list[ReasonTotal]:
    """What was refunded by people, for each reason that was given, the most credits first; requests don't count.

    Raises:
        PermissionDenied: if the actor may not refund.
    """
    actor.require(Action.REFUND)
    credits = sa.func.sum(Refund.amount)
    query = sa.select(Refund.reason, sa.func.count(), credits).join(Account, Account.id == Refund.account_id)
    query = _narrowed(session, query, actor, wanted).where(Refund.state == RefundState.REFUNDED)
    rows = session.execute(query.group_by(Refund.reason).order_by(credits.desc(), Refund.reason))
    return [ReasonTotal(RefundReason(reason), count, int(total)) for reason, count, total in rows]


_COLUMNS = (
    "id", "requested_at", "job_id", "account", "file_name", "variant_index", "amount_credits", "reason", "note",
    "state", "requested_by", "requested_for", "decided_by", "decided_at", "decision_note",
)  # fmt: skip


def export_csv(database: Database, actor: Actor, wanted: RefundFilter = _ANY) -> bytes:
    """The refunds as UTF-8 CSV, newest first, at most 100,000 lines; noted in the audit log.

    Raises:
        PermissionDenied: if the actor may not refund or not export.
    """
    actor.require(Action.REFUND)
    actor.require(Action.EXPORT)
    with database.read() as session:
        query = (
            _narrowed(session, _details(), actor, wanted).order_by(Refund.id.desc()).limit(spreadsheets.MAX_ROWS + 1)
        )
        found = [_detail(row) for row in session.execute(query)]
    audit.note_export(
        database,
        actor,
        what="refunds",
        line_count=len(found),
        narrowed_by={
            "state": wanted.state,
            "reason": wanted.reason,
            "account": wanted.account,
            "person": wanted.person,
            "since": wanted.since,
            "until": wanted.until,
        },
        account=wanted.account,
    )
    return spreadsheets.csv_of(found, columns=_COLUMNS)


def one(session: Session, refund_id: str) -> RefundDetail:
    """The refund of that id.

    Raises:
        RefundNotFound: if there is none.
    """
    query = _details().where(Refund.id == refund_id)
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise errors.RefundNotFound
    return _detail(row)


def balance_after(session: Session, refund: RefundDetail) -> int:
    """The account's balance right after the refund, or now while it has not moved any credits."""
    after = ledger.balance_after(session, key=f"refund:{refund.id}")
    if after is not None:
        return after
    return session.execute(sa.select(Account.balance).where(Account.name == refund.account)).scalar_one()


def _details() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Refund, Account.name.label("account"), Photo.file_name)
        .join(Account, Account.id == Refund.account_id)
        .join(Job, Job.id == Refund.job_id)
        .join(Photo, Photo.id == Job.photo_id)
    )


def _narrowed(
    session: Session, query: sa.Select[*tuple[Any, ...]], actor: Actor, wanted: RefundFilter
) -> sa.Select[*tuple[Any, ...]]:
    if actor.account_id is not None:
        query = query.where(Refund.account_id == actor.account_id)
    if not (search_text.is_storable(wanted.account) and search_text.is_storable(wanted.person)):
        return query.where(sa.false())
    if wanted.state is not None:
        query = query.where(Refund.state == wanted.state)
    if wanted.reason is not None:
        query = query.where(Refund.reason == wanted.reason)
    if wanted.account:
        query = query.where(Account.name == wanted.account)
    if wanted.person:
        query = query.where(_is_by(names.meant(session, wanted.person)))
    if wanted.since is not None:
        query = query.where(Refund.requested_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(Refund.requested_at < wanted.until)
    return query


def _is_by(meant: Meant) -> sa.ColumnElement[bool]:
    """Whether they asked for it, by a key of theirs too, or decided on it; also under a name that they had then."""
    identities = (
        Refund.requested_by_identity, Refund.requested_for_identity, Refund.decided_by_identity,
        Refund.decided_for_identity,
    )  # fmt: skip
    called = (Refund.requested_by, Refund.requested_for, Refund.decided_by)
    return sa.or_(
        *(identity.in_(meant.identities) for identity in identities),
        *(name.in_(meant.names) for name in called),
        # Databases fold plain letters alone; what has others is found as it is written.
        *(sa.func.lower(name).in_(meant.names) for name in called),
    )


def _detail(row: sa.Row[*tuple[Any, ...]]) -> RefundDetail:
    refund: Refund = row.Refund
    return RefundDetail(
        id=refund.id,
        job_id=refund.job_id,
        account=row.account,
        file_name=row.file_name,
        variant_index=refund.variant_index,
        amount_credits=refund.amount,
        reason=RefundReason(refund.reason),
        note=refund.note,
        state=RefundState(refund.state),
        requested_by=refund.requested_by,
        requested_for=refund.requested_for,
        requested_at=refund.requested_at,
        decided_by=refund.decided_by,
        decided_at=refund.decided_at,
        decision_note=refund.decision_note,
        requested_by_identity=refund.requested_by_identity,
        requested_for_identity=refund.requested_for_identity,
        decided_by_identity=refund.decided_by_identity,
        decided_for_identity=refund.decided_for_identity,
    )
