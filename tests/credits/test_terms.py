"""Does an account rush only where a manager allowed it, and is it never charged another price than it agreed to?"""

import pytest
import sqlalchemy as sa

from core import errors
from core.auth.audit import AuditKind
from core.credits import terms
from core.credits.terms import Terms
from core.db.session import Database
from core.jobs import manual_retry, photos, service
from core.jobs.desk import Desk
from core.models import AuditEntry
from tests import factories
from tests.factories import BELLEVUE, CREDITS, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.jobs.test_submit import request

NONE = Terms(rush_variant_credits=None, in_flight_max=None)


def of(database: Database, account: str = BELLEVUE) -> Terms:
    with database.read() as session:
        return terms.terms_of(session, factories.account_id(database, account))


def test_without_the_right_a_rush_job_is_refused_and_nothing_charged(desk: Desk, people: People) -> None:
    factories.allow_rush(desk.database, OUTSIDER)
    with pytest.raises(errors.RushNotAllowed):
        service.submit(desk, people.bob, request(priority="rush"))
    assert factories.balance(desk.database) == CREDITS
    assert service.submit(desk, people.bob, request()).jobs[0].credits_used == 40


def test_a_price_that_changes_while_the_photo_is_read_is_not_charged_unseen(
    desk: Desk, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.allow_rush(desk.database, variant_credits=30)
    prepare = photos.prepare_all

    def change_meanwhile(*args: object) -> object:
        factories.allow_rush(desk.database, variant_credits=50)
        return prepare(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(photos, "prepare_all", change_meanwhile)
    with pytest.raises(errors.PriceChanged):
        service.submit(desk, people.bob, request(priority="rush"))
    assert factories.balance(desk.database) == CREDITS


def test_what_was_sent_with_a_key_is_answered_though_the_right_is_gone(desk: Desk, people: People) -> None:
    factories.allow_rush(desk.database)
    first = service.submit(desk, people.bob, request(priority="rush", idempotency_key="one"))
    terms.set_terms(desk.database, people.alice, account=BELLEVUE, terms=NONE)
    again = service.submit(desk, people.bob, request(priority="rush", idempotency_key="one"))
    assert (again.repeated, again.jobs[0].id) == (True, first.jobs[0].id)


def test_a_rush_job_that_fails_gives_back_what_it_cost_and_costs_the_same_again(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    factories.allow_rush(desk.database, variant_credits=35)
    (job,) = service.submit(desk, people.bob, request(priority="rush")).jobs
    assert factories.balance(desk.database) == CREDITS - 70
    for prediction_id in factories.order_queued(desk, job.id):
        factories.fail(desk, provider, prediction_id)
    assert factories.balance(desk.database) == CREDITS
    terms.set_terms(desk.database, people.alice, account=BELLEVUE, terms=NONE)
    with desk.database.read() as session:
        again = manual_retry.retryable(session, factories.detail(desk.database, job.id))
    assert (again.variants, again.price_credits) == (2, 70)
    (retry,) = manual_retry.retry_job(desk, people.alice, job_id=job.id).jobs
    assert (retry.priority, retry.credits_used) == ("rush", 70)


@pytest.mark.parametrize(
    "bad",
    [
        Terms(rush_variant_credits=19, in_flight_max=None),
        Terms(rush_variant_credits=10_001, in_flight_max=None),
        Terms(rush_variant_credits=-1, in_flight_max=None),
        Terms(rush_variant_credits=None, in_flight_max=0),
        Terms(rush_variant_credits=None, in_flight_max=10_001),
    ],
)
def test_terms_that_make_no_sense_are_refused(database: Database, people: People, bad: Terms) -> None:
    with pytest.raises(errors.ValidationFailed, match="Nothing was changed"):
        terms.set_terms(database, people.alice, account=BELLEVUE, terms=bad)
    assert of(database) == NONE


def test_only_a_manager_sets_terms_and_it_is_noted(database: Database, people: People) -> None:
    wanted = Terms(rush_variant_credits=30, in_flight_max=8)
    for actor in (people.bob, people.dora):
        with pytest.raises(errors.PermissionDenied):
            terms.set_terms(database, actor, account=BELLEVUE, terms=wanted)
    with pytest.raises(errors.AccountNotFound):
        terms.set_terms(database, people.alice, account="nobody's", terms=wanted)
    terms.set_terms(database, people.alice, account=BELLEVUE, terms=wanted)
    assert (of(database), of(database, OUTSIDER)) == (wanted, NONE)
    with database.read() as session:
        entries = sa.select(AuditEntry.detail).where(AuditEntry.kind == AuditKind.TERMS_CHANGED)
        (detail,) = session.scalars(entries)
    assert detail == "no rush, any number at once → rush at 60 credits a job, at most 8 at once"
