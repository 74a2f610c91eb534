"""How is a table changed whose triggers refuse it? With them off for the moment, in the migration's transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op


def is_sqlite() -> bool:
    """Which of the two databases the migration runs on."""
    return op.get_bind().dialect.name == "sqlite"


@contextmanager
def off(table: str) -> Iterator[None]:
    """What refuses changes of the table lets those inside pass, a batch too; afterwards it is as it was."""
    connection = op.get_bind()
    if not is_sqlite():
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    query = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    kept = connection.execute(query, {"table": table}).all()
    for trigger in kept:
        op.execute(f'DROP TRIGGER "{trigger.name}"')
    yield
    for trigger in kept:
        connection.exec_driver_sql(trigger.sql)
