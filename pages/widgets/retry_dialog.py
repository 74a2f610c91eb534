"""Shall what has no result be ordered again? Its price and what is left after it, said before it is charged."""

import streamlit as st

from core.auth.actors import Actor
from core.credits import queries as credit_queries
from core.jobs import manual_retry
from core.jobs.details import JobDetail
from core.jobs.manual_retry import Retryable
from pages.widgets import address, deeds, formatting, session


@st.dialog("Retry failed variants", icon=":material/replay:")
def draw(actor: Actor, job: JobDetail, wanted: Retryable) -> None:
    """Draw the dialog; on a click, order again and show the new job."""
    with session.runtime().database.read() as opened:
        balance = credit_queries.account(opened, actor, name=job.account).balance
    account = formatting.plain(job.account)
    st.markdown(f"**{formatting.plain(job.photo.file_name)}** · {account}")
    price, what = wanted.price_credits, formatting.count(wanted.variants, "variant")
    st.markdown(
        f"A new job draws {what} again, with new seeds. It keeps room, style and notes; this job stays as it is, and "
        "they are linked."
    )
    st.markdown(f"{account}: {formatting.number(balance)} → **{formatting.number(balance - price)}** credits")
    is_short = balance < price
    clicked = st.button(
        f"Retry for {formatting.credits(price)}",
        type="primary",
        icon=":material/replay:",
        disabled=is_short,
        help="The account has not enough credits. A manager can grant more." if is_short else None,
        key="retry-now",
    )
    if clicked:
        made = deeds.attempt(
            lambda: manual_retry.retry_job(
                session.runtime().desk, actor, job_id=job.id, idempotency_key=deeds.opening()
            )
        )
        if made is not None:
            address.keep("job", made.jobs[0].id)
            deeds.tell(f"{formatting.credits(made.jobs[0].credits_used)} used: the retry is on its way.")
            st.rerun()
