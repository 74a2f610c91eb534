"""How are answers written down? As JSON in ASCII, which can hold any text a client sent, valid or not."""

import json
from typing import Any

from fastapi.responses import JSONResponse


class JsonAnswer(JSONResponse):
    """A JSON answer. Half a surrogate pair in a prompt would break UTF-8, and with it every list it is in."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return json.dumps(content, separators=(",", ":")).encode("ascii")
