"""Refunds: what waits for a manager, what was given back, and why."""

import functools
from collections.abc import Sequence

import streamlit as st

from core.auth.actors import Actor
from core.auth.roles import Action
from core.credits import queries as credit_queries
from core.jobs import refund_queries
from core.jobs.refund_queries import RefundDetail, RefundFilter
from pages.widgets import (
    deeds,
    formatting,
    paging,
    pause_banner,
    refund_filters,
    refund_list,
    refund_requests,
    session,
)


def _page() -> None:
    actor = session.require_actor()
    st.title("Refunds", anchor=False)
    pause_banner.draw()
    deeds.draw_notice()
    if not actor.may(Action.REFUND):
        st.info("Refunds are for support and managers. Ask one of them.", icon=":material/lock:")
        return
    with session.runtime().database.read() as opened:
        accounts = [account.name for account in credit_queries.accounts(opened, actor)]
        waiting = refund_queries.waiting(opened, actor)
    refund_requests.draw(actor, waiting)
    wanted = refund_filters.draw(accounts)
    shown = paging.read(functools.partial(_read, actor, wanted), of=wanted, key="refunds")
    if not shown.items:
        _draw_empty(is_narrowed=wanted != RefundFilter())
        return
    _draw_totals(actor, wanted)
    job_id = refund_list.draw(shown.items)
    if job_id:
        st.switch_page("pages/monitor.py", query_params={"job": job_id})
    paging.draw(shown, noun="refund", key="refunds")


def _read(actor: Actor, wanted: RefundFilter, before_id: str | None) -> tuple[Sequence[RefundDetail], str | None]:
    with session.runtime().database.read() as opened:
        page = refund_queries.refunds(opened, actor, wanted, before_id=before_id, limit=paging.PAGE_SIZE)
    return page.refunds, page.next_before_id


def _draw_totals(actor: Actor, wanted: RefundFilter) -> None:
    with session.runtime().database.read() as opened:
        totals = refund_queries.totals_by_reason(opened, actor, wanted)
    database, still = session.runtime().database, session.still(actor)
    with st.container(horizontal=True, vertical_alignment="top"):
        refund_list.draw_totals(totals)
        st.download_button(
            "CSV",
            data=lambda: refund_queries.export_csv(database, still(), wanted),
            file_name=f"refunds-{formatting.today():%Y-%m-%d}.csv",
            mime="text/csv",
            icon=":material/download:",
            help="What the filters show, newest first. That it was exported is written to the audit log.",
            key="refunds-csv",
        )


def _draw_empty(*, is_narrowed: bool) -> None:
    with st.container(border=True, horizontal_alignment="center"):
        if is_narrowed:
            st.markdown("**No refund is like that.** Take a filter back.")
            st.button("Clear all filters", icon=":material/filter_alt_off:", on_click=refund_filters.clear)
            return
        st.markdown(
            "**No refunds by people yet.** What the desk returns by itself, for variants without a result, stands in "
            "the accounts' statements. To refund a job, open it on the Monitor."
        )
        st.page_link("pages/monitor.py", label="Open the Monitor", icon=":material/monitor_heart:")


_page()
