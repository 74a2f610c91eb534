"""Does the list of refunds hold what it says, add up, and leave the desk as a table?"""

import csv
import io

import pytest
import sqlalchemy as sa

from core import errors
from core.auth import actors, api_keys
from core.auth.actors import Actor, Source
from core.auth.roles import Role
from core.jobs import refund_queries
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundFilter, RefundReason, RefundState
from core.models import ApiKey
from tests.factories import People
from tests.fake_provider import FakeProvider
from tests.jobs.refunding import ask, finish, set_limit


def test_the_list_narrows_pages_and_adds_up(desk: Desk, people: People, provider: FakeProvider) -> None:
    set_limit(desk, per_refund=20)
    jobs = [finish(desk, provider, number=number) for number in range(3)]
    ask(desk, people.dora, jobs[0], variant=0, reason=RefundReason.GOODWILL)
    ask(desk, people.alice, jobs[1], 7, reason=RefundReason.GOODWILL)
    ask(desk, people.alice, jobs[1], 11, reason=RefundReason.POOR_REALISM)
    ask(desk, people.dora, jobs[2], reason=RefundReason.GOODWILL)

    def found(**wanted: object) -> list[int]:
        with desk.database.read() as session:
            page = refund_queries.refunds(session, people.dora, RefundFilter(**wanted))  # type: ignore[arg-type]
        return [one.amount_credits for one in page.refunds]

    assert found() == [40, 11, 7, 20]
    assert found(state=RefundState.REQUESTED) == [40]
    assert found(reason=RefundReason.GOODWILL) == [40, 7, 20]
    assert found(person="alice") == [11, 7]
    assert found(account="Outsider Ltd") == []
    with desk.database.read() as session:
        first = refund_queries.refunds(session, people.dora, limit=3)
        rest = refund_queries.refunds(session, people.dora, limit=3, before_id=first.next_before_id)
        totals = refund_queries.totals_by_reason(session, people.dora)
        with pytest.raises(errors.PermissionDenied):
            refund_queries.refunds(session, people.bob)
    assert [one.amount_credits for one in (*first.refunds, *rest.refunds)] == [40, 11, 7, 20]
    assert rest.next_before_id is None
    # What waits is not refunded.
    assert [(one.reason.value, one.count, one.credits) for one in totals] == [
        ("goodwill", 2, 27),
        ("poor_realism", 1, 11),
    ]


def test_refunds_by_a_key_are_found_by_its_name_and_by_its_makers(desk: Desk, people: People, finished: str) -> None:
    with desk.database.write() as session:
        api_keys.create(session, name="Help desk", role=Role.SUPPORT, account_id=None, made_by=people.alice)
        key_id = session.scalars(sa.select(ApiKey.id)).one()
    key = Actor(
        name="key Help desk", role=Role.SUPPORT, source=Source.API, identity=actors.key_identity(key_id),
        made_by="alice", made_by_identity=people.alice.identity,
    )  # fmt: skip
    ask(desk, key, finished, 5)
    with desk.database.read() as session:
        for text, count in (("help desk", 1), ("key Help desk", 1), ("Alice", 1), ("dora", 0)):
            found = refund_queries.refunds(session, people.dora, RefundFilter(person=text)).refunds
            assert len(found) == count, text


def test_the_export_is_a_table_that_runs_nothing(desk: Desk, people: People, finished: str) -> None:
    ask(desk, people.dora, finished, 5, note="=HYPERLINK(1)")
    rows = list(
        csv.DictReader(io.StringIO(refund_queries.export_csv(desk.database, people.dora).decode("utf-8-sig")))
    )
    assert [(row["amount_credits"], row["note"], row["state"]) for row in rows] == [
        ("5", "'=HYPERLINK(1)", "refunded")
    ]
