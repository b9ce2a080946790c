"""Looking into the streams from the command line: follow, count, read. Runs in the caller's thread.

`since` and `until` speak of when something happened, not of when it was delivered.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.exceptions import RedisError

from camera_pipeline.config import RedisSettings
from camera_pipeline.errors import DeliveryError, RecordError, UserError
from camera_pipeline.events.record import from_json
from camera_pipeline.events.redis_link import connect, explain
from camera_pipeline.events.streams import stream_name
from camera_pipeline.types import Event, EventKind

_PAGE = 500  # entries a read
_FOLLOW_S = 1.0  # how long one read waits for news
_SLACK = timedelta(days=1)  # a camera's clock may run ahead of Redis' by at most this
_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # control characters, which could take over a terminal
_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def parse_time(text: str, *, now: datetime | None = None) -> datetime:
    """Return the moment that `90s`, `30m`, `2h`, `3d`, `1w` (ago) or an ISO-8601 date or time means.

    Raises:
        UserError: it is neither. A time without zone is refused, for it could be local time or UTC.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return (now or datetime.now(UTC)) - timedelta(seconds=float(ago[1]) * _UNIT_S[ago[2]])
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UserError(
            f"{text!r} is no time: give an age such as 30m, 2h or 3d, "
            "or a time with its zone such as 2026-03-04T07:00:00+07:00"
        )
    return moment.astimezone(UTC)


def read(
    settings: RedisSettings,
    *,
    kinds: Sequence[EventKind] = tuple(EventKind),
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Event]:
    """Yield what is in the streams now, stream by stream, in their order.

    Args:
        settings: where the streams are.
        kinds: which streams.
        since: only what happened then or later.
        until: only what happened before.

    Raises:
        DeliveryError: Redis cannot be read.
        RecordError: an entry is no event record.
    """
    url = settings.url.get_secret_value()
    with connect(url) as client:
        for kind in kinds:
            name, first = stream_name(settings.prefix, kind), _first_entry(since)
            while page := _page(client, name, first, url):
                first = f"({page[-1][0].decode()}"
                events = (_event(name, *entry) for entry in page)
                yield from (event for event in events if _within(event, since, until))


def follow(
    settings: RedisSettings,
    *,
    kinds: Sequence[EventKind] = tuple(EventKind),
    since: datetime | None = None,
    stopped: Callable[[], bool] = lambda: False,
    on_broken: Callable[[RecordError], None] | None = None,
) -> Iterator[Event]:
    """Yield events as they come, of all streams together, until stopped; first those since a time, if one is given.

    Args:
        settings: where the streams are.
        kinds: which streams.
        since: only what happened then or later; None: only what comes from now on.
        stopped: asked once a second.
        on_broken: told of an entry that is no event record, which is then passed over.

    Raises:
        DeliveryError: Redis cannot be read.
        RecordError: an entry is no event record, and nobody is told of such.
    """
    url = settings.url.get_secret_value()
    with connect(url, timeout_s=_FOLLOW_S + 5.0) as client:
        names = [stream_name(settings.prefix, kind) for kind in kinds]
        with _in_words(url):
            after: dict[Any, Any] = {
                name: _first_entry(since) if since else _last_entry(client, name) for name in names
            }
        while not stopped():
            with _in_words(url):
                answer: Any = client.xread(after, count=_PAGE, block=round(_FOLLOW_S * 1000))
            for name, entries in answer:
                after[name.decode()] = entries[-1][0]
                events = _events(name.decode(), entries, on_broken)
                yield from (event for event in events if _within(event, since, None))


def count(events: Iterable[Event]) -> Counter[tuple[str, str, str]]:
    """Return how many events there are of each kind, type and camera."""
    return Counter((event.kind.value, event.type, event.camera_id) for event in events)


def stored(settings: RedisSettings, kinds: Sequence[EventKind] = tuple(EventKind)) -> int:
    """Return how many entries the streams hold: the full length of a progress bar.

    Raises:
        DeliveryError: Redis cannot be read.
    """
    url = settings.url.get_secret_value()
    with connect(url) as client, _in_words(url):
        return sum(client.xlen(stream_name(settings.prefix, kind)) for kind in kinds)


def one_line(event: Event) -> str:
    """Return an event as one line for people, time in UTC.

    >>> from camera_pipeline.events.schema import EXAMPLE_VIOLATION
    >>> one_line(EXAMPLE_VIOLATION)
    '2026-03-04 07:15:02.118Z  nga-tu-so-1  violation  red_light  motorcycle #412  91 %  signal=north red_for_s=4.2'
    """
    moment = event.occurred_at.astimezone(UTC)
    phase = "" if event.phase == "instant" else f" ({event.phase})"
    parts = [
        f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}Z",
        event.camera_id,
        event.kind.value,
        f"{event.type}{phase}",
        f"{event.subject.class_name} #{event.subject.track_id}" if event.subject else "",
        f"{event.confidence:.0%}".replace("%", " %"),
        " ".join(f"{key}={_short(value)}" for key, value in event.details.items()),
    ]
    return _CONTROL.sub("?", "  ".join(part for part in parts if part))


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _first_entry(since: datetime | None) -> str:
    """Return the entry id to begin with: entries are numbered by the time of delivery, which is never much before."""
    if since is None:
        return "0-0"
    return f"{max(0, round((since - _SLACK).timestamp() * 1000))}-0"


def _last_entry(client: Any, name: str) -> bytes | str:
    newest = client.xrevrange(name, count=1)
    return newest[0][0] if newest else "0-0"


def _events(
    name: str, entries: Iterable[tuple[bytes, dict[bytes, bytes]]], on_broken: Callable[[RecordError], None] | None
) -> Iterator[Event]:
    for entry in entries:
        try:
            yield _event(name, *entry)
        except RecordError as error:
            if on_broken is None:
                raise
            on_broken(error)


def _event(name: str, entry_id: bytes, fields: dict[bytes, bytes]) -> Event:
    try:
        return from_json(fields.get(b"event", b""))
    except RecordError as error:
        raise RecordError(
            f"entry {entry_id.decode()} of {name}: {error}; remove it: XDEL {name} {entry_id.decode()}"
        ) from error


def _within(event: Event, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or event.occurred_at >= since) and (until is None or event.occurred_at < until)


def _page(client: Any, name: str, first: str, url: str) -> Any:
    with _in_words(url):
        return client.xrange(name, first, count=_PAGE)


@contextmanager
def _in_words(url: str) -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise DeliveryError(explain(error, url)) from None
