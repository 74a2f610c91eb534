"""Does every fault end as it should: state, refund, words, and not one prediction too many?"""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.jobs import audit, dispatch, manual_sync, pause, sweep
from core.provider import replicate
from core.provider.simulator.faults import Fault
from tests import factories
from tests.faults import table
from tests.faults.conftest import CREDITS, Case, LiveDesk, StartDesk
from tests.faults.table import Row
from tests.waiting import eventually

DATABASES = ("sqlite",)


def test_the_table_has_a_row_for_every_fault() -> None:
    assert sorted(row.fault for row in table.ROWS) == sorted(Fault)


def test_what_strikes_a_prediction_or_its_result_ends_as_the_table_says(
    start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The answer to an order is waited for by far longer.
    monkeypatch.setattr(replicate, "READ_TIMEOUT_SECONDS", 4.0)
    live = start_desk()

    cases = _run(live, table.ORDINARY)

    _require(live, cases)
    stats = live.ask("stats")
    assert stats["redirects_followed"] == 0
    assert set(stats["posts"]["forged"]) == {"401"}
    assert set(stats["posts"]["wrong-id"]) == {"200"}
    _require_webhooks_as_struck(live, {case.name: case for case in cases})


def test_what_never_ends_is_ended_at_its_deadline(start_desk: StartDesk) -> None:
    live = start_desk(timeout_seconds=12)
    _require(live, _run(live, table.OVERDUE))


def test_what_refuses_orders_makes_them_wait_and_loses_nothing(
    start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pause, "TRY_AGAIN", timedelta(seconds=0.3))
    # The simulator's list does not lag, so that a server's error on a create can be looked up at once.
    monkeypatch.setattr(sweep, "LIST_LAG", timedelta(seconds=0.5))
    live = start_desk()
    passing = [live.job(row, once=True) for row in table.REFUSALS]
    lasting = [live.job(row, once=False) for row in table.REFUSALS]

    live.start_worker()
    live.let_go(*passing)
    live.wait_for_the_end_of(*passing)
    monkeypatch.setattr(dispatch, "QUEUE_TIMEOUT", timedelta(seconds=2))
    for row, case in zip(table.REFUSALS, lasting, strict=True):
        live.let_go(case)
        if row.fault in table.BANNERS:
            words = table.BANNERS[row.fault]
            eventually(lambda words=words: _banner(live) == words, what=f"the banner of {case.name}")  # type: ignore[misc]
        live.wait_for_the_end_of(case)

    _require(live, [*passing, *lasting])


def _run(live: LiveDesk, rows: Sequence[Row]) -> list[Case]:
    cases = [live.job(row, once=once) for once in (False, True) for row in rows]
    live.start_worker()
    live.let_go(*cases)
    live.wait_for_the_end_of(*cases)
    return cases


def _require(live: LiveDesk, cases: Sequence[Case]) -> None:
    """All ended as expected, each was struck, and nothing is left to be found by a sync or an audit."""
    assert {case.name: live.outcome(case) for case in cases} == {case.name: case.expected for case in cases}
    struck = live.ask("stats")["faults"]
    assert [case.name for case in cases if not struck.get(case.name.partition("@")[0])] == []
    assert [case.name for case in cases if live.recorded(case) != live.bought(case)] == []
    for job_id in [case.job_id for case in cases]:
        assert manual_sync.sync_jobs(live.desk, factories.manager(), job_id=job_id).changed == []
    assert audit.audit(live.desk) == []
    spent = sum(40 - case.expected.refund for case in cases)
    assert factories.balance(live.desk.database) == CREDITS - spent


def _banner(live: LiveDesk) -> str | None:
    with live.desk.database.read() as session:
        stopped = pause.current(session)
    return None if stopped is None else stopped.message


def _require_webhooks_as_struck(live: LiveDesk, cases: dict[str, Case]) -> None:
    """Lost ones never came, late ones did, of two alike one was kept, a forged one was not, a stranger's was."""
    assert live.webhooks_about(live.bought(cases[Fault.WEBHOOK_LOST])) == 0
    for fault in (Fault.WEBHOOK_DUPLICATE, Fault.WEBHOOK_REORDER, Fault.WEBHOOK_LATE, Fault.WEBHOOK_FORGED):
        of_case = live.bought(cases[fault])
        # Start and end of both predictions.
        eventually(lambda of_case=of_case: live.webhooks_about(of_case) >= 4, what=f"the news of {fault}")  # type: ignore[misc]
        assert live.webhooks_about(of_case) == 4
    # One for each prediction that was struck.
    assert len(live.strangers()) == 2 + 1
