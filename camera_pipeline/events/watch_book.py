"""The watch list in force: read from a file and a Redis key, and read again while the service runs.

One thread refreshes; any thread may ask. A list with mistakes does not replace a good one.
"""

import logging
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from camera_pipeline.config import RedisSettings, WatchListSettings
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.redis_link import connect, explain
from camera_pipeline.events.watch_list import WatchList

log = logging.getLogger(__name__)


class WatchBook:
    """What is looked for.

    Args:
        settings: where the lists are.
        redis: the server that holds the key.

    Attributes:
        current: the list in force: the entries of the file, then those of the key.
        fault: why it may be old; empty where it is not.

    Raises:
        ConfigError: a list cannot be read, or holds mistakes. A Redis that is away is no mistake: it is asked again.
    """

    def __init__(self, settings: WatchListSettings, redis: RedisSettings) -> None:
        self._path, self._key = settings.file, settings.redis_key
        self._url = redis.url.get_secret_value()
        self._client = connect(self._url) if self._key is not None else None
        self._changed_ns: int | None = None
        self._text: bytes | None = None
        self._of_file, self._of_key = WatchList(()), WatchList(())
        self.current = WatchList(())
        self.fault = ""
        self._look()
        if self.fault:
            log.error("watch list: %s", self.fault)

    def refresh(self) -> None:
        """Look whether a list has changed. What is wrong is logged once, and the last good list stays."""
        before = self.fault
        try:
            self._look()
        except ConfigError as error:
            self.fault = str(error)
        if self.fault and self.fault != before:
            log.error("watch list not read again, the old one stays:\n%s", self.fault)

    def _look(self) -> None:
        self.fault = ""
        before = (self._of_file, self._of_key)
        if self._path is not None:
            self._look_at_file(self._path)
        if self._client is not None and self._key is not None:
            self._look_at_key(self._client, self._key)
        if before != (self._of_file, self._of_key):
            self.current = WatchList((*self._of_file.entries, *self._of_key.entries))
            log.info("watch list: %d plates are looked for", len(self.current.entries))

    def _look_at_file(self, path: Path) -> None:
        try:
            changed_ns: int | None = path.stat().st_mtime_ns
        except OSError:  # gone, or being replaced: reading it says what is wrong, if it still is
            changed_ns = None
        if changed_ns is None or changed_ns != self._changed_ns:
            self._of_file = WatchList.load(path)
            self._changed_ns = changed_ns

    def _look_at_key(self, client: Redis, key: str) -> None:
        try:
            text = client.get(key)
        except (RedisError, OSError) as error:
            self.fault = explain(error, self._url)
            return
        if isinstance(text, bytes) and text != self._text:
            self._of_key = WatchList.parse(text, f"Redis key {key}")
        elif text is None and self._text is not None:
            self._of_key = WatchList(())
        self._text = text if isinstance(text, bytes) else None
