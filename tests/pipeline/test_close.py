"""What a rule still holds back when footage or a service ends is told."""

from pathlib import Path

from pydantic import SecretStr

from camera_pipeline.config import Camera, Config
from camera_pipeline.detect.detector import Detector
from camera_pipeline.events.schema import EXAMPLE_VIOLATION
from camera_pipeline.pipeline.compose import build_line, line_for, read_config
from camera_pipeline.pipeline.line import CameraLine
from camera_pipeline.pipeline.live import LivePipeline
from camera_pipeline.pipeline.replay import ReplayOutput, replay_trace
from camera_pipeline.trace import Trace, TraceWriter
from camera_pipeline.types import Event
from tests.golden.cases import SAMPLE
from tests.pipeline.conftest import Collected

CONFIG = read_config(SAMPLE.config)
JUNCTION = CONFIG.camera(SAMPLE.camera_id)


def seen_at_s(kind: str) -> float:
    """Return the media time of the sample trace at which a rule that waits for nobody tells its event."""
    trace = Trace(SAMPLE.trace)
    alone = JUNCTION.model_copy(update={"rules": tuple(rule for rule in JUNCTION.rules if rule.kind == kind)})
    line = build_line(CONFIG, alone, class_names=trace.header.class_names, model=trace.header.model)
    return next(one.media_time_s for one in trace if line.advance(one).events)


def test_footage_that_ends_while_a_candidate_waits_tells_it(tmp_path: Path) -> None:
    until_s = seen_at_s("stop_line") + 1.0
    trace, path = Trace(SAMPLE.trace), tmp_path / "cut.trace.jsonl.zst"
    with TraceWriter(path, trace.header) as writer:
        for observation in trace:
            if observation.media_time_s <= until_s:
                writer.write(observation)
    summary = replay_trace(CONFIG, JUNCTION, path, output=ReplayOutput(folder=tmp_path))
    assert summary.events[-1].type == "stop_line"
    assert b'"stop_line"' in (tmp_path / "events.jsonl").read_bytes().splitlines()[-1]


class _HoldsBack(CameraLine):
    """A line that still holds one event when it ends."""

    def close(self) -> list[Event]:
        """Return the event."""
        return [EXAMPLE_VIOLATION]


def test_a_service_that_ends_makes_durable_what_waits(detector: Detector, collected: Collected) -> None:
    def make_line(config: Config, camera: Camera) -> CameraLine:
        line = line_for(detector, config, camera)
        line.__class__ = _HoldsBack
        return line

    config = Config(cameras=(Camera(id="away", url=SecretStr("rtsp://127.0.0.1:1/nobody")),))
    with LivePipeline(config, detector=detector, make_line=make_line, sink=collected):
        pass
    assert collected.events == [EXAMPLE_VIOLATION]
