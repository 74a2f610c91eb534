"""How does the desk stand? One line of figures: what is under way, what is late or failed, and who brings news."""

from dataclasses import dataclass
from datetime import datetime

from core import clock
from core.jobs.overview import Overview
from core.jobs.pause import Pause
from core.jobs.queries import TypicalTimes
from core.jobs.states import IN_FLIGHT_JOBS
from core.webhooks.health import WebhookHealth
from pages.widgets import figures, formatting, session
from pages.widgets.figures import Figure
from pages.widgets.states import JOB_LOOKS

# Also the name of its place, which the page puts above the filters.
KEY = "monitor-figures"


@dataclass(frozen=True, slots=True)
class Written:
    """The figures in words, and what stands below them; `is_live` while they change by themselves."""

    figures: str
    is_live: bool
    ended: str


def written(
    overview: Overview, *, paused: Pause | None, typical: TypicalTimes, webhooks: WebhookHealth | None
) -> Written:
    """The figures for `draw`, with times in the viewer's zone; without `webhooks`, nothing is told of them."""
    shown = [*_work(overview), *_trouble(overview), _provider(paused, typical)]
    if webhooks is not None:
        shown.append(_webhooks(webhooks, session.are_webhooks_requested()))
    # A stopped queue may go on again at any moment.
    is_live = bool(overview.in_flight) or paused is not None
    return Written(figures.written(shown), is_live, _ended_words(overview))


def draw(seen: Written, *, read_at: datetime, is_paused: bool) -> None:
    """Draw the figures, how old they are, and whether they are renewed."""
    quiet = "" if seen.is_live else ", quiet while nothing is in flight"
    note = ", refresh paused" if is_paused and seen.is_live else quiet
    figures.draw_written(seen.figures, key=KEY, read_at=read_at, note=f"{note} · {seen.ended}")


def _ended_words(overview: Overview) -> str:
    """How many jobs ended how, all time: "286 completed · 14 partial · …"."""
    return " · ".join(
        f"{formatting.number(overview.counts.get(state, 0))} {look.word.lower()}"
        for state, look in JOB_LOOKS.items()
        if state.is_terminal
    )


def _work(overview: Overview) -> list[Figure]:
    since, now = overview.oldest_in_flight_since, clock.now()
    depth = overview.queue_depth
    return [
        Figure(
            label="In flight",
            value=formatting.number(overview.in_flight),
            detail=" · ".join(
                f"{formatting.number(overview.counts.get(state, 0))} {JOB_LOOKS[state].word.lower()}"
                for state in IN_FLIGHT_JOBS
                if overview.counts.get(state, 0)
            )
            or "nothing under way",
            hover="Jobs that have not ended, by state",
        ),
        Figure(
            label="Queued variants",
            value=formatting.number(sum(depth.values())),
            detail=" · ".join(f"{formatting.number(count)} {priority}" for priority, count in depth.items() if count)
            or "nothing waits",
            hover="Variants that wait for their turn, by priority",
        ),
        Figure(
            label="Oldest in flight",
            value=formatting.ago(since, now) if since else "–",
            detail=f"since {formatting.when(since)}" if since else "nothing in flight",
            hover=formatting.exact(since) if since else "",
        ),
    ]


def _trouble(overview: Overview) -> list[Figure]:
    share = overview.failed_today / overview.ended_today if overview.ended_today else None
    return [
        Figure(
            label="Stuck",
            value=formatting.number(overview.stuck),
            detail="see Filters" if overview.stuck else "none is late",
            hover="In flight, and in their state for longer than they can be",
            tone="orange" if overview.stuck else "",
        ),
        Figure(
            label="Failed today",
            value=formatting.number(overview.failed_today),
            detail=f"{formatting.percent(share)} of {formatting.number(overview.ended_today)}"
            if share is not None
            else "none ended yet",
            hover="Jobs without any result, of those that ended since midnight where you are",
            tone="red" if overview.failed_today else "",
        ),
    ]


def _provider(paused: Pause | None, typical: TypicalTimes) -> Figure:
    if paused is not None:
        return Figure(
            label="Replicate",
            value="Stopped",
            detail=f"since {formatting.when(paused.since)}",
            hover=paused.message,
            tone="red",
        )
    if not typical.are_telling:
        return Figure(label="Replicate", value="Ready", detail="orders are taken", tone="green")
    return Figure(
        label="Replicate",
        value="Ready",
        detail=f"usually {formatting.duration(typical.median_seconds)}",
        hover=f"From order to stored result, over the last {typical.count} variants: 19 of 20 within "
        f"{formatting.duration(typical.p95_seconds)}",
        tone="green",
    )


def _webhooks(health: WebhookHealth, are_requested: bool) -> Figure:
    if not are_requested:
        return Figure(
            label="Webhooks",
            value="Off",
            detail="we ask instead",
            hover="There is no public https address to bring them to, so the desk asks Replicate by itself.",
            tone="gray",
        )
    last = _ago(health.last_received_at)
    share = f"brought {formatting.percent(health.share)}" if health.settled else "nothing settled yet"
    return Figure(
        label="Webhooks",
        value=last,
        detail="quiet: we ask" if health.is_quiet else share,
        hover=f"When the last one came. {formatting.count(health.settled_by_webhook, 'variant')} of "
        f"{formatting.number(health.settled)} settled in 24 hours by a webhook; the desk asked about the others.",
        tone="orange" if health.is_quiet else "green",
    )


def _ago(moment: datetime | None) -> str:
    return "none yet" if moment is None else f"{formatting.ago(moment, clock.now())} ago"
