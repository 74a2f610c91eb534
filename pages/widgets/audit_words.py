"""How is a line of the audit log told? Who, what, about what and through which door, in words and in full."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.auth.actors import SYSTEM_NAME
from core.auth.audit import AuditKind, AuditRecord
from core.auth.roles import Role
from core.credits import ledger
from core.jobs.refund_queries import REASON_WORDS
from pages.widgets import formatting

_OF_EXPERIMENTS = (
    AuditKind.EXPERIMENT_DEFINED,
    AuditKind.EXPERIMENT_DISCARDED,
    AuditKind.EXPERIMENT_STARTED,
    AuditKind.EXPERIMENT_STOPPED,
)
# Word, icon and color.
KINDS = {
    AuditKind.SPEND: ("Spend", "payments", "gray"),
    AuditKind.GRANT: ("Grant", "add_card", "green"),
    AuditKind.ACCOUNT_OPENED: ("Account opened", "add_business", "green"),
    AuditKind.ADJUSTMENT: ("Adjustment", "tune", "orange"),
    AuditKind.REFUND: ("Refund", "undo", "blue"),
    AuditKind.REFUND_REQUESTED: ("Refund requested", "pending_actions", "blue"),
    AuditKind.REFUND_DECLINED: ("Refund declined", "block", "gray"),
    AuditKind.REFUND_WITHDRAWN: ("Refund withdrawn", "undo", "gray"),
    AuditKind.ROLE_CHANGED: ("Role changed", "manage_accounts", "orange"),
    AuditKind.INVITED: ("Invited", "person_add", "green"),
    AuditKind.KEY_CREATED: ("Key created", "key", "green"),
    AuditKind.KEY_REVOKED: ("Key revoked", "key_off", "red"),
    AuditKind.LIMIT_CHANGED: ("Limit changed", "speed", "orange"),
    AuditKind.TERMS_CHANGED: ("Terms changed", "handshake", "orange"),
    AuditKind.EXPERIMENT_DEFINED: ("Experiment defined", "science", "blue"),
    AuditKind.EXPERIMENT_DISCARDED: ("Experiment discarded", "delete", "gray"),
    AuditKind.EXPERIMENT_STARTED: ("Experiment started", "play_arrow", "green"),
    AuditKind.EXPERIMENT_STOPPED: ("Experiment stopped", "stop", "orange"),
    AuditKind.MODEL_CHANGED: ("Model changed", "model_training", "orange"),
    AuditKind.EXPORT: ("Export", "download", "gray"),
    AuditKind.SIGN_IN: ("Sign-in", "login", "gray"),
    AuditKind.SIGN_OUT: ("Sign-out", "logout", "gray"),
}
_DOORS = {
    "page": "A page",
    "api": "The API",
    "webhook": "Webhook",
    "sweep": "Sweep",
    "sync": "Sync",
    "system": "Command",
}
_OF_REFUNDS = (
    AuditKind.REFUND,
    AuditKind.REFUND_REQUESTED,
    AuditKind.REFUND_DECLINED,
    AuditKind.REFUND_WITHDRAWN,
)
# As the desk notes a refund: "20 credits, late_delivery: what was said".
_REFUND = re.compile(r"(?P<amount>[\d,]+ credits), (?P<reason>\w+)(?:: (?P<note>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A line in words. `who` is a name that people give themselves; `known_as` tells who that is."""

    who: str
    known_as: str
    what: str
    about: str
    detail: str
    door: str


def tell(entry: AuditRecord, names: Mapping[str, str]) -> Told:
    """The line in words; `names` are people's names by their identities."""
    name = names.get(entry.actor_identity, "")
    return Told(
        who=name or formatting.who(entry.actor),
        known_as=_known_as(entry, is_named=bool(name)),
        what=KINDS[entry.kind][0],
        about=_about(entry, name),
        detail=_detail(entry),
        door=_DOORS.get(entry.source, formatting.sentence(entry.source)),
    )


def _known_as(entry: AuditRecord, *, is_named: bool) -> str:
    # The desk itself has no role: what it is noted with says only that it may.
    if entry.actor_identity == SYSTEM_NAME:
        return "The desk itself"
    parts = [entry.actor if is_named else "", f"of {entry.made_by}" if entry.made_by else ""]
    return " · ".join([*filter(None, parts), formatting.sentence(entry.role)])


def _about(entry: AuditRecord, name: str) -> str:
    if entry.job_id:
        return f"Job {formatting.short_id(entry.job_id)}"
    if entry.kind in (AuditKind.SIGN_IN, AuditKind.SIGN_OUT):
        return name or entry.target
    # A person is called by their address, a key or a model by its name: as they are written.
    named = (
        AuditKind.KEY_CREATED,
        AuditKind.KEY_REVOKED,
        AuditKind.MODEL_CHANGED,
    )
    is_name = "@" in entry.target or entry.kind in named
    return entry.target if is_name else formatting.sentence(entry.target)


def _detail(entry: AuditRecord) -> str:
    if entry.kind in _OF_REFUNDS:
        return _refund(entry.detail)
    if entry.kind is AuditKind.LIMIT_CHANGED:
        return formatting.sentence(re.sub(r"\bany a\b", "no limit a", entry.detail))
    if entry.kind is AuditKind.KEY_CREATED and entry.detail in list(Role):
        return f"Role: {entry.detail}"
    return formatting.sentence(entry.detail)


def _refund(detail: str) -> str:
    found = _REFUND.fullmatch(detail)
    if found is None:
        return formatting.sentence(detail)
    amount, reason, note = found["amount"], found["reason"], found["note"] or ""
    if reason == ledger.SYSTEM_REASON:
        why = formatting.reason(note)
        return (
            f"{amount}, returned by itself: {why[:1].lower()}{why[1:]}" if note else f"{amount}, returned by itself"
        )
    words = {one.value: text for one, text in REASON_WORDS.items()}.get(reason, reason.replace("_", " "))
    return f"{amount}. {words}" + (f": {note}" if note else "")
