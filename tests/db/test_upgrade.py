"""Does what an older version wrote still mean the same afterwards: whose request it was, and that it was made?"""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from core import errors
from core.auth import actors
from core.auth.actors import Actor, Source
from core.auth.roles import Role
from core.db import schema
from core.jobs import dispatch, refund_queries, refunds, service
from core.jobs.desk import Desk
from core.jobs.states import Priority
from core.models import AuditEntry, Job
from core.models.base import Base
from tests import factories
from tests.fake_provider import FakeProvider
from tests.jobs import refunding
from tests.jobs.test_submit import request

ROOT = Path(__file__).parents[2]
OLDER_REFUND = """
    INSERT INTO refunds (id, job_id, account_id, amount, reason, note, state, requested_by, requested_for,
        requested_at, decision_note, fingerprint)
    SELECT :id, job_id, account_id, 1, reason, note, 'requested', :by, :person, requested_at, '', '' FROM refunds
    LIMIT 1
"""
OLDER_KEY = """
    INSERT INTO api_keys (id, name, key_hash, role, created_at, created_by, created_by_identity)
    SELECT :id, :name, :name, 'support', created_at, '1f3 at https://id', 'local:1f3 at https://id' FROM accounts
    LIMIT 1
"""


def config_on(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "core/db/migrations"))
    config.attributes["connection"] = connection
    return config


def downgrade(desk: Desk, *statements: sa.TextClause) -> None:
    """Back to the schema before, where the statements are an older process at work."""
    with desk.database.engine.execution_options(writes=True).begin() as connection:
        command.downgrade(config_on(connection), "0005")
        for statement in statements:
            connection.execute(statement)


def zoe() -> Actor:
    return Actor(name="zoe@example.com", role=Role.MANAGER, source=Source.PAGE, identity="user:7")


ZOE = """
    INSERT INTO users (id, issuer, subject, email, name, role, created_at)
    SELECT 7, 'i', 's', 'zoe@example.com', '', 'manager', created_at FROM accounts LIMIT 1
"""


def test_who_asked_by_an_older_process_can_not_approve_it(desk: Desk, provider: FakeProvider) -> None:
    factories.requested_refund(desk, provider)
    older = sa.text(OLDER_REFUND)
    downgrade(
        desk,
        sa.text(ZOE),
        older.bindparams(id="own", by="zoe@example.com", person="zoe@example.com"),
        older.bindparams(id="gone", by="1f3 at https://id", person="1f3 at https://id"),
        older.bindparams(id="eve", by="eve", person="eve"),
    )
    assert schema.migrate(desk.database) is True

    with desk.database.read() as session:
        asked = {one.id: one for one in refund_queries.refunds(session, zoe()).refunds}
    assert asked["own"].requested_by_identity == asked["own"].requested_for_identity == "user:7"
    assert asked["gone"].requested_by_identity == "unsure:1f3 at https://id"
    assert asked["eve"].requested_by_identity == "local:eve"
    with pytest.raises(errors.PermissionDenied, match="another manager"):
        refunds.approve(desk.database, zoe(), refund_id="own")


def test_an_older_process_can_not_ask_without_saying_who(desk: Desk, provider: FakeProvider) -> None:
    factories.requested_refund(desk, provider)
    statement = sa.text(OLDER_REFUND).bindparams(id="own", by="zoe@example.com", person="zoe@example.com")
    with pytest.raises(DBAPIError, match="identity"), desk.database.write() as session:
        session.execute(statement)


def test_what_was_sent_before_the_upgrade_is_not_bought_again(desk: Desk) -> None:
    web = Actor(name="web: shop", role=Role.MANAGER, source=Source.API, identity=actors.key_identity(3))
    key = sa.text(OLDER_KEY.replace("'1f3 at https://id'", "NULL").replace("'local:1f3 at https://id'", "NULL"))
    bought = {
        actor: service.submit(desk, actor, request(1, account=factories.BELLEVUE, idempotency_key="order: 1")).jobs
        for actor in (web, zoe())
    }
    scopes = {bought[web][0].id: "api:web%3A%20shop", bought[zoe()][0].id: "page:zoe%40example.com"}
    with desk.database.write() as session:
        for job_id, scope in scopes.items():
            named = sa.update(Job).where(Job.id == job_id).values(idempotency_key=f"{scope}:order: 1#0")
            session.execute(named)
    balance = factories.balance(desk.database)
    downgrade(desk, sa.text(ZOE), key.bindparams(id=3, name="web: shop"))
    assert schema.migrate(desk.database) is True

    for actor, jobs in bought.items():
        again = service.submit(desk, actor, request(1, account=factories.BELLEVUE, idempotency_key="order: 1"))
        assert (again.repeated, again.jobs) == (True, jobs)
    assert factories.balance(desk.database) == balance


def person(number: int, email: str, role: str) -> sa.TextClause:
    return sa.text(
        ZOE.replace("7,", f"{number},")
        .replace("'s'", f"'{number}'")
        .replace("zoe@example.com", email)
        .replace("'manager'", f"'{role}'")
    )


def stored_keys(desk: Desk) -> dict[str, str | None]:
    with desk.database.read() as session:
        return {row.id: row.idempotency_key for row in session.execute(sa.select(Job.id, Job.idempotency_key))}


@pytest.mark.parametrize(
    ("older", "now"),
    [
        ("page:zoe%40example.com", "page:user%3A7"),
        ("api:zoe%40example.com", "api:key%3A3"),
        ("page:twin%40example.com", "page:user%3A9"),
        ("page:pair%40example.com", "page:user%3A10"),
        ("page:eve", "page:local%3Aeve"),
        ("page:1f3%20at%20https%3A%2F%2Fid", "page:named%3A1f3%20at%20https%3A%2F%2Fid"),
        ("page:user%3A7", "page:user%3A7"),
    ],
    ids=["person", "a key called like one", "manager first", "then who came first", "at the machine", "alone", "new"],
)
def test_a_stored_key_goes_to_whom_its_name_meant(desk: Desk, older: str, now: str) -> None:
    job_id = factories.job(desk)
    key = sa.text(OLDER_KEY.replace("'1f3 at https://id'", "NULL").replace("'local:1f3 at https://id'", "NULL"))
    downgrade(
        desk,
        sa.text(ZOE),
        person(8, "twin@example.com", "support"),
        person(9, "twin@example.com", "manager"),
        person(10, "pair@example.com", "support"),
        person(11, "pair@example.com", "support"),
        key.bindparams(id=3, name="zoe@example.com"),
        sa.text("UPDATE jobs SET idempotency_key = :key").bindparams(key=f"{older}:a:b#0"),
    )
    schema.migrate(desk.database)
    assert stored_keys(desk) == {job_id: f"{now}:a:b#0"}


def test_a_key_that_was_used_again_since_stays_with_the_later_request(desk: Desk) -> None:
    first, second = factories.job(desk), factories.job(desk)
    keys = {first: "page:zoe%40example.com:k#0", second: "page:user%3A7:k#0"}
    named = sa.text("UPDATE jobs SET idempotency_key = :key WHERE id = :id")
    downgrade(desk, sa.text(ZOE), *(named.bindparams(key=key, id=job_id) for job_id, key in keys.items()))
    schema.migrate(desk.database)
    assert stored_keys(desk) == keys


def test_who_asked_without_an_address_was_not_at_this_machine(desk: Desk, provider: FakeProvider) -> None:
    refund_id = factories.requested_refund(desk, provider)
    guards = ("refunds_decided_once", "refunds_asked_once")
    downgrade(
        desk,
        *(sa.text(f"DROP TRIGGER {name}" + ("" if desk.database.is_sqlite else " ON refunds")) for name in guards),
        sa.text("UPDATE refunds SET requested_for_identity = 'local:1f3 at https://id'"),
    )
    schema.migrate(desk.database)
    with desk.database.read() as session:
        assert refund_queries.one(session, refund_id).requested_for_identity == "unsure:1f3 at https://id"


def test_a_refund_sent_before_the_upgrade_is_not_made_again(desk: Desk, provider: FakeProvider) -> None:
    job_id = refunding.finish(desk, provider)
    dora = factories.people(desk.database).dora
    refunding.ask(desk, dora, job_id, 5, key="r")
    downgrade(
        desk,
        sa.text("DROP TRIGGER refunds_decided_once" + ("" if desk.database.is_sqlite else " ON refunds")),
        sa.text("DROP TRIGGER refunds_asked_once" + ("" if desk.database.is_sqlite else " ON refunds")),
        sa.text("UPDATE refunds SET idempotency_key = 'page:dora:r'"),
    )
    schema.migrate(desk.database)

    assert refunding.ask(desk, dora, job_id, 5, key="r").repeated
    assert factories.refunds(desk.database, job_id) == [5]


def test_makers_without_an_address_are_not_at_this_machine(desk: Desk) -> None:
    downgrade(desk, sa.text(OLDER_KEY).bindparams(id=3, name="web"))
    schema.migrate(desk.database)
    with desk.database.read() as session:
        assert session.scalar(sa.text("SELECT created_by_identity FROM api_keys")) == "named:1f3 at https://id"


@pytest.mark.parametrize("statement", ["UPDATE job_events SET actor = 'x'", "DELETE FROM job_events"])
def test_the_database_refuses_to_change_a_timeline(desk: Desk, statement: str) -> None:
    service.submit(desk, factories.manager(), request(account=factories.BELLEVUE))
    with pytest.raises(DBAPIError, match="append-only"), desk.database.write() as session:
        session.execute(sa.text(statement))


def test_every_trigger_stands_after_the_way_back_and_forth(desk: Desk) -> None:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if desk.database.is_sqlite
        else "SELECT concat(tgname, ' ', tgenabled) FROM pg_trigger WHERE NOT tgisinternal"
    )
    with desk.database.read() as session:
        before = set(session.scalars(sa.text(query)))
    downgrade(desk)
    schema.migrate(desk.database)
    with desk.database.read() as session:
        assert set(session.scalars(sa.text(query))) == before


def test_no_rule_of_a_table_is_lost_or_doubled_on_the_way(desk: Desk) -> None:
    def rules() -> list[str]:
        with desk.database.read() as session:
            inspected = sa.inspect(session.connection())
            return sorted(
                f"{table}: {one['name']}"
                for table in inspected.get_table_names()
                for one in inspected.get_check_constraints(table)
            )

    wanted = sorted(
        f"{table.name}: {one.name}"
        for table in Base.metadata.tables.values()
        for one in table.constraints
        if isinstance(one, sa.CheckConstraint)
    )
    assert rules() == wanted
    downgrade(desk)
    schema.migrate(desk.database)
    assert rules() == wanted


def test_lines_of_the_audit_log_get_the_identities_of_those_they_name(desk: Desk) -> None:
    line = """
        INSERT INTO audit_entries (at, actor, made_by, role, source, kind, target, detail)
        SELECT created_at, :actor, :made_by, 'manager', :source, 'spend', 'older', '' FROM accounts LIMIT 1
    """
    twin = ZOE.replace("7,", "8,").replace("'s'", "'t'").replace("zoe@", "twin@")
    lines = {
        "zoe@example.com": (None, "user:7", None),
        "twin@example.com": (None, "named:twin@example.com", None),
        "key web": ("zoe@example.com", "key:3", "user:7"),
        "key gone": (None, "named:key gone", None),
        "root, by command": (None, "command:root", None),
        "system": (None, "system", None),
        "web": ("zoe@example.com", "key:3", "user:7"),
        "web@example.com": (None, "key:4", None),
    }
    by_key = {"key web", "key gone", "web", "web@example.com"}
    key = OLDER_KEY.replace("'1f3 at https://id'", "NULL").replace("'local:1f3 at https://id'", "NULL")
    statements = [ZOE, twin, twin.replace("8,", "9,").replace("'t'", "'u'")]
    downgrade(
        desk,
        *map(sa.text, statements),
        sa.text(ZOE.replace("7,", "5,").replace("'s'", "'w'").replace("zoe@", "web@")),
        sa.text(key).bindparams(id=3, name="web"),
        sa.text(key).bindparams(id=4, name="web@example.com"),
        *(
            sa.text(line).bindparams(actor=name, made_by=made_by, source="api" if name in by_key else "page")
            for name, (made_by, _, _) in lines.items()
        ),
    )
    schema.migrate(desk.database)
    with desk.database.read() as session:
        rows = session.execute(sa.select(AuditEntry).where(AuditEntry.target == "older")).scalars()
        found = {one.actor: (one.made_by, one.actor_identity, one.made_by_identity) for one in rows}
    assert found == lines
    with pytest.raises(DBAPIError, match="append-only"), desk.database.write() as session:
        session.execute(sa.text("UPDATE audit_entries SET actor_identity = 'user:1'"))
    with pytest.raises(DBAPIError, match="actor_identity"), desk.database.write() as session:
        session.execute(sa.text(line).bindparams(actor="x", made_by=None, source="page"))


def test_what_waits_keeps_its_order_where_ranks_become_turns(desk: Desk) -> None:
    normal, rush = factories.job(desk), factories.job(desk, priority=Priority.RUSH)
    downgrade(desk)
    with desk.database.read() as session:
        ranks = session.execute(sa.text("SELECT job_id, priority FROM variants")).all()
    assert {tuple(row) for row in ranks} == {(normal, 100), (rush, 10)}
    schema.migrate(desk.database)
    later = factories.job(desk, account=factories.OUTSIDER)

    order: list[str] = []
    dispatch.release(desk, lambda variant_id, turn: order.append(variant_id))
    owners = {one.id: job_id for job_id in (normal, rush, later) for one in factories.variants(desk.database, job_id)}
    assert [owners[variant_id] for variant_id in order][:4] == [rush, rush, normal, normal]


DECIDED = """
    INSERT INTO refunds (id, job_id, account_id, amount, reason, note, state, requested_by, requested_for,
        requested_at, decided_by, decided_at, decision_note, fingerprint)
    SELECT :id, job_id, account_id, :amount, reason, note, :state, :by, :by, requested_at, :decider, requested_at, '',
        '' FROM refunds LIMIT 1
"""


def test_what_an_older_process_decided_counts_for_who_decided_it(desk: Desk, provider: FakeProvider) -> None:
    factories.requested_refund(desk, provider)
    decided = sa.text(DECIDED)
    downgrade(
        desk,
        sa.text(ZOE),
        decided.bindparams(id="paid", amount=1, state="refunded", by="eve", decider="zoe@example.com"),
        decided.bindparams(id="back", amount=1, state="declined", by="zoe@example.com", decider="zoe@example.com"),
    )
    with desk.database.engine.execution_options(writes=True).begin() as connection:
        command.upgrade(config_on(connection), "0005")
    schema.migrate(desk.database)
    with desk.database.read() as session:
        found = {one.id: one for one in refund_queries.refunds(session, zoe()).refunds}
    assert (found["paid"].decided_by_identity, found["paid"].decided_for_identity) == ("user:7", "user:7")
    assert (found["back"].is_withdrawn, found["paid"].is_withdrawn) == (True, False)


@pytest.mark.parametrize("asker", ["gone@example.com", "twin@example.com"], ids=["renamed", "shared"])
def test_who_asked_can_not_be_told_so_nobody_approves(desk: Desk, provider: FakeProvider, asker: str) -> None:
    """The asker's address may have changed, or be another's too: whoever approves might be who asked."""
    factories.requested_refund(desk, provider)
    twin = ZOE.replace("7,", "8,").replace("'s'", "'t'").replace("zoe@", "twin@")
    again = twin.replace("8,", "9,").replace("'t'", "'u'")
    older = sa.text(OLDER_REFUND).bindparams(id="open", by=asker, person=asker)
    downgrade(desk, *map(sa.text, (ZOE, twin, again)), older)
    schema.migrate(desk.database)
    for manager in (zoe(), Actor(name=asker, role=Role.MANAGER, source=Source.PAGE, identity="user:9")):
        with pytest.raises(errors.StateConflict, match="asked for again"):
            refunds.approve(desk.database, manager, refund_id="open")
    declined = refunds.decline(desk.database, zoe(), refund_id="open", note="Please ask again.")
    assert declined.refund.state == "declined"
