"""How does a program read a balance and its ledger?"""

from typing import Annotated

from fastapi import APIRouter, Query

from core.api.deps import ActorDep, RuntimeDep
from core.api.schemas import Account
from core.credits import queries

router = APIRouter(prefix="/accounts", tags=["accounts"])


@router.get("/{account:path}")
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
