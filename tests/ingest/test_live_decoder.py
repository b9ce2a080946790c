"""Whole streams are never called damaged, however they are coded; a picture that misses its checksum always is."""

import av
import numpy as np
import pytest

from camera_pipeline.ingest.damage import DamageMeter
from camera_pipeline.ingest.ffmpeg_log import ffmpeg_messages
from camera_pipeline.ingest.live_decoder import LiveDecoder
from camera_pipeline.picture import Picture
from tests.ingest.media import Clip, picture

CLIP = Clip(frames=60)
STREAMS = {
    "h264": ("libx264", "keyint=20:bframes=0"),
    "h264, b-frames, open groups, slices": ("libx264", "keyint=20:bframes=3:open-gop=1:slices=4"),
    "h265": ("libx265", "keyint=20:bframes=0"),
    "h265, b-frames, open groups, slices": ("libx265", "keyint=20:bframes=3:open-gop=1:slices=2"),
    "h265, no entry points": ("libx265", "keyint=20:bframes=0:wpp=0"),
    "h265, checksums": ("libx265", "keyint=20:bframes=0:wpp=0:hash=1"),
}


def packets(name: str) -> list[av.Packet]:
    encoder, parameters = STREAMS[name]
    context = av.CodecContext.create(encoder, "w")
    context.width, context.height = CLIP.wh
    context.pix_fmt, context.framerate, context.thread_count = "yuv420p", CLIP.fps, 1
    extra = ":pools=1:frame-threads=1:log-level=none" if encoder == "libx265" else ""
    context.options = {"preset": "ultrafast", f"{encoder[3:]}-params": parameters + extra}
    coded = []
    for index in range(CLIP.frames):
        frame = av.VideoFrame.from_ndarray(picture(index, CLIP), format="rgb24").reformat(format="yuv420p")
        frame.pts = index
        coded += context.encode(frame)
    return [*coded, *context.encode(None)]


def suspects(name: str, units: list[av.Packet]) -> tuple[list[int], list[int]]:
    """Decode; return which pictures the decoder suspects, and which the measure."""
    heard, measured, meter = [], [], DamageMeter()
    with ffmpeg_messages("cam") as messages:
        decoder = LiveDecoder(av.CodecContext.create("hevc" if "h265" in name else "h264", "r"), messages)
        for unit in units:
            for frame, corrupt in decoder.decode(unit):
                shown = Picture(frame)
                heard += [frame.pts] if corrupt else []
                measured += [frame.pts] if meter.judge(shown, shown.small_luma(), frame.time or 0.0) else []
    return heard, measured


@pytest.mark.parametrize("name", STREAMS)
def test_no_whole_stream_is_called_damaged(name: str) -> None:
    assert suspects(name, packets(name)) == ([], [])


@pytest.mark.parametrize("seed", range(5))
def test_bits_that_flipped_unnoticed_are_told_by_the_checksum(seed: int) -> None:
    name = "h265, checksums"
    units = packets(name)
    data = bytearray(bytes(units[20]))
    for place in np.random.default_rng(seed).integers(len(data) // 3, len(data) * 2 // 3, 6):
        data[place] ^= 4
    broken = av.Packet(bytes(data))
    broken.pts, broken.dts = units[20].pts, units[20].dts
    assert 20 in suspects(name, [*units[:20], broken, *units[21:]])[0]
