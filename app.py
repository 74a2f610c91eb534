"""The whole application: imported by the server it is an ASGI app; run by a session it draws the navigation."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

if get_script_run_ctx(suppress_warning=True) is None:
    from core import server

    # With a folder named pages/, a first visitor's deep link would run that page alone, without this file.
    PagesManager.uses_pages_directory = False
    # Streamlit reads this file for just such a call before it imports it; it can't stand in a function.
    app = st.App(__file__, routes=server.routes(), lifespan=server.lifespan)
else:
    from pages.widgets import shell

    shell.draw()
