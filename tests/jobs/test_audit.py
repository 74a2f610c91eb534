"""Is every kind of damage found, and named?"""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, errors
from core.jobs import audit, sync
from core.jobs.desk import Desk
from core.models import Account, Job, LedgerEntry, Variant
from core.provider.registry import DEFAULT_MODEL
from tests import factories
from tests.fake_provider import FakeProvider
from tests.settable_clock import SettableClock


@pytest.fixture
def job_id(desk: Desk, provider: FakeProvider, clock: SettableClock) -> str:
    """A job with one result and one refund."""
    job_id, (first, second) = factories.ordered_job(desk)
    sync.apply(desk, factories.manager(), provider.finish(first))
    factories.fail(desk, provider, second)
    return job_id


def let_the_ledger_be_changed(desk: Desk) -> None:
    names = (
        ["ledger_entries_no_update", "ledger_entries_no_delete"]
        if desk.database.is_sqlite
        else ["ledger_entries_append_only ON ledger_entries"]
    )
    with desk.database.write() as session:
        for name in names:
            session.execute(sa.text(f"DROP TRIGGER {name}"))


Damage = Callable[[Session, str], object]
DAMAGES: dict[str, tuple[Damage, list[str]]] = {
    "balance": (
        lambda s, _: s.execute(sa.update(Account).where(Account.name == factories.BELLEVUE).values(balance=981)),
        ["account Bellevue Homes: the balance is 981, its entries add up to 980"],
    ),
    "lost refund": (
        lambda s, _: s.execute(sa.delete(LedgerEntry).where(LedgerEntry.kind == "refund")),
        ["account Bellevue Homes: the balance is 980", "40 charged and 20 returned, the ledger says 40 and 0"],
    ),
    "lost charge": (
        lambda s, _: s.execute(sa.delete(LedgerEntry).where(LedgerEntry.kind == "charge")),
        ["account Bellevue Homes", "ledger entry", "40 charged and 20 returned, the ledger says 0 and 20"],
    ),
    "altered entry": (
        lambda s, _: s.execute(sa.update(LedgerEntry).where(LedgerEntry.kind == "refund").values(balance_after=5)),
        ["it says 5 after it, the sum so far is 980"],
    ),
    "kept credits": (
        lambda s, job_id: s.execute(
            sa.update(Variant)
            .where(Variant.job_id == job_id, Variant.state == "succeeded")
            .values(state="failed", error_code="x", result_key=None)
        ),
        ["40 charged, 20 returned by the desk, results for 0", "it is partial, which its variants contradict"],
    ),
    "result given away": (
        lambda s, job_id: s.execute(
            sa.update(Variant)
            .where(Variant.job_id == job_id, Variant.state == "failed")
            .values(state="succeeded", error_code=None, error_message=None, result_key="accounts/1/results/a.png")
        ),
        ["40 charged, 20 returned by the desk, results for 40", "it is partial, which its variants contradict"],
    ),
    "job ended too soon": (
        lambda s, job_id: s.execute(
            sa.update(Variant)
            .where(Variant.job_id == job_id, Variant.variant_index == 1)
            .values(state="running", error_code=None, completed_at=None, next_due_at=clock.now())
        ),
        ["it is partial, which its variants contradict"],
    ),
    "job not ended": (
        lambda s, job_id: s.execute(
            sa.update(Job).where(Job.id == job_id).values(state="processing", completed_at=None)
        ),
        ["it is processing, which its variants contradict"],
    ),
}


def findings(desk: Desk) -> list[str]:
    return [f"{one.subject}: {one.message}" for one in audit.audit(desk)]


def test_nothing_is_found_where_all_is_well(desk: Desk, job_id: str) -> None:
    factories.ordered_job(desk, number=2)
    factories.job(desk, number=3)
    assert findings(desk) == []


@pytest.mark.parametrize("kind", DAMAGES)
def test_each_damage_is_found(desk: Desk, job_id: str, kind: str) -> None:
    damage, expected = DAMAGES[kind]
    let_the_ledger_be_changed(desk)
    with desk.database.write() as session:
        damage(session, job_id)
    found = findings(desk)
    for text in expected:
        assert any(text in one for one in found), (text, found)


def test_a_lost_file_is_found(desk: Desk, job_id: str, tmp_path: object) -> None:
    key = factories.variants(desk.database, job_id)[0].result_key
    next(tmp_path.glob(f"files/{key}")).unlink()  # type: ignore[attr-defined]
    assert findings(desk) == [f"file {key}: it is missing"]


def test_an_altered_original_is_found(desk: Desk, job_id: str) -> None:
    key = factories.detail(desk.database, job_id).photo.original_key
    desk.storage.put(key, b"something else")
    assert findings(desk) == [f"file {key}: its content is not what was stored"]


def test_storage_that_is_away_is_said_once(desk: Desk, job_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(key: str) -> bytes:
        raise errors.StorageUnavailable

    monkeypatch.setattr(desk.storage, "get", down)
    assert len(findings(desk)) == 1
    assert findings(desk)[0].startswith("storage: ")


@pytest.mark.parametrize("state", ["queued", "submitting", "running"])
def test_a_variant_that_is_stuck_is_found(
    desk: Desk, clock: SettableClock, provider: FakeProvider, state: str
) -> None:
    from core.jobs import creation

    job_id = factories.job(desk)
    if state == "submitting":
        provider.fail_next("create", errors.ProviderAmbiguous())
        provider.fail_next("create", errors.ProviderAmbiguous())
    if state != "queued":
        for variant in factories.variants(desk.database, job_id):
            creation.create_prediction(desk, variant.id)
    assert factories.states(desk.database, job_id)[1] == [state, state]
    clock.forward(minutes=59)
    assert findings(desk) == [f"job {job_id}: variant {n} is still {state} past its time limit" for n in (0, 1)]


def test_a_prediction_that_nobody_owns_is_found(desk: Desk, provider: FakeProvider, job_id: str) -> None:
    owned = provider.predictions[provider.bought()[0]]
    stray = provider.create(model=DEFAULT_MODEL.name, input=owned["input"])
    provider.create(model=DEFAULT_MODEL.name, input={"prompt": "of somebody else"})
    assert findings(desk) == [f"prediction {stray.id}: it was ordered by us and is starting, but no variant owns it"]


def test_a_provider_that_is_away_is_no_finding(desk: Desk, provider: FakeProvider, job_id: str) -> None:
    provider.is_silent = True
    assert findings(desk) == []
