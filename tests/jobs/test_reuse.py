"""Is the same work for the same account never paid for twice, and everything else always done anew?"""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.analytics import reused
from core.analytics.filters import Filter
from core.analytics.periods import Period
from core.analytics.reused import Saved
from core.auth.actors import Actor
from core.auth.roles import Role
from core.credits import limits
from core.credits.limits import RefundLimit
from core.jobs import orders, refunds, service, sync
from core.jobs.desk import Desk
from core.jobs.new_job import Submission
from core.jobs.orders import Order, Quote
from core.jobs.refund_queries import RefundReason
from core.jobs.refunds import RefundRequest
from core.models import Reuse
from core.storage.contract import sha256
from tests import factories, pictures_to_send
from tests.factories import BELLEVUE, CREDITS, OUTSIDER, People
from tests.fake_provider import FakeProvider
from tests.jobs.test_submit import request, rows


@pytest.fixture
def finished(desk: Desk, provider: FakeProvider, people: People) -> str:
    """A completed job of photo 0; its id."""
    return finish(desk, provider, service.submit(desk, people.bob, request()))


def finish(desk: Desk, provider: FakeProvider, made: Submission, **ending: object) -> str:
    for job in made.jobs:
        for prediction_id in factories.order_queued(desk, job.id):
            sync.apply(desk, factories.manager(), provider.finish(prediction_id, **ending))
    return made.jobs[0].id


def test_the_same_request_is_given_what_there_is_at_no_charge(
    desk: Desk, provider: FakeProvider, people: People, finished: str
) -> None:
    before, bought = rows(desk.database), len(provider.bought())
    again = service.submit(desk, people.bob, request())
    assert (again.jobs[0].id, again.reused, again.repeated) == (finished, frozenset({0}), False)
    assert again.jobs[0].state == "completed"
    assert (again.balance, factories.balance(desk.database)) == (CREDITS - 40, CREDITS - 40)
    assert (rows(desk.database), len(provider.bought())) == (before, bought)


def test_the_name_of_the_file_and_how_soon_are_no_other_work(desk: Desk, people: People, finished: str) -> None:
    factories.allow_rush(desk.database)
    upload = replace(request().uploads[0], file_name="another.jpg")
    assert service.submit(desk, people.bob, request(priority="rush", uploads=[upload])).jobs[0].id == finished


@pytest.mark.parametrize(
    "other",
    [{"style": "coastal"}, {"room_type": "bedroom"}, {"instructions": "a plant"}, {"new_seeds": True}],
    ids=["style", "room", "notes", "new seeds"],
)
def test_other_work_is_done_and_paid(desk: Desk, people: People, finished: str, other: dict[str, object]) -> None:
    made = service.submit(desk, people.bob, request(**other))
    assert made.jobs[0].id != finished
    assert (made.reused, made.balance) == (frozenset(), CREDITS - 80)


def test_another_photo_is_other_work(desk: Desk, people: People, finished: str) -> None:
    assert service.submit(desk, people.bob, request(1)).jobs[0].id != finished


def test_another_account_never_gets_it(desk: Desk, people: People, finished: str) -> None:
    made = service.submit(desk, people.alice, request(account=OUTSIDER))
    assert (made.jobs[0].id != finished, made.balance) == (True, CREDITS - 40)


def test_the_latest_of_several_is_given(desk: Desk, provider: FakeProvider, people: People, finished: str) -> None:
    newer = finish(desk, provider, service.submit(desk, people.bob, request(new_seeds=True)))
    assert service.submit(desk, people.bob, request()).jobs[0].id == newer


def test_what_is_under_way_or_failed_is_not_given(desk: Desk, provider: FakeProvider, people: People) -> None:
    first = service.submit(desk, people.bob, request())
    second = service.submit(desk, people.bob, request())
    assert second.jobs[0].id != first.jobs[0].id
    for made in (first, second):
        finish(desk, provider, made, status="failed", error="The input was flagged as sensitive. (E005)")
    assert service.submit(desk, people.bob, request()).reused == frozenset()


@pytest.mark.parametrize("is_request", [False, True], ids=["refunded", "asked for"])
def test_what_was_refunded_even_in_part_is_staged_anew(
    desk: Desk, people: People, finished: str, is_request: bool
) -> None:
    if is_request:
        limit = RefundLimit(role=Role.SUPPORT, per_refund_credits=0, per_day_credits=None)
        limits.set_refund_limit(desk.database, people.alice, limit)
    asked = RefundRequest(job_id=finished, amount_credits=1, reason=RefundReason.POOR_REALISM)
    refunds.refund_job(desk.database, people.dora, asked)
    assert service.submit(desk, people.bob, request()).jobs[0].id != finished


def test_of_several_photos_only_new_ones_are_paid(desk: Desk, people: People, finished: str) -> None:
    made = service.submit(desk, people.bob, request(1, 0, 2, expected_credits=80))
    assert (made.reused, made.jobs[1].id) == (frozenset({1}), finished)
    assert made.balance == CREDITS - 120


def test_what_costs_nothing_needs_no_credits(desk: Desk, people: People, finished: str) -> None:
    factories.set_balance(desk.database, 0)
    assert service.submit(desk, people.bob, request()).jobs[0].id == finished
    with pytest.raises(errors.InsufficientCredits):
        service.submit(desk, people.bob, request(new_seeds=True))


def test_a_key_stands_for_what_was_given_as_for_what_was_bought(desk: Desk, people: People, finished: str) -> None:
    asked = request(1, 0, idempotency_key="one")
    first = service.submit(desk, people.bob, asked)
    factories.set_balance(desk.database, 7)
    again = service.submit(desk, people.bob, asked)
    assert (again.repeated, again.reused, again.balance) == (True, first.reused, first.balance)
    assert [job.id for job in again.jobs] == [job.id for job in first.jobs]
    with pytest.raises(errors.IdempotencyConflict):
        service.submit(desk, people.bob, request(0, idempotency_key="one"))


def test_the_same_key_at_once_is_one_hit(desk: Desk, people: People, finished: str) -> None:
    asked = request(idempotency_key="one")
    outcomes = factories.at_once(*[lambda: service.submit(desk, people.bob, asked)] * 4)
    assert {one.jobs[0].id for one in outcomes} == {finished}
    with desk.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reuse)) == 1


def test_a_refund_in_between_is_not_overlooked(
    desk: Desk, people: People, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    require = service.orders.require_affordable

    def refund_meanwhile(*args: object, **options: object) -> None:
        asked = RefundRequest(job_id=finished, reason=RefundReason.POOR_REALISM)
        refunds.refund_job(desk.database, people.alice, asked)
        require(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(service.orders, "require_affordable", refund_meanwhile)
    with pytest.raises(errors.PriceChanged):
        service.submit(desk, people.bob, request())
    assert factories.balance(desk.database) == CREDITS


def test_what_was_saved_is_counted_in_its_period_and_by_every_filter(
    desk: Desk, people: People, finished: str
) -> None:
    for _ in range(2):
        service.submit(desk, people.bob, request())
    today = clock.now().date()
    period = Period(today - timedelta(days=1), today, ZoneInfo("UTC"))

    def told(period: Period = period, **wanted: str) -> Saved:
        with desk.database.read() as session:
            return reused.saved(session, people.alice, period, Filter(**wanted))

    both, none = Saved(hits=2, credits=80, usd_micros=2 * 80_000), Saved(hits=0, credits=0, usd_micros=0)
    assert told() == both
    model = "black-forest-labs/flux-kontext-pro"
    matching = {"account": BELLEVUE, "person": "bob", "room_type": "living_room", "style": "modern", "model": model}
    assert told(**matching, priority="normal") == both
    for name in matching:
        assert told(**{name: "another"}) == none
    assert told(period.before) == none
    with desk.database.read() as session, pytest.raises(errors.PermissionDenied):
        reused.saved(session, people.bob, period)


def asked_before(desk: Desk, actor: Actor, account: str, number: int = 0) -> str | None:
    with desk.database.read() as session:
        return service.staged_before(
            session,
            actor,
            account=account,
            photo_sha256=sha256(pictures_to_send.photo(number)),
            room_type="living_room",
            style="modern",
            instructions=" ",
        )


def test_who_asks_beforehand_is_told_of_what_the_account_has_and_of_no_other(
    desk: Desk, people: People, finished: str
) -> None:
    assert asked_before(desk, people.bob, BELLEVUE) == finished
    assert asked_before(desk, people.bob, BELLEVUE, number=1) is None
    assert asked_before(desk, people.alice, OUTSIDER) is None
    with pytest.raises(errors.AccountNotFound):
        asked_before(desk, people.charlie, BELLEVUE)


def test_what_an_experiment_staged_is_known_beforehand_too(
    desk: Desk, provider: FakeProvider, people: People
) -> None:
    factories.experiment(desk.database)
    for number in range(8):
        made = service.submit(desk, people.bob, request(number))
        finish(desk, provider, made)
        assert asked_before(desk, people.bob, BELLEVUE, number) == made.jobs[0].id
        again = service.submit(desk, people.bob, request(number, expected_credits=0))
        assert again.reused == {0}


def test_a_key_that_bought_meanwhile_gives_nothing_again(
    desk: Desk, provider: FakeProvider, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same request twice: when the second has looked for the key in vain, the first buys and is even drawn."""
    first: list[Submission] = []
    quote = orders.quote

    def slow(session: Session, order: Order) -> Quote:
        if not first:
            first.append(Submission(jobs=[], balance=0, repeated=False))
            first[0] = service.submit(desk, people.bob, request(idempotency_key="k"))
            finish(desk, provider, first[0])
        return quote(session, order)

    monkeypatch.setattr(orders, "quote", slow)
    second = service.submit(desk, people.bob, request(idempotency_key="k"))
    assert (second.repeated, second.jobs[0].id) == (True, first[0].jobs[0].id)
    with desk.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reuse)) == 0
