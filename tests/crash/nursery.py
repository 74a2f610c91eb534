"""How is a server restarted a hundred times without importing everything a hundred times? It is forked off.

`python -m tests.crash.nursery` imports what the server imports, and starts nothing. For each line that it reads it
forks a process, which becomes the leader of a group of its own and goes on as `tests.crash.launch` would; so every
server still begins with nothing but its modules. Whoever asks learns the process's id, and later how it ended.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
START, POLL = "start", "poll"


class Nursery:
    """The side of whoever wants servers; safe for use by many threads."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.nursery"],
            cwd=_ROOT,
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, words: Sequence[str], *, log: Path, variables: Mapping[str, str]) -> int:
        """Start a server with these words on its command line; the id of its process and group."""
        return int(self._ask(do=START, words=list(words), log=str(log), variables=dict(variables)))

    def poll(self, pid: int) -> int | None:
        """The return code of the process (minus the signal's number), or None while it runs."""
        code: int | None = self._ask(do=POLL, pid=pid)
        return code

    def _ask(self, **request: object) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        with self._lock:
            stdin.write(json.dumps(request) + "\n")
            stdin.flush()
            return json.loads(stdout.readline())


def _serve() -> dict[str, Any]:
    """Answer until the other side is gone; returns in a forked process alone, with what it was started for."""
    ended: dict[int, int] = {}
    while line := sys.stdin.readline():
        request: dict[str, Any] = json.loads(line)
        if request["do"] == START:
            pid = os.fork()
            if pid == 0:
                return request
            answer: int | None = pid
        else:
            answer = _return_code(request["pid"], ended)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    sys.exit()


def _return_code(pid: int, ended: dict[int, int]) -> int | None:
    if pid not in ended:
        found, status = os.waitpid(pid, os.WNOHANG)
        if not found:
            return None
        ended[pid] = os.waitstatus_to_exitcode(status)
    return ended[pid]


def _settle_in(request: dict[str, Any]) -> None:
    """Leave everything of the parent's behind but its modules."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for target, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(request["variables"])
    sys.argv = ["streamlit", *request["words"]]


if __name__ == "__main__":
    # What the server and its first request import; none of it opens a file, a socket or a thread.
    import dbos  # noqa: F401
    import streamlit.web.bootstrap  # noqa: F401
    import uvicorn  # noqa: F401

    import core.server  # noqa: F401
    from tests.crash import launch

    _settle_in(_serve())
    launch.main()
