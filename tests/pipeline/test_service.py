"""The whole service: Redis goes and comes back, the configuration changes, and nothing is lost or told twice."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from camera_pipeline.config import RedisSettings
from camera_pipeline.errors import ConfigError
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Fault, FaultKind, Simulator
from camera_pipeline.trace import Trace
from camera_pipeline.types import EventKind
from tests.pipeline.service_kit import (
    RunningService,
    camera,
    events,
    eventually,
    serving,
    threads_of_cameras,
    write_config,
)
from tests.redis_server import RedisServer

pytestmark = pytest.mark.slow

HEALTH = {"kind": "camera_health", "frozen_s": 0.5, "onset_s": 0.2, "clear_s": 0.3}


@pytest.fixture
def simulator(clip: Path) -> Iterator[Simulator]:
    with Simulator([SimulatedCamera(file=clip, path=f"film-{name}") for name in ("one", "two")], port=0) as running:
        yield running


@contextmanager
def service_on(simulator: Simulator, redis_url: str, folder: Path, **options: bool) -> Iterator[RunningService]:
    one = camera("one", simulator.url("film-one"), rules=[HEALTH])
    with serving(write_config(folder / "config.yaml", one, redis_url=redis_url), **options) as service:
        service.more("one", 3)
        yield service


def in_outbox(folder: Path) -> list[str]:
    """Return the ids of the camera's health events, in the order in which they happened."""
    with closing(sqlite3.connect(folder / "data" / "outbox.sqlite")) as reader:
        rows = reader.execute("SELECT event_id FROM outbox WHERE kind = 'health' ORDER BY seq")
        return [event_id for (event_id,) in rows]


def in_stream(server: RedisServer) -> list[str]:
    found = events(RedisSettings(url=server.url))  # type: ignore[arg-type] - pydantic makes a secret of it
    return [event.event_id for event in found if event.kind is EventKind.HEALTH]


def go_black(simulator: Simulator, folder: Path) -> None:
    """Make four events: a picture that is dark and always the same, and its end."""
    before = len(in_outbox(folder))
    simulator.inject("film-one", Fault(kind=FaultKind.BLACK, for_s=2))
    eventually(lambda: len(in_outbox(folder)) == before + 4)


def said(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if words in record.getMessage()]


def forget(server: RedisServer) -> None:
    server.kill()
    server.forget()


OUTAGES: dict[str, tuple[Callable[[RedisServer], None], Callable[[RedisServer], None]]] = {
    "killed": (RedisServer.kill, RedisServer.start),
    "paused": (RedisServer.pause, RedisServer.resume),
    "killed and its data lost": (forget, RedisServer.start),
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_with_redis_away_events_wait_the_service_says_so_once_and_all_arrive_once_in_order(
    simulator: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, outage: str
) -> None:
    begin, end = OUTAGES[outage]
    caplog.set_level(logging.INFO)
    server = RedisServer(tmp_path / "redis")
    server.start()
    try:
        with service_on(simulator, server.url, tmp_path) as service:
            eventually(lambda: service.service.status().delivery.depth == 0)
            begin(server)
            go_black(simulator, tmp_path)
            eventually(lambda: service.service.status().delivery.troubles)
            status = service.service.status().delivery
            assert not status.connected
            assert status.depth >= 4
            go_black(simulator, tmp_path)
            service.more("one")
            end(server)
            eventually(lambda: service.service.status().delivery.depth == 0, service.service.status)
            eventually(lambda: in_stream(server) == in_outbox(tmp_path), service.service.status)
            eventually(lambda: service.service.status().delivery.troubles == {})
        assert len(said(caplog, "events wait in the outbox (link)")) == 1
        assert len(said(caplog, "delivery works again (link)")) == 1
        assert in_stream(server) == in_outbox(tmp_path)
    finally:
        server.kill()


def test_redis_that_comes_after_the_service_gets_everything_from_the_first_event_on(
    simulator: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = RedisServer(tmp_path / "redis")
    try:
        with service_on(simulator, server.url, tmp_path) as service:
            go_black(simulator, tmp_path)
            assert service.service.status().delivery.depth == len(in_outbox(tmp_path)) >= 5
            server.start()
            eventually(lambda: in_stream(server) == in_outbox(tmp_path), service.service.status)
        assert len(said(caplog, "events wait in the outbox (link)")) == 1
    finally:
        server.kill()


def test_what_waits_when_the_service_ends_is_sent_by_the_next(simulator: Simulator, tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis")
    try:
        with service_on(simulator, server.url, tmp_path):
            go_black(simulator, tmp_path)
        waiting = in_outbox(tmp_path)
        server.start()
        with service_on(simulator, server.url, tmp_path):
            eventually(lambda: in_stream(server)[: len(waiting)] == waiting)
            eventually(lambda: len(in_outbox(tmp_path)) > len(waiting))
            eventually(lambda: in_stream(server) == in_outbox(tmp_path))
    finally:
        server.kill()


UNUSABLE: dict[str, tuple[dict[str, object], str]] = {
    "an unknown key": ({"analyse_fsp": 5}, "analyse_fsp"),
    "a rule that lacks what it needs": ({"rules": [{"kind": "congestion"}]}, "add `zone`"),
    "a rule of classes that the model does not know": (
        {
            "zones": {"road": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]},
            "rules": [{"kind": "stopped_vehicle", "zones": ["road"], "classes": ["tram"]}],
        },
        "tram",
    ),
    "an address without a host": ({"url": "rtsp:///film"}, "camera two"),
    "an address with a wrong port": ({"url": "rtsp://127.0.0.1:port/film"}, "camera two"),
    "a hardware decoder that is not there": ({"hardware": "abacus"}, "abacus"),
}


def test_a_reload_that_cannot_be_used_is_told_and_changes_nothing(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with service_on(simulator, redis_server.url, tmp_path) as service:
        one = camera("one", simulator.url("film-one"), rules=[HEALTH])
        for name, (settings, words) in UNUSABLE.items():
            caplog.clear()
            two = {**camera("two", simulator.url("film-two")), **settings}
            write_config(service.config, one, two, redis_url=redis_server.url)
            service.service.ask_to_reload()
            eventually(lambda: said(caplog, "configuration not reloaded, the old one stays"), lambda n=name: n)
            assert words in said(caplog, "configuration not reloaded")[0], name
            service.more("one", 2)
            assert set(service.service.status().cameras) == {"one"}, name
        service.config.write_text("cameras: [")
        caplog.clear()
        service.service.ask_to_reload()
        eventually(lambda: said(caplog, "configuration not reloaded, the old one stays"))
        service.config.unlink()
        caplog.clear()
        service.service.ask_to_reload()
        eventually(lambda: said(caplog, "configuration not reloaded, the old one stays"))
        service.more("one", 2)
        assert {frame.session for frame in service.frames} == {1}
        write_config(service.config, one, camera("two", simulator.url("film-two")), redis_url=redis_server.url)
        service.service.ask_to_reload()
        service.more("two", 2)
        assert service.failure is None


@pytest.mark.parametrize("name", [name for name in UNUSABLE if name.startswith("an address")])
def test_a_service_does_not_start_with_an_address_that_names_nobody_and_leaves_nothing_running(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path, name: str
) -> None:
    two = {**camera("two", simulator.url("film-two")), **UNUSABLE[name][0]}
    one = camera("one", simulator.url("film-one"))
    config = write_config(tmp_path / "config.yaml", one, two, redis_url=redis_server.url)
    with pytest.raises(ConfigError, match="two"), serving(config):
        pass
    assert threads_of_cameras() == []


def test_a_watched_file_changes_rules_and_cameras_and_warns_of_what_needs_a_restart(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with service_on(simulator, redis_server.url, tmp_path, watch=True) as service:
        one, two = (camera(name, simulator.url(f"film-{name}"), rules=[HEALTH]) for name in ("one", "two"))
        write_config(service.config, one, two, redis_url=redis_server.url)
        service.more("two", 2)
        assert {frame.session for frame in service.of("one")} == {1}, "what did not change is not disturbed"
        changed = {**one, "rules": [{**HEALTH, "frozen_s": 0.6}]}
        write_config(service.config, changed, two, redis_url=redis_server.url, detector={"threads": 2})
        eventually(lambda: service.of("one")[-1].session == 2)
        eventually(lambda: said(caplog, "changes of detector need a restart"))
        go_black(simulator, tmp_path)
        eventually(lambda: in_stream(redis_server) == in_outbox(tmp_path))
        versions = {event.type: event.versions.config for event in service.events("one")}
        write_config(service.config, one, redis_url=redis_server.url)
        eventually(lambda: set(service.service.status().cameras) == {"one"})
        eventually(lambda: service.of("one")[-1].session == 3)
        go_black(simulator, tmp_path)
        eventually(lambda: in_stream(redis_server) == in_outbox(tmp_path))
        assert {event.versions.config for event in service.events("one") if event.type == "frozen"} > {
            versions["frozen"]
        }
    assert threads_of_cameras() == []


def test_traces_hold_every_frame_that_was_analysed_and_are_kept_only_where_asked(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path
) -> None:
    one = camera("one", simulator.url("film-one"))
    for name, sections in (("without", {}), ("with", {"traces": {"min_free_gb": 0.001}})):
        folder = tmp_path / name
        folder.mkdir()
        with serving(write_config(folder / "config.yaml", one, redis_url=redis_server.url, **sections)) as service:
            service.more("one", 10)
        if sections:
            (path,) = (folder / "data" / "traces" / "one").iterdir()
            seen = [(one.session, one.index, one.captured_at, one.clock) for one in Trace(path)]
            assert seen == [(frame.session, frame.index, frame.captured_at, frame.clock) for frame in service.of("one")]
        else:
            assert not (folder / "data" / "traces").exists()
