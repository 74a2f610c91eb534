"""The whole application: imported by the server it is an ASGI app; run by a session it draws the navigation."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def _serve() -> st.App:
    from streamlit.runtime.pages_manager import PagesManager

    from core import server

    # With a folder named pages/, a first visitor's deep link would run that page alone, without this file.
    PagesManager.uses_pages_directory = False
    return st.App(__file__, routes=server.routes(), lifespan=server.lifespan)


if get_script_run_ctx() is None:
    app = _serve()
else:
    from pages.widgets import shell

    shell.draw()
