"""Are figures read ahead, after the start and not in its way, and does nothing of it outlive a stop?"""

import gc
import threading
from collections.abc import Callable
from random import Random

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import clock as core_clock
from core import runtime, server
from core.analytics import reading
from core.analytics.keeping import KeptHistory
from core.analytics.summary import Figures
from core.analytics.warming import WarmUp
from core.db.session import Database
from tests.analytics.histories import Writer
from tests.waiting import eventually

DATABASES = ("sqlite",)


def write(database: Database) -> None:
    writer = Writer(database, Random(1), core_clock.now())
    for _ in range(30):
        writer.step()


def warming_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "figures-warm-up"]


def test_who_asks_afterwards_finds_the_columns_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    write(database)
    kept = KeptHistory(database)
    warm_up = WarmUp(Figures(kept).read_ahead, delay_seconds=0.0)
    warm_up.start()
    eventually(lambda: not warming_threads())
    assert kept.version == 1
    monkeypatch.setattr(reading, "whole", lambda *_, **__: pytest.fail("read twice"))
    with kept.current() as history:
        assert history.jobs.length


def test_a_stop_ends_the_wait_at_once(database: Database) -> None:
    read: list[str] = []
    warm_up = WarmUp(lambda _go_on: read.append("read"), delay_seconds=3_600.0)
    warm_up.start()
    warm_up.stop()
    assert not warming_threads()
    assert not read


def test_a_stop_in_the_middle_of_reading_ends_it_and_leaves_the_columns_to_whoever_asks_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(database)
    monkeypatch.setattr(reading, "CHUNK_JOBS", 1)
    kept, begun, stopped = KeptHistory(database), threading.Event(), threading.Event()

    def read(go_on: Callable[[], None]) -> None:
        def at_each_step() -> None:
            begun.set()
            assert stopped.wait(10)
            go_on()

        kept.read_ahead(at_each_step)

    warm_up = WarmUp(read, delay_seconds=0.0)
    warm_up.start()
    assert begun.wait(10)
    stopping = threading.Thread(target=warm_up.stop)
    stopping.start()
    eventually(warm_up._stopped.is_set)
    stopped.set()
    stopping.join(10)
    assert not warming_threads()
    assert kept.version == 0
    with kept.current() as history:
        assert history.jobs.length


def test_what_goes_wrong_is_logged_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def breaks(_go_on: Callable[[], None]) -> None:
        raise OSError("the disk is gone")

    warm_up = WarmUp(breaks, delay_seconds=0.0)
    warm_up.start()
    eventually(lambda: not warming_threads())
    warm_up.stop()
    assert "figures could not be read ahead" in caplog.text


def test_the_server_reads_ahead_once_it_is_ready(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("STAGING_DATA_DIR", f"{tmp_path}/data")
    monkeypatch.setattr("core.analytics.warming.WarmUp.__init__.__kwdefaults__", {"delay_seconds": 0.5})
    with TestClient(Starlette(routes=server.routes(), lifespan=server.lifespan)) as client:
        assert client.get("/readyz").status_code == 200
        assert len(warming_threads()) == 1
        eventually(lambda: not warming_threads())
        assert runtime.current().figures()._kept.version == 1
    assert not warming_threads()
    # The server puts all there is beyond the reach of collections, which tests that follow may need.
    gc.unfreeze()
