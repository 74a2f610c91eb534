"""Does the audit log tell people apart, in words, and is it narrowed to what is looked for?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.auth import api_keys, audit, users
from core.auth.actors import Actor, Source, system
from core.auth.audit import AuditKind, AuditRecord
from core.auth.roles import Role
from core.credits import limits
from core.credits.limits import RefundLimit
from core.db.session import Database
from core.jobs import refunds
from core.jobs.desk import Desk
from core.jobs.refund_queries import RefundReason
from core.jobs.refunds import RefundRequest
from core.runtime import Runtime
from pages.widgets import audit_words
from tests.pages.conftest import SAFETY, Visit
from tests.pages.reading import button_by_label, drawings, words
from tests.pages.test_admin import MONA, TABLE, identity, invite, rows, texts

DATABASES = ("sqlite",)


@pytest.fixture(autouse=True)
def _mona_looks(runtime: Runtime, sign_in: Callable[[Actor], None]) -> None:
    sign_in(MONA)


@pytest.fixture
def section(visit: Visit) -> Callable[[str], AppTest]:
    """Opens a part of the page by its address, as a bookmark does."""
    return lambda name: visit("admin", section=name)


def audit_row(database: Database, actor: Actor) -> None:
    with database.write() as session:
        audit.note(session, actor, AuditKind.REFUND, detail="20 credits, system: canceled")


def test_the_log_is_narrowed_and_continued(
    section: Callable[[str], AppTest], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.widgets.paging.PAGE_SIZE", 3)
    for number in range(4):
        api_keys.create_key(database, MONA, name=f"key {number}", role=Role.MANAGER)
    invite(database, "dora@example.com", Role.SUPPORT)
    app = section("Audit log")
    assert [row[3] for row in texts(app)] == ["dora@example.com", "key 3", "key 2"]
    button_by_label(app, "Load more").click().run()
    assert [row[3] for row in texts(app)][3:5] == ["key 1", "key 0"]
    app.selectbox(key="audit-kind").select("invited").run()
    assert [row[2] for row in texts(app)] == ["Invited"]
    app.text_input(key="audit-person").input("nobody").run()
    assert "Nothing of this kind was done." in words(app)


def test_the_log_speaks_in_words(
    section: Callable[[str], AppTest], database: Database, desk: Desk, end_job: Callable[..., str]
) -> None:
    job_id = end_job({}, SAFETY)
    limits.set_refund_limit(
        database, MONA, RefundLimit(role=Role.SUPPORT, per_refund_credits=120, per_day_credits=None)
    )
    note = "Agreed on the phone with the owner, who had ordered for another room and never saw what the summary said."
    request = RefundRequest(job_id=job_id, amount_credits=5, reason=RefundReason.OTHER, note=note)
    refunds.refund_job(database, MONA, request)
    refund, limit, returned, *_ = rows(section("Audit log"))
    job = f"Job {job_id[-8:]}"
    assert (refund[3]["text"], refund[3]["below"]) == (job, f"5 credits. Other: {note}")
    assert (limit[3]["text"], limit[5]["text"]) == ("Support", "A page")
    assert limit[3]["below"].endswith("→ 120 a refund, no limit a day")
    assert (returned[3]["text"], returned[3]["below"]) == (
        job,
        "20 credits, returned by itself: the safety filter refused this variant.",
    )
    assert "wrap" in drawings(section("Audit log"), TABLE)[-1]["columns"][3]["style"]


def test_the_log_names_people_and_the_desk_itself(section: Callable[[str], AppTest], database: Database) -> None:
    bob = users.sign_in(database, identity("bob@example.com", name="Bob Okafor"))
    assert bob is None
    audit_row(database, system(Source.SWEEP))
    by_desk, by_bob, *_ = rows(section("Audit log"))
    assert (by_desk[1]["text"], by_desk[1]["below"], by_desk[5]["text"]) == ("System", "The desk itself", "Sweep")
    assert (by_bob[1]["text"], by_bob[1]["below"]) == ("Bob Okafor", "bob@example.com · No role")
    app = section("Audit log")
    app.text_input(key="audit-person").input("bob okafor").run()
    assert [row[1] for row in texts(app)] == ["Bob Okafor"]
    app.text_input(key="audit-person").input("System").run()
    assert {row[1] for row in texts(app)} == {"System"}


def test_nobody_passes_for_another_by_their_name(section: Callable[[str], AppTest], database: Database) -> None:
    audit_row(database, system(Source.SWEEP))
    for email, name in (("eve@example.com", "System"), ("ann@example.com", "Bob Okafor"), ("bob@example.com", "")):
        users.sign_in(database, identity(email, name=name))
    key = replace(MONA, name="key import", identity="key:1", made_by="mona@example.com", made_by_identity="user:9")
    audit_row(database, key)
    told = {row[1]["below"]: row[1]["text"] for row in rows(section("Audit log"))}
    assert told["The desk itself"] == told["eve@example.com · No role"] == "System"
    assert told["ann@example.com · No role"] == "Bob Okafor"
    assert told["No role"] == "bob@example.com"
    assert told["of mona@example.com · Manager"] == "key import"


@pytest.mark.parametrize("kind", list(AuditKind))
def test_every_kind_of_deed_has_its_words(kind: AuditKind) -> None:
    record = AuditRecord(
        id=1, at=clock.now(), actor="mona", actor_identity="local:mona", role="manager", source="page", kind=kind,
        account=None, job_id=None, target="some_thing", detail="5 credits, late_delivery: so it was",
    )  # fmt: skip
    told = audit_words.tell(record, {})
    assert all(text[0].isupper() or text[0].isdigit() for text in (told.what, told.detail, told.known_as, told.door))
    assert "late_delivery" not in told.detail or not kind.startswith("refund")


def test_the_log_is_narrowed_to_days(section: Callable[[str], AppTest], database: Database) -> None:
    invite(database, "dora@example.com", Role.SUPPORT)
    app = section("Audit log")
    assert [field.label for field in app.date_input] == ["From", "To"]
    app.date_input(key="audit-to").set_value(clock.now().date() - timedelta(days=2)).run()
    assert "Nothing of this kind was done." in words(app)
