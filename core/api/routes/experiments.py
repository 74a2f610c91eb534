"""How does a program read which ways to stage are compared, and what that has shown?"""

from fastapi import APIRouter

from core.api.deps import ActorDep, RuntimeDep
from core.api.experiment_schemas import Experiment, ExperimentList, ExperimentResults
from core.jobs import experiment_desk

router = APIRouter(tags=["experiments"])


@router.get("/experiments")
def list_experiments(runtime: RuntimeDep, actor: ActorDep) -> ExperimentList:
    """Every experiment, the latest first."""
    with runtime.database.read() as session:
        found = experiment_desk.experiments(session, actor)
    return ExperimentList(items=[Experiment.of(one) for one in found])


@router.get("/experiments/{experiment_id}")
def get_experiment(runtime: RuntimeDep, actor: ActorDep, experiment_id: str) -> ExperimentResults:
    """One experiment with what it has shown so far: each measure of each arm, and the verdict."""
    with runtime.database.read() as session:
        results = experiment_desk.read(session, actor, experiment_id)
    return ExperimentResults.of_results(results)
