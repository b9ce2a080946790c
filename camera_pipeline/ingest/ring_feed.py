"""Recorded files into a ring of packets, as a live camera's come: byte streams, on the media clock of the replay.

Used by `RecordedSource` when somebody wants evidence. Two kinds of files are left out: those without times of their own
(raw streams, AVI), whose packets have no moment before they are decoded; and those that say that the camera was turned,
for the packets alone do not, and their pictures would be others than those that the rules saw.
"""

from collections import deque
from fractions import Fraction
from typing import cast

import av
from av.bitstream import BitStreamFilterContext
from av.packet import Packet
from av.video.stream import VideoStream

from camera_pipeline.ingest.media_file import DecodedPicture, MediaFile
from camera_pipeline.ingest.packet_ring import PacketRing, StreamFormat
from camera_pipeline.ingest.rtsp import VideoPacket

_TIME_BASE = Fraction(1, 90_000)  # of RTP, finer than that of most files
_BYTE_STREAM = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}  # leave byte streams as they are
_IS_RECORD = 1  # first byte of parameter sets as MP4 and Matroska hold them


class RingFeed:
    """Puts the packets of recorded files into a ring.

    Args:
        ring: where they go.
        session: the replay's session.
    """

    def __init__(self, ring: PacketRing, session: int) -> None:
        self._ring, self._session = ring, session
        self._waiting: deque[VideoPacket] = deque()
        self._filter: BitStreamFilterContext | None = None
        self._ahead_s: float | None = None
        self._since_1970_s = 0.0

    def begin(self, media: MediaFile) -> None:
        """Take up another file; its packets follow."""
        context = media.stream.codec_context
        name = _BYTE_STREAM.get(context.name)
        self._filter = BitStreamFilterContext(name, media.stream) if name else None
        self._waiting.clear()
        self._ahead_s = None
        extradata = context.extradata
        if name and extradata and extradata[0] == _IS_RECORD:
            extradata = None  # the filter puts the parameter sets before every key frame
        self._ring.begin(
            self._session,
            StreamFormat(
                codec=context.name,
                extradata=extradata,
                time_base=_TIME_BASE,
                width_px=context.width,
                height_px=context.height,
            ),
        )
        media.on_packet = self._take if media.has_times else None

    def placed(self, media: MediaFile, picture: DecodedPicture, media_s: float, captured_s: float) -> None:
        """Learn from a picture where the file's times lie on the media clock."""
        if media.is_turned:
            media.on_packet = None
            self._waiting.clear()
        elif picture.time_s is not None:
            self._ahead_s, self._since_1970_s = media_s - picture.time_s, captured_s - media_s
            while self._waiting:
                self._keep(self._waiting.popleft())

    def _take(self, packet: "Packet[VideoStream]") -> None:
        copy = _copy(packet)
        for whole in [copy] if self._filter is None else self._filter.filter(copy):
            if self._ahead_s is None:
                self._waiting.append(cast(VideoPacket, whole))
            else:
                self._keep(cast(VideoPacket, whole))

    def _keep(self, packet: VideoPacket) -> None:
        if packet.pts is None or self._ahead_s is None:
            return
        media_s = float(packet.pts * packet.time_base) + self._ahead_s
        held_back = 0 if packet.dts is None else packet.pts - packet.dts
        pts = round(media_s / _TIME_BASE)
        packet.dts = pts - round(held_back * packet.time_base / _TIME_BASE)
        packet.pts = pts
        packet.time_base = _TIME_BASE
        self._ring.add(
            packet, media_time_s=media_s, captured_s=self._since_1970_s + media_s, received_s=max(0.0, media_s)
        )


def _copy(packet: "Packet[VideoStream]") -> "Packet[VideoStream]":
    """Return a packet of its own: a filter empties what it is given."""
    copy = cast("Packet[VideoStream]", av.Packet(bytes(packet)))
    copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
    copy.is_keyframe = packet.is_keyframe
    return copy
