"""Looking for fire beside everything else: when, with what, and what becomes of it, from footage, traces and live."""

import threading
import time
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from camera_pipeline.config import Camera, Config, DetectorSettings, FireSettings, RuleEntry
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.fire_watch import FireWatch
from camera_pipeline.errors import ConfigError, ModelError
from camera_pipeline.pipeline.compose import build_fire_watch, config_digest, line_for
from camera_pipeline.pipeline.line import CameraLine, look_for_fires
from camera_pipeline.pipeline.live import LivePipeline
from camera_pipeline.pipeline.replay import ReplayOutput, replay_footage, replay_trace
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Simulator
from camera_pipeline.types import Damage
from tests.pipeline.conftest import Collected
from tests.pipeline.glow import Place, glow_clip, passing, standing, write_glow_model
from tests.pipeline.scenes import START, detections, frame

QUICK = {"window_looks": 5, "min_looks": 3, "min_s": 1.0, "clear_s": 2.0}
WAIT_S = 20.0  # far more than it takes, even on a busy machine


@pytest.fixture(scope="module")
def glow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of a network that sees what glows."""
    return write_glow_model(tmp_path_factory.mktemp("glow"))


@pytest.fixture(scope="module")
def watch(glow: Path) -> FireWatch:
    """Looks once a second."""
    return FireWatch(FireSettings(detector=DetectorSettings(model=str(glow))))


def config(glow: Path | str = "fire_smoke", *, every_s: float = 1.0, rule: bool = True, **settings: object) -> Config:
    """One camera, with the rule or without."""
    rules = (RuleEntry(kind="fire_smoke", **{**QUICK, **settings}),) if rule else ()
    camera = Camera(id="junction", rules=rules, analyse_fps=5.0)
    return Config(cameras=(camera,), fires=FireSettings(detector=DetectorSettings(model=str(glow)), every_s=every_s))


@pytest.mark.parametrize(
    ("place", "phases"),
    [
        pytest.param(standing(3.0, 11.0), ["onset", "end"], id="a fire burns for eight seconds"),
        pytest.param(standing(3.0, 4.5), [], id="a flash"),
        pytest.param(passing, [], id="lights that drive by"),
        pytest.param(lambda _: None, [], id="a quiet road"),
    ],
)
def test_footage_and_its_trace_tell_the_same_fires(
    place: Place, phases: list[str], detector: Detector, glow: Path, watch: FireWatch, tmp_path: Path
) -> None:
    settings = config(glow)
    camera, trace = settings.cameras[0], tmp_path / "fires.jsonl.zst"
    film = glow_clip(tmp_path / "film.mp4", place)
    output = ReplayOutput(folder=tmp_path / "film", trace=trace)
    summary = replay_footage(settings, camera, [film], detector, watch=watch, start=START, output=output)
    assert [event.phase for event in summary.events if event.type == "fire_smoke"] == phases
    replay_trace(settings, camera, trace, output=ReplayOutput(folder=tmp_path / "trace"))
    written = [(tmp_path / source / "events.jsonl").read_bytes() for source in ("film", "trace")]
    assert written[0] == written[1]


def test_an_event_names_both_models_and_where_it_burns(
    detector: Detector, glow: Path, watch: FireWatch, tmp_path: Path
) -> None:
    settings, film = config(glow), glow_clip(tmp_path / "film.mp4", standing(2.0, 99.0))
    (event,) = replay_footage(
        settings, settings.cameras[0], [film], detector, watch=watch, start=START, output=ReplayOutput()
    ).events
    assert event.versions.model == f"{detector.version} {watch.version}"
    assert event.media_time_s == pytest.approx(2.0, abs=1.2)
    left, top, right, bottom = event.details["xyxy"]  # type: ignore[misc]
    assert 128 <= left < right <= 192  # cells of 32 px around the flame
    assert 64 <= top < bottom <= 128


def test_a_trace_for_which_nobody_looked_is_refused(detector: Detector, tmp_path: Path) -> None:
    quiet = config(rule=False)
    trace, film = tmp_path / "quiet.jsonl", glow_clip(tmp_path / "film.mp4", standing(0.0, 2.0), seconds=2.0)
    replay_footage(quiet, quiet.cameras[0], [film], detector, start=START, output=ReplayOutput(trace=trace))
    with pytest.raises(ConfigError, match="nobody did when the trace was made"):
        replay_trace(config(), config().cameras[0], trace, output=ReplayOutput())
    assert "fire" not in trace.read_text()


@pytest.fixture
def line(detector: Detector, glow: Path, watch: FireWatch) -> CameraLine:
    """A line that looks for fire once a second; frames come ten a second."""
    return line_for(detector, config(glow), config(glow).cameras[0], watch)


def looked(line: CameraLine, watch: FireWatch, *indices: int, moved: bool = True, session: int = 1) -> list[int]:
    """Those of the frames at which somebody looked."""
    found = []
    for index in indices:
        one = frame(index, moved=moved, session=session)
        (fires,) = look_for_fires([one], {"junction": line}, watch)
        line.advance(line.look(one, detections(), fires=fires))
        found += [index] if fires is not None else []
    return found


@pytest.mark.parametrize("moved", [True, False], ids=["moving road", "still road"])
def test_somebody_looks_once_a_second(line: CameraLine, watch: FireWatch, moved: bool) -> None:
    assert looked(line, watch, *range(35), moved=moved) == [0, 10, 20, 30]


def test_after_a_gap_somebody_looks_at_once_and_a_second_later(line: CameraLine, watch: FireWatch) -> None:
    assert looked(line, watch, 0, 5, 27, 30, 36, 37) == [0, 27, 37]


def test_a_new_session_is_looked_at_at_once(line: CameraLine, watch: FireWatch) -> None:
    assert looked(line, watch, 0, 1) == [0]
    assert looked(line, watch, 2, 3, session=2) == [2]


def test_a_damaged_picture_is_not_looked_at(line: CameraLine) -> None:
    assert not line.needs_fire_look(frame(0, damage=Damage.GREY))


def test_cameras_without_the_rule_cost_nothing_and_keep_their_versions(detector: Detector, watch: FireWatch) -> None:
    quiet = config(rule=False)
    line = line_for(detector, quiet, quiet.cameras[0], watch)
    assert not line.needs_fire_look(frame(0))
    assert build_fire_watch(quiet) is None
    slower = config(rule=False, every_s=5.0)
    assert config_digest(quiet, quiet.cameras[0]) == config_digest(slower, slower.cameras[0])
    assert config_digest(config(), config().cameras[0]) != config_digest(config(every_s=5.0), config().cameras[0])


def test_a_rule_without_a_watch_is_refused(detector: Detector) -> None:
    with pytest.raises(ConfigError, match="start the service again"):
        line_for(detector, config(), config().cameras[0])


def test_a_model_without_fire_is_refused() -> None:
    with pytest.raises(ModelError, match="neither fire nor smoke"):
        FireWatch(FireSettings(detector=DetectorSettings(model="vehicles")))


def test_a_missing_model_is_told_with_the_key_that_names_it() -> None:
    with pytest.raises(ModelError, match=r"^fires\.detector: .*no model 'embers'"):
        build_fire_watch(config("embers"))


@pytest.mark.slow
def test_a_fire_before_a_live_camera_is_told(
    detector: Detector, glow: Path, tmp_path: Path, collected: Collected
) -> None:
    film = glow_clip(tmp_path / "film.mp4", standing(1.0, 99.0), seconds=12.0)
    with Simulator([SimulatedCamera(file=film, path="film")], port=0) as simulator:
        settings = config(glow, every_s=0.4)
        camera = settings.cameras[0].model_copy(update={"url": SecretStr(simulator.url("film"))})
        settings = settings.model_copy(update={"cameras": (camera,)})
        watch, stop = build_fire_watch(settings), threading.Event()

        def seen(*_: object) -> None:
            if "fire_smoke" in collected.types("junction"):
                stop.set()

        make_line = partial(line_for, detector, watch=watch)
        timer = threading.Timer(WAIT_S, stop.set)
        timer.start()
        began = time.monotonic()
        with LivePipeline(settings, detector=detector, make_line=make_line, sink=collected, watch=watch) as pipeline:
            pipeline.run(stop, seen)
        timer.cancel()
    assert "fire_smoke" in collected.types("junction"), f"nothing told in {time.monotonic() - began:.0f} s"
