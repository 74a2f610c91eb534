"""How did a job get where it is? Each order at the provider, and each event with its time, source and actor."""

from core.jobs.details import AttemptDetail, EventDetail, JobDetail, VariantDetail
from core.jobs.states import variant_name
from pages.widgets import formatting, record_table
from pages.widgets.record_table import Cell, Column, Row

_PREDICTIONS = (
    Column(title="Variant", width="76px", is_strong=True),
    Column(title="Prediction", width="minmax(0, 1fr)", wraps=True),
    Column(title="Ordered", width="76px", is_number=True, wraps=True),
)
_EVENTS = (
    Column(title="Time", width="66px", wraps=True),
    Column(title="What happened", width="minmax(0, 1fr)", wraps=True),
)
_SOURCES = {
    "page": "on a page",
    "api": "through the API",
    "webhook": "webhook",
    "sweep": "sweep",
    "sync": "by sync",
    "system": "by itself",
}


def draw_predictions(job: JobDetail, *, key: str) -> str | None:
    """Draw the orders of all variants; the id of the prediction whose details were just asked for, or None."""
    rows = [
        _prediction(variant, attempt, position)
        for variant in job.variants
        for position, attempt in enumerate(variant.attempts)
    ]
    if not rows:
        return None
    return record_table.draw("Predictions", _PREDICTIONS, rows, key=key, becomes_cards=False)


def _prediction(variant: VariantDetail, attempt: AttemptDetail, position: int) -> Row:
    identifier = attempt.prediction_id or ""
    drew = "" if attempt.predict_seconds is None else formatting.duration(attempt.predict_seconds)
    return Row(
        f"{variant.id}-{attempt.number}",
        (
            Cell(text=variant_name(variant.index), below=f"try {position + 1}" if len(variant.attempts) > 1 else ""),
            Cell(
                text=identifier or "No id yet",
                below=f"{attempt.status}: {attempt.error}" if attempt.error else attempt.status,
                hover="Its times, logs and Replicate's own answer"
                if identifier
                else "Replicate has not answered yet",
                action=identifier,
                copy=identifier,
                is_code=bool(identifier),
            ),
            Cell(
                text=formatting.when_exactly(attempt.created_at),
                below=f"drew {drew}" if drew else "",
                hover=formatting.exact(attempt.created_at),
            ),
        ),
    )


def _by(event: EventDetail) -> str:
    return f"{formatting.who(event.actor)}, {_SOURCES.get(event.source, event.source)}"


def draw_timeline(job: JobDetail, *, key: str) -> None:
    """Draw the events, newest first: the end of the story is what support looks for."""
    rows = [
        Row(
            str(number),
            (
                Cell(text=formatting.when_exactly(event.at), hover=formatting.exact(event.at)),
                Cell(
                    text=event.message,
                    below=_by(event),
                ),
            ),
        )
        for number, event in enumerate(job.events)
    ]
    record_table.draw("Timeline", _EVENTS, rows[::-1], key=key, becomes_cards=False)
