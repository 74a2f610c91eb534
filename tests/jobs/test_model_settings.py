"""Do new jobs use what managers decided, and old ones what they were made with?"""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from core import errors
from core.auth.actors import Actor
from core.auth.audit import AuditKind
from core.db.session import Database
from core.jobs import creation, manual_retry, model_settings, queries, service
from core.jobs.desk import Desk
from core.models import Attempt, AuditEntry, Job, ModelSetting, Photo
from core.provider.registry import DEFAULT_MODEL, MEGAPIXEL, MODELS
from tests import factories
from tests.factories import CREDITS, People
from tests.fake_provider import FakeProvider
from tests.jobs.test_submit import request, rows

KONTEXT, MAX, FLUX_2 = DEFAULT_MODEL.name, "black-forest-labs/flux-kontext-max", "black-forest-labs/flux-2-pro"
VERSION = "f" * 64


def states(database: Database, actor: Actor) -> dict[str, tuple[bool, bool]]:
    with database.read() as session:
        return {one.model.name: (one.is_on, one.is_default) for one in model_settings.models(session, actor)}


def on(database: Database, *names: str) -> None:
    for name in names:
        model_settings.change(database, factories.manager(), model=name, is_on=True)


def notes(database: Database) -> list[tuple[str, str]]:
    query = sa.select(AuditEntry.target, AuditEntry.detail).where(AuditEntry.kind == AuditKind.MODEL_CHANGED)
    with database.read() as session:
        return [(row.target, row.detail) for row in session.execute(query.order_by(AuditEntry.id))]


def test_at_first_kontext_is_on_and_the_default_and_nothing_else_is(database: Database, people: People) -> None:
    assert states(database, people.alice) == {
        name: (True, True) if name == KONTEXT else (False, False) for name in MODELS
    }
    # Who can't switch them has no use for those that are off.
    assert states(database, people.bob) == {KONTEXT: (True, True)}


def test_a_new_job_uses_the_default_of_its_time_and_keeps_it(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    (before,) = service.submit(desk, people.bob, request()).jobs
    model_settings.change(desk.database, people.alice, model=FLUX_2, is_on=True, is_default=True)
    (after,) = service.submit(desk, people.bob, request(1)).jobs
    model_settings.change(desk.database, people.alice, model=KONTEXT, is_on=False)

    factories.order_queued(desk, before.id)
    factories.order_queued(desk, after.id)
    ordered = [(one["model"], "input_images" in one["input"]) for one in provider.predictions.values()]
    assert ordered == [(KONTEXT, False)] * 2 + [(FLUX_2, True)] * 2
    assert (before.model, after.model) == (KONTEXT, FLUX_2)
    assert {one.cost_usd_micros for one in factories.attempts(desk.database, after.id)} == {45_000}


def test_what_is_paid_for_goes_by_the_size_of_the_photo_that_was_sent(desk: Desk, people: People) -> None:
    on(desk.database, FLUX_2)
    (job,) = service.submit(desk, people.bob, request(model=FLUX_2)).jobs
    with desk.database.write() as session:
        session.execute(sa.update(Photo).values(prepared_width=MEGAPIXEL // 512 + 16, prepared_height=512))
    factories.order_queued(desk, job.id)
    assert {one.cost_usd_micros for one in factories.attempts(desk.database, job.id)} == {60_000}


def test_a_model_that_is_on_may_be_named(desk: Desk, people: People) -> None:
    on(desk.database, MAX)
    for name, model in ((MAX, MAX), (None, KONTEXT), ("", KONTEXT), (KONTEXT, KONTEXT)):
        assert service.submit(desk, people.bob, request(model=name)).jobs[0].model == model


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (FLUX_2, "model_switched_off"),
        ("nobody/nothing", "unknown_model"),
        (VERSION, "unknown_model"),
        (f"{KONTEXT}:{VERSION}", "unknown_model"),
    ],
)
def test_any_other_is_refused_and_nothing_charged(desk: Desk, people: People, name: str, code: str) -> None:
    before = rows(desk.database)
    with pytest.raises(errors.StagingError) as refused:
        service.submit(desk, people.bob, request(model=name))
    assert refused.value.code == code
    assert rows(desk.database) == before
    assert factories.balance(desk.database) == CREDITS


def test_what_was_sent_with_a_key_is_answered_though_its_model_is_off(desk: Desk, people: People) -> None:
    on(desk.database, MAX)
    first = service.submit(desk, people.bob, request(model=MAX, idempotency_key="one"))
    model_settings.change(desk.database, people.alice, model=MAX, is_on=False)
    again = service.submit(desk, people.bob, request(model=MAX, idempotency_key="one"))
    assert (again.repeated, again.jobs[0].id) == (True, first.jobs[0].id)
    with pytest.raises(errors.IdempotencyConflict):
        service.submit(desk, people.bob, request(idempotency_key="one"))


@pytest.mark.parametrize(("is_still_on", "model"), [(True, MAX), (False, FLUX_2)])
def test_a_retry_keeps_the_model_unless_it_was_switched_off(
    desk: Desk, provider: FakeProvider, people: People, is_still_on: bool, model: str
) -> None:
    on(desk.database, MAX, FLUX_2)
    (job,) = service.submit(desk, people.bob, request(model=MAX)).jobs
    for prediction_id in factories.order_queued(desk, job.id):
        factories.fail(desk, provider, prediction_id)
    model_settings.change(desk.database, people.alice, model=FLUX_2, is_default=True)
    model_settings.change(desk.database, people.alice, model=MAX, is_on=is_still_on)
    assert manual_retry.retry_job(desk, people.alice, job_id=job.id).jobs[0].model == model


def test_the_free_retry_of_a_variant_keeps_the_model_in_any_case(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    on(desk.database, MAX)
    (job,) = service.submit(desk, people.bob, request(model=MAX)).jobs
    prediction_id = factories.order_queued(desk, job.id)[0]
    model_settings.change(desk.database, people.alice, model=MAX, is_on=False)
    factories.fail(desk, provider, prediction_id)
    for variant in factories.variants(desk.database, job.id):
        creation.create_prediction(desk, variant.id)
    assert {one["model"] for one in provider.predictions.values()} == {MAX}


def test_only_a_manager_switches_and_each_change_is_noted_once(database: Database, people: People) -> None:
    for actor in (people.bob, people.dora):
        with pytest.raises(errors.PermissionDenied):
            model_settings.change(database, actor, model=MAX, is_on=True)
    model_settings.change(database, people.alice, model=MAX, is_on=True)
    model_settings.change(database, people.alice, model=MAX, is_on=True)
    model_settings.change(database, people.alice, model=FLUX_2, is_on=True, is_default=True)
    model_settings.change(database, people.alice, model=FLUX_2, is_default=True)
    model_settings.change(database, people.alice, model=KONTEXT, is_on=False)
    assert notes(database) == [
        (MAX, "off → on"),
        (FLUX_2, "off → on"),
        (FLUX_2, f"default, in place of {KONTEXT}"),
        (KONTEXT, "on → off"),
    ]
    told = states(database, people.alice)
    assert [told[name] for name in (KONTEXT, MAX, FLUX_2)] == [(False, False), (True, False), (True, True)]


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        (KONTEXT, {"is_on": False}, "default_model_needed"),
        (KONTEXT, {"is_default": False}, "default_model_needed"),
        (KONTEXT, {"is_on": False, "is_default": True}, "default_model_needed"),
        (MAX, {"is_default": True}, "model_switched_off"),
        (MAX, {"is_on": False, "is_default": True}, "model_switched_off"),
        (MAX, {}, "validation_failed"),
        ("nobody/nothing", {"is_on": True}, "unknown_model"),
        (f"{MAX}:{VERSION}", {"is_on": True}, "unknown_model"),
        (VERSION, {"is_on": True}, "unknown_model"),
    ],
)
def test_there_is_always_a_default_that_is_on(
    database: Database, people: People, name: str, change: dict[str, bool], code: str
) -> None:
    before = states(database, people.alice)
    with pytest.raises(errors.StagingError) as refused:
        model_settings.change(database, people.alice, model=name, **change)
    assert refused.value.code == code
    assert states(database, people.alice) == before
    assert notes(database) == []


@pytest.mark.parametrize(
    "row", [{"is_on": True, "is_default": True}, {"is_on": False, "is_default": True}], ids=["two", "off"]
)
def test_the_database_refuses_two_defaults_and_one_that_is_off(database: Database, row: dict[str, bool]) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(sa.delete(ModelSetting).where(sa.literal(not row["is_on"])))
        session.execute(sa.insert(ModelSetting).values(name="some/model", **row))


def test_managers_who_decide_at_once_leave_one_default_that_is_on(database: Database, people: People) -> None:
    wanted = [KONTEXT, MAX, FLUX_2, "prunaai/p-image-edit"] * 6

    def decide(name: str) -> None:
        model_settings.change(database, people.alice, model=name, is_on=True, is_default=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(decide, wanted))
    told = states(database, people.alice)
    assert [is_on for is_on, _ in told.values()] == [True] * len(MODELS)
    assert sum(is_default for _, is_default in told.values()) == 1


def test_a_default_that_this_version_does_not_know_gives_way_to_its_own(desk: Desk, people: People) -> None:
    with desk.database.write() as session:
        session.execute(sa.update(ModelSetting).values(name="a-newer/model"))
    assert service.submit(desk, people.bob, request()).jobs[0].model == KONTEXT
    model_settings.change(desk.database, people.alice, model=MAX, is_on=True, is_default=True)
    assert states(desk.database, people.alice)[MAX] == (True, True)


def test_times_are_told_by_model(desk: Desk, provider: FakeProvider) -> None:
    factories.completed_job(desk, provider)
    other = factories.completed_job(desk, provider, number=1)
    with desk.database.write() as session:
        session.execute(sa.update(Job).where(Job.id == other).values(model=MAX))
    with desk.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Attempt)) == 4
        found = queries.typical_times_by_model(session)
    assert {name: times.count for name, times in found.items()} == {KONTEXT: 2, MAX: 2}
