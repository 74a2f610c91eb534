"""How is a transaction opened? `read()` sees one consistent state; `write()` commits as a whole or not at all."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db.engine import WRITES, open_engine


class Database:
    """The one way to a session. Never call the network while a session is open."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        self._writing_engine = self.engine.execution_options(**{WRITES: True})
        # A read of several queries sees one state: SQLite does so by itself, PostgreSQL has to be asked.
        reading = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reading_engine = self.engine.execution_options(**reading)
        # SQLite has one writer at a time and makes the others sleep and retry; queueing here is faster and fair.
        self._turn: AbstractContextManager[Any] = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, where PostgreSQL's locks are not needed and not known."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing it does is kept."""
        with Session(self._reading_engine) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction: committed at the end, rolled back if anything is raised."""
        with self._turn, Session(self._writing_engine, expire_on_commit=False) as session, session.begin():
            yield session

    def is_reachable(self) -> bool:
        """Whether the database answers a trivial question."""
        try:
            with self.engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()
