"""What is the news? One line that sums up a period, and since when a target has been missed."""

from datetime import date

from core.analytics import definitions
from core.analytics.summary import Summary


def is_missed(summary: Summary) -> bool:
    """Whether the success rate of the period is not above its target; not where nothing has ended."""
    rate = summary.headline.success.success.rate
    return rate is not None and rate <= definitions.SUCCESS_TARGET


def missed_since(summary: Summary) -> date | None:
    """The first of the days, up to the last of the period, on all of which the target was missed; else None.

    Days on which no job ended say nothing either way.
    """
    since = None
    for day in reversed(summary.days):
        rate = day.headline.success.success.rate
        if rate is None:
            continue
        if rate > definitions.SUCCESS_TARGET:
            break
        since = day.day
    return since


def sentence(summary: Summary) -> str:
    """The period in one line: "Success 97.1 %, up 0.8 points; p95 74 s; 3 % refunded, half of it safety"."""
    rate = summary.headline.success.success.rate
    if not summary.headline.success.jobs:
        return "No jobs were submitted in this period."
    if rate is None:
        return f"{summary.headline.success.jobs:,} jobs were submitted, and none of them counts yet."
    parts = [f"Success {100 * rate:.1f} %{_change(summary, rate)}"]
    p95 = summary.headline.variant_times.p95_seconds
    if p95 is not None:
        parts.append(f"p95 {p95:.0f} s a variant")
    credits = summary.headline.credits
    if credits.charged:
        parts.append(f"{100 * credits.refunded / credits.charged:.1f} % of credits refunded{_main_reason(summary)}")
    return "; ".join(parts) + "."


def _change(summary: Summary, rate: float) -> str:
    share = summary.before.success.success if summary.before is not None else None
    before = share.rate if share is not None else None
    if share is None or before is None:
        return ""
    points = round(100 * (rate - before), 1)
    if not points:
        return ", as before"
    chance = "" if summary.headline.success.success.lies_apart(share) else " (may be chance)"
    return f", {'up' if points > 0 else 'down'} {abs(points):.1f} points{chance}"


def _main_reason(summary: Summary) -> str:
    if not summary.refund_reasons:
        return ""
    first = summary.refund_reasons[0]
    share = first.credits / sum(one.credits for one in summary.refund_reasons)
    why = "by the desk itself" if first.is_automatic else f"for {first.reason.replace('_', ' ')}"
    return f", {100 * share:.0f} % of that {why}"
