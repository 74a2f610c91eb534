"""How does the simulator behave? Its switches, and how they are read from a command line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core import errors
from core.provider.simulator import faults as fault_names
from core.provider.simulator.quality import Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorConfig:
    """The simulator's switches; the defaults behave like the real thing on a good day.

    Attributes:
        seconds: how long a prediction takes, 0 or more.
        failure_rate: the share of predictions whose model fails, 0 to 1; the rate of the fault `failure` is added.
        faults: a rate from 0 to 1 for each fault name.
        qualities: which orders are served in another way; the first that matches counts.
        creates_per_minute: how many creates are let through a minute; 0 for no limit.
        create_burst: how many of them at once.
        allow_http_webhooks: whether webhook addresses may be http.
        list_lag_seconds: how long a new prediction stays missing from lists.
        webhook_late_seconds: how late the webhooks of a `webhook-late` prediction are; by default more than the
            minute for which a receiver may still expect them.
        seed: makes the dice of the faults repeatable.
    """

    seconds: float = 6.0
    failure_rate: float = 0.0
    faults: Mapping[str, float] = field(default_factory=dict)
    qualities: tuple[Quality, ...] = ()
    creates_per_minute: int = 600
    create_burst: int = 60
    allow_http_webhooks: bool = False
    list_lag_seconds: float = 0.0
    webhook_late_seconds: float = 75.0
    seed: int | None = None

    def __post_init__(self) -> None:
        fault_names.check_rates(self.faults)
        wrong = [
            sentence
            for sentence, right in {
                "seconds must be 0 or more": self.seconds >= 0,
                "the failure rate must be from 0 to 1": 0 <= self.failure_rate <= 1,
                "creates per minute must be 0 (no limit) or more": self.creates_per_minute >= 0,
                "the create burst must be at least 1": self.create_burst >= 1 or self.creates_per_minute == 0,
                "the list lag must be 0 seconds or more": self.list_lag_seconds >= 0,
                "late webhooks must be 0 seconds late or more": self.webhook_late_seconds >= 0,
            }.items()
            if not right
        ]
        if wrong:
            raise errors.ConfigurationError(f"The simulator can't start: {'; '.join(wrong)}.")


def parse_faults(switches: Iterable[str]) -> dict[str, float]:
    """Rates by fault name from texts such as `safety=0.1`.

    Raises:
        ConfigurationError: for a text of another form, an unknown name or a rate outside 0 to 1.
    """
    rates: dict[str, float] = {}
    for switch in switches:
        name, _, rate = switch.partition("=")
        try:
            rates[name.strip()] = float(rate)
        except ValueError as exception:
            message = f"A fault is given as NAME=RATE, for example safety=0.1, not {switch!r}."
            raise errors.ConfigurationError(message) from exception
    fault_names.check_rates(rates)
    return rates
