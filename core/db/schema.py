"""Is the schema up to date? Alembic brings it there, once, whichever process comes first."""

from pathlib import Path

import sqlalchemy as sa

from core.db.session import Database

_MIGRATIONS = Path(__file__).parent / "migrations"
# Any constant will do: it names the lock that makes processes migrate one after another.
_POSTGRES_LOCK_ID = 7_301_986


def migrate(database: Database) -> bool:
    """Bring the schema to the newest revision; True if anything was done."""
    # Alembic is imported here: a process that finds the schema current should not pay for it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    head = ScriptDirectory.from_config(config).get_current_head()
    if current_revision(database) == head:
        return False
    with database.engine.execution_options(writes=True).begin() as connection:
        if not database.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK_ID)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def current_revision(database: Database) -> str | None:
    """The revision the schema is at, or None for an empty database."""
    with database.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
