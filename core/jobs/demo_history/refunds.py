"""What do people refund in a made-up history, when and why? Hours or days later, some only on approval."""

import heapq
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from core.credits import pricing
from core.jobs.demo_history import cast, columns
from core.jobs.demo_history.columns import HOUR, MINUTE, NEVER
from core.jobs.demo_history.jobs import Jobs
from core.jobs.refund_queries import RefundReason, RefundState

_SHARE = 0.016
_SLOW = 4 * MINUTE
_WHOLE_SHARE = 0.3
_REQUESTED_SHARE = 0.25
_DECLINED_SHARE = 0.18
# The typical one is asked for within hours; one in twenty after a week or more.
_ASKED_AFTER_HOURS = (1.9, 1.5)
_ASKED_WITHIN = 30 * 24 * HOUR
_DECIDED_AFTER_HOURS = (2.8, 1.0)
_REASONS = {
    RefundReason.STRUCTURE_ALTERED: 25,
    RefundReason.POOR_REALISM: 22,
    RefundReason.WRONG_STYLE_OR_ROOM: 16,
    RefundReason.GOODWILL: 11,
    RefundReason.TECHNICAL_FAILURE: 8,
    RefundReason.LATE_DELIVERY: 6,
    RefundReason.DUPLICATE_CHARGE: 5,
    RefundReason.FALSE_SAFETY_REFUSAL: 4,
    RefundReason.OTHER: 3,
}
_NOTES = {
    RefundReason.STRUCTURE_ALTERED: "A window is missing in the picture.",
    RefundReason.OTHER: "The listing was withdrawn before the pictures were used.",
}
_TURNED_DOWN = "The picture shows the room as it is, and the style that was asked for."


class Deed(NamedTuple):
    """A refund or a request for one, at the moment (`due`) when nothing more happens to it before now."""

    due: int
    id: str
    job_id: str
    account: int
    variant_index: int | None
    amount: int
    reason: RefundReason
    note: str
    state: RefundState
    requested_by: str
    requested: int
    decided_by: str | None
    decided: int
    decision_note: str

    @property
    def was_requested(self) -> bool:
        """Whether a manager had to be asked."""
        return self.decided_by != self.requested_by


@dataclass(slots=True)
class Pending:
    """What people will refund in a later chunk."""

    deeds: list[Deed] = field(default_factory=list)

    def due_before(self, end: int) -> list[Deed]:
        """Take out those due before that moment, in order."""
        found = []
        while self.deeds and self.deeds[0].due < end:
            found.append(heapq.heappop(self.deeds))
        return found


def plan(jobs: Jobs, pending: Pending, *, now: int, chance: np.random.Generator) -> None:
    """Add to `pending` what people will refund of these jobs; what lies beyond `now` does not happen."""
    has_result = jobs.has_result
    late = np.where(jobs.ended - jobs.created > _SLOW, 6.0, 1.0)
    places = np.flatnonzero(has_result.any(axis=1) & (chance.random(len(jobs.id)) < _SHARE * late))
    asked = columns.from_seconds(chance.lognormal(*_ASKED_AFTER_HOURS, size=len(places)) * 3_600)
    requested = jobs.ended[places] + np.minimum(asked, _ASKED_WITHIN)
    decides = columns.from_seconds(chance.lognormal(*_DECIDED_AFTER_HOURS, size=len(places)) * 3_600)
    happens = requested < now
    places, requested, decides = places[happens], requested[happens], decides[happens]
    ids = columns.new_ids(requested)
    for place, at, later, refund_id in zip(places.tolist(), requested.tolist(), decides.tolist(), ids, strict=True):
        heapq.heappush(pending.deeds, _deed(jobs, place, refund_id, at, later, now=now, chance=chance))


def _deed(
    jobs: Jobs, place: int, refund_id: str, requested: int, later: int, *, now: int, chance: np.random.Generator
) -> Deed:
    results = np.flatnonzero(jobs.has_result[place]).tolist()
    of_one = len(results) == 1 or chance.random() >= _WHOLE_SHARE
    by = cast.SUPPORT[int(chance.integers(len(cast.SUPPORT)))]
    is_late = jobs.ended[place] - jobs.created[place] > _SLOW
    reason = RefundReason.LATE_DELIVERY if is_late else _reason(chance)
    if chance.random() >= _REQUESTED_SHARE:
        state, decided_by, decided, decision_note = RefundState.REFUNDED, by, requested, ""
    elif requested + later >= now:
        state, decided_by, decided, decision_note = RefundState.REQUESTED, None, NEVER, ""
    elif chance.random() < _DECLINED_SHARE:
        state, decided_by, decided, decision_note = (
            RefundState.DECLINED, cast.MANAGER, requested + later, _TURNED_DOWN,
        )  # fmt: skip
    else:
        state, decided_by, decided, decision_note = RefundState.REFUNDED, cast.MANAGER, requested + later, ""
    return Deed(
        due=requested if decided == NEVER else decided,
        id=refund_id,
        job_id=jobs.id[place],
        account=int(jobs.account[place]),
        variant_index=int(chance.choice(results)) if of_one else None,
        amount=pricing.VARIANT_PRICE_CREDITS * (1 if of_one else len(results)),
        reason=reason,
        note=_NOTES.get(reason, ""),
        state=state,
        requested_by=by,
        requested=requested,
        decided_by=decided_by,
        decided=decided,
        decision_note=decision_note,
    )


_REASON_NAMES = list(_REASONS)
_REASON_SHARES = np.array(list(_REASONS.values())) / sum(_REASONS.values())


def _reason(chance: np.random.Generator) -> RefundReason:
    return _REASON_NAMES[int(chance.choice(len(_REASON_NAMES), p=_REASON_SHARES))]
