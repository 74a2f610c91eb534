"""How does a program read a balance and its ledger, and set the terms of an account?"""

from typing import Annotated

from fastapi import APIRouter, Query

from core.api.account_schemas import Account, Terms
from core.api.deps import ActorDep, RuntimeDep
from core.credits import queries, terms

router = APIRouter(tags=["accounts"])


@router.put("/terms/{account:path}")
def set_terms(runtime: RuntimeDep, actor: ActorDep, account: str, body: Terms) -> Terms:
    """Set what the account may do from now on; jobs that were submitted keep their price and their turn."""
    wanted = terms.Terms(rush_variant_credits=body.rush_variant_credits, in_flight_max=body.in_flight_max)
    terms.set_terms(runtime.database, actor, account=account, terms=wanted)
    return body


@router.get("/accounts/{account:path}")
def get_account(
    runtime: RuntimeDep,
    actor: ActorDep,
    account: str,
    limit: Annotated[int, Query(ge=1, le=queries.PAGE_SIZE_MAX)] = queries.PAGE_SIZE,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Account:
    """The balance and the ledger, newest first."""
    with runtime.database.read() as session:
        return Account.of(queries.statement(session, actor, name=account, before_id=cursor, limit=limit))
