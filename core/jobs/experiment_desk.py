"""What can managers do with experiments? Define, start, stop, and read what they have shown."""

from sqlalchemy.orm import Session

from core import errors, logs
from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.auth.roles import Action
from core.db.session import Database
from core.experiments import design as designs
from core.experiments import records, results
from core.experiments.design import Design, Flaw, Surroundings
from core.experiments.records import ExperimentRecord
from core.experiments.results import Results
from core.jobs import model_settings
from core.prompts import compose, presets
from core.provider import registry

NAME_MAX = 100
HYPOTHESIS_MAX = 1_000
_log = logs.get(__name__)


def surroundings(session: Session) -> Surroundings:
    """What an arm may choose from now."""
    return Surroundings(
        prompt_versions=tuple(compose.TEMPLATES),
        models={name: registry.find(name).adjustable for name in sorted(model_settings.names_on(session))},
        room_types=tuple(presets.ROOM_TYPES),
    )


def experiments(session: Session, actor: Actor) -> list[ExperimentRecord]:
    """Every experiment, the latest first.

    Raises:
        PermissionDenied: if the actor may not run experiments.
    """
    actor.require(Action.MANAGE_EXPERIMENTS)
    return records.all_of(session)


def jobs_assigned(session: Session, actor: Actor) -> dict[str, int]:
    """How many jobs each experiment has that has any, by its id.

    Raises:
        PermissionDenied: if the actor may not run experiments.
    """
    actor.require(Action.MANAGE_EXPERIMENTS)
    return records.jobs_assigned(session)


def read(session: Session, actor: Actor, experiment_id: str) -> Results:
    """What the experiment has shown so far.

    Raises:
        PermissionDenied, ExperimentNotFound: who or what.
    """
    actor.require(Action.MANAGE_EXPERIMENTS)
    return results.read(session, records.find(session, experiment_id))


def flaws(session: Session, design: Design) -> tuple[Flaw, ...]:
    """What is wrong with the design, in the order of the form."""
    return designs.flaws(design, within=surroundings(session))


def define(database: Database, actor: Actor, design: Design, *, hypothesis: str) -> str:
    """Keep a sound design as a draft, which nobody changes any more; its id.

    Raises:
        PermissionDenied: if the actor may not run experiments.
        ValidationFailed: telling every flaw.
    """
    actor.require(Action.MANAGE_EXPERIMENTS)
    if len(design.name) > NAME_MAX or len(hypothesis) > HYPOTHESIS_MAX:
        raise errors.ValidationFailed(
            f"A name has at most {NAME_MAX} characters, a hypothesis {HYPOTHESIS_MAX:,}. Nothing was kept."
        )
    with database.write() as session:
        within = surroundings(session)
        designs.require_sound(design, within=within)
        kept = designs.without_usual(design, within=within)
        experiment_id = records.insert(session, kept, hypothesis=hypothesis, created_by=actor.name)
        audit.note(session, actor, AuditKind.EXPERIMENT_DEFINED, target=design.name.strip(), detail=experiment_id)
    return experiment_id


def discard(database: Database, actor: Actor, experiment_id: str) -> None:
    """Remove a draft, which nothing was ever assigned to.

    Raises:
        PermissionDenied, ExperimentNotFound: who or what.
        StateConflict: if it was started: what it showed stays.
    """
    actor.require(Action.MANAGE_EXPERIMENTS)
    with database.write() as session:
        experiment = records.find(session, experiment_id)
        if not records.delete(session, experiment_id):
            raise errors.StateConflict("It was started, and what it shows stays. Nothing was changed.")
        name = experiment.design.name
        audit.note(session, actor, AuditKind.EXPERIMENT_DISCARDED, target=name, detail=experiment_id)


def start(database: Database, actor: Actor, experiment_id: str) -> None:
    """From now on new jobs are assigned to its arms.

    Raises:
        PermissionDenied, ExperimentNotFound: who or what.
        StateConflict: if it is no draft.
        ValidationFailed: if something that it needs is gone, as a model that was switched off.
    """
    actor.require(Action.MANAGE_EXPERIMENTS)
    with database.write() as session:
        experiment = records.find(session, experiment_id)
        designs.require_sound(experiment.design, within=surroundings(session))
        if not records.start(session, experiment_id, by=actor.name):
            raise errors.StateConflict("This experiment was started before. Nothing was changed.")
        audit.note(session, actor, AuditKind.EXPERIMENT_STARTED, target=experiment.design.name, detail=experiment_id)
    _log.info("experiment started", experiment_id=experiment_id, actor=actor.name)


def stop(database: Database, actor: Actor, experiment_id: str) -> None:
    """It takes no more jobs, ever; those it has keep their arms, and what they show still counts.

    Raises:
        PermissionDenied, ExperimentNotFound: who or what.
        StateConflict: if it is not running.
    """
    actor.require(Action.MANAGE_EXPERIMENTS)
    with database.write() as session:
        experiment = records.find(session, experiment_id)
        if not records.stop(session, experiment_id, by=actor.name):
            raise errors.StateConflict("This experiment does not run. Nothing was changed.")
        audit.note(session, actor, AuditKind.EXPERIMENT_STOPPED, target=experiment.design.name, detail=experiment_id)
    _log.info("experiment stopped", experiment_id=experiment_id, actor=actor.name)
