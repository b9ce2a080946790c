"""The watch list in force follows its file and its key, and a broken or lost one never empties it."""

import json
import logging
import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from camera_pipeline.config import RedisSettings, WatchListSettings
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.watch_book import WatchBook
from camera_pipeline.resources import resource
from tests.redis_server import RedisServer

KEY = "cam:watch"


def listed(*plates: str) -> str:
    return json.dumps({"plates": [{"plate": plate, "reason": "stolen", "asked_by": "PC08"} for plate in plates]})


def write(path: Path, text: str, age_s: int) -> None:
    """Write a file that was changed at another moment than before."""
    path.write_text(text)
    os.utime(path, (1_700_000_000 + age_s, 1_700_000_000 + age_s))


def plates(book: WatchBook) -> list[str]:
    return [entry.plate for entry in book.current.entries]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "watch.yaml"
    write(path, listed("61A-000.01"), 0)
    return path


def test_a_changed_file_is_read_again(path: Path) -> None:
    book = WatchBook(WatchListSettings(file=path), RedisSettings())
    assert plates(book) == ["61A-000.01"]
    write(path, listed("61A-000.01", "61A-000.02"), 1)
    book.refresh()
    assert plates(book) == ["61A-000.01", "61A-000.02"]


@pytest.mark.parametrize("how", ["broken", "gone"])
def test_a_broken_or_lost_file_leaves_the_old_list_and_is_told_once(
    path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    book = WatchBook(WatchListSettings(file=path), RedisSettings())
    if how == "gone":
        path.unlink()
    else:
        write(path, "plates: [{plate: 6}]", 1)
    book.refresh()
    book.refresh()
    assert plates(book) == ["61A-000.01"]
    assert "watch.yaml" in book.fault
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1
    write(path, listed("61A-000.03"), 2)
    book.refresh()
    assert (plates(book), book.fault) == (["61A-000.03"], "")


def test_a_list_with_mistakes_is_refused_at_start(path: Path) -> None:
    write(path, "plates: [{plate: 6}]", 1)
    with pytest.raises(ConfigError, match=r"watch\.yaml"):
        WatchBook(WatchListSettings(file=path), RedisSettings())


def test_a_redis_key_is_followed_and_adds_to_the_file(path: Path, redis_server: RedisServer) -> None:
    client = redis_server.client()
    book = WatchBook(WatchListSettings(file=path, redis_key=KEY), redis_server.settings)
    assert plates(book) == ["61A-000.01"]
    for text, expected in ((listed("51F-000.02"), ["51F-000.02"]), ("{", ["51F-000.02"]), (listed(), [])):
        client.set(KEY, text)
        book.refresh()
        assert plates(book) == ["61A-000.01", *expected]
        assert bool(book.fault) == (text == "{")
    client.set(KEY, listed("51F-000.04"))
    book.refresh()
    client.delete(KEY)
    book.refresh()
    assert plates(book) == ["61A-000.01"]


def test_a_redis_that_goes_away_keeps_the_list_and_is_asked_again(redis_server: RedisServer) -> None:
    redis_server.client().set(KEY, listed("51F-000.02"))
    book = WatchBook(WatchListSettings(redis_key=KEY), redis_server.settings)
    redis_server.kill()
    book.refresh()
    assert plates(book) == ["51F-000.02"]
    assert str(redis_server.port) in book.fault
    redis_server.start()
    book.refresh()
    assert (plates(book), book.fault) == (["51F-000.02"], "")


def test_a_redis_that_is_away_at_start_is_said_without_its_password(caplog: pytest.LogCaptureFixture) -> None:
    away = RedisSettings(url=SecretStr("redis://user:secret@127.0.0.1:1/0"))
    assert plates(WatchBook(WatchListSettings(redis_key=KEY), away)) == []
    assert "127.0.0.1:1" in caplog.text
    assert "secret" not in caplog.text


def test_a_list_that_is_nowhere_is_refused() -> None:
    with pytest.raises(ValueError, match="neither file nor redis_key"):
        WatchListSettings()


def test_the_shipped_example_is_a_list() -> None:
    book = WatchBook(WatchListSettings(file=resource("configs/watch_lists/example.yaml")), RedisSettings())
    assert [entry.asked_by for entry in book.current.entries] == ["example desk"]
