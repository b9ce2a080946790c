"""Changes pictures in mid-stream: another size or codec, a frozen or a black picture.

Runs in the camera's own thread. While nothing is to be changed, coded pictures pass untouched. When a change begins,
the running group of pictures is decoded up to now, and from then on every picture is decoded, changed and encoded
anew; when it ends, encoding goes on until the file's next key frame, as a decoder cannot begin anywhere else.
"""

import logging
from dataclasses import dataclass
from typing import Any, cast

import av
import numpy as np
from av.error import FFmpegError

from camera_pipeline.simulator.access_unit import AccessUnit, split_annexb
from camera_pipeline.simulator.encoder import TIME_BASE, CameraEncoder
from camera_pipeline.simulator.faults import Codec, FaultKind, Timetable
from camera_pipeline.simulator.recording import Recording
from camera_pipeline.simulator.rtp import CLOCK_RATE_HZ

logger = logging.getLogger(__name__)

_DECODERS = {Codec.H264: "h264", Codec.H265: "hevc"}


@dataclass(frozen=True, slots=True)
class _Change:
    """What pictures shall be like; the default changes nothing."""

    size_wh: tuple[int, int] | None = None
    codec: Codec | None = None
    freeze: bool = False
    black: bool = False


_UNCHANGED = _Change()


def _change_at(timetable: Timetable, now_s: float) -> _Change:
    resolution = timetable.active(FaultKind.RESOLUTION, now_s)
    codec = timetable.active(FaultKind.CODEC, now_s)
    return _Change(
        size_wh=resolution.size_wh if resolution else None,
        codec=codec.codec if codec else None,
        freeze=timetable.active(FaultKind.FREEZE, now_s) is not None,
        black=timetable.active(FaultKind.BLACK, now_s) is not None,
    )


class Rewriter:
    """Turns a recording's pictures into those that the camera sends."""

    def __init__(self, recording: Recording, timetable: Timetable) -> None:
        """Watch a timetable for faults of the picture."""
        self._recording = recording
        self._timetable = timetable
        self._group: list[AccessUnit] = []  # since the last key frame, to begin decoding in its midst
        self._decoder: av.VideoCodecContext | None = None
        self._encoder: CameraEncoder | None = None
        self._frozen: av.VideoFrame | None = None
        self._last_present_s = -1.0

    def rewrite(self, unit: AccessUnit) -> list[AccessUnit]:
        """Return what is to be sent for the next picture of the recording."""
        change = _change_at(self._timetable, unit.send_s)
        if unit.key_frame:
            self._group.clear()
        self._group.append(unit)
        if change == _UNCHANGED and (self._decoder is None or unit.key_frame):
            self._decoder = self._encoder = self._frozen = None
            self._last_present_s = max(self._last_present_s, unit.present_s)
            return [unit]
        pictures = self._decode(unit)
        return [out for picture in pictures for out in self._encode(picture, change, unit)]

    def _decode(self, unit: AccessUnit) -> list[av.VideoFrame]:
        """Decode up to this picture; return those that were not sent yet, in order of presentation."""
        decoder, waiting = self._decoder, [unit]
        if decoder is None:
            decoder = self._decoder = cast(av.VideoCodecContext, av.CodecContext.create(_DECODERS[unit.codec], "r"))
            decoder.thread_count = 1
            waiting = self._group
        pictures = [p for u in waiting for p in _decoded(decoder, u)]
        return [p for p in pictures if p.pts is not None and p.pts / CLOCK_RATE_HZ > self._last_present_s]

    def _encode(self, picture: av.VideoFrame, change: _Change, unit: AccessUnit) -> list[AccessUnit]:
        assert picture.pts is not None  # noqa: S101 - `_decode` lets only these through
        self._last_present_s = picture.pts / CLOCK_RATE_HZ
        self._frozen = (self._frozen or picture) if change.freeze else None
        shown = _black(picture) if change.black else self._frozen or picture
        encoder = self._encoder_for(change, picture)
        return [
            AccessUnit(
                nal_units=split_annexb(bytes(packet), encoder.codec),
                send_s=unit.send_s,
                present_s=(packet.pts or 0) / CLOCK_RATE_HZ,
                key_frame=packet.is_keyframe,
                codec=encoder.codec,
            )
            for packet in encoder.encode(shown, self._last_present_s)
        ]

    def _encoder_for(self, change: _Change, picture: av.VideoFrame) -> CameraEncoder:
        size_wh = change.size_wh or (picture.width // 2 * 2, picture.height // 2 * 2)
        codec = change.codec or self._recording.format.codec
        if self._encoder is None or (self._encoder.size_wh, self._encoder.codec) != (size_wh, codec):
            self._encoder = CameraEncoder(codec, size_wh, self._recording.frame_rate)
        return self._encoder


def _decoded(decoder: av.VideoCodecContext, unit: AccessUnit) -> list[av.VideoFrame]:
    try:
        return decoder.decode(_packet(unit))
    except FFmpegError as error:
        logger.warning("a damaged picture of the recording is left out: %s", error)
        return []


def _packet(unit: AccessUnit) -> "av.Packet[Any]":
    packet: av.Packet[Any] = av.Packet(unit.annexb())
    packet.time_base = TIME_BASE
    packet.pts = round(unit.present_s * CLOCK_RATE_HZ)
    packet.dts = None
    return packet


def _black(picture: av.VideoFrame) -> av.VideoFrame:
    """Return a picture of the same size as a covered lens gives it: luma 16, no colour."""
    planes = np.full((picture.height // 2 * 3, picture.width // 2 * 2), 128, dtype=np.uint8)
    planes[: picture.height // 2 * 2] = 16
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")
