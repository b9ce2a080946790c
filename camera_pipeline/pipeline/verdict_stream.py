"""Officers' final verdicts from Redis, as decisions about the storage class of evidence. Run by the storage thread.

Read from the beginning after every start: who applies them passes over what is no news.
"""

import json
import logging
from collections.abc import Iterator
from typing import Any, cast

from redis.exceptions import RedisError

from camera_pipeline.config import RedisSettings
from camera_pipeline.errors import EvidenceError, SealError
from camera_pipeline.events.redis_link import connect, explain
from camera_pipeline.evidence.storage_class import ClassRecord, StorageClass, read_class

_BATCH = 500
_CLASSES = {
    "confirm": StorageClass.CONFIRMED,
    "reject": StorageClass.REJECTED,
    "return": StorageClass.UNREVIEWED,
}

log = logging.getLogger(__name__)


class VerdictStream:
    """Reads `<prefix>:verdicts`.

    Args:
        redis: where it is.
    """

    def __init__(self, redis: RedisSettings) -> None:
        self._url, self._stream = redis.url.get_secret_value(), f"{redis.prefix}:verdicts"
        self._redis = connect(self._url)
        self._after = b"0"

    def new(self) -> Iterator[tuple[str, ClassRecord]]:
        """Yield event ids with their classes, oldest first; what was yielded and dealt with does not come again.

        Raises:
            EvidenceError: Redis cannot be read.
        """
        while entries := self._read():
            for entry_id, fields in entries:
                found = _decision(fields.get(b"verdict", b""))
                if found is not None:
                    yield found
                self._after = entry_id

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def _read(self) -> list[tuple[bytes, dict[bytes, bytes]]]:
        try:
            found: Any = self._redis.xread({self._stream: self._after}, count=_BATCH)
        except (RedisError, OSError) as error:
            raise EvidenceError(f"verdicts cannot be read: {explain(error, self._url)}") from error
        return cast("list[tuple[bytes, dict[bytes, bytes]]]", found[0][1]) if found else []


def _decision(verdict: bytes) -> tuple[str, ClassRecord] | None:
    """Return what a verdict means for storage; None when it cannot be understood, which is told."""
    try:
        plain = json.loads(verdict)
        decision, reason = str(plain["decision"]), str(plain.get("reason") or "")
        said = {
            "class": _CLASSES[decision],
            "by": plain["officer"],
            "reason": f"{decision}: {reason}" if reason else decision,
            "at": plain["decided_at"],
        }
        return str(plain["event_id"]), read_class(json.dumps(said).encode())
    except (ValueError, KeyError, TypeError, SealError) as error:
        log.warning("a verdict changes no storage class: %s: %s", type(error).__name__, error)
        return None
