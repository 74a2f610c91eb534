"""What are the figures in one look? Tiles: each with what it counts, how sure it is, and how it has changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.analytics import spans
from core.analytics.definitions import DEFINITIONS, VARIANT_EXPECTED_SECONDS
from core.analytics.success import Share
from core.analytics.summary import Headline, Summary
from pages.widgets import analytics_course, formatting

KEY = "analytics-tiles"
# Five beside each other on a desk, two on a phone, all of one height.
STYLE = f"""<style>
.st-key-{KEY}, .st-key-{KEY}-small {{display: grid; align-items: stretch; grid-auto-rows: 1fr;
 grid-template-columns: repeat(auto-fit, minmax(158px, 1fr));
 gap: .75rem}}
.st-key-{KEY} > div, .st-key-{KEY}-small > div {{width: auto; min-width: 0}}
.st-key-{KEY} > div > div, .st-key-{KEY}-small > div > div {{height: 100%}}
.st-key-{KEY} [data-testid='stMetricLabel'] p {{white-space: normal}}
</style>"""
_PERCENT = 100
# Less is no change that anybody would see in the figure itself.
_SMALLEST = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure: how it is written, what it counts, what it means, and the share that tells how sure it is.

    Without a share, nobody can tell a change from chance.
    """

    label: str
    terms: tuple[str, ...]
    value: Callable[[Headline], float | None]
    written: Callable[[float | None], str]
    detail: Callable[[Headline], str]
    share: Callable[[Headline], Share] | None = None
    change: Callable[[float, float], str] | None = None

    @property
    def help(self) -> str:
        """Its definition, and what the color of its change says."""
        colored = [_COLORED] if self.share is not None else []
        return " ".join([*(DEFINITIONS[term] for term in self.terms), *colored])


def draw(tiles: Sequence[Tile], summary: Summary, *, key: str = KEY) -> None:
    """Draw the tiles in a grid."""
    with st.container(key=key):
        for tile in tiles:
            with st.container(border=True, height="stretch", gap="xxsmall"):
                _draw_one(tile, summary)


def _draw_one(tile: Tile, summary: Summary) -> None:
    value = tile.value(summary.headline)
    change = _change(tile, value, tile.value(summary.before) if summary.before is not None else None)
    known = _course(tile, summary)
    is_news = bool(change) and change != _AS_BEFORE and _is_news(tile, summary)
    st.metric(
        tile.label,
        tile.written(value),
        delta=change or None,
        delta_color="normal" if is_news else "off",
        delta_arrow="off" if change == _AS_BEFORE else "auto",
        help=formatting.plain(tile.help),
        chart_data=known if len(known) > 1 else None,
    )
    is_chance = bool(change) and change != _AS_BEFORE and tile.share is not None and not is_news
    detail = [*tile.detail(summary.headline).split("\n"), *([_CHANCE] if is_chance else [])]
    # A line each: two spaces before its end break it.
    st.caption("  \n".join(map(formatting.plain, detail)))


def _course(tile: Tile, summary: Summary) -> list[float]:
    """The figure of each step that is as long as the others, and over."""
    over = summary.steps[: analytics_course.unfinished(summary)]
    whole = [step.headline for step in over if not spans.is_cut(step.span, summary.grain)]
    return [value for value in map(tile.value, whole) if value is not None]


def _is_news(tile: Tile, summary: Summary) -> bool:
    """Whether the shares of both periods lie so far apart that it is hardly chance."""
    if tile.share is None or summary.before is None:
        return False
    return tile.share(summary.headline).lies_apart(tile.share(summary.before))


_AS_BEFORE, _CHANCE = "as before", "change may be chance"
_COLORED = "Its change has a color only where the intervals of both periods lie apart; else it may be chance."


def _change(tile: Tile, now: float | None, before: float | None) -> str:
    if now is None or before is None or tile.change is None:
        return ""
    return tile.change(now, before) or _AS_BEFORE


def _points(now: float, before: float) -> str:
    change = _PERCENT * (now - before)
    return "" if abs(change) < _SMALLEST else f"{change:+.1f} points"


def _relative(now: float, before: float) -> str:
    if not before:
        return ""
    change = _PERCENT * (now - before) / abs(before)
    return "" if abs(change) < _SMALLEST else f"{change:+,.1f}\u202f%"


def _seconds(now: float, before: float) -> str:
    change = now - before
    return "" if abs(change) < _SMALLEST else f"{change:+.1f} s"


def _sure(share: Share, noun: str) -> str:
    if share.interval is None:
        return "nothing has ended yet"
    low, high = (_PERCENT * end for end in share.interval)
    counted = f"{formatting.number(share.part)} of {formatting.count(share.whole, noun)}"
    return f"{counted}\n95\u202f% sure: {low:.1f}–{high:.1f}\u202f%"


def _jobs_detail(one: Headline) -> str:
    parts = ((one.success.in_flight, "in flight"), (one.success.canceled, "canceled"))
    return ", ".join(f"{formatting.number(count)} {word}" for count, word in parts if count) or "all counted"


def _refunded_share(one: Headline) -> float | None:
    return one.credits.refunded / one.credits.charged if one.credits.charged else None


def _expectation() -> str:
    low, high = VARIANT_EXPECTED_SECONDS
    return f"expected: {low} to {high} s"


def _of_variants(one: Headline) -> str:
    return f"{formatting.count(one.variant_times.count, 'variant')}\n{_expectation()}"


def _waste(one: Headline) -> str:
    share = one.costs.wasted_usd_micros / one.costs.spent_usd_micros if one.costs.spent_usd_micros else None
    return f"{formatting.dollars(one.costs.wasted_usd_micros)} wasted\n{formatting.percent(share)} of it"


def _whole(value: float | None) -> str:
    return "–" if value is None else formatting.number(round(value))


TILES = (
    Tile(
        label="Success rate",
        terms=("success_rate", "interval"),
        value=lambda one: one.success.success.rate,
        share=lambda one: one.success.success,
        written=formatting.percent,
        detail=lambda one: _sure(one.success.success, "job"),
        change=_points,
    ),
    Tile(
        label="At first attempt",
        terms=("first_attempt_success", "interval"),
        value=lambda one: one.success.first_attempt.rate,
        share=lambda one: one.success.first_attempt,
        written=formatting.percent,
        detail=lambda one: _sure(one.success.first_attempt, "job"),
        change=_points,
    ),
    Tile(
        label="Variant success",
        terms=("variant_success", "interval"),
        value=lambda one: one.success.variants.rate,
        share=lambda one: one.success.variants,
        written=formatting.percent,
        detail=lambda one: _sure(one.success.variants, "variant"),
        change=_points,
    ),
    Tile(
        label="Variant time, p50",
        terms=("end_to_end", "percentile"),
        value=lambda one: one.variant_times.p50_seconds,
        written=formatting.duration,
        detail=_of_variants,
        change=_seconds,
    ),
    Tile(
        label="Variant time, p95",
        terms=("end_to_end", "percentile"),
        value=lambda one: one.variant_times.p95_seconds,
        written=formatting.duration,
        detail=_of_variants,
        change=_seconds,
    ),
    Tile(
        label="Jobs",
        terms=("period",),
        value=lambda one: one.success.jobs,
        written=_whole,
        detail=_jobs_detail,
        change=_relative,
    ),
    Tile(
        label="Credits, net",
        terms=("net", "charged", "refunded"),
        value=lambda one: one.credits.net,
        written=_whole,
        detail=lambda one: (
            f"{formatting.number(one.credits.charged)} charged\n{formatting.number(one.credits.refunded)} refunded"
        ),
        change=_relative,
    ),
    Tile(
        label="Credits refunded",
        terms=("refunded",),
        value=_refunded_share,
        written=formatting.percent,
        detail=lambda one: f"{formatting.number(one.credits.refunded)} of\n{formatting.credits(one.credits.charged)}",
        change=_points,
    ),
    Tile(
        label="Paid to Replicate",
        terms=("spent", "wasted"),
        value=lambda one: one.costs.spent_usd_micros,
        written=formatting.dollars,
        detail=_waste,
        change=_relative,
    ),
    Tile(
        label="Cost per job",
        terms=("cost_per_job",),
        value=lambda one: one.costs.per_job_usd_micros,
        written=formatting.dollars,
        detail=lambda one: f"{formatting.dollars(one.costs.per_completed_job_usd_micros)}\na completed job",
        change=_relative,
    ),
)
