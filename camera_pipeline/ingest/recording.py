"""Recorded footage as a source: files and folders of segments become frames, as a live camera's would.

Runs on the caller's thread; one replay is session 1. All that can be decoded is yielded; what cannot is counted and
said.
"""

import logging
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from camera_pipeline.config import Camera
from camera_pipeline.errors import MediaError
from camera_pipeline.ingest.decoding import FrameMaker
from camera_pipeline.ingest.files import video_files
from camera_pipeline.ingest.media_file import DecodedPicture, MediaFile, open_media
from camera_pipeline.ingest.packet_ring import PacketRing
from camera_pipeline.ingest.ring_feed import RingFeed
from camera_pipeline.ingest.start_time import StartTime, start_time
from camera_pipeline.ingest.timeline import Timeline
from camera_pipeline.types import ClockSource, Frame

_SESSION = 1
_SHORT_BY_S = 1.0  # headers round; less is not worth a word
_CURE = "check that it was copied whole; a raw stream must begin with its parameter sets (SPS, PPS)"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What became of one file.

    Attributes:
        path: the file.
        pictures: pictures decoded.
        unreadable: packets that were incomplete or could not be decoded.
        notes: what a person should know, one sentence each; empty when all was well.
    """

    path: Path
    pictures: int
    unreadable: int
    notes: tuple[str, ...]


class RecordedSource:
    """Files of one camera in order, on one media clock.

    Args:
        camera: the camera that recorded them.
        files: video files, or folders of segments.
        start: wall-clock time of the first picture, aware; None: from the first file.
        fps: frames a second of raw streams, which hold no times; None: as the bitstream says, else 25.
        ring: gets the packets as they are read, as a live camera's does; None: they are not kept.

    Raises:
        MediaError: a path does not exist, a folder holds no video, or `start` has no time zone.
    """

    def __init__(
        self,
        camera: Camera,
        files: Sequence[Path],
        *,
        start: datetime | None = None,
        fps: float | None = None,
        ring: PacketRing | None = None,
    ) -> None:
        if start is not None and start.tzinfo is None:
            said = start.isoformat()
            raise MediaError(f"start {said} has no time zone\n    cure: add one, e.g. {said}+07:00")
        self._camera = camera
        self._files = video_files(files)
        self._named_outright = {path for path in files if not path.is_dir()}
        self._given = start
        self._fps = fps
        self._feed = None if ring is None else RingFeed(ring, _SESSION)
        self.reports: list[FileReport] = []
        """One a file that is done; grows while `frames` runs."""

    def frames(self) -> Generator[Frame]:
        """Yield the frames to analyse, in order.

        Raises:
            MediaError: a file that was named outright yields no picture, or no file of a folder does.
        """
        self.reports.clear()
        run = _Run(self._camera, self._given, self._fps)
        for path in self._files:
            try:
                yield from self._file(path, run)
            except MediaError as error:
                if path in self._named_outright:
                    raise
                self._report(FileReport(path=path, pictures=0, unreadable=0, notes=(str(error),)))
        if run.maker.decoded == 0:
            raise MediaError(f"{self._files[0].parent}: no file of the folder yields a picture\n    cure: {_CURE}")

    def _file(self, path: Path, run: "_Run") -> Generator[Frame]:
        with open_media(path) as media:
            run.begin(media)
            if self._feed is not None:
                self._feed.begin(media)
            before = run.maker.decoded
            for picture in media.pictures():
                frame = run.frame(picture, first=run.maker.decoded == before)
                if self._feed is not None:
                    self._feed.placed(media, picture, run.media_s, run.captured_s)
                if frame is not None:
                    yield frame
            pictures = run.maker.decoded - before
            if pictures == 0:
                raise MediaError(f"{path}: not one picture can be decoded\n    cure: {_CURE}")
            notes = tuple(run.notes(media))
            self._report(FileReport(path=path, pictures=pictures, unreadable=media.unreadable, notes=notes))

    def _report(self, report: FileReport) -> None:
        self.reports.append(report)
        for note in report.notes:
            log.warning("%s: %s", report.path, note)


class _Run:
    """What goes on from file to file during one replay: the clock, the counts, the measures."""

    def __init__(self, camera: Camera, given: datetime | None, fps: float | None) -> None:
        self.maker = FrameMaker(camera, _SESSION)
        self._camera, self._given, self._fps = camera, given, fps
        self._timeline = Timeline()
        self._start: StartTime
        self._source: ClockSource
        self._interval_s = 0.0
        self._file_began_s = self._media_s = 0.0

    def begin(self, media: MediaFile) -> None:
        """Take up another file."""
        tags, duration_s = media.tags, media.duration_s
        own = start_time(media.path, self._camera, given=None, tags=tags, duration_s=duration_s)
        if self.maker.decoded == 0:
            self._source = own.clock.source
            self._start = start_time(media.path, self._camera, given=self._given, tags=tags, duration_s=duration_s)
        self._interval_s = 1.0 / (self._fps if self._fps is not None and not media.has_times else media.fps)
        comparable = own.known and own.clock.source is self._source
        self._timeline.next_file(self._interval_s, own.at if comparable else None)

    def frame(self, picture: DecodedPicture, *, first: bool) -> Frame | None:
        """Place a picture in time, count it, and return it when it is analysed."""
        self._media_s = self._timeline.place(picture.time_s)
        if first:
            self._file_began_s = self._media_s
        return self.maker.make(
            picture.frame,
            media_time_s=self._media_s,
            captured_at=self._start.at + timedelta(seconds=self._media_s),
            clock=self._start.clock,
            corrupt=picture.corrupt,
            received_s=time.monotonic(),
        )

    @property
    def media_s(self) -> float:
        """Media time of the last picture."""
        return self._media_s

    @property
    def captured_s(self) -> float:
        """Capture time of the last picture, seconds since 1970 UTC."""
        return self._start.at.timestamp() + self._media_s

    def notes(self, media: MediaFile) -> Iterator[str]:
        """Yield what a person should know about the file that was just read."""
        read_s = self._media_s + self._interval_s - self._file_began_s
        if media.failure or read_s < media.duration_s - _SHORT_BY_S:
            promised = f" of the {media.duration_s:.1f} s that its header promises" if media.duration_s else ""
            why = f" ({media.failure})" if media.failure else ""
            yield f"ends early{why}: {read_s:.1f} s{promised} could be read"
        if media.unreadable:
            lost = media.unreadable
            yield f"{lost} packets are incomplete or cannot be decoded; pictures after them are marked corrupt"
        if not media.has_times and self._fps is None:
            yield f"a raw stream holds no times: {media.fps:g} frames a second were assumed"
        if not self._start.known:
            yield "nothing tells when it was recorded: times count from 1970; give --start"
