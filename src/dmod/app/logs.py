"""Logs of the server: one line or one JSON object each, with the id of the job, and without secrets."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from dmod.core.redaction import RedactingFilter
from dmod.errors import InputError

FORMATS = ("text", "json")
_FIELDS = ("job", "step", "attempt", "request_id", "user")
"""What records may say beside their text (``extra=``)."""
_QUIET = ("alembic", "uvicorn.access", "asyncio", "httpx2")


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object's text."""
        document: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        document |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return json.dumps(document, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """Writes a record as a line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        time = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        said = [f"{name}={getattr(record, name)}" for name in _FIELDS if hasattr(record, name)]
        line = " ".join([time, record.levelname.lower(), record.getMessage(), *said])
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure_logs(form: str, level: int) -> None:
    """Let everything be logged to standard error.

    Raises
    ------
    InputError
        there is no such form.
    """
    if form not in FORMATS:
        raise InputError(f"--log-format {form!r} is unknown", hint="one of " + ", ".join(FORMATS))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    handler.addFilter(RedactingFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
