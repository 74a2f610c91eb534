"""Is every deed that somebody may have to answer for in the log, for good?"""

import csv
import io
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core import errors
from core.auth import actors, api_keys, audit, users
from core.auth.actors import Actor, Source
from core.auth.audit import AuditFilter, AuditKind
from core.auth.roles import Role
from core.auth.users import Identity
from core.clock import now as clock_now
from core.credits import exports, limits, service
from core.credits.limits import RefundLimit
from core.db.session import Database
from core.jobs import cancellation, manual_retry, refunds
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundReason
from core.jobs.refunds import RefundRequest
from tests import factories
from tests.factories import BELLEVUE, OUTSIDER
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock


def logged(database: Database, **wanted: object) -> list[tuple[str, str, str]]:
    with database.read() as session:
        page = audit.entries(session, factories.manager(), AuditFilter(**wanted), limit=200)  # type: ignore[arg-type]
    return [(one.actor, one.kind.value, one.detail) for one in reversed(page.entries)]


def test_each_movement_of_credits_is_logged_with_who_moved_them(desk: Desk, provider: FakeProvider) -> None:
    people = factories.people(desk.database)
    job_id = factories.job(desk)
    cancellation.cancel_job(desk, people.dora, job_id=job_id)
    retried = manual_retry.retry_job(desk, people.dora, job_id=job_id).jobs[0].id
    cancellation.cancel_job(desk, people.alice, job_id=retried)
    completed = factories.completed_job(desk, provider)
    request = RefundRequest(job_id=completed, amount_credits=5, reason=RefundReason.GOODWILL, note="Sorry")
    refunds.refund_job(desk.database, people.dora, request)
    service.adjust(desk.database, people.alice, account=BELLEVUE, amount_credits=-3, reason="Counted wrongly")
    assert logged(desk.database, account=BELLEVUE) == [
        ("alice", "account_opened", ""),
        ("alice", "grant", "1,000 credits: package"),
        *[("dora", "refund", "20 credits, system: canceled")] * 2,
        ("dora", "spend", "40 credits"),
        *[("alice", "refund", "20 credits, system: canceled")] * 2,
        ("dora", "refund", "5 credits, goodwill: Sorry"),
        ("alice", "adjustment", "-3 credits: Counted wrongly"),
    ]


def test_the_accounts_leave_as_a_table_of_what_one_sees(database: Database, clock: SettableClock) -> None:
    people = factories.people(database)
    since = clock()
    service.adjust(database, people.alice, account=BELLEVUE, amount_credits=-950, reason="Counted wrongly")
    for actor, expected in (
        (people.alice, [(BELLEVUE, "50", "True"), (OUTSIDER, "1000", "False")]),
        (people.charlie, [(OUTSIDER, "1000", "False")]),
    ):
        text = exports.accounts_csv(database, actor, month_started_at=since).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [(row["name"], row["balance"], row["is_low"]) for row in rows] == expected
        # A table that has left says itself which month it counts.
        assert {row["spent_since"] for row in rows} == {since.isoformat()}
    assert logged(database)[-2:] == [("alice", "export", "2 lines"), ("charlie", "export", "1 line")]


def test_keys_limits_and_exports_are_logged(database: Database) -> None:
    alice = factories.manager()
    api_keys.create_key(database, alice, name="web", role=Role.STAFF, account=BELLEVUE)
    api_keys.revoke_key(database, alice, name="web")
    api_keys.revoke_key(database, alice, name="web")
    limit = RefundLimit(role=Role.SUPPORT, per_refund_credits=20, per_day_credits=None)
    limits.set_refund_limit(database, alice, limit)
    exports.statement_csv(database, factories.people(database).bob, account=BELLEVUE)
    assert [line for line in logged(database) if line[1] not in ("account_opened", "grant")] == [
        ("alice", "key_created", "staff"),
        ("alice", "key_revoked", ""),
        ("alice", "limit_changed", "40 a refund, 400 a day → 20 a refund, any a day"),
        ("bob", "export", "1 line"),
    ]


def test_what_is_refused_is_not_logged(database: Database) -> None:
    before = logged(database)
    with pytest.raises(errors.InsufficientCredits):
        service.adjust(database, factories.manager(), account=BELLEVUE, amount_credits=-1_001, reason="Too much")
    with pytest.raises(errors.AccountNotFound):
        exports.statement_csv(database, factories.people(database).bob, account=OUTSIDER)
    assert logged(database) == before


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"])
def test_the_database_refuses_to_change_the_log(database: Database, statement: str) -> None:
    before = logged(database)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
        session.execute(sa.text(statement))
    assert logged(database) == before != []


def test_the_log_narrows_and_pages(database: Database, clock: SettableClock) -> None:
    alice = factories.manager()
    noon = clock()
    for amount in (1, 2, 3):
        clock.forward(minutes=60)
        service.grant(database, alice, account=OUTSIDER, amount_credits=amount, reason="more")
    service.grant(database, factories.manager("zoe"), account=BELLEVUE, amount_credits=9, reason="more")
    assert [line[2] for line in logged(database, account=OUTSIDER, since=noon)][-3:] == [
        "1 credits: more",
        "2 credits: more",
        "3 credits: more",
    ]
    assert logged(database, actor="zoe") == [("zoe", "grant", "9 credits: more")]
    assert logged(database, kind=AuditKind.SIGN_IN) == []
    until = clock.forward(minutes=1)
    assert logged(database, until=until) == logged(database)
    with database.read() as session:
        first = audit.entries(session, alice, AuditFilter(), limit=2)
        rest = audit.entries(session, alice, AuditFilter(), limit=200, before_id=first.next_before_id)
    assert len(first.entries) == 2
    assert [one.id for one in (*first.entries, *rest.entries)] == sorted(
        {one.id for one in (*first.entries, *rest.entries)}, reverse=True
    )
    assert rest.next_before_id is None


def test_a_line_is_found_by_whatever_its_doer_is_or_was_called(database: Database) -> None:
    def signed_in(email: str, name: str) -> Actor:
        issued = Identity(
            issuer="i", subject="1", email=email, name=name, email_verified=True, signed_in_at=clock_now()
        )
        users.sign_in(database, issued)
        with database.read() as session:
            (person,) = users.users(session, factories.manager())
        identity = actors.user_identity(person.id)
        return Actor(name=email, role=Role.MANAGER, source=Source.PAGE, identity=identity)

    zoe = signed_in("zoe@example.com", "Zoë Łuc")
    service.grant(database, zoe, account=BELLEVUE, amount_credits=1, reason="then")
    zoe = signed_in("zl@example.com", "Zoë Łuc")
    service.grant(database, zoe, account=BELLEVUE, amount_credits=2, reason="now")
    with database.write() as session:
        api_keys.create(session, name="Web shop", role=Role.MANAGER, account_id=None, made_by=zoe)
    key = Actor(
        name="key Web shop", role=Role.MANAGER, source=Source.API, identity="key:1", made_by=zoe.name,
        made_by_identity=zoe.identity,
    )  # fmt: skip
    service.grant(database, key, account=BELLEVUE, amount_credits=3, reason="by key")

    def grants_of(text: str) -> list[str]:
        return [detail for _, _, detail in logged(database, actor=text, kind=AuditKind.GRANT)]

    for text in ("zoe@example.com", "ZL@example.com", "zoë łUC"):
        assert grants_of(text) == ["1 credits: then", "2 credits: now", "3 credits: by key"], text
    for text in ("web shop", "key Web shop", "KEY WEB SHOP"):
        assert grants_of(text) == ["3 credits: by key"], text
    assert grants_of("somebody") == []
    with database.read() as session:
        (latest, *_) = audit.entries(session, factories.manager(), AuditFilter()).entries
    assert (latest.actor_identity, latest.made_by_identity) == ("key:1", zoe.identity)
    text = audit.export_csv(database, factories.manager(), AuditFilter(actor="web shop")).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["actor_identity"], row["made_by_identity"]) == ("key:1", zoe.identity)


def test_somebodys_lines_are_read_from_an_index(database: Database) -> None:
    service.grant(database, factories.manager("zoe"), account=BELLEVUE, amount_credits=1, reason="more")
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as session:
        audit.entries(session, factories.manager(), AuditFilter(actor="zoe"))
        of_log = [one for one in asked if "FROM audit_entries" in one[0]]
        if not database.is_sqlite:
            # So small a table is not worth an index; a large one is.
            session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        plans = [
            "\n".join(str(row[-1]) for row in session.connection().exec_driver_sql(f"{explain} {query}", given))
            for query, given in of_log
        ]
    assert len(plans) == 2
    for plan in plans:
        assert "audit_entries" in plan
        assert "SCAN audit_entries" not in plan, plan
        assert "Seq Scan on audit_entries" not in plan, plan


def test_only_managers_see_the_log_and_its_export_is_in_it(database: Database) -> None:
    people = factories.people(database)
    for actor in (people.bob, people.dora):
        with pytest.raises(errors.PermissionDenied):
            audit.export_csv(database, actor, AuditFilter())
        with pytest.raises(errors.PermissionDenied), database.read() as session:
            audit.entries(session, actor, AuditFilter())
    text = audit.export_csv(database, people.alice, AuditFilter()).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["kind"] for row in rows] == ["grant", "account_opened"] * 2
    assert logged(database)[-1] == ("alice", "export", "4 lines")


def test_a_key_made_on_the_page_knows_who_made_it(database: Database) -> None:
    key = api_keys.create_key(database, factories.manager(), name="web", role=Role.SUPPORT)
    with database.read() as session:
        actor = api_keys.find_actor(session, key).actor
        (listed,) = api_keys.api_keys(session, factories.manager())
    assert (actor.name, actor.person, actor.person_identity) == ("key web", "alice", "local:alice")
    assert (listed.name, listed.created_by, listed.last_used_at, listed.revoked_at) == ("web", "alice", None, None)


@pytest.mark.parametrize("role", [Role.STAFF, Role.SUPPORT])
def test_only_managers_manage_keys(database: Database, role: Role) -> None:
    people = factories.people(database)
    actor = people.bob if role is Role.STAFF else people.dora
    with pytest.raises(errors.PermissionDenied):
        api_keys.create_key(database, actor, name="web", role=Role.MANAGER)
    with pytest.raises(errors.PermissionDenied):
        api_keys.revoke_key(database, actor, name="web")
    with pytest.raises(errors.PermissionDenied), database.read() as session:
        api_keys.api_keys(session, actor)
