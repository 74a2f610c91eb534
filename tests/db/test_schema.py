"""Does the schema that migrations make equal the models, and can it be made by several at once?"""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from core.db import schema
from core.db.session import Database
from core.models import Base
from tests import factories

ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'empty.sqlite'}"
    return request.getfixturevalue("postgres_server").new(template="template0")


@pytest.fixture
def empty(empty_url: str) -> Any:
    opened = Database(empty_url)
    yield opened
    opened.close()


def config_on(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "core/db/migrations"))
    config.attributes["connection"] = connection
    return config


def test_the_schema_equals_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_constraint_of_the_models_is_in_the_schema(database: Database) -> None:
    inspector = sa.inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        checks = {one["name"] for one in inspector.get_check_constraints(table.name)}
        expected = {
            database.engine.dialect.identifier_preparer.format_constraint(one)
            for one in table.constraints
            if isinstance(one, sa.CheckConstraint)
        }
        assert checks == expected, table.name


def test_migrating_an_empty_database_happens_once(empty: Database) -> None:
    assert schema.current_revision(empty) is None
    assert schema.migrate(empty) is True
    assert schema.migrate(empty) is False
    assert schema.current_revision(empty) is not None


def test_a_downgrade_leaves_nothing_and_can_be_undone(empty: Database) -> None:
    schema.migrate(empty)
    with empty.engine.execution_options(writes=True).begin() as connection:
        command.downgrade(config_on(connection), "base")

    assert set(sa.inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    assert schema.migrate(empty) is True
    factories.fill(empty)


def test_threads_that_migrate_at_once_migrate_once(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(4)]
    barrier = threading.Barrier(len(databases))

    def migrate(database: Database) -> bool:
        barrier.wait()
        return schema.migrate(database)

    results = factories.at_once(*[lambda database=database: migrate(database) for database in databases])

    assert all(isinstance(one, bool) for one in results), results
    assert any(results)
    factories.fill(databases[0])
    for database in databases:
        database.close()


def test_processes_that_migrate_at_once_migrate_once(empty_url: str) -> None:
    program = "import sys; from core.db import schema, session; schema.migrate(session.Database(sys.argv[1]))"
    running = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in running:
        _, problems = process.communicate(timeout=60)
        assert process.returncode == 0, problems
    database = Database(empty_url)
    factories.fill(database)
    database.close()
