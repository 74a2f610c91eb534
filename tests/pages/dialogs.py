"""What stands inside a dialog? It is drawn by itself, because `AppTest` runs whole pages and would close it."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest


def inside(draw: Callable[..., None], *arguments: Any) -> AppTest:
    """The inside of the dialog that this call would open."""

    def page(draw, arguments):
        draw.__wrapped__(*arguments)

    app = AppTest.from_function(page, args=(draw, arguments), default_timeout=20).run()
    assert not app.exception, app.exception[0].stack_trace
    return app
