"""The examples in docs/event-schema.md do what they say."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from camera_pipeline.events.record import to_json
from camera_pipeline.events.schema import EXAMPLE_VIOLATION, json_schema
from camera_pipeline.events.streams import STREAM_OF_KIND, dead_letter_stream, ids_key
from tests.events.sample_events import samples
from tests.redis_server import RedisServer, eventually

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "event-schema.md").read_text(encoding="utf-8")
ADDRESS = "redis://127.0.0.1:6379/0"


def example(language: str, with_words: str) -> str:
    """Return the code block that contains the words."""
    blocks = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    (found,) = [block for block in blocks if with_words in block]
    return str(found)


@pytest.fixture
def filled_redis(redis_server: RedisServer) -> RedisServer:
    with redis_server.client() as client:
        for event in samples(5):
            client.xadd("cam:violations", {"event": to_json(event)})
    return redis_server


def test_the_consumer_reads_and_acknowledges_in_ten_lines(filled_redis: RedisServer) -> None:
    code = example("python", 'group="review"')
    assert len(code.splitlines()) <= 10
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code.replace(ADDRESS, filled_redis.url)], stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout
        lines = [reader.stdout.readline() for _ in range(5)]
        eventually(lambda: filled_redis.client().xpending("cam:violations", "review")["pending"] == 0)
        reader.send_signal(signal.SIGINT)
    assert [line.split("{")[1] for line in lines] == [f"'number': {number}}}\n" for number in range(5)]


def test_the_service_with_a_table_stores_every_event_once(filled_redis: RedisServer, tmp_path: Path) -> None:
    with filled_redis.client() as client:
        client.xadd("cam:violations", {"event": to_json(samples(5)[2])})  # comes again
    code = example("python", 'group="cases"').replace(ADDRESS, filled_redis.url)
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path) as reader:
        eventually(lambda: _handled(filled_redis, "cases", 6), 30.0)
        reader.kill()
    stored = sqlite3.connect(tmp_path / "cases.sqlite")
    assert stored.execute("SELECT event_id FROM cases ORDER BY rowid").fetchall() == [
        (event.event_id,) for event in samples(5)
    ]
    stored.close()


def _handled(server: RedisServer, group: str, count: int) -> bool:
    with server.client() as client:
        groups = {each["name"].decode(): each for each in client.xinfo_groups("cam:violations")}
        last = client.xrange("cam:violations")[count - 1][0]
        return group in groups and groups[group]["last-delivered-id"] == last and groups[group]["pending"] == 0


def test_reading_a_file_of_records(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b"".join(to_json(event) + b"\n" for event in samples(3)))
    subprocess.run([sys.executable, "-c", example("python", "events.jsonl")], cwd=tmp_path, check=True)


def test_the_record_shown_is_canonical() -> None:
    assert example("json", "schema_version").strip().encode() == to_json(EXAMPLE_VIOLATION)


def test_every_key_of_the_record_and_every_stream_is_explained() -> None:
    for key in json_schema()["properties"]:
        assert f"`{key}`" in DOCUMENT
    for name in STREAM_OF_KIND.values():
        assert f"| `cam:{name}` |" in DOCUMENT


def test_the_keys_named_are_those_in_use() -> None:
    assert f"`{ids_key('cam:violations')}`" in DOCUMENT
    assert f"`{dead_letter_stream('cam:violations', 'review')}`" in DOCUMENT


def test_the_links_lead_to_files(repository: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", DOCUMENT):
        assert (repository / "docs" / target).is_file()
    assert json.loads((repository / "docs" / "event.schema.json").read_text())
