"""Where does a process die? At the edges of each transaction, on a real SQLite file that outlives it."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from core.db import schema
from core.db.session import Database
from tests.simulation.world import World


class CrashingDatabase(Database):
    """Dies before a transaction, just before its commit, and just after it, as the world decides.

    One object serves many worlds in turn: what it keeps between them, or across a crash, is connections to the file
    and compiled statements, none of which decides anything.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(f"sqlite:///{path}")
        self.world = World(0)
        self.path = path
        self._template = path.with_suffix(".template")
        # What a power cut would do is not what is asked here: a killed process loses nothing that it had written.
        event.listen(self.engine, "connect", _without_syncing)
        schema.migrate(self)
        self.close()
        shutil.copyfile(path, self._template)

    def start_over(self, world: World) -> None:
        """An empty, migrated file for the next world."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copyfile(self._template, self.path)
        self.world = world

    @contextmanager
    def read(self) -> Iterator[Session]:
        self.world.die_if_due("reading")
        with super().read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        self.world.step("beginning")
        with super().write() as session:
            self.world.in_transaction = True
            try:
                yield session
                self.world.die_if_due("committing")
            finally:
                self.world.in_transaction = False
        self.world.step("committed")


def _without_syncing(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")
