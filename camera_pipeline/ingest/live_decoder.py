"""Decodes one live stream and knows which pictures lack data. Runs on a camera's thread, called by `live.py`."""

from collections.abc import Iterator

import av
from av.video.codeccontext import VideoCodecContext

from camera_pipeline.errors import StreamBrokenError
from camera_pipeline.ingest.continuity import FrameNumberWatch
from camera_pipeline.ingest.ffmpeg_log import VERIFYING, FFmpegMessages
from camera_pipeline.ingest.rtsp import VideoPacket

_MAX_UNDECODABLE = 1000  # packets in a row; 40 s at 25 a second, longer than any usual distance of key frames


class LiveDecoder:
    """Turns packets into pictures, each with whether data of it, or of what it is drawn upon, is missing.

    The first packet must be a key frame. A loss marks the pictures from where it is noticed to the one it was
    noticed in; that those drawn upon it stay unusable until the next key frame is `FrameMaker`'s part.

    Args:
        context: the stream's decoder, not yet used.
        messages: what FFmpeg says on this thread.
    """

    def __init__(self, context: VideoCodecContext, messages: FFmpegMessages) -> None:
        self._context = context
        self._messages = messages
        if not context.is_open:
            # Threads of its own would delay pictures, and would hide the messages; cameras are decoded side by side.
            context.thread_count = 1
            context.options = {**context.options, **VERIFYING}
        self._numbers = FrameNumberWatch(context.extradata) if context.name == "h264" else None
        self._suspect_until_pts: int | None = None
        self._fruitless = 0

    def decode(self, packet: VideoPacket) -> Iterator[tuple[av.VideoFrame, bool]]:
        """Yield the pictures that this packet completes, in the order of display, and whether they lack data.

        Raises:
            StreamBrokenError: nothing could be decoded for too long.
        """
        pictures = self._pictures(packet)
        self._fruitless = 0 if pictures else self._fruitless + 1
        if self._fruitless > _MAX_UNDECODABLE:
            raise StreamBrokenError(
                f"no picture could be decoded of {self._fruitless} packets ({self._context.name}); "
                "check the camera's codec settings, and that it sends key frames"
            )
        for picture in pictures:
            yield picture, self._is_suspect(picture)

    def _pictures(self, packet: VideoPacket) -> list[av.VideoFrame]:
        lost = packet.is_corrupt or (self._numbers is not None and self._numbers.lost_before(bytes(packet)))
        try:
            pictures = self._context.decode(packet)
        except av.error.InvalidDataError:
            pictures, lost = [], True
        if self._messages.heard_damage() or lost:
            self._suspect_until_pts = packet.pts if packet.pts is not None else packet.dts
        return pictures

    def _is_suspect(self, picture: av.VideoFrame) -> bool:
        until_pts = self._suspect_until_pts
        if until_pts is None or picture.pts is None:
            return until_pts is not None or picture.is_corrupt
        if picture.pts >= until_pts:
            self._suspect_until_pts = None
        # A whole key frame after the loss is not drawn upon it: H.265 decoders show nothing at all until it comes.
        return picture.is_corrupt or not (picture.key_frame and picture.pts > until_pts)
