"""What goes wrong on purpose? The names of all faults, and which of them strike one create.

A fault strikes by its rate (`--fault NAME=RATE`, or while running `PUT /simulator/faults`), or because one create
asks for it: in the header `X-Simulator-Fault: NAME, …`, or by a mark `[fault:NAME]` in the prompt. `NAME@2` in either
place strikes only the second create of that exact prompt and image, so `[fault:safety@1]` spares the retry with a new
seed. The simulator counts the creates of a prompt and image that its rate limit lets through, refused ones too; the
variants of one job share both, so that `[fault:safety@1] [fault:safety@2]` strikes two of them and no retry.
"""

import random
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from core import errors


class Fault(StrEnum):
    """Everything that can be made to go wrong; each strikes one prediction, or the call that asks for it."""

    SAFETY = "safety"
    THROTTLE = "throttle"
    SERVER_ERROR = "server-error"
    HANG = "hang"
    TIMEOUT_AFTER_ACCEPT = "timeout-after-accept"
    RESET_AFTER_ACCEPT = "reset-after-accept"
    WEBHOOK_LOST = "webhook-lost"
    WEBHOOK_DUPLICATE = "webhook-duplicate"
    WEBHOOK_REORDER = "webhook-reorder"
    WEBHOOK_LATE = "webhook-late"
    WEBHOOK_FORGED = "webhook-forged"
    OUTPUT_EXPIRED = "output-expired"
    OUTPUT_NOT_IMAGE = "output-not-image"
    OUTPUT_TRUNCATED = "output-truncated"
    OUTPUT_SLOW = "output-slow"
    UNFURNISHED = "unfurnished"
    FAILURE = "failure"
    CANCELED = "canceled"
    ABORTED = "aborted"
    STUCK_STARTING = "stuck-starting"
    THROTTLE_JSON = "throttle-json"
    THROTTLE_TEXT = "throttle-text"
    PAYMENT = "payment"
    UNAUTHORIZED = "unauthorized"
    DEADLINE_IGNORED = "deadline-ignored"
    LIST_LAG = "list-lag"
    WEBHOOK_WRONG_ID = "webhook-wrong-id"
    OUTPUT_WRONG_HOST = "output-wrong-host"
    OUTPUT_REDIRECT = "output-redirect"
    OUTPUT_INTERRUPTED = "output-interrupted"
    DATA_REMOVED = "data-removed"


FAULT_NAMES = tuple(fault.value for fault in Fault)

DESCRIPTIONS: Mapping[Fault, str] = {
    Fault.FAILURE: "fails with an error of the model (adds to `--failure-rate`)",
    Fault.SAFETY: "fails with the safety refusal E005",
    Fault.CANCELED: "runs, then is ended by the provider as `canceled`",
    Fault.ABORTED: "ends as `aborted` when it should start, without a webhook",
    Fault.HANG: "stays `processing` until it is canceled or its deadline passes (then `canceled`)",
    Fault.STUCK_STARTING: "stays `starting` until it is canceled or its deadline passes (then `aborted`)",
    Fault.DEADLINE_IGNORED: "its `Cancel-After` is not kept: with `hang`, it runs until it is canceled",
    Fault.THROTTLE: "create gets 429, the wait only in `Retry-After`; nothing is bought",
    Fault.THROTTLE_JSON: "create gets 429, the wait only in JSON `retry_after`",
    Fault.THROTTLE_TEXT: "create gets 429, the wait only in the words of `detail`",
    Fault.SERVER_ERROR: "create gets 500, 502 or 503; nothing is bought",
    Fault.UNAUTHORIZED: "create gets 401",
    Fault.PAYMENT: "create gets 402",
    Fault.TIMEOUT_AFTER_ACCEPT: "bought, but the create is not answered for two minutes",
    Fault.RESET_AFTER_ACCEPT: "bought, but the connection is reset instead of an answer",
    Fault.LIST_LAG: "is missing from lists for ten seconds, or for `--list-lag` if that is longer",
    Fault.WEBHOOK_LOST: "its webhooks are never sent",
    Fault.WEBHOOK_DUPLICATE: "each webhook is sent twice, with the same id",
    Fault.WEBHOOK_REORDER: "`start` is sent after `completed`",
    Fault.WEBHOOK_LATE: "its webhooks are sent 75 seconds late (`--webhook-late SECONDS`), freshly signed",
    Fault.WEBHOOK_FORGED: "one more webhook claims success while it runs, signed with a wrong secret, once",
    Fault.WEBHOOK_WRONG_ID: "one more webhook before `completed`, rightly signed, is about an id that exists nowhere",
    Fault.OUTPUT_EXPIRED: "the result's URL answers 404",
    Fault.DATA_REMOVED: "input, output and logs are deleted as it ends: `data_removed`",
    Fault.OUTPUT_NOT_IMAGE: "the result is HTML that calls itself an image",
    Fault.OUTPUT_TRUNCATED: "the result is half a file of the announced length",
    Fault.OUTPUT_INTERRUPTED: "the first download breaks off in the middle, the next is whole",
    Fault.OUTPUT_SLOW: "the result takes five seconds to arrive",
    Fault.UNFURNISHED: "the result is the room as it was, with nothing added",
    Fault.OUTPUT_WRONG_HOST: "the result's URL is at a host that results never come from",
    Fault.OUTPUT_REDIRECT: "the result's URL redirects (302) to another host name, where the picture lies",
}

REFUSALS = (
    Fault.UNAUTHORIZED,
    Fault.PAYMENT,
    Fault.THROTTLE,
    Fault.THROTTLE_JSON,
    Fault.THROTTLE_TEXT,
    Fault.SERVER_ERROR,
)
ENDINGS = (Fault.ABORTED, Fault.CANCELED, Fault.SAFETY, Fault.FAILURE, Fault.STUCK_STARTING, Fault.HANG)
# Where no picture is drawn, or none is looked at.
UNDRAWN = frozenset(ENDINGS)
# Of these groups only one can come true: one that was asked for before one by chance, else the first named here.
_RIVALS = (
    REFUSALS,
    ENDINGS,
    (Fault.RESET_AFTER_ACCEPT, Fault.TIMEOUT_AFTER_ACCEPT),
    (
        Fault.DATA_REMOVED,
        Fault.OUTPUT_WRONG_HOST,
        Fault.OUTPUT_EXPIRED,
        Fault.OUTPUT_REDIRECT,
        Fault.OUTPUT_INTERRUPTED,
        Fault.OUTPUT_NOT_IMAGE,
        Fault.OUTPUT_TRUNCATED,
        Fault.OUTPUT_SLOW,
    ),
)

SAFETY_ERROR = "The input or output was flagged as sensitive (E005). Please try again with different inputs."
MODEL_ERRORS = (
    "CUDA out of memory. Tried to allocate 2.25 GiB on a device with 1.12 GiB free.",
    "Prediction interrupted; please retry (code: PA)",
    "Service is temporarily unavailable. Please try again later. (E004)",
    "Unexpected error handling prediction (E6716)",
)
_SERVER_ERRORS = (500, 502, 503)
_MARKER = re.compile(r"\[fault:([^\]]*)\]")
_NTH = re.compile(r"[1-9]\d{0,8}", re.ASCII)


class Mark(NamedTuple):
    """A fault that a create asks for: always, or only as the nth create of its prompt and image."""

    fault: Fault
    nth: int | None = None


class FaultPlan:
    """Rolls the dice for each create, with a rate from 0 to 1 per name; the same seed gives the same faults."""

    def __init__(self, rates: Mapping[str, float], *, failure_rate: float = 0.0, seed: int | None = None) -> None:
        # Rounded, because the sum of two rates is shown to people.
        failure = min(1.0, round(rates.get(Fault.FAILURE, 0.0) + failure_rate, 9))
        self.replace_rates({**rates, Fault.FAILURE: failure})
        # Each fault has dice of its own, so that switching one on does not move the others.
        self._dice = {fault: random.Random(None if seed is None else f"{seed} {fault}") for fault in Fault}
        self._words = random.Random(seed)

    @property
    def rates(self) -> dict[str, float]:
        """The rate of every fault by its name."""
        return dict(self._rates)

    def replace_rates(self, rates: Mapping[str, float]) -> None:
        """Go on with these rates; a fault that is not named strikes no more by chance.

        Raises:
            ConfigurationError: for an unknown name or a rate outside 0 to 1; the rates stay as they were.
        """
        check_rates(rates)
        self._rates = {fault.value: float(rates.get(fault, 0.0)) for fault in Fault}

    def roll(self, forced: Iterable[Fault] = ()) -> frozenset[Fault]:
        """The faults of the next create: those forced, and those its dice hit, without what can't go together."""
        return settled(forced=frozenset(forced), rolled=self.roll_at(self._rates))

    def roll_at(self, rates: Mapping[str, float]) -> frozenset[Fault]:
        """The faults that the dice hit at these rates; only the dice of the faults named are rolled."""
        return frozenset(fault for fault in map(Fault, rates) if self._dice[fault].random() < rates[fault])

    def error_for(self, faults: frozenset[Fault]) -> str | None:
        """The text a prediction with these faults fails with, or None when it does not fail."""
        if Fault.SAFETY in faults:
            return SAFETY_ERROR
        return self._words.choice(MODEL_ERRORS) if Fault.FAILURE in faults else None

    def server_error_status(self) -> int:
        """The status code of one failing answer."""
        return self._words.choice(_SERVER_ERRORS)


def settled(*, forced: frozenset[Fault], rolled: frozenset[Fault]) -> frozenset[Fault]:
    """Which of these faults come true: one refusal and nothing else, or one of each group of rivals."""
    chosen = set(forced | rolled)
    for rivals in _RIVALS:
        ranked = [fault for fault in rivals if fault in forced] + [fault for fault in rivals if fault in rolled]
        chosen = chosen.difference(rivals).union(ranked[:1])
    return frozenset(chosen.intersection(REFUSALS) or chosen)


def check_rates(rates: Mapping[str, float]) -> None:
    """Refuse unknown fault names and rates outside 0 to 1.

    Raises:
        ConfigurationError: naming what is wrong and what is known.
    """
    for name, rate in rates.items():
        if name not in FAULT_NAMES:
            raise errors.ConfigurationError(f"There is no fault called {name!r}. Known: {', '.join(FAULT_NAMES)}.")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise errors.ConfigurationError(f"The rate of {name} must be a number from 0 to 1, not {rate!r}.")


def marks_of(*, header: str | None, prompt: object) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """The faults asked for by the X-Simulator-Fault header and by `[fault:NAME]` marks in the prompt.

    Returns the known ones, and the names that are no fault.
    """
    names = [*(header or "").split(","), *(_MARKER.findall(prompt) if isinstance(prompt, str) else ())]
    wanted = sorted({name.strip().lower() for name in names if name.strip()})
    read = {name: _read_mark(name) for name in wanted}
    return tuple(mark for mark in read.values() if mark), tuple(name for name in wanted if read[name] is None)


def forced_now(marks: Iterable[Mark], *, nth: int) -> frozenset[Fault]:
    """Those of the marks that strike the nth create (from 1) of their prompt and image."""
    return frozenset(mark.fault for mark in marks if mark.nth in (None, nth))


def _read_mark(text: str) -> Mark | None:
    name, at, nth = text.partition("@")
    if name not in FAULT_NAMES or (at and not _NTH.fullmatch(nth)):
        return None
    return Mark(Fault(name), int(nth) if at else None)
