"""How is a create refused on purpose? The answer to each fault that refuses one before anything is bought."""

from collections.abc import Callable, Mapping

from core.provider.simulator import problems
from core.provider.simulator.faults import Fault, FaultPlan
from core.provider.simulator.problems import Place, Problem

WAIT_SECONDS = 1.0


def _throttled(told_in: Place) -> Problem:
    # A rate limit's own headers are left out, so that the wait stands in one place only.
    return problems.throttled(WAIT_SECONDS, {}, told_in=(told_in,))


_ANSWERS: Mapping[Fault, Callable[[FaultPlan], Problem]] = {
    Fault.UNAUTHORIZED: lambda _: Problem(401, "Your authentication token is not valid.", title="Unauthenticated"),
    Fault.PAYMENT: lambda _: problems.payment_required(),
    Fault.THROTTLE: lambda _: _throttled("header"),
    Fault.THROTTLE_JSON: lambda _: _throttled("json"),
    Fault.THROTTLE_TEXT: lambda _: _throttled("text"),
    Fault.SERVER_ERROR: lambda plan: Problem(plan.server_error_status(), "The server could not handle the request."),
}


def refusal_for(faults: frozenset[Fault], plan: FaultPlan) -> Problem | None:
    """The answer that refuses a create with these faults, or None when it is accepted."""
    return next((answer(plan) for fault, answer in _ANSWERS.items() if fault in faults), None)


def counter_for(problem: Problem) -> str:
    """Under which name a refused create is counted: throttled (429), failed (5xx) or refused (any other)."""
    if problem.status == 429:
        return "creates_throttled"
    return "creates_failed" if problem.status >= 500 else "creates_refused"
