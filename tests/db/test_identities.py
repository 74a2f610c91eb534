"""Do identities get into old rows, and is of a request only its decision written later?"""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from core import clock
from core.db import schema
from core.db.session import Database
from core.jobs import refund_queries, refunds
from core.jobs.desk import Desk
from core.models.base import UtcTime, new_id
from tests import factories
from tests.fake_provider import FakeProvider

ROOT = Path(__file__).parents[2]
USER = """
    INSERT INTO users (id, issuer, subject, email, name, role, created_at)
    VALUES (:id, :issuer, :issuer, :email, '', :role, :at)
"""
KEY = """
    INSERT INTO api_keys (id, name, key_hash, role, created_at, created_by)
    VALUES (:id, :name, :name, 'support', :at, :maker)
"""
REFUND = """
    INSERT INTO refunds (id, job_id, account_id, amount, reason, note, state, requested_by, requested_for,
        requested_at, decided_by, decided_at, decision_note, fingerprint)
    SELECT :id, job_id, account_id, 1, reason, note, :state, :by, :person, requested_at, :decider,
        CASE WHEN state <> :state THEN requested_at END, '', '' FROM refunds WHERE id = :asked
"""


@pytest.fixture
def asked(desk: Desk, provider: FakeProvider) -> str:
    """A refund that waits for a decision."""
    return factories.requested_refund(desk, provider)


@pytest.mark.parametrize(
    "change",
    [
        "amount = amount + 1",
        "requested_by = 'nobody'",
        "requested_by_identity = 'user:99'",
        "requested_for_identity = 'user:99'",
        "note = 'another'",
        "idempotency_key = 'k'",
        "state = 'refunded', decided_at = requested_at, amount = 1",
    ],
)
def test_of_a_request_only_the_decision_is_written_later(database: Database, asked: str, change: str) -> None:
    with pytest.raises(DBAPIError, match="refund"), database.write() as session:
        session.execute(sa.text(f"UPDATE refunds SET {change}"))
    done = refunds.decline(database, factories.manager(), refund_id=asked, note="No.")
    assert done.refund.decision_note == "No."


def run(connection: sa.Connection, statement: str, **values: Any) -> None:
    at = sa.bindparam("at", clock.now(), type_=UtcTime())
    text = sa.text(statement)
    connection.execute((text.bindparams(at) if ":at" in statement else text).bindparams(**values))


def test_old_rows_get_the_identities_of_those_they_name(desk: Desk, asked: str) -> None:
    with desk.database.engine.execution_options(writes=True).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(ROOT / "core/db/migrations"))
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
        for number, role in enumerate((None, "manager", "support"), start=1):
            run(connection, USER, id=number, issuer=str(number), email="zoe@example.com", role=role)
        for number, (name, maker) in enumerate((("web", "zoe@example.com"), ("old", None), ("dev", "root")), start=1):
            run(connection, KEY, id=number, name=name, maker=maker)
        for by, person, decider in (
            ("web", "zoe@example.com", None),
            ("old", "old", "zoe@example.com"),
            ("gone@example.com", "gone@example.com", None),
            ("root", "root", "system"),
        ):
            state = "declined" if decider else "requested"
            run(connection, REFUND, id=new_id(), asked=asked, by=by, person=person, decider=decider, state=state)
    assert schema.migrate(desk.database) is True
    with desk.database.read() as session:
        found = refund_queries.refunds(session, factories.manager()).refunds
        makers = session.scalars(sa.text("SELECT created_by_identity FROM api_keys ORDER BY id")).all()
    assert makers == ["user:2", None, "local:root"]
    assert {
        one.requested_by: (one.requested_by_identity, one.requested_for_identity, one.decided_by_identity)
        for one in found
    } == {
        "eve": ("local:eve", "local:eve", None),
        # Two people have the address of who made the key.
        "web": ("key:1", "unsure:zoe@example.com", None),
        "old": ("key:2", "key:2", "user:2"),
        "gone@example.com": ("unsure:gone@example.com", "unsure:gone@example.com", None),
        "root": ("local:root", "local:root", "system"),
    }
