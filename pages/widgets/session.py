"""Who looks at this page, and with which tools? Every page's first line asks here."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from core import errors
from core import runtime as core_runtime
from core.auth import users
from core.auth.actors import Actor
from core.auth.users import Identity
from core.credits import queries as credit_queries
from core.credits.queries import AccountBalance
from core.runtime import Runtime
from pages.widgets import role_switch, sign_in
from pages.widgets import visitor as visitors
from pages.widgets.visitor import Stranger

_ENTERED = "entered_by_app"
_TOKEN = "session_token"  # noqa: S105 - the name under which it is kept
_KNOWN = "known_visitor"
# One run of a page asks often; what a click starts is a run of its own, and must not go by what the last one found.
_LOOKED_UP_FOR_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom a sign-in stood for when it was last looked up."""

    identity: Identity
    found: Actor | Stranger
    looked_up_at: float


def enter() -> None:
    """Note that this run began in `app.py`, so that a page which runs alone can tell."""
    st.session_state[_ENTERED] = True


def require_actor() -> Actor:  # noqa: RET503 - st.stop() and st.switch_page() never return
    """The person at this page. Without one, or when the page was not reached through `app.py`, it ends here.

    In development that is the local user, in the role chosen in the sidebar, and nobody from elsewhere. In production
    it is who signed in; without a role they are shown whom to ask, and nothing else.
    """
    if not st.session_state.pop(_ENTERED, False):
        st.switch_page("app.py")
    found = visitor()
    if isinstance(found, Actor):
        return found
    draw_stranger(found)
    st.stop()


def visitor() -> Actor | Stranger:
    """Who is at this page, or why nobody is who may see it. In production the role is as it is now."""
    if core_runtime.current().settings.is_production:
        return _signed_in()
    address = st.context.ip_address
    # A text or nothing, but for AppTest: it has no connection, and a stand-in in the place of one.
    if not visitors.is_local(address if isinstance(address, str) else None, dict(st.context.headers)):
        return Stranger.NOT_LOCAL
    return role_switch.chosen(all_accounts())


def runtime() -> Runtime:
    """The tools of this process, for one who still is whom the page was drawn for.

    A page's parts run without the page: dialogs, and what refreshes by itself. So it is here, on the way to every
    reading and every change, that a role which was taken away, or a sign-in which is over, draws the page anew.
    """
    known = st.session_state.get(_KNOWN)
    if known is not None and _signed_in() != known.found:
        st.rerun()
    return core_runtime.current()


def still(actor: Actor) -> Callable[[], Actor]:
    """For what runs beside the page, such as making a file to download: who they are by then.

    The call that is returned raises PermissionDenied if their role is another one by then.
    """
    current = core_runtime.current()
    known: _Known | None = st.session_state.get(_KNOWN)

    def check() -> Actor:
        if known is not None and (visitors.has_expired(known.identity) or _found(current, known.identity) != actor):
            raise errors.PermissionDenied("Your role has changed, or your sign-in is over. Reload the page.")
        return actor

    return check


def sign_out() -> None:
    """End this sign-in and every earlier one of the same person: what they left open elsewhere is over too."""
    identity = visitors.identify(st.user.to_dict())
    try:
        if not isinstance(identity, Stranger):
            users.sign_out(core_runtime.current().database, identity)
    finally:
        st.logout()


def draw_stranger(stranger: Stranger) -> None:
    """Draw what somebody sees who may not come in; nothing of the desk's is on it but whom to ask."""
    if stranger is not Stranger.NO_ROLE:
        sign_in.draw(stranger)
        return
    sign_in.draw(stranger, email=str(st.user.get("email") or ""), managers=managers(), sign_out=sign_out)


def managers() -> list[str]:
    """Whom one can ask for a role; in development, the switch."""
    current = core_runtime.current()
    if not current.settings.is_production:
        return []
    with current.database.read() as opened:
        return users.managers(opened)


def all_accounts() -> list[AccountBalance]:
    """Every account there is, for the switch of development: nobody is asked for permission."""
    with core_runtime.current().database.read() as opened:
        return credit_queries.accounts(opened, role_switch.local_actor())


def account_name(actor: Actor) -> str:
    """The account that the actor is bound to."""
    with runtime().database.read() as opened:
        return credit_queries.account(opened, actor, name=None).name


def are_webhooks_requested() -> bool:
    """Whether Replicate is asked to bring its news: only where it could."""
    return runtime().desk.webhook_base_url is not None


def token() -> str:
    """A random word that stays the same for this browser tab, from which idempotency keys are made."""
    if _TOKEN not in st.session_state:
        st.session_state[_TOKEN] = secrets.token_hex(16)
    return str(st.session_state[_TOKEN])


def _found(current: Runtime, identity: Identity) -> Actor | Stranger:
    try:
        return users.sign_in(current.database, identity) or Stranger.NO_ROLE
    except errors.SignInOver:
        return Stranger.EXPIRED


def _signed_in() -> Actor | Stranger:
    identity = visitors.identify(st.user.to_dict())
    if isinstance(identity, Stranger):
        return identity
    known: _Known | None = st.session_state.get(_KNOWN)
    now = time.monotonic()
    if known is not None and known.identity == identity and now - known.looked_up_at < _LOOKED_UP_FOR_SECONDS:
        return known.found
    found = _found(core_runtime.current(), identity)
    st.session_state[_KNOWN] = _Known(identity, found, now)
    return found
