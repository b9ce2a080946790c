"""Delivery beside its bare parts, in one run: SQLite inserts for the outbox, pipelined XADD for the publisher.

    python benchmarks/delivery.py [--short] [--events N] [--redis URL]

Both sides of a ratio carry the same records, take turns, and the median of the rounds counts. Prints Markdown tables.
"""

import argparse
import platform
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import redis
from pydantic import SecretStr

from camera_pipeline.config import RedisSettings
from camera_pipeline.events.embedded import embedded_redis
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.events.record import SCHEMA_VERSION, from_json, to_json
from camera_pipeline.events.redis_link import connect
from camera_pipeline.events.schema import EXAMPLE_VIOLATION
from camera_pipeline.events.streams import ids_key
from camera_pipeline.types import Event

PREFIX = "bench"
STREAM = f"{PREFIX}:violations"
PIPELINE = 200  # XADDs a pipeline: as many as the publisher has events in a script call


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--short", action="store_true", help="little work, to see that it runs; figures mean nothing")
    options.add_argument("--events", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--redis", default="", help="URL of a server to use; its streams `bench:*` are deleted")
    chosen = options.parse_args()
    count, rounds = (300, 1) if chosen.short else (chosen.events, chosen.rounds)
    made = events(count)
    with tempfile.TemporaryDirectory() as folder:
        server = nullcontext(chosen.redis) if chosen.redis else embedded_redis(Path(folder) / "redis")
        with server as url, connect(url, timeout_s=60.0) as client:
            print(
                f"{platform.machine()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, ", end=""
            )
            print(f"Redis {client.info('server')['redis_version']}, redis-py {redis.__version__}")
            print(f"{count} events of {len(to_json(made[0]))} bytes, median of {rounds} rounds\n")
            compare_outbox(made, Path(folder), rounds)
            compare_publisher(made, Path(folder), url, client, rounds)
            measure_latency(made[: 50 if chosen.short else 1000], Path(folder), url, client)
            measure_records(made)
            client.delete(STREAM, ids_key(STREAM))


def events(count: int) -> list[Event]:
    """Return that many different violations."""
    return [
        replace(EXAMPLE_VIOLATION, event_id=str(uuid5(NAMESPACE_URL, str(number))), media_time_s=float(number))
        for number in range(count)
    ]


def compare_outbox(made: Sequence[Event], folder: Path, rounds: int) -> None:
    """Compare durable appends to bare inserts of the finished records with the same durability."""
    print("| events a transaction | outbox events/s | bare SQLite inserts/s | ratio |\n|---|---|---|---|")
    for size in (1, 10, 100):
        chosen = made[: min(len(made), 200 * size)]
        ours, bare = [], []
        for number in range(rounds):
            ours.append(rate(append_to_outbox, chosen, folder / f"outbox-{size}-{number}.sqlite", size))
            bare.append(rate(insert_bare, chosen, folder / f"bare-{size}-{number}.sqlite", size))
        print_ratio(str(size), ours, bare)
    print()


def append_to_outbox(chosen: Sequence[Event], path: Path, size: int) -> None:
    """Append in transactions of that size."""
    with closing(Outbox(path)) as outbox:
        for start in range(0, len(chosen), size):
            outbox.append(chosen[start : start + size])


def insert_bare(chosen: Sequence[Event], path: Path, size: int) -> None:
    """Insert the same records into a plain table, WAL and synchronous=FULL."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE records (id TEXT PRIMARY KEY, record BLOB)")
        for start in range(0, len(chosen), size):
            connection.execute("BEGIN IMMEDIATE")
            rows = [(event.event_id, to_json(event)) for event in chosen[start : start + size]]
            connection.executemany("INSERT INTO records VALUES (?, ?)", rows)
            connection.execute("COMMIT")


def compare_publisher(made: Sequence[Event], folder: Path, url: str, client: redis.Redis, rounds: int) -> None:
    """Compare a full outbox's way to Redis to a bare pipeline of XADDs with the same fields."""
    fields = [
        {
            "event": to_json(event),
            "id": event.event_id,
            "type": event.type,
            "camera": event.camera_id,
            "schema": SCHEMA_VERSION,
        }
        for event in made
    ]
    ours, bare, ours_cpu, bare_cpu = [], [], Cpu(client, len(made) * rounds), Cpu(client, len(made) * rounds)
    for number in range(rounds):
        client.delete(STREAM, ids_key(STREAM))
        with closing(Outbox(folder / f"publisher-{number}.sqlite")) as outbox:
            outbox.append(made)
            with ours_cpu:
                ours.append(rate(publish, made, outbox, url, client))
        id_bytes = float(client.memory_usage(ids_key(STREAM), samples=0) or 0) / len(made)
        client.delete(STREAM, ids_key(STREAM))
        with bare_cpu:
            bare.append(rate(add_bare, fields, client))
    print("| | outbox to Redis | bare pipelined XADD | ratio |\n|---|---|---|---|")
    print_ratio("events/s", ours, bare)
    print_ratio("CPU of the client, µs an event", [ours_cpu.client_us], [bare_cpu.client_us])
    print_ratio("CPU of Redis, µs an event", [ours_cpu.redis_us], [bare_cpu.redis_us])
    print(f"\nMemory of appended ids on Redis: {id_bytes:.0f} bytes an id\n")


class Cpu:
    """CPU time of this process and of Redis within `with`, summed up over rounds, a share for each event."""

    def __init__(self, client: redis.Redis, events_in_all: int) -> None:
        self._client, self._share = client, 1e6 / events_in_all
        self.client_us = self.redis_us = 0.0

    def __enter__(self) -> None:
        self.client_us -= time.process_time() * self._share
        self.redis_us -= self._redis_s() * self._share

    def __exit__(self, *_: object) -> None:
        self.client_us += time.process_time() * self._share
        self.redis_us += self._redis_s() * self._share

    def _redis_s(self) -> float:
        info = self._client.info("cpu")
        return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def publish(made: Sequence[Event], outbox: Outbox, url: str, client: redis.Redis) -> None:
    """Run a publisher until Redis has everything."""
    with publishing(outbox, url):
        while client.xlen(STREAM) < len(made):
            time.sleep(0.01)


def add_bare(fields: Sequence[dict[str, str | bytes]], client: redis.Redis) -> None:
    """Send XADDs in pipelines."""
    for start in range(0, len(fields), PIPELINE):
        with client.pipeline(transaction=False) as pipe:
            for each in fields[start : start + PIPELINE]:
                pipe.xadd(STREAM, each)  # type: ignore[arg-type]
            pipe.execute()


@contextmanager
def publishing(outbox: Outbox, url: str) -> Iterator[Publisher]:
    """Run a publisher."""
    publisher = Publisher(outbox, RedisSettings(url=SecretStr(url), prefix=PREFIX))
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.stop()


def measure_latency(made: Sequence[Event], folder: Path, url: str, client: redis.Redis) -> None:
    """Measure from the call of `append` to a reader having the entry, at 100 events a second."""
    client.delete(STREAM, ids_key(STREAM))
    appended_s: dict[str, float] = {}
    delays_ms: list[float] = []

    def read() -> None:
        after = b"0"
        with connect(url) as reader:
            while len(delays_ms) < len(made):
                for _, entries in reader.xread({STREAM: after}, block=1000):
                    now_s = time.perf_counter()
                    delays_ms.extend((now_s - appended_s[fields[b"id"].decode()]) * 1000 for _, fields in entries)
                    after = entries[-1][0]

    thread = threading.Thread(target=read, daemon=True)
    with closing(Outbox(folder / "latency.sqlite")) as outbox, publishing(outbox, url):
        thread.start()
        for event in made:
            appended_s[event.event_id] = time.perf_counter()
            outbox.append([event])
            time.sleep(0.01)
        thread.join(60.0)
    centiles = statistics.quantiles(delays_ms, n=100)
    print("| append to reader, 100 events/s | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|")
    print(f"| {len(made)} events | {centiles[49]:.1f} | {centiles[94]:.1f} | {centiles[98]:.1f} |\n")


def measure_records(made: Sequence[Event]) -> None:
    """Measure the writing and reading of records."""
    records = [to_json(event) for event in made]
    written = rate(lambda all_of: [to_json(event) for event in all_of], made)
    read = rate(lambda all_of: [from_json(record) for record in all_of], records)
    print(f"Records: {1e6 / written:.0f} µs to write, {1e6 / read:.0f} µs to read")


def rate(work: Callable[..., object], items: Sequence[object], *more: object) -> float:
    """Return items a second of `work(items, *more)`."""
    began_s = time.perf_counter()
    work(items, *more)
    return len(items) / (time.perf_counter() - began_s)


def print_ratio(name: str, ours: Sequence[float], bare: Sequence[float]) -> None:
    """Print a row of a table."""
    a, b = statistics.median(ours), statistics.median(bare)
    print(f"| {name} | {a:,.0f} | {b:,.0f} | {a / b:.2f} |")


if __name__ == "__main__":
    main()
