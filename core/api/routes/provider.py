"""How does a program see a prediction as the provider sees it?"""

from fastapi import APIRouter

from core.api.deps import ActorDep, RuntimeDep
from core.api.document import problems
from core.api.schemas import PredictionView
from core.jobs import manual_sync

router = APIRouter(prefix="/replicate", tags=["replicate"])


@router.get("/status/{prediction_id}", responses=problems(502, 503))
def prediction_status(runtime: RuntimeDep, actor: ActorDep, prediction_id: str) -> PredictionView:
    """The provider's own view of a prediction, now, in the provider's words."""
    return dict(manual_sync.provider_view(runtime.desk, actor, prediction_id=prediction_id).raw)
