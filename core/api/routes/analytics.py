"""How does a program read the figures?"""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request

from core import clock, errors
from core.analytics import periods, reused
from core.analytics.definitions import DEFINITIONS
from core.analytics.filters import Dimension, Filter
from core.api.analytics_schemas import Summary
from core.api.deps import ActorDep, RuntimeDep
from core.auth.roles import Action
from core.jobs.states import Priority

router = APIRouter(prefix="/analytics", tags=["analytics"])
_DAYS = 30
_TEXT_MAX = 254
_Text = Annotated[str | None, Query(min_length=1, max_length=_TEXT_MAX)]
_PARAMETERS = {"from", "to", "by", "zone", "compare", *Dimension}
_MEANINGS = "\n".join(f"- {term.replace('_', ' ')}: {words}" for term, words in DEFINITIONS.items())
_DESCRIPTION = f"""Success, time, credits and costs of a period, as the Analytics page shows them; managers only.

What the figures mean:

{_MEANINGS}
"""


@router.get("/summary", description=_DESCRIPTION)
def get_summary(
    request: Request,
    runtime: RuntimeDep,
    actor: ActorDep,
    first: Annotated[
        date | None, Query(alias="from", description=f"The first day; without it, {_DAYS} days up to the last.")
    ] = None,
    last: Annotated[date | None, Query(alias="to", description="The last day, included; without it, today.")] = None,
    by: Annotated[Dimension | None, Query(description="Adds the same figures for each of these.")] = None,
    zone: Annotated[
        str, Query(max_length=_TEXT_MAX, description="The time zone in which days begin, such as Europe/Berlin.")
    ] = "UTC",
    compare: Annotated[
        bool, Query(description="Adds the figures of as many days before, unless the first job came later.")
    ] = True,
    account: _Text = None,
    person: _Text = None,
    room_type: _Text = None,
    style: _Text = None,
    model: _Text = None,
    priority: Priority | None = None,
) -> Summary:
    """All figures of a period."""
    actor.require(Action.READ_ANALYTICS)
    _require_known(request)
    last = last or clock.now().astimezone(periods.zone_of(zone)).date()
    period = periods.asked(first or periods.days_before(last, _DAYS - 1), last, zone=zone)
    wanted = Filter(
        account=account,
        person=person,
        room_type=room_type,
        style=style,
        model=model,
        priority=priority.value if priority is not None else None,
    )
    found = runtime.figures().summary(actor, period, wanted=wanted, by=by, compare=compare)
    with runtime.database.read() as session:
        return Summary.of(found, reused.saved(session, actor, period, wanted))


def _require_known(request: Request) -> None:
    """A filter that is misspelt would answer with the figures of all jobs."""
    unknown = sorted(set(request.query_params) - _PARAMETERS)
    if unknown:
        raise errors.ValidationFailed(
            f"There is no parameter {unknown[0]!r}; there are {', '.join(sorted(_PARAMETERS))}. Nothing was counted."
        )
