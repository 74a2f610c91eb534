"""Who did what, when and through which door? Written in the transaction of the deed, and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, spreadsheets
from core.auth import names
from core.auth.actors import Actor
from core.auth.roles import Action
from core.db.session import Database
from core.models import Account, AuditEntry

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200
# A spreadsheet opens this many; who needs more narrows the dates.
_COLUMNS = (
    "at", "actor", "made_by", "role", "source", "kind", "account", "job_id", "target", "detail", "actor_identity",
    "made_by_identity",
)  # fmt: skip


class AuditKind(StrEnum):
    """The deeds that are kept."""

    SPEND = "spend"
    GRANT = "grant"
    ACCOUNT_OPENED = "account_opened"
    ADJUSTMENT = "adjustment"
    REFUND = "refund"
    REFUND_REQUESTED = "refund_requested"
    REFUND_DECLINED = "refund_declined"
    REFUND_WITHDRAWN = "refund_withdrawn"
    ROLE_CHANGED = "role_changed"
    INVITED = "invited"
    KEY_CREATED = "key_created"
    KEY_REVOKED = "key_revoked"
    LIMIT_CHANGED = "limit_changed"
    TERMS_CHANGED = "terms_changed"
    MODEL_CHANGED = "model_changed"
    EXPERIMENT_DEFINED = "experiment_defined"
    EXPERIMENT_DISCARDED = "experiment_discarded"
    EXPERIMENT_STARTED = "experiment_started"
    EXPERIMENT_STOPPED = "experiment_stopped"
    EXPORT = "export"
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One deed: by whom, of what kind, and what it was about, in words; `made_by` made the key that did it.

    Names are as they were then; who is meant, whatever they are called by now, is told by the identities.
    """

    id: int
    at: datetime
    actor: str
    actor_identity: str
    role: str
    source: str
    kind: AuditKind
    account: str | None
    job_id: str | None
    target: str
    detail: str
    made_by: str | None = None
    made_by_identity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which deeds are wanted; what is empty does not narrow. From `since` on, and before `until`.

    `actor` is what who did it is or was called, or who made the key that did: an e-mail, a person's or a key's name.
    """

    kind: AuditKind | None = None
    actor: str = ""
    account: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of deeds, newest first. `next_before_id` continues it."""

    entries: tuple[AuditRecord, ...]
    next_before_id: int | None


def note(
    session: Session,
    actor: Actor,
    kind: AuditKind,
    *,
    account_id: int | None = None,
    job_id: str | None = None,
    target: str = "",
    detail: str = "",
    role: str | None = None,
) -> None:
    """Add a deed to the log; it is kept if, and only if, the deed itself is. `role` stands for the actor's own."""
    session.execute(
        sa.insert(AuditEntry).values(
            at=clock.now(),
            actor=actor.name,
            actor_identity=actor.identity,
            made_by=actor.made_by,
            made_by_identity=actor.made_by_identity,
            role=actor.role.value if role is None else role,
            source=actor.source.value,
            kind=kind.value,
            account_id=account_id,
            job_id=job_id,
            target=target,
            detail=detail,
        )
    )


def entries(
    session: Session, actor: Actor, wanted: AuditFilter, *, before_id: int | None = None, limit: int = PAGE_SIZE
) -> AuditPage:
    """A page of the log, newest first, older than the entry `before_id`.

    Raises:
        PermissionDenied: if the actor may not see the log.
    """
    actor.require(Action.READ_AUDIT)
    limit = max(1, min(limit, PAGE_SIZE_MAX))
    query = _query(session, wanted).limit(limit + 1)
    if before_id is not None:
        query = query.where(AuditEntry.id < before_id)
    found = [_record(row) for row in session.execute(query)]
    return AuditPage(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


def export_csv(database: Database, actor: Actor, wanted: AuditFilter) -> bytes:
    """The log as UTF-8 CSV, newest first, at most 100,000 lines; afterwards the export is itself a line of the log.

    Raises:
        PermissionDenied: if the actor may not see or not export it.
    """
    actor.require(Action.READ_AUDIT)
    actor.require(Action.EXPORT)
    with database.read() as session:
        found = [_record(row) for row in session.execute(_query(session, wanted).limit(spreadsheets.MAX_ROWS + 1))]
    note_export(
        database,
        actor,
        what="audit log",
        line_count=len(found),
        narrowed_by={
            "kind": wanted.kind,
            "who": wanted.actor,
            "account": wanted.account,
            "since": wanted.since,
            "until": wanted.until,
        },
        account=wanted.account,
    )
    return spreadsheets.csv_of(found, columns=_COLUMNS)


def note_export(
    database: Database,
    actor: Actor,
    *,
    what: str,
    line_count: int,
    narrowed_by: Mapping[str, object] = MappingProxyType({}),
    account: str = "",
) -> None:
    """Add to the log what is about to leave the desk: how many lines, and narrowed by what, in words.

    What is empty did not narrow. `account` is the name of the one account that it is of, if it is of one.
    """
    how = ", ".join(f"{name} {_said(value)}" for name, value in narrowed_by.items() if value)
    # More were looked for, to tell whether there are more; no more leave the desk.
    left = min(line_count, spreadsheets.MAX_ROWS)
    lines = "1 line" if left == 1 else f"{left:,} lines"
    with database.write() as session:
        account_id = None
        if account and _is_storable(account):
            account_id = session.scalar(sa.select(Account.id).where(Account.name == account))
        detail = f"{lines}, {how}" if how else lines
        note(session, actor, AuditKind.EXPORT, account_id=account_id, target=what, detail=detail)


def _is_storable(text: str) -> bool:
    """Whether a database would take the text to compare with: an address bar may hold anything."""
    return text.isprintable()


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    text = str(value)
    return text if _is_storable(text) else ascii(text)


def _query(session: Session, wanted: AuditFilter) -> sa.Select[AuditEntry, str]:
    query = (
        sa.select(AuditEntry, Account.name)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .order_by(AuditEntry.id.desc())
    )
    if not (_is_storable(wanted.actor) and _is_storable(wanted.account)):
        return query.where(sa.false())
    if wanted.kind is not None:
        query = query.where(AuditEntry.kind == wanted.kind)
    if wanted.actor:
        meant = _meant(session, wanted.actor)
        query = query.where(sa.or_(AuditEntry.actor_identity.in_(meant), AuditEntry.made_by_identity.in_(meant)))
    if wanted.account:
        query = query.where(Account.name == wanted.account)
    if wanted.since is not None:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.at < wanted.until)
    return query


def _meant(session: Session, text: str) -> set[str]:
    """Who is called so now, and who was called so when something was noted of them."""
    meant = names.meant(session, text)
    noted = sa.select(AuditEntry.actor_identity).where(AuditEntry.actor.in_(meant.names)).distinct()
    return {*meant.identities, *session.scalars(noted)}


def _record(row: sa.Row[AuditEntry, str]) -> AuditRecord:
    entry, account = row
    return AuditRecord(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        actor_identity=entry.actor_identity,
        made_by=entry.made_by,
        made_by_identity=entry.made_by_identity,
        role=entry.role,
        source=entry.source,
        kind=AuditKind(entry.kind),
        account=account,
        job_id=entry.job_id,
        target=entry.target,
        detail=entry.detail,
    )
