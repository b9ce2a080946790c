"""Recorded files as endless pictures: times over the seam, B-frames, other codecs, broken files."""

import logging
from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import pytest

from camera_pipeline.errors import MediaError
from camera_pipeline.simulator import recording as recording_module
from camera_pipeline.simulator.access_unit import AccessUnit, parameter_sets
from camera_pipeline.simulator.encoder import encode_anew
from camera_pipeline.simulator.faults import Codec
from camera_pipeline.simulator.recording import NotSendableError, open_recording

from .clips import FRAME_RATE, Clip, write_clip


def pictures(file: Path, count: int) -> list[AccessUnit]:
    return list(islice(open_recording(file).access_units(), count))


@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_times_go_on_over_the_seam(clip_of: Callable[[Clip], Path], encoder: str, suffix: str, b_frames: int) -> None:
    clip = Clip(encoder=encoder, suffix=suffix, b_frames=b_frames)
    units = pictures(clip_of(clip), clip.frames * 3)
    shown = sorted(unit.present_s for unit in units)
    assert shown[0] == pytest.approx(0, abs=1e-6)
    assert [b - a for a, b in pairwise(shown)] == pytest.approx([1 / FRAME_RATE] * (len(shown) - 1), abs=0.0021)
    assert all(a.send_s <= b.send_s for a, b in pairwise(units))


@pytest.mark.parametrize("b_frames", [0, 2])
def test_no_picture_is_sent_before_it_is_filmed(clip_of: Callable[[Clip], Path], b_frames: int) -> None:
    units = pictures(clip_of(Clip(b_frames=b_frames)), 100)
    delays_s = [unit.send_s - unit.present_s for unit in units]
    assert min(delays_s) >= -1e-6
    assert max(delays_s) <= 0.2
    assert (max(delays_s) > 0.01) is bool(b_frames)


@pytest.mark.parametrize(("encoder", "codec"), [("libx264", Codec.H264), ("libx265", Codec.H265)])
def test_every_key_frame_begins_with_the_parameter_sets(
    clip_of: Callable[[Clip], Path], encoder: str, codec: Codec
) -> None:
    recording = open_recording(clip_of(Clip(encoder=encoder)))
    units = list(islice(recording.access_units(), 100))
    keys = [unit for unit in units if unit.key_frame]
    assert recording.format.codec is codec
    assert [units.index(unit) for unit in keys] == [0, 25, 50, 75]
    assert all(parameter_sets(unit.nal_units, codec) == recording.format.parameter_sets for unit in keys)
    assert recording.frame_rate == pytest.approx(FRAME_RATE, rel=0.001)


@pytest.mark.parametrize(("encoder", "suffix"), [("mpeg4", ".avi"), ("mjpeg", ".avi"), ("libx264", ".h264")])
def test_what_cannot_be_sent_as_it_is_is_encoded_anew(
    clip_of: Callable[[Clip], Path], tmp_path: Path, caplog: pytest.LogCaptureFixture, encoder: str, suffix: str
) -> None:
    file = clip_of(Clip(encoder=encoder, suffix=suffix))
    with pytest.raises(NotSendableError):
        open_recording(file)
    with caplog.at_level(logging.WARNING):
        encode_anew(file, tmp_path / "anew.ts")
    assert "is encoded to H.264 first" in caplog.text
    recording = open_recording(tmp_path / "anew.ts")
    assert recording.format.codec is Codec.H264
    assert recording.frame_rate == pytest.approx(FRAME_RATE, rel=0.03)
    assert recording.duration_s == pytest.approx(2, abs=0.1)


def write(folder: Path, content: bytes) -> Path:
    file = folder / "broken.mp4"
    file.write_bytes(content)
    return file


@pytest.mark.parametrize("content", [b"", b"\x00" * 1000, b"not a video at all", b"RIFF\x00\x00\x00\x00AVI "])
def test_a_file_that_is_no_video_is_refused_with_the_cure(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(MediaError, match=r"broken\.mp4.*ffprobe"):
        open_recording(write(tmp_path, content))


def test_a_missing_file_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file; check the path"):
        open_recording(tmp_path / "none.mp4")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="cannot be read as video"):
        open_recording(tmp_path)


def test_sound_without_pictures_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sound.wav"
    samples = bytes(16000)
    header = b"RIFF" + (36 + len(samples)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    header += b"\x01\x00\x01\x00" + (8000).to_bytes(4, "little") + (16000).to_bytes(4, "little") + b"\x02\x00\x10\x00"
    file.write_bytes(header + b"data" + len(samples).to_bytes(4, "little") + samples)
    with pytest.raises(MediaError, match="has no video stream"):
        open_recording(file)


def test_a_broken_tail_ends_the_round_early(clip_of: Callable[[Clip], Path], tmp_path: Path) -> None:
    whole = clip_of(Clip(suffix=".ts")).read_bytes()
    file = tmp_path / "cut.ts"
    file.write_bytes(whole[: len(whole) * 2 // 3])
    units = pictures(file, 80)
    assert sum(unit.key_frame for unit in units) >= 2
    assert all(a.send_s <= b.send_s for a, b in pairwise(units))


def test_a_large_file_is_read_from_disk_again_each_round(h264_clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = pictures(h264_clip, 120)
    monkeypatch.setattr(recording_module, "_MAX_HELD_BYTES", 1000)
    recording = open_recording(h264_clip)
    assert recording.held is None
    assert list(islice(recording.access_units(), 120)) == held


def test_impossible_timestamps_are_refused_with_the_cure(tmp_path: Path) -> None:
    write_clip(tmp_path / "fast.mp4", Clip(frames=20, rate=3000))
    with pytest.raises(MediaError, match=r"3000 pictures per second.*ffmpeg -r 25"):
        open_recording(tmp_path / "fast.mp4")


@pytest.mark.slow
def test_real_clips_can_be_played(shared_data: Path) -> None:
    for file in sorted((shared_data / "clips").glob("*.mp4")):
        recording = open_recording(file)
        units = list(islice(recording.access_units(), round(recording.frame_rate * recording.duration_s * 1.5)))
        assert all(a.send_s <= b.send_s + 1e-6 for a, b in pairwise(units)), file.name
        assert all(unit.present_s <= unit.send_s + 1e-6 for unit in units), file.name
