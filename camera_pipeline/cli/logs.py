"""Logging of the commands: one line an event of interest, for people or as JSON, credentials masked everywhere."""

import json
import logging
import sys
import time
from datetime import UTC, datetime

from camera_pipeline.redact import redact


class _Text(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        return time.strftime(datefmt or "%Y-%m-%d %H:%M:%S", time.gmtime(record.created))

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def _matters(record: logging.LogRecord) -> bool:
    """The scaler remarks on every full-range picture that its pixel format has an old name; nobody can act on it."""
    return not (record.name.startswith("libav") and "deprecated pixel format" in record.getMessage())


def set_up_logging(*, as_json: bool = False, level: int = logging.INFO) -> None:
    """Send logs to standard error.

    Args:
        as_json: one JSON object a line, for machines.
        level: least level that is shown.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if as_json else _Text("%(asctime)sZ %(levelname)-7s %(message)s"))
    handler.addFilter(_matters)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
