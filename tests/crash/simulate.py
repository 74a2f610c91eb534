"""What does the provider do when the simulator's own faults are not enough? The same simulator behind a gateway.

`python -m tests.crash.simulate simulator --port P …` is `python -m core simulator …`, alone in a process of its own.
It draws quickly (pictures are not the question), writes down every request, and the file `gateway.json` in the folder
named by `GATEWAY_FOLDER` may tell it to answer some calls by itself, as a gateway in front of an API does.
"""

import json
import os
import re
import threading
import time
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from core.cli import app as commands
from core.provider.simulator import pictures, server
from tests.pictures_to_send import QUICK_DRAWING

FOLDER_VARIABLE = "GATEWAY_FOLDER"
RULES, REQUESTS = "gateway.json", "requests.jsonl"


class Gateway:
    """Writes down requests and, by the rules of its file, answers some or takes a header from them.

    A rule is `{"method", "path" (a pattern), "status", "detail"}` or `{"method", "path", "without": header}`.
    """

    def __init__(self, application: ASGIApp, folder: Path) -> None:
        self._application = application
        self._rules = folder / RULES
        self._requests = folder / REQUESTS
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        rule = self._rule_for(scope)
        self._note(scope, refused=rule.get("status"))
        if "status" in rule:
            await _answer(send, rule["status"], rule.get("detail", "The gateway answers this call itself."))
            return
        if "without" in rule:
            kept = [pair for pair in scope["headers"] if pair[0].decode().lower() != rule["without"]]
            scope = {**scope, "headers": kept}
        await self._application(scope, receive, send)

    def _rule_for(self, scope: Scope) -> dict[str, Any]:
        try:
            rules: list[dict[str, Any]] = json.loads(self._rules.read_text())
        except FileNotFoundError:
            return {}
        for rule in rules:
            if rule["method"] == scope["method"] and re.fullmatch(rule["path"], scope["path"]):
                return rule
        return {}

    def _note(self, scope: Scope, *, refused: int | None) -> None:
        token = dict(scope["headers"]).get(b"authorization", b"").decode().rpartition(" ")[2]
        line = {
            "at": time.time(),
            "method": scope["method"],
            "path": scope["path"],
            "by": token,
            "refused": refused,
        }
        with self._lock, self._requests.open("a") as file:
            file.write(json.dumps(line) + "\n")


async def _answer(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"title": "Gateway", "detail": detail, "status": status}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _install(folder: Path) -> None:
    pictures.stager = lambda: QUICK_DRAWING
    build = server.build_app

    def build_behind_gateway(*arguments: Any, **options: Any) -> Any:
        application = build(*arguments, **options)
        application.add_middleware(Gateway, folder=folder)
        return application

    server.build_app = build_behind_gateway


if __name__ == "__main__":
    _install(Path(os.environ[FOLDER_VARIABLE]))
    commands(prog_name="python -m core")
