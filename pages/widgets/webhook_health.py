"""How is the provider's news doing? One quiet line for support, and a warning when it has stopped coming."""

import streamlit as st

from core import clock
from core.webhooks.health import WebhookHealth
from pages.widgets import formatting

_NOT_ASKED_FOR = "Webhooks are not asked for (there is no public https address): the sweep brings all news."


def draw(health: WebhookHealth, *, are_requested: bool) -> None:
    """Draw what is known of the last 24 hours."""
    if not are_requested:
        st.caption(f":material/webhook: {_NOT_ASKED_FOR}")
    elif health.is_quiet:
        last = "none was received so far"
        if health.last_received_at is not None:
            last = f"the last one came {formatting.ago(health.last_received_at, clock.now())} ago"
        st.warning(
            f"Webhooks have gone quiet: {last}, and results arrive through the sweep alone. Nothing is lost, each "
            "takes up to two seconds longer. See that Replicate can reach the public address, and that "
            "REPLICATE_WEBHOOK_SECRET, where it is set, is the one that Replicate signs with.",
            icon=":material/webhook:",
        )
    else:
        st.caption(f":material/webhook: {_words(health)}")
    if health.unknown:
        _draw_unknown(health)


def _words(health: WebhookHealth) -> str:
    if health.last_received_at is None:
        return "Webhooks are asked for; none was received so far."
    share, settled = formatting.percent(health.share), formatting.count(health.settled, "variant")
    ago = formatting.ago(health.last_received_at, clock.now())
    return f"Webhooks brought {share} of {settled} settled in 24 h, the last one {ago} ago."


def _draw_unknown(health: WebhookHealth) -> None:
    title = f"{formatting.count(len(health.unknown), 'webhook')} about unknown predictions in 24 h"
    with st.expander(title, icon=":material/help:", type="compact"):
        st.caption("Correctly signed, but no variant here owns these predictions. They were kept and change nothing.")
        for one in health.unknown:
            when = formatting.plain(formatting.exact(one.received_at))
            st.markdown(f"{formatting.plain(one.prediction_id)} :gray[{when}]")
