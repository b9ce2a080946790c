"""One connection to a camera as a generator of `Frame`s: validate, time, decode, keep, make frames.

Runs on a camera's thread; called by `worker.py`. A connection may hold several sessions: when the picture changes its
size, or the camera's clock begins anew, the session number goes up and everything of the old one is forgotten.
"""

import struct
from collections.abc import Iterator
from contextlib import closing

import av
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.errors import StreamBrokenError
from camera_pipeline.ingest.decoding import FrameMaker
from camera_pipeline.ingest.ffmpeg_log import ffmpeg_messages
from camera_pipeline.ingest.live_decoder import LiveDecoder
from camera_pipeline.ingest.packet_ring import PacketRing, StreamFormat
from camera_pipeline.ingest.rtsp import Arrival, Packets, VideoPacket
from camera_pipeline.ingest.timestamps import CaptureTime, TimestampValidator, Verdict
from camera_pipeline.types import Frame

UInt8 = NDArray[np.uint8]

_PACE_S = 0.008  # live packets are further apart (60 fps: 0.017 s), those that FFmpeg held back are closer
_MAX_WITHOUT_KEY = 1000  # packets; 40 s at 25 a second
_BURST_PACKETS = 200  # a burst longer than this is taken as the camera's pace


class StreamTime:
    """Time of one session: which packets to keep, their media time, and when pictures were captured.

    Args:
        first: the session's first packet.
    """

    def __init__(self, first: VideoPacket) -> None:
        self._ticks, self._per = first.time_base.as_integer_ratio()  # seconds = ticks * _ticks / _per
        self._first_pts = _stamp(first) or 0
        self._validator = TimestampValidator(first.time_base)
        self.capture = CaptureTime()

    def judge(self, packet: VideoPacket) -> Verdict:
        """Return what to do with a packet.

        Raises:
            StreamBrokenError: too many packets in a row had no usable time stamp.
        """
        return self._validator.judge(packet.pts, packet.dts)

    def media_time_s(self, pts: int | None) -> float:
        """Return seconds since the session's first picture; 0 for the first packet, which may have no stamp."""
        return 0.0 if pts is None else max(0.0, (pts - self._first_pts) * self._ticks / self._per)

    def note(self, arrival: Arrival) -> None:
        """Learn the relation of media time and wall clock from a packet."""
        media_time_s = self.media_time_s(arrival.packet.pts)
        self.capture.arrived(media_time_s, arrival.at)
        if arrival.packet.has_sidedata("prft"):
            # AVProducerReferenceTime: int64 µs since 1970, int32 flags; made of the last RTCP sender report.
            (wall_us,) = struct.unpack_from("<q", bytes(arrival.packet.get_sidedata("prft")))
            self.capture.reported(media_time_s, wall_us / 1e6)


class LiveStream:
    """Makes frames of one camera's connections, one connection after the other.

    Args:
        camera: its settings.
        ring: where the encoded packets are kept.
        first_session: number of the first session.
    """

    def __init__(self, camera: Camera, ring: PacketRing, *, first_session: int = 0) -> None:
        self.session = first_session - 1
        """Number of the session that runs, or ran last."""
        self.packets_dropped = 0
        """Packets without a usable time stamp, of all connections."""
        self._camera = camera
        self._ring = ring
        self._reference: UInt8 | None = None

    def frames(self, packets: Packets) -> Iterator[Frame]:
        """Yield the frames to analyse until the packets end. Closes `packets`.

        Raises:
            SessionError: whatever ended the connection.
        """
        with closing(packets), ffmpeg_messages(self._camera.id) as messages:
            decoder: LiveDecoder | None = None
            for session, arrival in self._kept(packets):
                decoder = decoder or LiveDecoder(_stream(arrival).codec_context, messages)
                for picture, corrupt in decoder.decode(arrival.packet):
                    frame = session.frame(picture, arrival, corrupt=corrupt)
                    if frame is not None:
                        yield frame
                session.keep(arrival)  # after decoding, which tells whether the packet begins a session

    def keep(self, packets: Packets) -> None:
        """Only keep the packets in the ring, decoding nothing, until they end. Closes `packets`.

        Raises:
            SessionError: whatever ended the connection.
        """
        with closing(packets), ffmpeg_messages(self._camera.id) as messages:
            for session, arrival in self._kept(packets):
                session.keep(arrival)
                messages.heard_damage()  # for the log; what is decoded later on is judged then

    def _kept(self, packets: Iterator[Arrival]) -> Iterator[tuple["_Session", Arrival]]:
        session: _Session | None = None
        for batch in at_pace(from_key_frame(packets)):
            session = session or _Session(self, batch[0])
            for arrival in batch:
                session.time.note(arrival)
            for arrival in batch:
                verdict = session.time.judge(arrival.packet)
                if verdict is Verdict.RESTART:
                    session.begin(arrival)
                if verdict is Verdict.DROP:
                    self.packets_dropped += 1
                else:
                    yield session, arrival


class _Session:
    """What is forgotten when a session ends. Made for each connection, begun anew where the stream changes."""

    def __init__(self, stream: LiveStream, first: Arrival) -> None:
        self._stream = stream
        self.begin(first)

    def begin(self, first: Arrival) -> None:
        """Begin the next session with this packet."""
        stream = self._stream
        stream.session += 1
        self.time = StreamTime(first.packet)
        self.time.note(first)
        self._maker = FrameMaker(stream._camera, stream.session, reference=stream._reference)
        self._size_px: tuple[int, int] | None = None
        self._shown_s = -1.0
        stream._ring.begin(stream.session, StreamFormat.of(_stream(first)))

    def frame(self, picture: av.VideoFrame, arrival: Arrival, *, corrupt: bool) -> Frame | None:
        """Return the frame to analyse, or None when policy leaves it out; another picture size begins a session."""
        size_px = (picture.width, picture.height)
        if self._size_px not in (None, size_px):
            self.begin(arrival)
        self._size_px = size_px
        media_time_s = self.time.media_time_s(picture.pts if picture.pts is not None else picture.dts)
        if media_time_s <= self._shown_s:
            return None  # out of order, or without a time: nothing after this line can use it
        self._shown_s = media_time_s
        captured_at, clock = self.time.capture.at(media_time_s)
        frame = self._maker.make(
            picture,
            media_time_s=media_time_s,
            captured_at=captured_at,
            clock=clock,
            corrupt=corrupt,
            received_s=arrival.received_s,
        )
        self._stream._reference = self._maker.reference
        return frame

    def keep(self, arrival: Arrival) -> None:
        """Put a packet into the ring."""
        media_time_s = self.time.media_time_s(arrival.packet.pts)
        self._stream._ring.add(
            arrival.packet,
            media_time_s=media_time_s,
            captured_s=self.time.capture.estimate_s(media_time_s),
            received_s=arrival.received_s,
        )


def from_key_frame(packets: Iterator[Arrival]) -> Iterator[Arrival]:
    """Leave out what comes before the first key frame: it could only be drawn upon pictures that never came.

    Raises:
        StreamBrokenError: no key frame came for too long.
    """
    for before, arrival in enumerate(packets):
        if arrival.packet.is_keyframe:
            yield arrival
            break
        if before >= _MAX_WITHOUT_KEY:
            raise StreamBrokenError(
                f"no key frame among {before} packets; set the camera's key frame interval to a few seconds"
            )
    yield from packets


def at_pace(packets: Iterator[Arrival]) -> Iterator[list[Arrival]]:
    """Yield what FFmpeg held back while it analysed the stream as one list, then every packet as a list of one.

    The time at which a held packet comes out says nothing of when it arrived; the live packet that ends the list does.
    """
    burst: list[Arrival] = []
    for arrival in packets:
        live = bool(burst) and arrival.received_s - burst[-1].received_s >= _PACE_S
        burst.append(arrival)
        if live or len(burst) >= _BURST_PACKETS:
            break
    if burst:
        yield burst
    for arrival in packets:
        yield [arrival]


def _stream(arrival: Arrival) -> av.VideoStream:
    stream = arrival.packet.stream
    if not isinstance(stream, av.VideoStream) or stream.codec_context is None:
        raise StreamBrokenError("FFmpeg has no decoder for the camera's codec; set the camera to H.264 or H.265")
    return stream


def _stamp(packet: VideoPacket) -> int | None:
    return packet.pts if packet.pts is not None else packet.dts
