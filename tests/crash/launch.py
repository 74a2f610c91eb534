"""How does the desk die at a chosen point? Its server as README starts it, with a trap at every commit and call.

`python -m tests.crash.launch run app.py …` is `streamlit run app.py …` after the traps were laid. The folder named by
`CRASH_FOLDER` says in the file `armed` at which point, and at which hit of it, the process group is to be killed, and
learns in the file `sprung` that it was. Nothing in core knows of this. The file `claims` tells which predictions this
process took in hand to ask about, and between which moments.
"""

import functools
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session
from streamlit.web import cli

from core.db.session import Database
from core.jobs import sweep
from core.provider.replicate import ReplicateProvider
from core.storage.backend import ObjectStorage
from tests.crash import blocks

FOLDER_VARIABLE = "CRASH_FOLDER"
ARMED, SPRUNG, STALLED, CLAIMS = "armed", "sprung", "stalled", "claims"
PROVIDER_CALLS = ("upload", "create", "get", "list_pages", "cancel", "download", "webhook_secrets")
STORAGE_CALLS = ("put",)


class Trap:
    """Counts the hits of the point that is armed, and kills the process group at the one that was asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._counted = ""
        self._hits = 0

    def hit(self, point: str) -> None:
        """A point was reached."""
        self._stall(point)
        with self._lock:
            armed = self._read(ARMED)
            if armed.split("\t")[0] != point:
                return
            # A trap that is laid again has other words, and is counted from nought.
            self._hits = self._hits + 1 if armed == self._counted else 1
            self._counted = armed
            if self._hits == int(armed.split("\t")[1]):
                (self._folder / SPRUNG).write_text(armed)
                os.killpg(os.getpgrp(), signal.SIGKILL)

    def _stall(self, point: str) -> None:
        """Stand still once where the file `stalled` says so, as on a machine that was suspended there."""
        stalled = self._read(STALLED)
        if stalled.split("\t")[0] == point:
            (self._folder / STALLED).unlink(missing_ok=True)
            time.sleep(float(stalled.split("\t")[1]))

    def _read(self, name: str) -> str:
        try:
            return (self._folder / name).read_text()
        except FileNotFoundError:
            return ""


def lay(trap: Trap) -> None:
    """Put a trap before and after each commit, and before and after each call of the provider and the storage."""
    Database.write = _trapped_write(trap, Database.write)  # type: ignore[method-assign]
    for owner, calls in ((ReplicateProvider, PROVIDER_CALLS), (ObjectStorage, STORAGE_CALLS)):
        room = "provider" if owner is ReplicateProvider else "storage"
        for name in calls:
            trapped = _TRAPPED.get(name, _trapped_call)
            setattr(owner, name, trapped(trap, f"{room}.{name}", getattr(owner, name)))


def _trapped_write(trap: Trap, write: Callable[[Database], AbstractContextManager[Session]]) -> Callable[..., Any]:
    def trapped(database: Database) -> AbstractContextManager[Session]:
        caller = sys._getframe(1)
        path = Path(caller.f_code.co_filename)
        name = blocks.name_at(path, caller.f_lineno) if path.is_relative_to(blocks.CORE) else "elsewhere"
        return opened(database, name)

    @contextmanager
    def opened(database: Database, name: str) -> Iterator[Session]:
        with write(database) as session:
            yield session
            trap.hit(f"{name}:before-commit")
        trap.hit(f"{name}:after-commit")

    return trapped


def _trapped_call(trap: Trap, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def trapped(*arguments: Any, **options: Any) -> Any:
        trap.hit(f"{name}:before")
        answer = call(*arguments, **options)
        trap.hit(f"{name}:after")
        return answer

    return trapped


def _trapped_pages(trap: Trap, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def trapped(*arguments: Any, **options: Any) -> Iterator[Any]:
        trap.hit(f"{name}:before")
        for page in call(*arguments, **options):
            trap.hit(f"{name}:after")
            yield page

    return trapped


def _trapped_download(trap: Trap, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @contextmanager
    def trapped(*arguments: Any, **options: Any) -> Iterator[Iterator[bytes]]:
        trap.hit(f"{name}:before")
        with call(*arguments, **options) as chunks:
            yield whole(chunks)

    def whole(chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield from chunks
        # Every byte has arrived, and none of them is stored.
        trap.hit(f"{name}:after")

    return trapped


def watch_claims(folder: Path) -> None:
    """Write down what the sweep claims: its clock was read between the two times of the line."""
    claim = sweep._claim_due

    def watched(*arguments: Any) -> Any:
        began = time.time()
        claimed = claim(*arguments)
        if claimed:
            ids = [item.prediction_id for item in claimed]
            with (folder / CLAIMS).open("a") as file:
                file.write(json.dumps({"began": began, "ended": time.time(), "predictions": ids}) + "\n")
        return claimed

    sweep._claim_due = watched


_TRAPPED = {"list_pages": _trapped_pages, "download": _trapped_download}


def main() -> None:
    """Lay the traps and run the server."""
    folder = Path(os.environ[FOLDER_VARIABLE])
    lay(Trap(folder))
    watch_claims(folder)
    cli.main(prog_name="streamlit")


if __name__ == "__main__":
    main()
