"""Which charts are there? Each with its title, its count, its definition, and the jobs behind each of its points."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.analytics.definitions import JOB_EXPECTED_SECONDS, VARIANT_EXPECTED_SECONDS
from core.analytics.summary import Headline, Summary
from core.analytics.timing import Durations, Stage
from core.jobs.states import JobState
from pages.widgets import analytics_cards, analytics_choice, analytics_course, analytics_shapes, charts, formatting
from pages.widgets.analytics_cards import Card, Point
from pages.widgets.analytics_jobs import Jobs

_NOTHING = "Nothing of this in the period."
_NOT_BY_TIME = "The Monitor can't list jobs by how long they took."
_NOT_BY_NEWS = "The Monitor can't list jobs by what brought the news of their end."
_NOT_BY_HOUR = "The Monitor can't list jobs by the hour of the day."
_NOT_BY_MOVEMENT = "The Monitor lists jobs by when they were submitted; their credits may have moved on another day."
_ONE_REASON = "Click on a reason first: the Monitor lists the jobs of one at a time."
_UNENDED = "The Monitor lists pending and processing jobs apart."
# What is timed: its name, its definition, and what is expected of it.
_STAGES: dict[str, tuple[str, str, tuple[int, int] | None]] = {
    "end_to_end": ("Variant", "end_to_end", VARIANT_EXPECTED_SECONDS),
    "job": ("Job", "job_time", JOB_EXPECTED_SECONDS),
    "queue_wait": ("Queue", "queue_wait", None),
    "provider": ("Replicate", "provider_time", None),
    "settlement": ("Settlement", "settlement", None),
}
_SPREAD = {
    "end_to_end": "variants",
    "job": "whole jobs",
    "queue_wait": "waiting for an order",
    "provider": "at Replicate",
    "settlement": "settling",
}
_TIMED: dict[str, tuple[str, Callable[[Headline], Durations], tuple[int, int]]] = {
    "variant": ("Per variant", lambda one: one.variant_times, VARIANT_EXPECTED_SECONDS),
    "job": ("Per job", lambda one: one.job_times, JOB_EXPECTED_SECONDS),
}


def success(summary: Summary) -> Card:
    """The success rate over time."""
    share = summary.headline.success.success
    return Card(
        key="success",
        file=_file(summary, "success"),
        of=analytics_choice.said(summary),
        title=f"Success rate by {_grain(summary)}",
        count=f"{formatting.count(share.whole, 'job')} that ended; the shade is where the true rate lies"
        + analytics_course.unfinished_words(summary, "dotted"),
        terms=("success_rate", "interval"),
        figure=analytics_course.success(summary) if share.whole else None,
        empty="No job of this period has ended yet.",
        jobs=replace(_jobs(summary), uncounted=_uncounted(summary.headline)),
        narrowed=_by_step(summary, _uncounted),
    )


def volume(summary: Summary) -> Card:
    """Jobs over time, by what they came to."""
    count = summary.headline.success.jobs

    def narrowed(point: Point) -> Jobs | None:
        jobs = _by_step(summary)(point)
        shown = [one for one in analytics_course.ENDS if getattr(summary.headline.success, one[0])]
        number = point.get("curve_number", 0)
        if jobs is None or not 0 <= number < len(shown):
            return jobs
        _name, state, word, _color = shown[number]
        why_not = _UNENDED if state is None else ""
        return replace(jobs, state=state, called=f"{word.lower()}, {jobs.called}", why_not=why_not)

    return Card(
        key="volume",
        file=_file(summary, "volume"),
        of=analytics_choice.said(summary),
        title=f"Jobs by {_grain(summary)} and what became of them",
        count=f"{formatting.count(count, 'job')} submitted" + analytics_course.unfinished_words(summary, "lighter"),
        terms=("period",),
        figure=analytics_course.volume(summary) if count else None,
        empty="No job was submitted in this period.",
        jobs=_jobs(summary),
        narrowed=narrowed,
    )


@st.fragment
def draw_times(read: Callable[[], Summary]) -> None:
    """Draw percentiles over time, of jobs or of variants."""
    summary = read()
    with st.container(border=True, height="stretch"):
        timed = st.session_state.get("analytics-timed", "variant")
        _name, durations, expected = _TIMED[timed]
        found = durations(summary.headline)
        jobs, narrowed = _timed_jobs(summary, timed)
        card = Card(
            key=f"times-{timed}",
            file=_file(summary, f"times-{timed}"),
            of=analytics_choice.said(summary),
            title=f"Time per {timed} by {_grain(summary)}",
            count=_told(found, _noun(timed)) + analytics_course.unfinished_words(summary, "dotted"),
            terms=("job_time" if timed == "job" else "end_to_end", "percentile"),
            figure=analytics_course.times(summary, durations, expected) if found.count else None,
            empty="Nothing was completed in this period.",
            jobs=jobs,
            narrowed=narrowed,
        )
        analytics_cards.draw_inside(card)
        _choose("Time of", {name: one[0] for name, one in _TIMED.items()}, key="analytics-timed")


@st.fragment
def draw_distribution(read: Callable[[], Summary]) -> None:
    """Draw how the times of one stage are spread."""
    summary = read()
    with st.container(border=True, height="stretch"):
        name = st.session_state.get("analytics-stage", "end_to_end")
        _title, term, expected = _STAGES[name]
        stage: Stage = getattr(summary.timing, name)
        noun = _noun(name)
        analytics_cards.draw_inside(
            Card(
                key=f"distribution-{name}",
                file=_file(summary, f"distribution-{name}"),
                of=analytics_choice.said(summary),
                title=f"How times are spread: {_SPREAD[name]}",
                count=_told(stage.durations, noun),
                terms=(term, "percentile"),
                figure=analytics_shapes.distribution(stage, f"{noun}s", expected) if stage.bars else None,
                empty="Nothing was completed in this period.",
                jobs=replace(_jobs(summary), why_not=_NOT_BY_TIME),
            )
        )
        _choose("Stage", {name: one[0] for name, one in _STAGES.items()}, key="analytics-stage")


def credits(summary: Summary) -> Card:
    """Credits over time."""
    moved = summary.headline.credits
    return Card(
        key="credits",
        file=_file(summary, "credits"),
        of=analytics_choice.said(summary),
        title=f"Credits by {_grain(summary)}",
        count=f"{formatting.number(moved.charged)} charged less {formatting.number(moved.refunded)} refunded is "
        f"{formatting.number(moved.net)} net" + analytics_course.unfinished_words(summary, "lighter"),
        terms=("charged", "refunded", "net"),
        figure=analytics_course.credits(summary) if moved.charged or moved.refunded else None,
        empty="No credits were charged or refunded in this period.",
        jobs=replace(_jobs(summary), why_not=_NOT_BY_MOVEMENT),
    )


def refund_reasons(summary: Summary) -> Card:
    """Refunds by reason."""
    reasons = summary.refund_reasons
    count = sum(one.count for one in reasons)
    return Card(
        key="refund-reasons",
        file=_file(summary, "refund-reasons"),
        of=analytics_choice.said(summary),
        title="Credits refunded, by reason",
        count=f"{formatting.credits(sum(one.credits for one in reasons))} in {formatting.count(count, 'refund')}",
        terms=("refunded",),
        figure=analytics_shapes.refund_reasons(reasons) if reasons else None,
        empty="No credits were refunded in this period.",
    )


def costs(summary: Summary) -> Card:
    """Dollars over time."""
    spent = summary.headline.costs
    return Card(
        key="costs",
        file=_file(summary, "costs"),
        of=analytics_choice.said(summary),
        title=f"Dollars paid to Replicate by {_grain(summary)}",
        count=f"{formatting.dollars(spent.spent_usd_micros)}, "
        f"{formatting.dollars(spent.wasted_usd_micros)} of it without a result"
        + analytics_course.unfinished_words(summary, "lighter"),
        terms=("spent", "wasted"),
        figure=analytics_course.costs(summary) if spent.spent_usd_micros else None,
        empty="Nothing was paid in this period.",
        jobs=_jobs(summary),
        narrowed=_by_step(summary),
    )


def failures(summary: Summary) -> Card:
    """Why jobs failed."""
    found = summary.failures
    total = found[0].jobs.whole if found else 0
    more = len(found) - len(analytics_shapes.shown_failures(summary))

    def narrowed(point: Point) -> Jobs | None:
        named = {analytics_shapes.code_words(one.code): one.code for one in found}
        code = named.get(str(point.get("y")), "")
        jobs = _by_step(summary)(point) if point.get("curve_number") == 1 else _jobs(summary)
        if jobs is None or not code:
            return None
        called = analytics_shapes.code_words(code).lower()
        return replace(jobs, code=code, called=f"{called}, {jobs.called}" if jobs.called else called)

    return Card(
        key="failures",
        file=_file(summary, "failures"),
        of=analytics_choice.said(summary),
        title="Why variants failed, and when",
        count=f"{formatting.count(total, 'job')} with a failed variant"
        + (f"; {formatting.count(more, 'rarer reason')} not shown" if more > 0 else ""),
        terms=("failures",),
        figure=analytics_shapes.failures(summary) if found else None,
        empty="No variant failed in this period.",
        jobs=replace(_jobs(summary), why_not=_ONE_REASON),
        narrowed=narrowed,
    )


def settled(summary: Summary) -> Card:
    """What brought the news of ends."""
    whole = summary.settled[0].variants.whole if summary.settled else 0
    return Card(
        key="settled",
        file=_file(summary, "settled"),
        of=analytics_choice.said(summary),
        title="What brought the news",
        count=f"{formatting.count(whole, 'variant')} that ended",
        terms=("settled_by",),
        figure=analytics_shapes.settled(summary.settled) if whole else None,
        empty="No variant of this period has ended yet.",
        jobs=replace(_jobs(summary), why_not=_NOT_BY_NEWS),
    )


def rhythm(summary: Summary) -> Card:
    """When jobs come in."""
    count = summary.headline.success.jobs
    return Card(
        key="rhythm",
        file=_file(summary, "rhythm"),
        of=analytics_choice.said(summary),
        title="When jobs come in",
        count=f"{formatting.count(count, 'job')} by weekday and hour in {summary.period.zone.key}",
        terms=("rhythm",),
        figure=analytics_shapes.rhythm(summary.rhythm, summary.period.days) if count else None,
        empty=_NOTHING,
        jobs=replace(_jobs(summary), why_not=_NOT_BY_HOUR),
    )


def _choose(label: str, options: dict[str, str], *, key: str) -> None:
    st.segmented_control(
        label,
        list(options),
        default=None if key in st.session_state else next(iter(options)),
        format_func=options.__getitem__,
        required=True,
        key=key,
        label_visibility="collapsed",
    )


def _told(found: Durations, noun: str) -> str:
    parts = (("p50", found.p50_seconds), ("p90", found.p90_seconds), ("p95", found.p95_seconds))
    percentiles = [f"{name} {formatting.duration(seconds)}" for name, seconds in (*parts, ("p99", found.p99_seconds))]
    return f"{formatting.count(found.count, noun)}: {', '.join(percentiles)}"


def _file(summary: Summary, key: str) -> str:
    """A picture's name: what it shows, and of which days."""
    return formatting.file_word(f"{key} {summary.period.first} to {summary.period.last}")


def _grain(summary: Summary) -> str:
    return charts.GRAIN_WORDS[summary.grain]


def _jobs(summary: Summary) -> Jobs:
    return Jobs(summary.period.first, summary.period.last, summary.wanted)


def _timed_jobs(summary: Summary, timed: str) -> tuple[Jobs, Callable[[Point], Jobs | None]]:
    """The jobs whose times are told, or of whose variants they are; and those of a step that is clicked."""
    find = _by_step(summary)
    if timed != "job":
        return replace(_jobs(summary), uncounted=_resultless(summary.headline)), _by_step(summary, _resultless)

    def completed(jobs: Jobs) -> Jobs:
        called = ", ".join(filter(None, ("completed", jobs.called)))
        return replace(jobs, state=JobState.COMPLETED, called=called)

    def narrowed(point: Point) -> Jobs | None:
        jobs = find(point)
        return completed(jobs) if jobs is not None else None

    return completed(_jobs(summary)), narrowed


def _noun(timed: str) -> str:
    return "completed job" if timed == "job" else "variant"


def _uncounted(one: Headline) -> str:
    """The jobs that a rate leaves out, and the Monitor does not: "24 canceled and 3 in flight"."""
    parts = ((one.success.canceled, "canceled"), (one.success.in_flight, "in flight"))
    return " and ".join(f"{formatting.number(count)} {word}" for count, word in parts if count)


def _resultless(one: Headline) -> str:
    """Of which jobs no variant's time is told, or not of each."""
    found = one.success
    parts = ((found.failed, "failed"), (found.canceled, "canceled"), (found.in_flight, "in flight"))
    return ", ".join(word for count, word in parts if count)


def _by_step(
    summary: Summary, uncounted: Callable[[Headline], str] = lambda _one: ""
) -> Callable[[Point], Jobs | None]:
    """Finds the jobs of the step that was clicked; the Monitor knows no hours, so of an hour those of its day."""

    def narrowed(point: Point) -> Jobs | None:
        step = analytics_course.step_at(summary, point.get("x"))
        if step is None:
            return None
        span = step.span
        # Of an hour, what is left out of its day is left out of the period, which has no other.
        of = summary.headline if span.hour is not None else step.headline
        called = charts.said_days(span.first, span.last)
        return Jobs(span.first, span.last, summary.wanted, called=called, uncounted=uncounted(of))

    return narrowed
