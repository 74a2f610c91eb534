"""How does a person give credits back? At once within the role's limit, above it by asking a manager; never twice."""

import re
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors, logs
from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.auth.roles import Action
from core.credits import ledger, limits
from core.db.session import Database
from core.jobs import events, idempotency, refund_queries, refundable, search_text
from core.jobs.events import EventKind
from core.jobs.refund_queries import REASON_WORDS, RefundDetail, RefundReason, RefundState
from core.jobs.states import variant_name
from core.models import Job, Refund
from core.models.base import new_id

NOTE_MAX = 1_000
# The same again within this time is the same refund, sent twice; later it is meant.
_SAME_WITHIN = timedelta(minutes=10)
_DAY = timedelta(hours=24)
# What one database or the other takes for no text: NUL, and halves of characters.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """What is to be refunded: an amount, one variant, or, with neither, all that is left."""

    job_id: str
    amount_credits: int | None = None
    variant_index: int | None = None
    reason: RefundReason
    note: str = ""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """The refund as it is now, the account's balance, and whether it had been asked for before (`repeated`)."""

    refund: RefundDetail
    balance: int
    repeated: bool


def refund_job(
    database: Database,
    actor: Actor,
    request: RefundRequest,
    *,
    expected_credits: int | None = None,
    expected_state: RefundState | None = None,
) -> Refunded:
    """Refund a job that has ended, or ask for it; the same request again changes nothing.

    `expected_credits` is the amount that the person was shown, and `expected_state` whether it was to be refunded at
    once or asked for: nothing else is done in its place.

    1. Take turns with what the same actor refunds elsewhere, and lock the job, so that refunds of both follow each
       other (the order of locks: `core.jobs.endings`).
    2. The same was asked before: that is the answer.
    3. Work out the amount from what is left, of the job or of the variant; is it what the person expects?
    4. Within the role's limit, return the credits; above it, leave a request for a manager.

    Raises:
        PermissionDenied: if the actor may not refund.
        ValidationFailed: if amount and variant are both given, or the note is missing or too long.
        InvalidAmount: if the amount is not a whole number above zero.
        JobNotFound: if there is no such job, or the actor doesn't see it.
        StateConflict: if the job is in flight, more is asked than is left, or not what is expected would be done.
        IdempotencyConflict: if the key was used for another refund.
    """
    actor.require(Action.REFUND)
    _require_sound(request)
    key = idempotency.scoped_key(actor, request.idempotency_key)
    fingerprint = idempotency.fingerprint(
        request.job_id, request.amount_credits, request.variant_index, request.reason, request.note.strip()
    )
    with database.write() as session:
        limits.take_turn(session, actor)
        limit = limits.limit_of(session, actor.role)
        job = _lock_job(session, actor, request.job_id)
        earlier = _earlier(session, actor, job_id=job.id, key=key, fingerprint=fingerprint)
        if earlier is not None:
            return _outcome(session, earlier, repeated=True)
        amount = _amount(session, actor, request)
        _require_expected(amount, expected_credits)
        is_within = limit.covers(amount, spent_credits=spent_today(session, actor))
        _require_expected_state(RefundState.REFUNDED if is_within else RefundState.REQUESTED, expected_state)
        refund_id = new_id()
        session.execute(
            sa.insert(Refund).values(
                id=refund_id,
                job_id=job.id,
                account_id=job.account_id,
                variant_index=request.variant_index,
                amount=amount,
                reason=request.reason,
                note=request.note.strip(),
                state=RefundState.REQUESTED,
                requested_by=actor.name,
                requested_for=actor.person,
                requested_by_identity=actor.identity,
                requested_for_identity=actor.person_identity,
                requested_at=clock.now(),
                decision_note="",
                idempotency_key=key,
                fingerprint=fingerprint,
            )
        )
        if is_within:
            _pay(session, actor, refund_id, note="")
        else:
            _tell(session, actor, refund_id, AuditKind.REFUND_REQUESTED)
        return _outcome(session, refund_id, repeated=False)


def approve(database: Database, actor: Actor, *, refund_id: str, note: str = "") -> Refunded:
    """Refund what was requested; approving it again changes nothing.

    Raises:
        PermissionDenied: if the actor may not decide, or asked for it themselves, by a key of theirs too.
        RefundNotFound: if there is no such refund.
        StateConflict: if it was declined, or no longer that much is left on the job, or nobody can tell who asked.
    """
    actor.require(Action.DECIDE_REFUNDS)
    with database.write() as session:
        request = _lock_request(session, actor, refund_id)
        if refund_queries.is_of(actor, request):
            raise errors.PermissionDenied(
                "You asked for this refund: another manager decides on it. You may withdraw it. Nothing was changed."
            )
        if request.state is not RefundState.REQUESTED:
            return _outcome(session, _require_decided(request, RefundState.REFUNDED), repeated=True)
        if request.is_asker_unsure:
            raise errors.StateConflict(
                "Since an upgrade nobody can tell for certain who asked for this refund. Nothing was refunded:"
                " decline it, and have it asked for again."
            )
        _pay(session, actor, refund_id, note=_checked(note))
        return _outcome(session, refund_id, repeated=False)


def decline(database: Database, actor: Actor, *, refund_id: str, note: str) -> Refunded:
    """Turn a request down, with a reason; declining it again changes nothing.

    Whoever asked for it, or made the key that did, withdraws it so: that needs neither a manager nor a reason.

    Raises:
        PermissionDenied: if the actor may not decide, and did not ask for it themselves.
        RefundNotFound: if there is no such refund.
        StateConflict: if it was refunded already.
        ValidationFailed: if there is no reason.
    """
    actor.require(Action.REFUND)
    note = _checked(note)
    with database.write() as session:
        request = _lock_request(session, actor, refund_id)
        is_own = refund_queries.is_of(actor, request)
        if not is_own:
            actor.require(Action.DECIDE_REFUNDS)
        if not is_own and not note:
            raise errors.ValidationFailed("Whoever asked should learn why: a note is needed. Nothing was changed.")
        if request.state is not RefundState.REQUESTED:
            return _outcome(session, _require_decided(request, RefundState.DECLINED), repeated=True)
        _decide(session, actor, refund_id, state=RefundState.DECLINED, note=note)
        _tell(session, actor, refund_id, AuditKind.REFUND_WITHDRAWN if is_own else AuditKind.REFUND_DECLINED)
        return _outcome(session, refund_id, repeated=False)


def _require_sound(request: RefundRequest) -> None:
    if request.amount_credits is not None and request.variant_index is not None:
        raise errors.ValidationFailed("Name an amount or a variant, not both. Nothing was refunded.")
    if request.amount_credits is not None:
        ledger.require_positive(request.amount_credits)
    if request.reason is RefundReason.OTHER and not request.note.strip():
        raise errors.ValidationFailed('The reason "other" needs a note. Nothing was refunded.')
    _checked(request.note)


def _checked(note: str) -> str:
    if len(note) > NOTE_MAX:
        raise errors.ValidationFailed(f"A note is at most {NOTE_MAX:,} characters. Nothing was changed.")
    if _UNSTORABLE.search(note):
        raise errors.ValidationFailed("The note has characters that no text has. Nothing was changed.")
    return note.strip()


def _require_expected(amount_credits: int, expected_credits: int | None) -> None:
    if expected_credits is not None and amount_credits != expected_credits:
        raise errors.StateConflict(
            f"{amount_credits} credits would be refunded by now, not {expected_credits}: something was refunded in "
            "between. Nothing was refunded now; look again at what is left."
        )


def _require_expected_state(state: RefundState, expected_state: RefundState | None) -> None:
    if expected_state not in (None, state):
        now = "needs a manager by now" if state is RefundState.REQUESTED else "needs no manager any more"
        raise errors.StateConflict(
            f"This refund {now}: what you may refund by yourself has changed. Nothing was refunded; look again."
        )


@dataclass(frozen=True, slots=True)
class _LockedJob:
    id: str
    account_id: int


def _lock_job(session: Session, actor: Actor, job_id: str) -> _LockedJob:
    if not search_text.is_storable(job_id):
        raise errors.JobNotFound
    row = session.execute(
        sa.select(Job.id, Job.account_id).where(Job.id == job_id).with_for_update(key_share=True)
    ).one_or_none()
    if row is None or not actor.sees(row.account_id):
        raise errors.JobNotFound
    return _LockedJob(row.id, row.account_id)


def _earlier(session: Session, actor: Actor, *, job_id: str, key: str | None, fingerprint: str) -> str | None:
    if key is not None:
        used = session.execute(
            sa.select(Refund.id, Refund.fingerprint).where(Refund.idempotency_key == key)
        ).one_or_none()
        if used is None:
            return None
        if used.fingerprint != fingerprint:
            raise errors.IdempotencyConflict
        return str(used.id)
    return session.scalar(
        sa.select(Refund.id)
        .where(
            Refund.job_id == job_id,
            Refund.requested_by_identity == actor.identity,
            Refund.fingerprint == fingerprint,
            Refund.state != RefundState.DECLINED,
            Refund.requested_at > clock.now() - _SAME_WITHIN,
        )
        .order_by(Refund.id.desc())
        .limit(1)
    )


def _amount(session: Session, actor: Actor, request: RefundRequest) -> int:
    left = refundable.of_job(session, actor, job_id=request.job_id)
    if left.why_not:
        raise errors.StateConflict(left.why_not)
    if request.amount_credits is not None:
        if request.amount_credits > left.job_credits:
            raise errors.StateConflict(
                f"That is more than the {left.job_credits} credits left to refund on this job. Nothing was refunded."
            )
        return request.amount_credits
    if request.variant_index is None:
        return left.job_credits
    amount = left.variant_credits.get(request.variant_index)
    if amount is None:
        raise errors.ValidationFailed("This job has no such variant. Nothing was refunded.")
    if amount == 0:
        name = variant_name(request.variant_index)
        raise errors.StateConflict(f"{name} was refunded already, or waits for it. Nothing was refunded again.")
    return amount


def spent_today(session: Session, actor: Actor) -> int:
    """What the actor refunded by themselves within 24 hours, in credits; what a manager approved is not theirs.

    A person and each key of theirs are different actors: managers make keys, and making them is audited.
    """
    return int(
        session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(Refund.amount), 0)).where(
                Refund.requested_by_identity == actor.identity,
                Refund.requested_at > clock.now() - _DAY,
                Refund.state == RefundState.REFUNDED,
                Refund.decided_by_identity == Refund.requested_by_identity,
            )
        )
        or 0
    )


def _lock_request(session: Session, actor: Actor, refund_id: str) -> RefundDetail:
    if not search_text.is_storable(refund_id):
        raise errors.RefundNotFound
    job_id = session.scalar(sa.select(Refund.job_id).where(Refund.id == refund_id))
    if job_id is None:
        raise errors.RefundNotFound
    _lock_job(session, actor, job_id)
    session.execute(sa.select(Refund.id).where(Refund.id == refund_id).with_for_update())
    return refund_queries.one(session, refund_id)


def _require_decided(found: RefundDetail, state: RefundState) -> str:
    if found.state is not state:
        declined = "withdrew" if found.is_withdrawn else "declined"
        did = "approved" if found.state is RefundState.REFUNDED else declined
        raise errors.StateConflict(
            f"This refund was decided otherwise: {found.decided_by} {did} it. Nothing was changed."
        )
    return found.id


def _pay(session: Session, actor: Actor, refund_id: str, *, note: str) -> None:
    refund = refund_queries.one(session, refund_id)
    left = refundable.of_job(session, actor, job_id=refund.job_id, without=refund_id)
    of_variant = left.job_credits if refund.variant_index is None else left.variant_credits[refund.variant_index]
    if refund.amount_credits > of_variant:
        raise errors.StateConflict("Less than that is left to refund on this job by now. Nothing was refunded.")
    ledger.refund(
        session,
        key=f"refund:{refund_id}",
        job_id=refund.job_id,
        amount_credits=refund.amount_credits,
        reason=refund.reason.value,
        actor=actor.name,
        # The note stays with the refund: statements and timelines are read by the account's own staff.
    )
    _decide(session, actor, refund_id, state=RefundState.REFUNDED, note=note)
    _tell(session, actor, refund_id, AuditKind.REFUND)


def _decide(session: Session, actor: Actor, refund_id: str, *, state: RefundState, note: str) -> None:
    session.execute(
        sa.update(Refund)
        .where(Refund.id == refund_id, Refund.state == RefundState.REQUESTED)
        .values(
            state=state,
            decided_by=actor.name,
            decided_by_identity=actor.identity,
            decided_for_identity=actor.person_identity,
            decided_at=clock.now(),
            decision_note=note,
        )
    )


_TOLD = {
    AuditKind.REFUND: (EventKind.REFUNDED, "{credits} credits were refunded: {why}."),
    AuditKind.REFUND_REQUESTED: (
        EventKind.REFUND_REQUESTED,
        "A refund of {credits} credits waits for a manager: {why}.",
    ),
    AuditKind.REFUND_DECLINED: (EventKind.REFUND_DECLINED, "A refund of {credits} credits was declined."),
    AuditKind.REFUND_WITHDRAWN: (
        EventKind.REFUND_DECLINED,
        "The request for a refund of {credits} credits was withdrawn.",
    ),
}


def _tell(session: Session, actor: Actor, refund_id: str, what: AuditKind) -> None:
    refund = refund_queries.one(session, refund_id)
    kind, words = _TOLD[what]
    message = words.format(credits=refund.amount_credits, why=REASON_WORDS[refund.reason].lower())
    events.add(session, actor, job_id=refund.job_id, kind=kind, message=message, variant_index=refund.variant_index)
    account_id = session.scalar(sa.select(Job.account_id).where(Job.id == refund.job_id))
    audit.note(
        session,
        actor,
        what,
        account_id=account_id,
        job_id=refund.job_id,
        target=refund.id,
        detail=f"{refund.amount_credits} credits, {refund.reason.value}"
        + (f": {refund.decision_note or refund.note}" if refund.decision_note or refund.note else ""),
    )
    _log.info(
        what.value.replace("_", " "), job_id=refund.job_id, amount_credits=refund.amount_credits, actor=actor.name
    )


def _outcome(session: Session, refund_id: str, *, repeated: bool) -> Refunded:
    refund = refund_queries.one(session, refund_id)
    return Refunded(refund=refund, balance=refund_queries.balance_after(session, refund), repeated=repeated)
