"""Stage: one photo becomes two furnished variants, in front of one's eyes."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from core import clock, errors
from core.auth.actors import Actor
from core.credits import queries as credit_queries
from core.credits.queries import AccountBalance
from core.jobs import queries, service
from core.jobs.details import JobDetail
from core.jobs.dispatch import QUEUE_TIMEOUT
from core.jobs.photos import Upload
from core.jobs.states import Priority
from pages.widgets import formatting, job_view, look_card, pause_banner, photo_card, session, states
from pages.widgets.look_card import ChosenLook
from pages.widgets.photo_card import ChosenPhoto

_REFRESH_MS = 1_000
_JOB = "job"
_STAGED = "staged_keys"
_FINISHED = "just_finished"
_NOTICE = "stage_notice"
_PRICE = "price_that_was_clicked"
_POLL_MARGIN = timedelta(seconds=60)


def _page() -> None:
    actor = session.require_actor()
    st.title("Stage a photo", anchor=False)
    job_id = st.query_params.get(_JOB)
    if not job_id:
        pause_banner.draw()
    with session.runtime().database.read() as opened:
        accounts = credit_queries.accounts(opened, actor)
        usual_account_id = queries.last_account_charged(opened, actor)
    left, right = st.columns(2)
    with left:
        photo = photo_card.draw()
    with right, st.container(border=True, height="stretch"):
        look = look_card.draw()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            account = look_card.draw_account(accounts, usual_account_id=usual_account_id)
            button = st.container(width="content")
        priority = Priority.RUSH if account is not None and look_card.draw_rush(account) else Priority.NORMAL
        key = _idempotency_key(photo, look, account, priority)
        is_known = _was_staged_before(actor, photo, look, account) and key not in st.session_state.get(_STAGED, ())
        new_seeds = is_known and _draw_known()
        price = 0 if is_known and not new_seeds else look_card.price_of(account, is_rush=priority is Priority.RUSH)
        with button:
            is_clicked, reason = _draw_button(photo, look, account, price=price, key=key)
        if account is not None and price:
            look_card.draw_balance(account, price)
        if reason:
            st.caption(reason)
        if is_clicked and photo is not None and account is not None:
            _submit(actor, _request(photo, look, account, priority, key, new_seeds=new_seeds))
    notice = st.session_state.pop(_NOTICE, "")
    if notice:
        st.toast(notice, icon=":material/info:")
    if job_id:
        _draw_job(actor, job_id)


def _was_staged_before(
    actor: Actor, photo: ChosenPhoto | None, look: ChosenLook, account: AccountBalance | None
) -> bool:
    if photo is None or account is None or look.refusal:
        return False
    with session.runtime().database.read() as opened:
        found = service.staged_before(
            opened,
            actor,
            account=account.name,
            photo_sha256=photo.sha256,
            room_type=look.room_type,
            style=look.style,
            instructions=look.instructions,
        )
    return found is not None


def _draw_known() -> bool:
    """Say that the account has this already; whether it is wanted anew all the same."""
    st.info(
        "This photo was staged with just this look before: its variants are shown at no charge.",
        icon=":material/history:",
    )
    return st.toggle("Stage it anew, with new seeds", key="new-seeds")


def _draw_button(
    photo: ChosenPhoto | None, look: ChosenLook, account: AccountBalance | None, *, price: int, key: str
) -> tuple[bool, str]:
    """Draw the button: whether it was clicked, and why it can't be."""
    reason = _why_not(photo, look, account, price)
    if not reason and key in st.session_state.get(_STAGED, ()):
        reason = "This is staged already. Change something, or stage again with new seeds below."
    is_clicked = st.button(
        look_card.price_label(price) if price else "Show its variants · 0 credits",
        type="primary",
        icon=":material/chair:",
        disabled=bool(reason),
        help=reason or None,
        key="stage",
        on_click=_remember_price,
        args=(price,),
    )
    return is_clicked, reason


def _remember_price(price_credits: int) -> None:
    """What the button said when it was clicked: by the time the page is drawn anew, it may be another price."""
    st.session_state[_PRICE] = price_credits


def _request(
    photo: ChosenPhoto, look: ChosenLook, account: AccountBalance, priority: Priority, key: str, *, new_seeds: bool
) -> service.StageRequest:
    return service.StageRequest(
        uploads=[Upload(file_name=photo.file_name, data=photo.data)],
        room_type=look.room_type,
        style=look.style,
        instructions=look.instructions,
        priority=priority,
        account=account.name,
        idempotency_key=f"{key} anew" if new_seeds else key,
        new_seeds=new_seeds,
    )


def _why_not(photo: ChosenPhoto | None, look: ChosenLook, account: AccountBalance | None, price: int) -> str:
    if look.refusal:
        return "Change the notes first."
    if photo is None:
        return "Choose a photo first."
    if account is None:
        return "There is no account to charge."
    if account.balance < price:
        return "The account has not enough credits."
    return ""


def _idempotency_key(
    photo: ChosenPhoto | None, look: ChosenLook, account: AccountBalance | None, priority: Priority
) -> str:
    """The same for the same choices in the same tab, so that a double click makes one job."""
    content = (
        session.token(),
        photo.sha256 if photo else "",
        photo.file_name if photo else "",
        look.room_type,
        look.style,
        look.instructions,
        account.id if account else 0,
        priority.value,
    )
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _submit(actor: Actor, request: service.StageRequest) -> None:
    try:
        with st.spinner("Checking the photo and taking the order …"):
            agreed = replace(request, expected_credits=st.session_state.pop(_PRICE, None))
            submission = service.submit(session.runtime().desk, actor, agreed)
    except errors.StagingError as error:
        st.error(formatting.refusal(error), icon=":material/error:")
        return
    if submission.repeated:
        st.session_state[_NOTICE] = "This was staged before: here it is. Nothing was charged again."
    st.session_state.setdefault(_STAGED, set()).add(request.idempotency_key)
    st.query_params[_JOB] = submission.jobs[0].id
    st.rerun()


def _draw_job(actor: Actor, job_id: str) -> None:
    try:
        with session.runtime().database.read() as opened:
            job = queries.job(opened, actor, job_id=job_id)
    except errors.JobNotFound as error:
        st.warning(formatting.plain(error.message), icon=":material/search_off:")
        return
    if job.state.is_terminal:
        pause_banner.draw()
        _announce(job)
        _draw_result(job)
        _draw_again(actor, job)
    else:
        _draw_progress(actor, job_id)


@st.fragment
def _draw_progress(actor: Actor, job_id: str) -> None:
    """Redraws itself every second until the job has ended, or should have."""
    # Here, where it comes and goes while somebody waits.
    pause_banner.draw()
    with session.runtime().database.read() as opened:
        job = queries.job(opened, actor, job_id=job_id)
    if job.state.is_terminal:
        st.session_state[_FINISHED] = job.id
        st.rerun()
    limit = QUEUE_TIMEOUT + timedelta(seconds=session.runtime().settings.job_timeout_seconds) + _POLL_MARGIN
    if clock.now() - job.created_at > limit:
        st.warning(
            "This job has passed its time limit, so this page no longer asks. Nothing is lost: it is ended and"
            " refunded by the desk. See it on the Monitor page, or look again.",
            icon=":material/timer_off:",
        )
        st.button("Look again", icon=":material/refresh:", key="look-again")
    else:
        st_autorefresh(interval=_REFRESH_MS, key=f"refresh-{job_id}")
    _draw_result(job)


def _draw_result(job: JobDetail) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(formatting.plain(job.photo.file_name), anchor=False, width="content")
        states.badge(job.state)
        price = formatting.credits(job.credits_used)
        st.caption(f"{formatting.plain(job.account)} · job {formatting.short_id(job.id)} · {price}", width="content")
    sentence = job_view.outcome(job)
    if sentence:
        st.caption(sentence)
    with session.runtime().database.read() as opened:
        typical = queries.typical_times(opened)
    job_view.draw_variants(job, typical)


def _announce(job: JobDetail) -> None:
    if st.session_state.pop(_FINISHED, None) == job.id:
        look = states.JOB_LOOKS[job.state]
        st.toast(f"{formatting.plain(job.photo.file_name)}: {job_view.outcome(job)}", icon=f":material/{look.icon}:")


def _draw_again(actor: Actor, job: JobDetail) -> None:
    with session.runtime().database.read() as opened:
        account = credit_queries.account(opened, actor, name=job.account)
    is_rush = job.priority == Priority.RUSH and account.terms.rush_variant_credits is not None
    price = look_card.price_of(account, is_rush=is_rush)
    clicked = st.button(
        look_card.price_label(price, again=True),
        icon=":material/casino:",
        help="The same photo and look, charged to the same account, with two fresh seeds.",
        key="again",
        on_click=_remember_price,
        args=(price,),
    )
    if clicked:
        # One key a job: a double click on this button orders once.
        key = hashlib.sha256(f"{session.token()} again {job.id}".encode()).hexdigest()
        try:
            data = session.runtime().storage.get(job.photo.original_key)
        except errors.StagingError as error:
            st.error(formatting.refusal(error), icon=":material/error:")
            return
        _submit(
            actor,
            service.StageRequest(
                uploads=[Upload(file_name=job.photo.file_name, data=data)],
                room_type=job.room_type,
                style=job.style,
                instructions=job.instructions,
                priority=Priority.RUSH if is_rush else Priority.NORMAL,
                account=job.account,
                idempotency_key=key,
                new_seeds=True,
            ),
        )


_page()
