"""Which of many photos can be staged, and what is made ready of each?

Photos are decoded side by side, as many at once as the process decodes at all, and few are in memory at a time.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from core import errors
from core.images import pool
from core.jobs import photos
from core.jobs.photos import PreparedUpload, Upload
from core.listings.refusals import Refusal

# One more than are worked on, so that no thread waits while the next is read.
_AHEAD: Final = 1


def inspect(
    uploads: Iterable[Upload | Refusal], *, threads_count: int = pool.SLOTS
) -> Iterator[PreparedUpload | Refusal]:
    """Each photo's own outcome as soon as it and those before it are done; what was refused before is passed on.

    The order is kept. `uploads` is read only as fast as the outcomes are taken: at most `threads_count` + 2 photos
    are in memory. A photo that found no turn to be decoded in time is refused with the retryable `PicturesBusy`.
    """
    waiting: deque[Future[PreparedUpload | Refusal]] = deque()
    threads = ThreadPoolExecutor(threads_count, thread_name_prefix="inspection")
    try:
        for upload in uploads:
            waiting.append(threads.submit(_outcome, upload))
            if len(waiting) > threads_count + _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # Whoever stops listening does not pay for the rest; what runs is short and bounded.
        threads.shutdown(wait=True, cancel_futures=True)


def _outcome(upload: Upload | Refusal) -> PreparedUpload | Refusal:
    if isinstance(upload, Refusal):
        return upload
    try:
        return photos.prepare(upload)
    except (errors.PhotoRefused, errors.PicturesBusy) as refused:
        return Refusal(upload.file_name, refused)
