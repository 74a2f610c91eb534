"""Which model draws a new job? The default, or another that managers switched on; jobs that were made keep theirs."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import errors, logs
from core.auth import audit
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.auth.roles import Action
from core.db.session import Database
from core.models import ModelSetting
from core.provider import registry
from core.provider.registry import DEFAULT_MODEL, MODELS, Model

_log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """A model of the registry, whether new jobs may use it, and whether they do unless another is named."""

    model: Model
    is_on: bool
    is_default: bool


def models(session: Session, actor: Actor) -> list[ModelState]:
    """The models: all for those who may switch them, for others those that are on.

    Raises:
        PermissionDenied: if the actor may not stage.
    """
    actor.require(Action.STAGE)
    states = _states(session)
    return [one for one in states.values() if one.is_on or actor.may(Action.MANAGE_MODELS)]


def names_on(session: Session) -> frozenset[str]:
    """The models that new jobs may use."""
    return frozenset(name for name, one in _states(session).items() if one.is_on)


def choose(session: Session, name: str | None) -> Model:
    """The model of a new job: the one that is named, or else the default.

    Raises:
        UnknownModel: if there is none of that name, or a version is named.
        ModelSwitchedOff: if it is off.
    """
    states = _states(session)
    if not name:
        return next(one.model for one in states.values() if one.is_default)
    if not states[registry.find(name).name].is_on:
        raise errors.ModelSwitchedOff
    return states[name].model


def choose_again(session: Session, name: str) -> Model:
    """The model of a job that tries another one again: that one's, or the default if it is off by now."""
    known = _states(session).get(name)
    return known.model if known is not None and known.is_on else choose(session, None)


def change(
    database: Database, actor: Actor, *, model: str, is_on: bool | None = None, is_default: bool | None = None
) -> ModelState:
    """Switch a model on or off for new jobs, make it the default, or both at once; how it stands afterwards.

    None leaves as it is. What changes is noted in the audit log, a line for each.

    Raises:
        PermissionDenied: if the actor may not switch models.
        UnknownModel: if there is none of that name, or a version is named.
        ValidationFailed: if nothing is asked for.
        DefaultModelNeeded: if the default would be switched off, or be none: so that one is always on.
        ModelSwitchedOff: if a model that is off would become the default.
    """
    actor.require(Action.MANAGE_MODELS)
    name = registry.find(model).name
    if is_on is None and is_default is None:
        raise errors.ValidationFailed("Say whether the model is to be on, or the default. Nothing was changed.")
    with database.write() as session:
        before = _states(session, lock=True)
        old = before[name]
        new = ModelState(
            model=old.model,
            is_on=old.is_on if is_on is None else is_on,
            is_default=old.is_default if is_default is None else is_default,
        )
        _require_sound(old, new)
        if new.is_on != old.is_on:
            _note(session, actor, name, f"{_word(old)} → {_word(new)}")
        if new.is_default and not old.is_default:
            last = next(one.model for one in before.values() if one.is_default)
            # One is the default at a time, so the other ceases to be it first.
            session.execute(sa.update(ModelSetting).where(ModelSetting.is_default).values(is_default=False))
            _note(session, actor, name, f"default, in place of {last.name}")
        if new != old:
            _write(session, new)
    if new != old:
        _log.info("model changed", model=name, is_on=new.is_on, is_default=new.is_default, actor=actor.name)
    return new


def _require_sound(old: ModelState, new: ModelState) -> None:
    if old.is_default and not (new.is_on and new.is_default):
        raise errors.DefaultModelNeeded
    if new.is_default and not new.is_on:
        raise errors.ModelSwitchedOff


def _states(session: Session, *, lock: bool = False) -> dict[str, ModelState]:
    """How every model of the registry stands, by name; with `lock`, nobody else changes any until the commit."""
    # Rows alone can't be locked: one that two would insert is not there yet. SQLite has one writer at a time.
    if lock and session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text(f"LOCK TABLE {ModelSetting.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))
    rows = session.execute(sa.select(ModelSetting.name, ModelSetting.is_on, ModelSetting.is_default)).all()
    known = {row.name: row for row in rows if row.name in MODELS}
    # What a newer version made the default may be unknown to this one: then its own takes the place.
    default = next((row.name for row in known.values() if row.is_default), DEFAULT_MODEL.name)
    return {
        name: ModelState(
            model=model,
            is_on=name == default or (name in known and known[name].is_on),
            is_default=name == default,
        )
        for name, model in MODELS.items()
    }


def _write(session: Session, state: ModelState) -> None:
    values = {"is_on": state.is_on, "is_default": state.is_default}
    changed = session.execute(
        sa.update(ModelSetting)
        .where(ModelSetting.name == state.model.name)
        .values(values)
        .returning(ModelSetting.name)
    ).all()
    if not changed:
        session.execute(sa.insert(ModelSetting).values(name=state.model.name, **values))


def _note(session: Session, actor: Actor, name: str, detail: str) -> None:
    audit.note(session, actor, AuditKind.MODEL_CHANGED, target=name, detail=detail)


def _word(state: ModelState) -> str:
    return "on" if state.is_on else "off"
