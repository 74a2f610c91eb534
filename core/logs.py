"""What happened, one line a step? Readable in a terminal, JSON in production, and never a secret."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_secrets: set[str] = set()
_SECRET_KEYS = re.compile(r"(token|secret|password|authorization|api_?key|signature)$", re.IGNORECASE)
_SECRET_SHAPES = re.compile(r"(r8_[A-Za-z0-9]{6,}|whsec_[A-Za-z0-9+/=]{6,}|sd_[A-Za-z0-9_-]{20,}|Bearer\s+\S+)")
_REDACTED = "[redacted]"
_MIN_SECRET_LENGTH = 6


def protect(*secrets: str | None) -> None:
    """Never print these values again, wherever they turn up. Values under 6 characters are ignored."""
    _secrets.update(value for value in secrets if value and len(value) >= _MIN_SECRET_LENGTH)


def redact(text: str) -> str:
    """The text with every protected value, and all that looks like a key, replaced."""
    # The longest first: one that begins like another must not leave the rest of it.
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _REDACTED)
    return _SECRET_SHAPES.sub(_REDACTED, text)


def _redact_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: _REDACTED if _is_secret_key(key) else _redact_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redact_value(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))


def _is_secret_key(key: object) -> bool:
    return isinstance(key, str) and _SECRET_KEYS.search(key) is not None


def _redact_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # structlog keeps its own bookkeeping under names with a leading underscore.
    return {
        key: value if key.startswith("_") else _REDACTED if _is_secret_key(key) else _redact_value(value)
        for key, value in event.items()
    }


def configure(*, as_json: bool, level: str = "INFO") -> None:
    """Send every log line of the process, libraries included, through one redacting formatter on stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    renderer = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "PIL", "urllib3", "alembic", "watchdog", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for one module; bind `job_id`, `variant` and `prediction_id` where they are known."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
