"""Pictures changed in mid-stream: what a decoder sees before, during and after."""

from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import av
import pytest

from camera_pipeline.simulator.access_unit import AccessUnit
from camera_pipeline.simulator.faults import Codec, Fault, FaultKind, Timetable
from camera_pipeline.simulator.recording import open_recording
from camera_pipeline.simulator.rewriter import Rewriter

from .clips import FRAME_RATE, SIZE_WH, Clip, read_number


def rewritten(file: Path, fault: Fault | None, count: int = 100) -> tuple[list[AccessUnit], list[AccessUnit]]:
    """Return the recording's pictures, and what is sent instead."""
    recording = open_recording(file)
    rewriter = Rewriter(recording, Timetable((fault,) if fault else ()))
    units = list(islice(recording.access_units(), count))
    return units, [out for unit in units for out in rewriter.rewrite(unit)]


def decode(units: list[AccessUnit]) -> list[av.VideoFrame]:
    context = av.CodecContext.create("h264" if units[0].codec is Codec.H264 else "hevc", "r")
    context.thread_count = 1
    pictures = []
    for unit in units:
        packet = av.Packet(unit.annexb())
        packet.pts = round(unit.present_s * FRAME_RATE)
        pictures += context.decode(packet)
    return pictures + context.decode(None)


def test_without_a_fault_pictures_pass_untouched(h264_clip: Path) -> None:
    units, sent = rewritten(h264_clip, None)
    assert all(a is b for a, b in zip(units, sent, strict=True))


CLIPS = [Clip(), Clip(encoder="libx265"), Clip(key_frame_every=50), Clip(b_frames=2)]


@pytest.mark.parametrize("clip", CLIPS, ids=str)
def test_a_freeze_shows_the_same_picture_over_and_over_and_then_goes_on(
    clip_of: Callable[[Clip], Path], clip: Clip
) -> None:
    _, sent = rewritten(clip_of(clip), Fault(kind=FaultKind.FREEZE, at_s=0.5, for_s=1))
    numbers = [read_number(picture) for picture in decode(sent)]
    frozen = max(set(numbers), key=numbers.count)
    assert 11 <= frozen <= 16
    assert numbers.count(frozen) == pytest.approx(FRAME_RATE, abs=4)
    assert numbers[-50:] == list(range(50)), "the second round is whole again"


@pytest.mark.parametrize("clip", CLIPS, ids=str)
def test_times_rise_through_a_change(clip_of: Callable[[Clip], Path], clip: Clip) -> None:
    _, sent = rewritten(clip_of(clip), Fault(kind=FaultKind.BLACK, at_s=0.5, for_s=1))
    shown = sorted(unit.present_s for unit in sent)
    assert [b - a for a, b in pairwise(shown)] == pytest.approx([1 / FRAME_RATE] * (len(shown) - 1), abs=0.13)
    assert all(a.send_s <= b.send_s for a, b in pairwise(sent))
    assert len(set(shown)) == len(shown)


def test_black_pictures_are_black(h264_clip: Path) -> None:
    _, sent = rewritten(h264_clip, Fault(kind=FaultKind.BLACK, at_s=0.4, for_s=0.4))
    brightest = [int(picture.to_ndarray(format="gray").max()) for picture in decode(sent)]
    assert max(brightest[11:19]) < 10
    assert min(brightest[:9]) > 150
    assert min(brightest[26:]) > 150


def test_a_new_resolution_is_announced_in_the_stream(h264_clip: Path) -> None:
    _, sent = rewritten(h264_clip, Fault(kind=FaultKind.RESOLUTION, at_s=1, size_wh=(160, 96), for_s=1))
    pictures = decode(sent)
    sizes = [(picture.width, picture.height) for picture in pictures]
    assert sizes[:24] == [SIZE_WH] * 24
    assert sizes[26:49] == [(160, 96)] * 23
    assert sizes[51:] == [SIZE_WH] * (len(sizes) - 51)
    assert [read_number(picture) for picture in pictures][:100] == [*range(50), *range(50)]


def test_another_codec_begins_with_a_key_frame(h264_clip: Path) -> None:
    _, sent = rewritten(h264_clip, Fault(kind=FaultKind.CODEC, at_s=1, codec=Codec.H265))
    changed = [unit for unit in sent if unit.codec is Codec.H265]
    assert changed[0].key_frame
    assert [read_number(picture) for picture in decode(changed)][:20] == list(range(25, 45))


def test_a_change_in_the_midst_of_a_long_group_begins_at_once(clip_of: Callable[[Clip], Path]) -> None:
    file = clip_of(Clip(key_frame_every=50))
    _, sent = rewritten(file, Fault(kind=FaultKind.RESOLUTION, at_s=1, size_wh=(160, 96)))
    first = next(unit for unit in sent if unit.present_s > 0.01 and unit.key_frame)
    assert first.present_s == pytest.approx(1, abs=0.1)
