"""What does each call need? The runtime it works with and the actor who makes it."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from core import errors
from core.auth import api_keys
from core.auth.actors import Actor
from core.runtime import Runtime

_bearer = HTTPBearer(auto_error=False, description="An API key: `python -m core api-key create`")


def get_runtime(request: Request) -> Runtime:
    """The runtime that the application was built with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


RuntimeDep = Annotated[Runtime, Depends(get_runtime)]


def get_optional_actor(
    runtime: RuntimeDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Actor | None:
    """Whose key this is, or None where none was sent.

    Raises:
        NotAuthenticated: if the key is unknown or revoked.
        KeyMakerWithoutRole: if whoever made it has no role any more.
    """
    if credentials is None:
        return None
    with runtime.database.read() as session:
        found = api_keys.find_actor(session, credentials.credentials)
    if found.last_use_is_old:
        with runtime.database.write() as session:
            api_keys.note_use(session, credentials.credentials)
    return found.actor


OptionalActorDep = Annotated[Actor | None, Depends(get_optional_actor)]


def get_actor(actor: OptionalActorDep) -> Actor:
    """Whose key this is.

    Raises:
        NotAuthenticated: if there is none.
    """
    if actor is None:
        raise errors.NotAuthenticated
    return actor


ActorDep = Annotated[Actor, Depends(get_actor)]
