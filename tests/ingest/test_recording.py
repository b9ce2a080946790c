"""Recorded footage: every container, segments, times, broken files."""

import gc
import logging
import shutil
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from camera_pipeline.config import Camera
from camera_pipeline.errors import MediaError
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.types import ClockSource, Damage, Frame
from tests.ingest.media import CONTAINERS, Clip, broken_files, picture, remux, write

CAMERA = Camera(id="gate", analyse_fps=5)
EVERY = Camera(id="gate", analyse_fps=25)
START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


def frames_of(*paths: Path, camera: Camera = CAMERA, fps: float | None = None) -> list[Frame]:
    return list(RecordedSource(camera, paths, start=START, fps=fps).frames())


def times_of(*paths: Path, camera: Camera = CAMERA) -> list[float]:
    return [round(frame.media_time_s, 3) for frame in frames_of(*paths, camera=camera)]


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("ending", CONTAINERS)
def test_every_container_gives_the_same_frames_at_the_same_times(tmp_path: Path, ending: str, b_frames: int) -> None:
    clip = Clip(b_frames=b_frames)
    frames = frames_of(write(tmp_path / f"clip.{ending}", clip))
    assert [frame.index for frame in frames] == list(range(0, 50, 5))
    assert [frame.media_time_s for frame in frames] == pytest.approx([0.2 * n for n in range(10)], abs=0.0011)
    assert [frame.skipped_before for frame in frames] == [0] + [4] * 9
    assert {(frame.session, frame.damage, frame.camera_id) for frame in frames} == {(1, None, "gate")}
    for frame in frames[::4]:
        shown, made = frame.picture.rgb(320, 192).astype(int), picture(frame.index, clip)
        assert np.abs(shown - made).mean() < 12, "the picture is the one that was recorded for that index"


def test_capture_times_count_from_the_given_start(tmp_path: Path) -> None:
    frames = frames_of(write(tmp_path / "a.mp4", Clip(frames=20)))
    assert [frame.captured_at - START for frame in frames] == [timedelta(seconds=0.2 * n) for n in range(4)]
    assert {frame.clock.source for frame in frames} == {ClockSource.START_OPTION}


def test_a_start_without_time_zone_is_refused(tmp_path: Path) -> None:
    naive = START.replace(tzinfo=None)
    with pytest.raises(MediaError, match=r"no time zone\n    cure: .*\+07:00"):
        RecordedSource(CAMERA, [write(tmp_path / "a.mp4", Clip(frames=2))], start=naive)


def test_variable_frame_rate_keeps_the_times_of_the_file(tmp_path: Path) -> None:
    times_ms = [0, 40, 80, 500, 540, 1500, 1533, 1566, 3000]
    path = write(tmp_path / "a.mkv", Clip(frames=9, times_ms=times_ms))
    assert times_of(path, camera=EVERY) == [at / 1000 for at in times_ms]
    assert times_of(path) == [0.0, 0.5, 1.5, 3.0]


@pytest.mark.parametrize(("fps", "step"), [(None, 0.04), (10.0, 0.1)])
def test_a_raw_stream_is_timed_by_its_own_rate_or_the_given_one(tmp_path: Path, fps: float | None, step: float) -> None:
    frames = frames_of(write(tmp_path / "a.h264", Clip(frames=10)), camera=EVERY, fps=fps)
    assert [frame.media_time_s for frame in frames] == pytest.approx([step * n for n in range(10)])


def test_a_raw_stream_says_which_rate_was_assumed(tmp_path: Path) -> None:
    source = RecordedSource(CAMERA, [write(tmp_path / "a.h264", Clip(frames=10))], start=START)
    list(source.frames())
    assert source.reports[0].notes == ("a raw stream holds no times: 25 frames a second were assumed",)


def test_segments_of_a_folder_follow_each_other_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        write(tmp_path / f"seg{number}.mp4", Clip(frames=25))
    (tmp_path / "notes.txt").write_text("not a video")
    (tmp_path / "._seg1.mp4").write_bytes(b"left by a copying tool")
    source = RecordedSource(CAMERA, [tmp_path], start=START)
    frames = list(source.frames())
    assert [report.path.name for report in source.reports] == ["seg1.mp4", "seg9.mp4", "seg10.mp4"]
    assert [frame.media_time_s for frame in frames] == pytest.approx([0.2 * n for n in range(15)])
    assert frames[-1].index == 70


def test_segments_that_count_on_keep_the_pause_between_them(tmp_path: Path) -> None:
    write(tmp_path / "a.ts", Clip(frames=25))
    write(tmp_path / "b.ts", Clip(frames=25, first_ms=1000))
    write(tmp_path / "c.ts", Clip(frames=25, first_ms=12_000))
    times = times_of(tmp_path)
    assert times[4:6] == [0.8, 1.0]
    assert times[9:11] == [1.8, 12.0]


def test_a_pause_told_by_the_names_is_kept_and_rounding_is_not_taken_for_one(tmp_path: Path) -> None:
    for name in ("20260105_090000", "20260105_090002", "20260105_090100"):
        write(tmp_path / f"{name}.mp4", Clip(frames=25))
    frames = list(RecordedSource(CAMERA, [tmp_path]).frames())
    assert [round(frame.media_time_s, 3) for frame in frames[4:6]] == [0.8, 1.0]
    assert frames[10].media_time_s == pytest.approx(60.0)
    assert frames[10].captured_at == datetime(2026, 1, 5, 2, 1, tzinfo=UTC), "nine o'clock in Vietnam"
    assert frames[0].clock.source is ClockSource.FILE_NAME


def test_one_replay_is_one_session_even_when_the_picture_size_changes(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", Clip(frames=10))
    write(tmp_path / "b.mp4", Clip(frames=10, wh=(640, 360)))
    frames = frames_of(tmp_path)
    assert [frame.picture.width_px for frame in frames] == [320, 320, 640, 640]
    assert {frame.session for frame in frames} == {1}


@pytest.mark.parametrize(
    "clip",
    [
        Clip(wh=(321, 181), pixel_format="yuv444p"),
        Clip(wh=(130, 98)),
        Clip(pixel_format="yuv420p10le", encoder="libx265"),
        Clip(pixel_format="yuvj420p", encoder="mjpeg"),
        Clip(audio=True),
    ],
    ids=["odd size", "tiny", "10 bit", "mjpeg", "with sound"],
)
def test_unusual_pictures_are_read(tmp_path: Path, clip: Clip) -> None:
    frames = frames_of(write(tmp_path / "a.mkv", clip))
    assert len(frames) == 10
    assert (frames[0].picture.width_px, frames[0].picture.height_px) == clip.wh
    assert frames[3].picture.bgr().shape == (clip.wh[1], clip.wh[0], 3)


@pytest.mark.parametrize("angle", [90, 180, -90])
def test_a_turned_recording_is_turned_upright(tmp_path: Path, angle: int) -> None:
    clip = Clip(frames=5, rotation=angle)
    (frame,) = frames_of(write(tmp_path / "a.mp4", clip))
    upright = np.rot90(picture(0, clip), angle // 90)
    shown = frame.picture.rgb(upright.shape[1], upright.shape[0]).astype(int)
    assert (frame.picture.height_px, frame.picture.width_px) == upright.shape[:2]
    assert np.abs(shown - upright).mean() < 12


def test_the_same_file_gives_the_same_pictures_every_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", Clip())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    first, second = (
        [(frame.damage, frame.moved, frame.health, frame.picture.bgr().tobytes()) for frame in frames_of(path)]
        for _ in range(2)
    )
    assert first == second


def test_a_cut_file_yields_what_is_there_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "a.mkv", Clip(frames=100))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = RecordedSource(CAMERA, [path], start=START)
    with caplog.at_level(logging.WARNING):
        frames = list(source.frames())
    (report,) = source.reports
    assert 30 < report.pictures < 70
    assert frames[0].damage is None
    assert "ends early" in report.notes[0]
    assert "of the 4.0 s that its header promises" in report.notes[0]
    assert "ends early" in caplog.text


def test_frames_after_broken_data_are_marked_until_the_next_key_frame(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h264", Clip(frames=75, gop=25))
    data = bytearray(path.read_bytes())
    for position in range(len(data) * 45 // 100, len(data) * 46 // 100):
        data[position] ^= 0x5A
    path.write_bytes(data)
    damage = {frame.index: frame.damage for frame in frames_of(path, camera=EVERY)}
    marked = [index for index, kind in damage.items() if kind is Damage.CORRUPT]
    assert marked, "broken data leaves a mark"
    assert marked == list(range(marked[0], 50)), "from the broken frame to the key frame at 50"


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov", "h264", "ts"])
def test_a_lost_h264_picture_marks_those_drawn_from_it_although_ffmpeg_says_nothing(
    tmp_path: Path, ending: str
) -> None:
    whole = write(tmp_path / "whole.mkv", Clip(frames=75))
    path = remux(whole, tmp_path / f"a.{ending}", without={30})
    frames = frames_of(path, camera=EVERY)
    shown = [frame.damage for frame in frames]
    assert len(shown) == 74
    assert shown == [None] * 30 + [Damage.CORRUPT] * 19 + [None] * 25, "from the next picture to the key frame"


def test_a_cut_mp4_without_index_says_how_to_save_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", Clip(frames=30))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(MediaError, match=r"(?s)a\.mp4: .*index \(moov\).*cure: .*untrunc"):
        frames_of(path)


def test_a_broken_segment_is_skipped_and_reported_but_a_file_named_outright_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.mp4", Clip(frames=10))
    broken = tmp_path / "b.mp4"
    broken.write_bytes(b"rubbish" * 1000)
    source = RecordedSource(CAMERA, [tmp_path], start=START)
    assert len(list(source.frames())) == 2
    assert "is not video" in source.reports[1].notes[0]
    with pytest.raises(MediaError, match=r"b\.mp4: is not video"):
        frames_of(tmp_path / "a.mp4", broken)


def test_a_folder_of_nothing_but_rubbish_is_refused(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mkv"):
        (tmp_path / name).write_bytes(b"rubbish" * 1000)
    with pytest.raises(MediaError, match="no file of the folder yields a picture"):
        frames_of(tmp_path)


def test_a_path_that_does_not_exist_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"gone\.mp4: does not exist"):
        RecordedSource(CAMERA, [tmp_path / "gone.mp4"])
    with pytest.raises(MediaError, match="holds no video file"):
        RecordedSource(CAMERA, [tmp_path])
    with pytest.raises(MediaError, match="no recorded footage was named"):
        RecordedSource(CAMERA, [])


def test_a_file_that_ends_while_it_is_read_is_closed(tmp_path: Path) -> None:
    frames = RecordedSource(CAMERA, [write(tmp_path / "a.mp4")], start=START).frames()
    next(frames)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        frames.close()
        gc.collect()


def test_odd_names_are_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / "ngã tư [1] 100%"
    folder.mkdir()
    shutil.move(write(tmp_path / "a.mp4", Clip(frames=5)), folder / "http:cổng 01#2.mp4")
    assert len(frames_of(folder)) == 1


def test_no_broken_file_crashes_hangs_or_passes_for_an_empty_road(tmp_path: Path) -> None:
    broken = broken_files(tmp_path)
    assert len(broken) >= 50
    for name, path in broken.items():
        refusal, frames = "", []
        try:
            frames = frames_of(path)
        except MediaError as error:
            refusal = str(error)
        assert frames or (str(path) in refusal and "cure:" in refusal), name
        times = [frame.media_time_s for frame in frames]
        assert times == sorted(set(times)), name
        assert all(0 <= at < 86_400 for at in times), name
