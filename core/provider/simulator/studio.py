"""Who draws, and when? A small pool of threads that starts on a prediction's picture as soon as it is created."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from core import logs
from core.provider.simulator import catalog, pictures
from core.provider.simulator.faults import Fault
from core.provider.simulator.pictures import Drawing, InputUnreadable
from core.provider.simulator.records import Record
from core.provider.simulator.sources import InputSources, InputUnavailable

_log = logs.get(__name__)

DRAWING_THREADS = 2
DRAWING_SEEDS = 2**32
DRAWING_FAILED = "The model stopped with an unexpected error."

# Called in a drawing thread with the prediction's id, and either the picture's size in bytes or an error text.
Finished = Callable[[str, int | None, str | None], None]


class Studio:
    """Draws pictures into files named by their predictions; many may wait, two are drawn at a time."""

    def __init__(self, *, sources: InputSources, outputs_dir: Path, drawing: Drawing | None = None) -> None:
        self._sources = sources
        self._outputs_dir = outputs_dir
        self._drawing = drawing
        self._pool = ThreadPoolExecutor(DRAWING_THREADS, thread_name_prefix="simulator-drawing")
        self._waiting: dict[str, Future[None]] = {}
        outputs_dir.mkdir(parents=True, exist_ok=True)

    @property
    def pending(self) -> int:
        """How many pictures are waiting or being drawn."""
        return len(self._waiting)

    def submit(self, record: Record, *, finished: Finished) -> None:
        """Have the picture of a prediction drawn; `finished` is called once, unless it is forgotten first."""
        future = self._pool.submit(self._draw, record, finished)
        self._waiting[record.id] = future
        future.add_done_callback(lambda _: self._waiting.pop(record.id, None))

    def forget(self, record: Record) -> None:
        """Do not draw a prediction's picture if that has not begun, and delete what was drawn."""
        if future := self._waiting.get(record.id):
            future.cancel()
        self.output_path(record).unlink(missing_ok=True)

    def output_path(self, record: Record) -> Path:
        """Where a prediction's picture is kept."""
        return self._outputs_dir / f"{record.id}.{record.output_format}"

    def close(self) -> None:
        """End the threads; what was not begun is drawn after the next start."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _draw(self, record: Record, finished: Finished) -> None:
        try:
            data = self._picture(record)
            path = self.output_path(record)
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(data)
            unfinished.replace(path)
        except (InputUnreadable, InputUnavailable) as exception:
            finished(record.id, None, str(exception))
        except Exception:
            _log.exception("simulated drawing failed", prediction_id=record.id)
            finished(record.id, None, DRAWING_FAILED)
        else:
            finished(record.id, len(data), None)

    def _picture(self, record: Record) -> bytes:
        if self._drawing is None:
            self._drawing = pictures.stager()
        url = catalog.image_url(record.input)
        return pictures.draw(
            self._sources.read(url) if url else None,
            prompt=record.input["prompt"],
            # Any integer is a seed to the API; generators of random numbers want a small one.
            seed=record.seed % DRAWING_SEEDS,
            aspect_ratio=catalog.aspect_ratio(record.model, record.input),
            output_format=record.output_format,
            drawing=replace(self._drawing, stage=pictures.leave)
            if Fault.UNFURNISHED in record.faults
            else self._drawing,
        )
