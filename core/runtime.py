"""What is this process made of? The composition root: settings become tools, real or simulated, in one place."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from core import errors, logs
from core.analytics.collector import DatabaseCollector
from core.auth.actors import Source, system
from core.credits import service as credit_service
from core.db import schema
from core.db.session import Database
from core.jobs import create_rate
from core.jobs.creation import create_prediction
from core.jobs.desk import Desk
from core.jobs.queue import VariantQueue, queue_database_url
from core.metrics import Metrics
from core.provider.contract import Provider
from core.provider.metered import MeteredProvider
from core.provider.replicate import ReplicateProvider
from core.provider.simulator import address
from core.settings import Settings
from core.storage.backend import ObjectStorage
from core.webhooks.inbox import Inbox

if TYPE_CHECKING:
    from core.analytics.summary import Figures

_SIMULATOR_TOKEN = "simulator"  # noqa: S105 - the simulator takes any token
# Nothing listens on the discard port: a demo whose simulator is not running has an unreachable provider.
_NO_SIMULATOR_URL = "http://127.0.0.1:9"
WELCOME_ACCOUNT = "Demo"
WELCOME_CREDITS = 1_000
# Where the columns behind the figures are kept for a quick start, in the data folder; it may be removed at any time.
COLUMNS_FILE = Path("figures") / "columns"
_log = logs.get(__name__)


class Runtime:
    """The tools of one process. Made without side effects on others; `start_*` is the server's and worker's doing."""

    def __init__(self, settings: Settings, *, simulator_url: str | None = None) -> None:
        logs.protect(*settings.secret_values())
        self.settings = settings
        self.database = Database(settings.resolved_database_url)
        self.storage = ObjectStorage(settings.resolved_storage_url)
        self.metrics = Metrics()
        # Whatever database this runtime has when it is asked.
        self.metrics.registry.register(DatabaseCollector(lambda: self.database.read()))
        replicate = ReplicateProvider(
            token=settings.replicate_api_token.get_secret_value()
            if settings.replicate_api_token
            else _SIMULATOR_TOKEN,
            base_url=self._provider_url(settings, simulator_url),
            cancel_after_seconds=settings.job_timeout_seconds,
        )
        self.provider: Provider = MeteredProvider(replicate, self.metrics)
        self.desk = Desk(
            database=self.database,
            storage=self.storage,
            provider=self.provider,
            webhook_base_url=settings.webhook_base_url,
            timeout_seconds=settings.job_timeout_seconds,
            creates_per_minute=settings.creates_per_minute,
            create_burst=create_rate.safe_burst(settings.create_burst, per_minute=settings.creates_per_minute),
        )
        self.inbox = Inbox(self.desk, configured_secrets=settings.webhook_secrets)
        self._figures: Figures | None = None
        self._figures_turn = threading.Lock()

    def figures(self) -> "Figures":
        """All figures, from the columns that this process keeps once they are asked for."""
        with self._figures_turn:
            if self._figures is None:
                # numpy and the columns take time and memory, which only who shows figures should spend.
                from core.analytics.keeping import KeptHistory
                from core.analytics.summary import Figures

                self._figures = Figures(KeptHistory(self.database, file=self.settings.data_dir / COLUMNS_FILE))
            return self._figures

    def new_queue(self) -> VariantQueue:
        """The durable queue of this process."""
        return VariantQueue(
            database_url=queue_database_url(self.settings.resolved_database_url, self.settings.data_dir),
            run=lambda variant_id: create_prediction(self.desk, variant_id),
        )

    def migrate(self) -> None:
        """Bring the database to the newest schema and, in a fresh development database, open the demo account."""
        if schema.migrate(self.database):
            _log.info("database migrated")
        if not self.settings.is_production:
            opened = credit_service.welcome(
                self.database,
                system(Source.SYSTEM),
                account=WELCOME_ACCOUNT,
                amount_credits=WELCOME_CREDITS,
            )
            if opened:
                _log.info("demo account opened", account=WELCOME_ACCOUNT, amount_credits=WELCOME_CREDITS)

    def checks(self) -> dict[str, bool]:
        """Which of the parts answer, by name."""
        return {
            "database": self.database.is_reachable(),
            "storage": self.storage.is_reachable(),
            "provider": self.provider.is_reachable(),
        }

    def close(self) -> None:
        """Close the database's connections."""
        self.database.close()

    @staticmethod
    def _provider_url(settings: Settings, simulator_url: str | None) -> str:
        if not settings.has_own_simulator:
            return settings.replicate_base_url
        return simulator_url or address.known_address(simulator_dir(settings)) or _NO_SIMULATOR_URL


def simulator_dir(settings: Settings) -> Path:
    """Where the built-in simulator keeps its state."""
    return settings.data_dir / "simulator"


_current: Runtime | None = None
_current_lock = threading.Lock()


def current() -> Runtime:
    """The runtime that this process was started with.

    Raises:
        ConfigurationError: if nothing was started.
    """
    if _current is None:
        raise errors.ConfigurationError("The desk is not running in this process. Start it as README says.")
    return _current


def use(runtime: Runtime | None) -> None:
    """Make this the process's runtime; None when it ends."""
    global _current
    with _current_lock:
        _current = runtime
