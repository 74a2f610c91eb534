"""What does the API answer about the account, its webhook secret and the models?"""

from fastapi import APIRouter, Depends, Request, Response

from core.provider.simulator import catalog, problems
from core.provider.simulator.assembly import ACCOUNT, of, require_bearer
from core.provider.simulator.json_answer import JsonAnswer

router = APIRouter(prefix="/v1", dependencies=[Depends(require_bearer)])


@router.get("/account")
async def get_account() -> Response:
    """Whose token this is."""
    return JsonAnswer({"type": "user", "username": ACCOUNT, "name": "Replicate simulator"})


@router.get("/webhooks/default/secret")
async def get_webhook_secret(request: Request) -> Response:
    """The key that webhooks are signed with."""
    return JsonAnswer({"key": of(request).webhook_secret})


@router.get("/models/{owner}/{name}")
async def get_model(request: Request, owner: str, name: str) -> Response:
    """One model, with the schema of its input."""
    model = f"{owner}/{name}"
    if model not in catalog.MODELS:
        raise problems.not_found()
    return JsonAnswer(catalog.model_view(model, run_count=of(request).store.counters().get("predictions", 0)))
