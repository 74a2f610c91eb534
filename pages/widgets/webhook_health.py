"""Is there something wrong with the provider's news? A warning when it has stopped coming, and what nobody knew."""

import streamlit as st

from core import clock
from core.webhooks.health import WebhookHealth
from pages.widgets import formatting


def is_of_note(health: WebhookHealth) -> bool:
    """Whether there may be something to draw."""
    return health.is_quiet or bool(health.unknown)


def draw(health: WebhookHealth, *, are_requested: bool) -> None:
    """Draw what is wrong over the last 24 hours; nothing if nothing is."""
    if are_requested and health.is_quiet:
        last = "none was received so far"
        if health.last_received_at is not None:
            last = f"the last one came {formatting.ago(health.last_received_at, clock.now())} ago"
        st.warning(
            f"Webhooks have gone quiet: {last}, and results arrive through the sweep alone. Nothing is lost, each "
            "takes up to two seconds longer. See that Replicate can reach the public address, and that "
            "REPLICATE_WEBHOOK_SECRET, where it is set, is the one that Replicate signs with.",
            icon=":material/webhook:",
        )
    if health.unknown:
        _draw_unknown(health)


def _draw_unknown(health: WebhookHealth) -> None:
    title = f"{formatting.count(len(health.unknown), 'webhook')} about unknown predictions in 24 h"
    with st.expander(title, icon=":material/help:", type="compact"):
        st.caption("Correctly signed, but no variant here owns these predictions. They were kept and change nothing.")
        for one in health.unknown:
            when = formatting.plain(formatting.exact(one.received_at))
            st.markdown(f"{formatting.plain(one.prediction_id)} :gray[{when}]")
