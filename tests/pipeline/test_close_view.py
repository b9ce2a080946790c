"""A gate's camera, whose vehicles the detector does not know: their plates are read in replays all the same."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from camera_pipeline.config import Camera, Config, PlateSettings, RuleEntry
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.detect.plate_text import PlateReader
from camera_pipeline.pipeline.replay import ReplayOutput, replay_footage, replay_trace
from tests.detect.plate_scenes import LONG, QuadFinder, plate_picture, put, road
from tests.golden.cases import START

FRAMES, FPS = 12, 5


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plate that comes nearer, and nothing else that anybody would know."""
    path = tmp_path_factory.mktemp("gate") / "gate.mp4"
    with av.open(str(path), "w") as target:
        stream: Any = target.add_stream("libx264", rate=FPS, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for number in range(FRAMES):
            image, width, left, top = road(), 150 + 6 * number, 230 - 3 * number, 290 + 8 * number
            height = width * 42 / 200
            corners = [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]
            put(image, plate_picture(("51G-543.21",), LONG), corners)
            target.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        target.mux(stream.encode())
    return path


@pytest.mark.parametrize(("close", "texts"), [(("gate",), ["51G54321"]), ((), [])])
def test_a_plate_without_a_vehicle_leaves_a_sighting_at_a_close_camera_only(
    gate: Path, detector: Detector, tmp_path: Path, close: tuple[str, ...], texts: list[str]
) -> None:
    camera = Camera(id="gate", analyse_fps=FPS, motion_gate=False, rules=(RuleEntry(kind="sighting"),))
    config = Config(cameras=(camera,), plates=PlateSettings(close_cameras=close))
    looker = PlateLooker(QuadFinder(), PlateReader(), version="quads@0")
    trace = tmp_path / "gate.trace.jsonl.zst"
    output = ReplayOutput(trace=trace)
    told = replay_footage(config, camera, [gate], detector, looker=looker, start=START, output=output).events
    plates: list[Any] = [event.details["plate"] for event in told if event.type == "sighting"]
    assert [plate["text"] for plate in plates] == texts
    assert replay_trace(config, camera, trace, output=ReplayOutput()).events == told


def test_a_close_camera_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match=r"plates\.close_cameras names barrier"):
        Config(cameras=(Camera(id="gate"),), plates=PlateSettings(close_cameras=("barrier",)))
