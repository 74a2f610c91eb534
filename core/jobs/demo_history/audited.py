"""Who has to answer for what? The audit log's lines of a chunk: what was spent, granted, returned and refunded."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from core.auth.actors import SYSTEM_NAME, Source
from core.auth.audit import AuditKind
from core.auth.roles import Role
from core.credits import ledger
from core.credits.ledger import EntryKind
from core.jobs.demo_history import cast
from core.jobs.demo_history.books import Movement
from core.jobs.demo_history.columns import Columns
from core.jobs.demo_history.refunds import Deed
from core.jobs.demo_history.rows import Setting
from core.jobs.refund_queries import RefundState

_ROLES = {
    **dict.fromkeys((person for one in cast.CUSTOMERS for person, _weight in one.people), Role.STAFF.value),
    **dict.fromkeys(cast.SUPPORT, Role.SUPPORT.value),
    **dict.fromkeys((cast.MANAGER, SYSTEM_NAME), Role.MANAGER.value),
}


class _Line(NamedTuple):
    at: int
    actor: str
    role: str
    source: str
    kind: str
    account: int
    job_id: str | None
    target: str
    detail: str


def entries(moves: Sequence[tuple[Movement, int]], deeds: Sequence[Deed], setting: Setting) -> Columns:
    """The new rows of the audit log, in order of time."""
    lines = [*_of_movements(moves), *_of_deeds(deeds)]
    lines.sort(key=lambda line: line.at)
    at, actor, role, source, kind, account, job_id, target, detail = zip(*lines, strict=True)
    return {
        "at": setting.moments(np.array(at, dtype=np.int64)),
        "actor": actor,
        "actor_identity": [_identity(one) for one in actor],
        "role": role,
        "source": source,
        "kind": kind,
        "account_id": [setting.account_ids[one] for one in account],
        "job_id": job_id,
        "target": target,
        "detail": detail,
    }


def _identity(name: str) -> str:
    return name if name == SYSTEM_NAME else f"named:{name}"


def _of_movements(moves: Sequence[tuple[Movement, int]]) -> Iterator[_Line]:
    for move, _balance in moves:
        if move.kind is EntryKind.CHARGE:
            kind, target, detail = AuditKind.SPEND.value, "", f"{-move.amount} credits"
        elif move.kind is EntryKind.GRANT:
            kind, target = AuditKind.GRANT.value, cast.CUSTOMERS[move.account].name
            detail = f"{move.amount:,} credits: {move.reason}"
        elif move.reason == ledger.SYSTEM_REASON:
            kind, target = AuditKind.REFUND.value, ""
            detail = f"{move.amount} credits, {move.reason}: {move.note}"
        else:
            # What people refund is told with what they were asked.
            continue
        role = _ROLES[move.actor]
        yield _Line(move.at, move.actor, role, move.source, kind, move.account, move.job_id, target, detail)


def _of_deeds(deeds: Sequence[Deed]) -> Iterator[_Line]:
    for deed in deeds:
        if deed.was_requested:
            yield _line(deed, deed.requested, deed.requested_by, AuditKind.REFUND_REQUESTED, deed.note)
        if deed.decided_by is not None:
            kind = AuditKind.REFUND if deed.state is RefundState.REFUNDED else AuditKind.REFUND_DECLINED
            yield _line(deed, deed.decided, deed.decided_by, kind, deed.decision_note or deed.note)


def _line(deed: Deed, at: int, actor: str, kind: AuditKind, why: str) -> _Line:
    detail = f"{deed.amount} credits, {deed.reason.value}" + (f": {why}" if why else "")
    source, role = Source.PAGE.value, _ROLES[actor]
    return _Line(at, actor, role, source, kind.value, deed.account, deed.job_id, deed.id, detail)
