"""How bad will it be? What a seed allows to go wrong: some faults in each run, seldom all at once."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from core.provider.simulator.faults import Fault

# What can befall one prediction, by the simulator's names; each is met in a part of all seeds.
PREDICTION_FAULTS = (
    Fault.SAFETY,
    Fault.FAILURE,
    Fault.HANG,
    Fault.STUCK_STARTING,
    Fault.CANCELED,
    Fault.ABORTED,
    Fault.WEBHOOK_LOST,
    Fault.WEBHOOK_DUPLICATE,
    Fault.WEBHOOK_REORDER,
    Fault.WEBHOOK_LATE,
    Fault.WEBHOOK_FORGED,
    Fault.WEBHOOK_WRONG_ID,
    Fault.OUTPUT_EXPIRED,
    Fault.OUTPUT_NOT_IMAGE,
    Fault.OUTPUT_TRUNCATED,
    Fault.OUTPUT_INTERRUPTED,
    Fault.OUTPUT_SLOW,
    Fault.OUTPUT_WRONG_HOST,
    Fault.DATA_REMOVED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """The rates of one seed's faults, from 0 to 1, and the limits it runs under."""

    faults: Mapping[Fault, float]
    has_webhooks: bool
    crash_rate: float = 0.0
    meeting_rate: float = 0.0
    call_failure_rate: float = 0.0
    lost_answer_rate: float = 0.0
    slow_call_rate: float = 0.0
    throttle_rate: float = 0.0
    refusal_rate: float = 0.0
    misrouted_rate: float = 0.0
    storage_failure_rate: float = 0.0
    has_clock_jumps: bool = False
    has_outages: bool = False
    has_long_pauses: bool = False
    forgets_deadlines: bool = False
    ends_silent: bool = False
    list_lag_seconds: float = 0.0
    prediction_seconds: float = 4.0
    page_size: int = 100
    get_limit: int = 8
    create_burst: int = 60


def of(chance: random.Random) -> Weather:
    """The weather of a seed."""

    def sometimes(rate: float, *, share: float = 0.5) -> float:
        return rate * chance.random() if chance.random() < share else 0.0

    return Weather(
        faults={fault: rate for fault in PREDICTION_FAULTS if (rate := sometimes(0.5, share=0.3)) > 0},
        has_webhooks=chance.random() < 0.8,
        crash_rate=sometimes(0.03, share=0.6),
        meeting_rate=sometimes(0.3, share=0.6),
        call_failure_rate=sometimes(0.2),
        lost_answer_rate=sometimes(1.0),
        slow_call_rate=sometimes(0.8),
        throttle_rate=sometimes(0.3, share=0.4),
        refusal_rate=sometimes(0.1, share=0.3),
        misrouted_rate=sometimes(0.9, share=0.7),
        storage_failure_rate=sometimes(0.2, share=0.4),
        has_clock_jumps=chance.random() < 0.5,
        has_outages=chance.random() < 0.5,
        has_long_pauses=chance.random() < 0.3,
        forgets_deadlines=chance.random() < 0.3,
        ends_silent=chance.random() < 0.08,
        list_lag_seconds=chance.choice((0.0, 0.0, 2.0, 5.0, 8.0)),
        prediction_seconds=chance.choice((1.0, 4.0, 15.0)),
        page_size=chance.choice((1, 2, 3, 100)),
        get_limit=chance.choice((0, 1, 3, 8)),
        create_burst=chance.choice((1, 3, 60)),
    )


def calm(before: Weather) -> Weather:
    """The same world after its faults have stopped; what runs already goes on as it was decided."""
    return Weather(
        faults={},
        has_webhooks=before.has_webhooks,
        list_lag_seconds=before.list_lag_seconds,
        prediction_seconds=before.prediction_seconds,
        page_size=before.page_size,
        get_limit=before.get_limit,
        create_burst=before.create_burst,
        ends_silent=before.ends_silent,
    )
