"""The last seconds of a camera's stream as it came, encoded: what evidence is cut and decoded from.

Written by the camera's thread (`begin`, `add`), read by whoever gathers evidence. Packets are kept as bytes, so that
nothing holds on to a closed connection.
"""

import io
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av

from camera_pipeline.ingest.rtsp import VideoPacket
from camera_pipeline.picture import Picture

_DEFAULT_BYTES = 24 << 20  # 30 s at 6 Mbit/s; keeps a camera below its 60 MiB whatever its bit rate
_SAME_PICTURE_S = 0.02  # two times this close mean the same picture, up to 25 pictures a second
_LATE_S = 0.5  # the newest picture may stand for a time this much after it


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFormat:
    """What a decoder or a file needs to know of a stream before its first packet.

    Attributes:
        codec: FFmpeg's name of the codec.
        extradata: parameter sets, as they stood in the session description.
        time_base: seconds a tick.
        width_px: width of the picture, or 0 where it stands only in the packets.
        height_px: height of the picture, or 0.
    """

    codec: str
    extradata: bytes | None
    time_base: Fraction
    width_px: int
    height_px: int

    @classmethod
    def of(cls, stream: av.VideoStream) -> "StreamFormat":
        """Return the format of an open stream."""
        context = stream.codec_context
        return cls(
            codec=context.name,
            extradata=context.extradata,
            time_base=stream.time_base or Fraction(1, 90_000),
            width_px=context.width,
            height_px=context.height,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Packet:
    session: int
    format: StreamFormat
    data: bytes
    pts: int
    dts: int
    is_key: bool
    media_time_s: float
    captured_s: float
    received_s: float

    def decodable(self) -> VideoPacket:
        packet = cast(VideoPacket, av.Packet(self.data))
        packet.pts, packet.dts, packet.time_base = self.pts, self.dts, self.format.time_base
        packet.is_keyframe = self.is_key
        return packet


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A picture decoded from the ring.

    Attributes:
        session: the stream's session.
        media_time_s: its time on the stream's clock.
        captured_s: its capture time, seconds since 1970 UTC, as estimated when it arrived.
        picture: the picture.
    """

    session: int
    media_time_s: float
    captured_s: float
    picture: Picture


class PacketRing:
    """Packets of the last `keep_s` seconds, at most `max_bytes`, in whole groups of pictures.

    Args:
        keep_s: how far back it reaches at least, as long as the bytes suffice.
        max_bytes: above this the oldest groups go, whatever their age.
    """

    def __init__(self, keep_s: float, max_bytes: int = _DEFAULT_BYTES) -> None:
        self._keep_s = keep_s
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._groups: deque[list[_Packet]] = deque()  # each begins with a key frame
        self._bytes = 0
        self._session = -1
        self._format: StreamFormat | None = None
        self._awaits_key = True

    @property
    def size_bytes(self) -> int:
        """Bytes of encoded video held now."""
        return self._bytes

    def begin(self, session: int, stream_format: StreamFormat) -> None:
        """Say that the packets from now on belong to another session. Camera's thread."""
        with self._lock:
            self._session, self._format, self._awaits_key = session, stream_format, True

    def add(self, packet: VideoPacket, *, media_time_s: float, captured_s: float, received_s: float) -> None:
        """Keep a packet, and forget what is too old. Camera's thread, after `begin`.

        Args:
            packet: as it came.
            media_time_s: its presentation time on the session's clock.
            captured_s: when its picture was captured, seconds since 1970 UTC.
            received_s: monotonic time of arrival, by which the ring ages.
        """
        with self._lock:
            if self._format is None or (self._awaits_key and not packet.is_keyframe):
                return
            last = None if self._awaits_key else self._groups[-1][-1]
            if packet.is_keyframe:
                self._groups.append([])
                self._awaits_key = False
            pts, dts = _stamps(packet, last)
            kept = _Packet(
                session=self._session,
                format=self._format,
                data=bytes(packet),
                pts=pts,
                dts=dts,
                is_key=packet.is_keyframe,
                media_time_s=media_time_s,
                captured_s=captured_s,
                received_s=received_s,
            )
            self._groups[-1].append(kept)
            self._bytes += len(kept.data)
            self._forget(received_s)

    def decode_at(self, session: int, media_time_s: float) -> Kept | None:
        """Return the picture shown at a time of a session, or None when it is no longer, or not yet, here."""
        run = self._run(session, media_time_s - _SAME_PICTURE_S, media_time_s + _SAME_PICTURE_S)
        near = [kept for kept in _decode(run) if abs(kept.media_time_s - media_time_s) <= _SAME_PICTURE_S]
        return min(near, key=lambda kept: abs(kept.media_time_s - media_time_s), default=None)

    def decode_captured(self, captured_s: float) -> Kept | None:
        """Return the picture captured nearest to a wall-clock time (seconds since 1970), of whatever session.

        None when the ring does not reach to that time; `Kept.captured_s` tells how near the picture is.
        """
        with self._lock:
            packets = [packet for group in self._groups for packet in group]
        if not packets or not packets[0].captured_s <= captured_s <= packets[-1].captured_s + _LATE_S:
            return None
        nearest = min(packets, key=lambda packet: abs(packet.captured_s - captured_s))
        return self.decode_at(nearest.session, nearest.media_time_s)

    def frames(self, session: int, start_s: float, end_s: float) -> Iterator[Kept]:
        """Decode and yield the pictures of a session from `start_s` to `end_s` of media time, in order of display."""
        for kept in _decode(self._run(session, start_s, end_s)):
            if start_s <= kept.media_time_s <= end_s:
                yield kept

    def clip(self, session: int, start_s: float, end_s: float, path: Path) -> tuple[float, float] | None:
        """Write a file without encoding anew, from the key frame at or before `start_s` to `end_s`.

        Args:
            session: whose packets.
            start_s: media time from which on the clip is wanted.
            end_s: media time of the last picture.
            path: `.mp4` or `.mkv`; an existing file is overwritten.

        Returns:
            Media times of the clip's first and last picture, or None when nothing of it is here.
        """
        run = self._run(session, start_s, end_s)
        if not run:
            return None
        _remux(run, path)
        times_s = [packet.media_time_s for packet in run]
        return min(times_s), max(times_s)

    def _forget(self, now_s: float) -> None:
        while len(self._groups) > 1 and (
            self._bytes > self._max_bytes or now_s - self._groups[1][0].received_s >= self._keep_s
        ):
            self._bytes -= sum(len(packet.data) for packet in self._groups.popleft())
        if self._bytes > self._max_bytes:  # one group alone is too much: what follows its loss cannot be decoded
            self._groups.clear()
            self._bytes, self._awaits_key = 0, True

    def _run(self, session: int, start_s: float, end_s: float) -> list[_Packet]:
        """Return the packets needed to decode a span: from the last key frame at or before its start."""
        with self._lock:
            groups = [group[:] for group in self._groups if group[0].session == session]
        first = max((index for index, group in enumerate(groups) if group[0].media_time_s <= start_s), default=0)
        packets = [packet for group in groups[first:] for packet in group]
        last = max((index for index, packet in enumerate(packets) if packet.media_time_s <= end_s), default=-1)
        return packets[: last + 1]


def _stamps(packet: VideoPacket, last: _Packet | None) -> tuple[int, int]:
    """Return presentation and decoding time; FFmpeg leaves the first ones of a session out."""
    pts = packet.pts if packet.pts is not None else packet.dts or 0
    if packet.dts is None:
        return pts, pts if last is None else last.dts + 1
    return pts, packet.dts if last is None else max(packet.dts, last.dts + 1)


def _decode(run: list[_Packet]) -> Iterator[Kept]:
    if not run:
        return
    context = cast(av.VideoCodecContext, av.CodecContext.create(run[0].format.codec, "r"))
    context.extradata, context.thread_count = run[0].format.extradata, 1
    by_pts = {packet.pts: packet for packet in run}
    for packet in [*(packet.decodable() for packet in run), None]:
        try:
            pictures = context.decode(packet)
        except av.error.InvalidDataError:
            continue  # damaged on its way; the pictures around it can still be had
        for picture in pictures:
            source = by_pts.get(-1 if picture.pts is None else picture.pts)
            if source is not None:
                yield Kept(
                    session=source.session,
                    media_time_s=source.media_time_s,
                    captured_s=source.captured_s,
                    picture=Picture(picture),
                )


def _remux(run: list[_Packet], path: Path) -> None:
    stream_format = run[0].format
    head = io.BytesIO((stream_format.extradata or b"") + run[0].data)
    # The muxer wants the parameters of an open stream: those of the first group, read as a raw stream.
    with av.open(head, format=stream_format.codec) as raw, av.open(path, "w") as output:
        stream = output.add_stream_from_template(raw.streams.video[0])
        stream.time_base = stream_format.time_base
        for kept in run:
            packet = kept.decodable()
            packet.pts, packet.dts = kept.pts - run[0].dts, kept.dts - run[0].dts
            packet.stream = stream
            output.mux(packet)
