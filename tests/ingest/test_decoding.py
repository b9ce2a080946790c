"""From decoded picture to frame: counts, sampling, damage that lasts, measures."""

from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from camera_pipeline.config import Camera
from camera_pipeline.ingest.decoding import FrameMaker
from camera_pipeline.types import CaptureClock, ClockSource, Damage, Frame
from tests.ingest.media import Clip, road, write

CLOCK = CaptureClock(source=ClockSource.ARRIVAL, uncertainty_s=0.2)
AT = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[av.VideoFrame]:
    """Return 75 decoded pictures with key frames at 0, 25 and 50."""
    path = write(tmp_path_factory.mktemp("clip") / "a.mkv", Clip(frames=75))
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def made(
    pictures: list[av.VideoFrame],
    *,
    corrupt: set[int] = frozenset(),
    camera: Camera | None = None,
    step_s: float = 0.04,
) -> dict[int, Frame]:
    maker = FrameMaker(camera or Camera(id="gate", analyse_fps=25), 3)
    frames = (
        maker.make(
            picture,
            media_time_s=number * step_s,
            captured_at=AT,
            clock=CLOCK,
            corrupt=number in corrupt,
            received_s=7.5,
        )
        for number, picture in enumerate(pictures)
    )
    return {frame.index: frame for frame in frames if frame is not None}


def test_a_frame_carries_what_it_was_given(pictures: list[av.VideoFrame]) -> None:
    frame = made(pictures[:1])[0]
    assert (frame.camera_id, frame.session, frame.index, frame.media_time_s) == ("gate", 3, 0, 0.0)
    assert (frame.captured_at, frame.clock, frame.received_s) == (AT, CLOCK, 7.5)
    assert (frame.picture.width_px, frame.picture.height_px) == (320, 192)
    assert (frame.damage, frame.moved, frame.skipped_before) == (None, True, 0)


@pytest.mark.parametrize("analyse_fps", [1, 3, 5, 12.5, 25])
def test_every_decoded_picture_is_either_a_frame_or_counted_as_skipped(
    pictures: list[av.VideoFrame], analyse_fps: float
) -> None:
    frames = made(pictures, camera=Camera(id="gate", analyse_fps=analyse_fps))
    indices = list(frames)
    gaps = np.diff([-1, *indices]) - 1
    assert [frame.skipped_before for frame in frames.values()] == list(gaps)
    assert len(indices) == pytest.approx(3 * analyse_fps, abs=1)


@pytest.mark.parametrize(
    ("corrupt", "damaged"),
    [
        pytest.param(set(), set(), id="nothing"),
        pytest.param({30}, set(range(30, 50)), id="until the next key frame"),
        pytest.param({30, 40}, set(range(30, 50)), id="twice between key frames"),
        pytest.param({25}, set(range(25, 50)), id="a key frame"),
        pytest.param({30, 50}, set(range(30, 75)), id="the key frame that should have mended it, too"),
        pytest.param({0}, set(range(25)), id="the very first"),
    ],
)
def test_a_corrupt_picture_taints_those_drawn_from_it(
    pictures: list[av.VideoFrame], corrupt: set[int], damaged: set[int]
) -> None:
    frames = made(pictures, corrupt=corrupt)
    assert {index for index, frame in frames.items() if frame.damage is Damage.CORRUPT} == damaged


def test_a_corrupt_picture_that_is_not_analysed_taints_those_that_are(pictures: list[av.VideoFrame]) -> None:
    frames = made(pictures, corrupt={31}, camera=Camera(id="gate", analyse_fps=5))
    assert [index for index, frame in frames.items() if frame.damage] == [35, 40, 45]


def test_a_stream_without_key_frames_is_believed_again_after_half_a_minute(pictures: list[av.VideoFrame]) -> None:
    without_key_frames = [pictures[0], *pictures[1:25] * 3]
    frames = made(without_key_frames, corrupt={1}, step_s=1.0)
    assert [index for index, frame in frames.items() if frame.damage] == list(range(1, 32))


def test_the_motion_gate_can_be_switched_off(pictures: list[av.VideoFrame]) -> None:
    still = [pictures[0]] * 75
    gated = made(still, step_s=0.2)
    assert not any(frame.moved for index, frame in gated.items() if index > 20)
    open_always = made(still, step_s=0.2, camera=Camera(id="gate", analyse_fps=25, motion_gate=False))
    assert all(frame.moved for frame in open_always.values())


def test_a_frozen_picture_shows_in_its_health(pictures: list[av.VideoFrame]) -> None:
    frames = made([*pictures[:5], *[pictures[5]] * 45], step_s=0.2)
    assert frames[4].health.still_s == 0
    assert frames[49].health.still_s == pytest.approx(44 * 0.2)


def test_the_reference_outlives_the_session(pictures: list[av.VideoFrame]) -> None:
    first = FrameMaker(Camera(id="gate"), 1)
    assert first.reference is None
    for number in range(10):
        first.make(pictures[0], media_time_s=number, captured_at=AT, clock=CLOCK, corrupt=False, received_s=0)
    assert first.reference is not None
    second = FrameMaker(Camera(id="gate"), 2, reference=first.reference)
    assert second.reference is first.reference


def night(path: Path, seconds: int) -> Path:
    """Encode another scene with noise, coarsely and without smoothing: blockier than the clips of `media.py`."""
    generator = np.random.default_rng(1)
    options = {"preset": "ultrafast", "threads": "1", "x264-params": "qp=42:no-deblock=1:keyint=25:scenecut=0"}
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        for _ in range(25 * seconds):
            image = road((320, 192))[::-1, ::-1] * 0.8 + generator.normal(0, 12, (192, 320, 1))
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image.clip(0, 255).astype(np.uint8), format="rgb24")))
        output.mux(stream.encode(None))
    return path


def test_a_scene_that_turns_blocky_for_good_is_distrusted_for_a_few_seconds_only(
    pictures: list[av.VideoFrame], tmp_path: Path
) -> None:
    with av.open(str(night(tmp_path / "night.mkv", 10))) as container:
        after = list(container.decode(video=0))
    frames = made([*pictures, *after], camera=Camera(id="gate", analyse_fps=5))
    damaged_s = [frame.media_time_s for frame in frames.values() if frame.damage]
    assert damaged_s, "or this tests nothing"
    assert min(damaged_s) >= 3.0
    assert max(damaged_s) < 3.0 + 3.0


def test_a_change_of_resolution_goes_on_in_the_same_session(pictures: list[av.VideoFrame], tmp_path: Path) -> None:
    with av.open(str(write(tmp_path / "b.mkv", Clip(frames=10, wh=(640, 360))))) as container:
        larger = list(container.decode(video=0))
    frames = made([*pictures[:10], *larger])
    assert [frame.picture.width_px for frame in frames.values()] == [320] * 10 + [640] * 10
    assert [frame.damage for frame in frames.values()] == [None] * 20
