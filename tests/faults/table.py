"""What has to come of each fault? A row for each: the end, its words, the refund, and what was bought."""

from dataclasses import dataclass, replace

from core.provider.simulator.faults import Fault

VARIANT_PRICE = 20


@dataclass(frozen=True)
class Outcome:
    """How a job of two variants ends: state, code, how its words begin, credits back, predictions bought."""

    state: str
    code: str | None = None
    words: str | None = None
    refund: int = 0
    bought: int = 2


@dataclass(frozen=True)
class Row:
    """A fault, and with which others it has to come to show itself.

    `always`: every order of the job meets it, that of a free retry too. `once`: its first order alone.
    """

    fault: Fault
    always: Outcome
    once: Outcome
    beside: tuple[Fault, ...] = ()

    def prompt(self, *, once: bool) -> str:
        """The prompt that asks for it; no two are alike."""
        at = "@1" if once else ""
        return " ".join([f"Furnish this room: {self.fault}{at}.", *(f"[fault:{one}{at}]" for one in self._all)])

    @property
    def _all(self) -> tuple[Fault, ...]:
        return (self.fault, *self.beside)


FINE = Outcome("completed")
_SAVED = replace(FINE, bought=3)


def _harmless(fault: Fault, *beside: Fault) -> Row:
    """Nobody notices: two results, each bought once."""
    return Row(fault, always=FINE, once=FINE, beside=beside)


def _mended(fault: Fault, code: str, words: str) -> Row:
    """A free retry with a new seed may help: it does if only the first order is struck, and is all there is else."""
    return Row(fault, always=Outcome("failed", code, words, refund=2 * VARIANT_PRICE, bought=4), once=_SAVED)


def _final(fault: Fault, code: str, words: str, *beside: Fault) -> Row:
    """Nothing would be different the next time, so it is not tried; the other variant is delivered."""
    return Row(
        fault,
        always=Outcome("failed", code, words, refund=2 * VARIANT_PRICE),
        once=Outcome("partial", code, words, refund=VARIANT_PRICE),
        beside=beside,
    )


def _waited_out(fault: Fault) -> Row:
    """Nothing is bought while it lasts, and nothing is lost if it passes in time."""
    words = "The variant waited too long for its turn. Its credits were returned; please stage again."
    return Row(
        fault, always=Outcome("failed", "queue_timed_out", words, refund=2 * VARIANT_PRICE, bought=0), once=FINE
    )


_NO_PICTURE = "Replicate's result is not a usable picture. Its credits were returned; try again."
_CANCELED = "The prediction was canceled at Replicate. Its credits were returned; please stage again if it is wanted."
_TOO_LONG = "The variant took longer than its time limit. Its credits were returned; please stage again."
_DELETED = "Replicate deleted the result before it could be fetched. Its credits were returned; please stage again."

ORDINARY = (
    _mended(Fault.FAILURE, "prediction_failed", "Replicate could not draw this variant: "),
    _mended(
        Fault.SAFETY,
        "safety",
        "The safety filter refused this variant. Its credits were returned; other words may pass.",
    ),
    _final(Fault.CANCELED, "prediction_canceled", _CANCELED),
    _final(Fault.ABORTED, "prediction_canceled", _CANCELED),
    _harmless(Fault.TIMEOUT_AFTER_ACCEPT),
    _harmless(Fault.RESET_AFTER_ACCEPT),
    # Only who has no answer, and no news, has to look into the list.
    _harmless(Fault.LIST_LAG, Fault.RESET_AFTER_ACCEPT, Fault.WEBHOOK_LOST),
    _harmless(Fault.WEBHOOK_LOST),
    _harmless(Fault.WEBHOOK_DUPLICATE),
    _harmless(Fault.WEBHOOK_REORDER),
    _harmless(Fault.WEBHOOK_LATE),
    _harmless(Fault.WEBHOOK_FORGED),
    _harmless(Fault.WEBHOOK_WRONG_ID),
    _final(Fault.OUTPUT_EXPIRED, "output_expired", _DELETED),
    _final(Fault.DATA_REMOVED, "output_expired", _DELETED),
    _mended(Fault.OUTPUT_NOT_IMAGE, "output_invalid", _NO_PICTURE),
    _mended(Fault.OUTPUT_TRUNCATED, "output_invalid", _NO_PICTURE),
    _mended(
        Fault.OUTPUT_WRONG_HOST,
        "output_invalid",
        "Replicate's result lies at an address that results do not come from. It was not fetched.",
    ),
    _mended(
        Fault.OUTPUT_REDIRECT,
        "output_invalid",
        "Replicate's result was moved to another address, which was not followed. It was not fetched.",
    ),
    _harmless(Fault.OUTPUT_INTERRUPTED),
    _harmless(Fault.OUTPUT_SLOW),
    _harmless(Fault.UNFURNISHED),
)
OVERDUE = (
    _final(Fault.HANG, "timed_out", _TOO_LONG),
    _final(Fault.STUCK_STARTING, "timed_out", _TOO_LONG),
    _final(Fault.DEADLINE_IGNORED, "timed_out", _TOO_LONG, Fault.HANG),
)
REFUSALS = (
    _waited_out(Fault.THROTTLE),
    _waited_out(Fault.THROTTLE_JSON),
    _waited_out(Fault.THROTTLE_TEXT),
    _waited_out(Fault.SERVER_ERROR),
    _waited_out(Fault.UNAUTHORIZED),
    _waited_out(Fault.PAYMENT),
)
ROWS = (*ORDINARY, *OVERDUE, *REFUSALS)
# What stands over the queue on every page while nothing is ordered.
BANNERS = {
    Fault.UNAUTHORIZED: "Replicate does not accept our token. Set a valid REPLICATE_API_TOKEN; "
    "waiting jobs go on after that.",
    Fault.PAYMENT: "Replicate's account is out of funds. Top it up at Replicate; waiting jobs go on after that.",
}
