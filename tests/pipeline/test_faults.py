"""Every fault that a camera can show, in a running service: it goes on, tells the truth, and what failed comes back."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest

from camera_pipeline.ingest.worker import WorkerState
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Codec, Fault, FaultKind, Simulator
from camera_pipeline.types import ClockSource, EventKind, Frame
from tests.pipeline.scenes import background
from tests.pipeline.service_kit import (
    RunningService,
    camera,
    eventually,
    health,
    serving,
    threads_of_cameras,
    write_config,
)
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CAMERAS = ("north", "east", "south")
QUICK = {"kind": "camera_health", "frozen_s": 1.0, "damaged_share": 0.1, "onset_s": 0.5, "clear_s": 1.0}
WATCHED = {
    "zones": {"junction": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]},
    "rules": [QUICK, {"kind": "stopped_vehicle", "zones": ["junction"], "min_s": 1.0}],
}
BLOCK_ROWS = slice(52, 108)  # where the block drives; all else never changes
SMEARED = 6.0  # mean difference of luma that coding alone does not make
MEMORY_BYTES = 80 * 2**20  # decoders and encoders that come and go leave some of the allocator's pages


@dataclass(frozen=True)
class Case:
    """One fault and what must be told of it.

    Attributes:
        faults: what happens at once.
        at: the camera it happens to; broken connections are spread, for each makes a camera's next wait longer.
        told: its health events; None where the fault decides by chance whether the connection survives it.
        shows: what must be seen of it in frames or status, while it lasts.
        sessions: whether frames afterwards are of a later session.
        whole: whether every picture that is not called damaged must be one that the camera filmed.
    """

    faults: tuple[Fault, ...]
    at: str
    told: tuple[str, ...] | None = ()
    shows: Callable[[RunningService, str], bool] = lambda _service, _camera: True
    sessions: bool = False
    whole: bool = True


def fault(kind: FaultKind, **settings: object) -> Fault:
    return Fault(kind=kind, **settings)  # type: ignore[arg-type] - the table names each attribute


def is_waiting(service: RunningService, name: str) -> bool:
    """Not connected, and it says why."""
    worker = service.status(name).worker
    return worker.state in (WorkerState.WAITING, WorkerState.CONNECTING) and bool(worker.last_error)


def has_damage(service: RunningService, name: str) -> bool:
    return service.status(name).coverage.damaged > 0


def tells_time_by(source: ClockSource) -> Callable[[RunningService, str], bool]:
    return lambda service, name: service.of(name)[-1].clock.source is source


def has_width(width_px: int) -> Callable[[RunningService, str], bool]:
    return lambda service, name: service.of(name)[-1].picture.width_px == width_px


LOST_AND_FOUND = ("offline", "online")
CASES = {
    "stall": Case((fault(FaultKind.STALL, for_s=5),), "north", LOST_AND_FOUND, is_waiting, sessions=True),
    "disconnect": Case((fault(FaultKind.DISCONNECT),), "east", LOST_AND_FOUND, sessions=True),
    "refuse": Case(
        (fault(FaultKind.REFUSE, for_s=2), fault(FaultKind.DISCONNECT)),
        "south", LOST_AND_FOUND, is_waiting, sessions=True,
    ),
    "loss": Case((fault(FaultKind.LOSS, probability=0.3, for_s=9),), "east", ("damaged", "damaged end"), has_damage),
    "corrupt": Case((fault(FaultKind.CORRUPT, probability=0.5, for_s=9),), "south", None, has_damage),
    "clock_jump": Case(
        (fault(FaultKind.CLOCK_JUMP, jump_s=3600, for_s=6),), "north", shows=tells_time_by(ClockSource.ARRIVAL)
    ),
    "timestamp_jump": Case((fault(FaultKind.TIMESTAMP_JUMP, jump_s=100, for_s=1),), "east", sessions=True),
    "no_reports": Case((fault(FaultKind.NO_REPORTS, for_s=3),), "south"),
    "resolution": Case(
        (fault(FaultKind.RESOLUTION, size_wh=(480, 288), for_s=3),),
        "north", shows=has_width(480), sessions=True, whole=False,
    ),
    "codec": Case((fault(FaultKind.CODEC, codec=Codec.H265, for_s=4),), "south", None, sessions=True),
    "freeze": Case((fault(FaultKind.FREEZE, for_s=6),), "east", ("frozen", "frozen end")),
    "black": Case(
        (fault(FaultKind.BLACK, for_s=4),), "north", ("frozen", "dark_or_covered", "frozen end", "dark_or_covered end"),
        whole=False,
    ),
    "garbage": Case((fault(FaultKind.GARBAGE),), "north", None),
}  # fmt: skip


@pytest.fixture(scope="module")
def simulator(clip: Path) -> Iterator[Simulator]:
    with Simulator([SimulatedCamera(file=clip, path=f"film-{name}") for name in CAMERAS], port=0) as running:
        yield running


@pytest.fixture(scope="module")
def service(
    simulator: Simulator, shared_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningService]:
    cameras = [camera(name, simulator.url(f"film-{name}"), silence_limit_s=2.0, **WATCHED) for name in CAMERAS]
    config = write_config(tmp_path_factory.mktemp("faults") / "config.yaml", *cameras, redis_url=shared_redis.url)
    with serving(config) as running:
        for name in CAMERAS:
            running.more(name)
        yield running


@pytest.mark.parametrize("name", CASES)
def test_a_fault_of_one_camera_is_told_passes_and_leaves_the_others_alone(
    service: RunningService, simulator: Simulator, name: str
) -> None:
    case = CASES[name]
    others = {
        other: (health(service.redis, other), service.of(other)[-1].session) for other in CAMERAS if other != case.at
    }
    told, frames = len(health(service.redis, case.at)), len(service.of(case.at))
    session = service.of(case.at)[-1].session
    for injected in case.faults:
        simulator.inject(f"film-{case.at}", injected)
    eventually(lambda: case.shows(service, case.at), lambda: service.status(case.at))
    for other in others:
        service.more(other)
    eventually(
        lambda: case.told is None or sorted(health(service.redis, case.at)[told:]) == sorted(case.told),
        lambda: (health(service.redis, case.at)[told:], service.status(case.at)),
    )
    eventually(lambda: service.of(case.at)[-1].session > session or not case.sessions)
    is_well_again(service, case.at)
    for other, (was_told, was_session) in others.items():
        assert health(service.redis, other) == was_told
        assert service.of(other)[-1].session == was_session
    assert {event.kind for event in service.events()} == {EventKind.HEALTH}, "no road event of what is no road"
    if case.whole:
        assert [f.index for f in service.of(case.at)[frames:] if f.damage is None and smear(f) > SMEARED] == []


def is_well_again(service: RunningService, name: str) -> None:
    """Frames come whole, the status says online, and whatever began has ended."""
    eventually(lambda: service.status(name).worker.state is WorkerState.ONLINE, lambda: service.status(name))
    service.more(name)
    eventually(lambda: all(f.damage is None and f.picture.width_px == 320 for f in service.of(name)[-4:]))
    begun = ("damaged", "frozen", "dark_or_covered")
    eventually(
        lambda: all(
            health(service.redis, name).count(fault) == health(service.redis, name).count(f"{fault} end")
            for fault in begun
        ),
        lambda: health(service.redis, name),
    )


def smear(frame: Frame) -> float:
    """How far the still part of a picture is from what the camera films there: mean difference of luma."""
    luma = frame.picture.luma(320, 192).astype(np.int16)
    difference = np.abs(luma - background())
    return float(np.delete(difference, np.r_[BLOCK_ROWS], axis=0).mean())


def test_many_short_faults_leave_neither_threads_nor_memory_behind(
    service: RunningService, simulator: Simulator
) -> None:
    process = psutil.Process(os.getpid())

    def one_round() -> None:
        for jump_s in (50.0, -50.0):
            session = service.status("east").worker.session
            simulator.inject("film-east", fault(FaultKind.TIMESTAMP_JUMP, jump_s=jump_s))
            eventually(lambda s=session: service.status("east").worker.session > s)
        simulator.inject("film-east", fault(FaultKind.GARBAGE))
        service.more("east")

    one_round()
    service.frames.clear()
    service.more("east")
    threads, native, memory = threads_of_cameras(), process.num_threads(), process.memory_info().rss
    for _ in range(3):
        one_round()
        service.frames.clear()
    is_well_again(service, "east")
    assert threads_of_cameras() == threads == sorted(f"camera {name}" for name in CAMERAS)
    assert process.num_threads() <= native + 4, "one more decoder may be opened while the old one closes"
    assert process.memory_info().rss - memory < MEMORY_BYTES


def test_the_outbox_kept_and_sent_everything_once(service: RunningService) -> None:
    eventually(lambda: service.service.status().delivery.depth == 0)
    ids = [event.event_id for event in service.events()]
    assert len(ids) == len(set(ids)) == service.service.status().delivery.sent
