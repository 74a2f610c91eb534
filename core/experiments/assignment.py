"""Which arm does a job get? Drawn by hashing, so that every process agrees and nothing need be remembered first.

SHA-256 of (what is drawn, experiment, salt, unit) is as good as a fresh random number for each unit, and the same one
every time. Experiment and salt are part of it, so two experiments draw independently of each other; taking part and
the arm are two draws, so a wider share later moves nobody who is in already.
"""

import hashlib
import json

from core.experiments.design import Arm, Design

_BITS = 64


def unit_of(*, job_id: str, listing_id: str | None = None) -> str:
    """What is drawn for: the listing, so that all its photos are staged alike, or the job where there is none."""
    return f"job:{job_id}" if listing_id is None else f"listing:{listing_id}"


def takes_part(design: Design, *, experiment_id: str, salt: str, unit: str) -> bool:
    """Whether the unit is within the share that takes part; who may at all says `Participants.include`."""
    return _percentile("part", experiment_id, salt, unit) < design.participants.share_percent


def arm_of(design: Design, *, experiment_id: str, salt: str, unit: str) -> Arm:
    """The unit's arm, in proportion to the split of a sound design."""
    drawn = _percentile("arm", experiment_id, salt, unit)
    upto = 0
    for arm in design.arms:
        upto += arm.split_percent
        if drawn < upto:
            return arm
    raise ValueError(f"The split of {design.name!r} does not add up to 100 %.")


def assign(design: Design, *, experiment_id: str, salt: str, unit: str, account: str, room_type: str) -> Arm | None:
    """The arm of a job, or None if it takes no part and is staged as ever."""
    if not design.participants.include(account=account, room_type=room_type):
        return None
    if not takes_part(design, experiment_id=experiment_id, salt=salt, unit=unit):
        return None
    return arm_of(design, experiment_id=experiment_id, salt=salt, unit=unit)


def _percentile(*words: str) -> int:
    """A number from 0 to 99, each as likely as the others to one part in 10^17."""
    # JSON keeps the words apart: ("a", "bc") and ("ab", "c") must not be the same draw.
    digest = hashlib.sha256(json.dumps(words).encode()).digest()
    return (int.from_bytes(digest[: _BITS // 8], "big") * 100) >> _BITS
