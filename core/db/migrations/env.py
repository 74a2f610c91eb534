"""How does Alembic reach our database? Through a connection it is handed, or the configured URL."""

from alembic import context

from core.db.session import Database
from core.models import Base
from core.settings import Settings


def _run(connection: object) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=False)  # type: ignore[arg-type]
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with Database(Settings().resolved_database_url).engine.execution_options(writes=True).begin() as opened:
        _run(opened)
