"""How does a program learn which models draw, and switch them?"""

from fastapi import APIRouter

from core.api.deps import ActorDep, RuntimeDep
from core.api.document import problems
from core.api.model_schemas import Model, ModelChange, ModelList
from core.auth.roles import Action
from core.jobs import model_settings

router = APIRouter(tags=["models"])


@router.get("/models")
def list_models(runtime: RuntimeDep, actor: ActorDep) -> ModelList:
    """The models that new jobs may use; managers see those that are off as well, and what each costs."""
    with runtime.database.read() as session:
        states = model_settings.models(session, actor)
    with_cost = actor.may(Action.MANAGE_MODELS)
    return ModelList(items=[Model.of(state, with_cost=with_cost) for state in states])


@router.patch("/models/{owner}/{name}", responses=problems(400, 409, 413))
def change_model(runtime: RuntimeDep, actor: ActorDep, owner: str, name: str, body: ModelChange) -> Model:
    """Switch a model on or off for new jobs, or make it their default; jobs that were submitted keep theirs."""
    state = model_settings.change(
        runtime.database, actor, model=f"{owner}/{name}", is_on=body.is_on, is_default=body.is_default
    )
    return Model.of(state, with_cost=True)
