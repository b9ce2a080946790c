"""Draw what the pipeline sees and decides: an annotated video, and one picture for every event.

Called by the main loop, once a frame, when somebody asked for pictures. Never draws on a picture that others use.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera, Point
from camera_pipeline.errors import MediaError
from camera_pipeline.observation import Observation
from camera_pipeline.types import Event, EventKind, Frame, SignalState, Tracks

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

_SIGNAL_COLOURS: dict[SignalState, Colour] = {
    SignalState.RED: (60, 60, 235),
    SignalState.AMBER: (40, 180, 250),
    SignalState.GREEN: (90, 200, 80),
    SignalState.UNKNOWN: (150, 150, 150),
}
_KIND_COLOURS: dict[EventKind, Colour] = {
    EventKind.VIOLATION: (50, 50, 230),
    EventKind.INCIDENT: (0, 140, 255),
    EventKind.SIGHTING: (180, 160, 60),
    EventKind.HEALTH: (200, 80, 160),
}
_CLASS_COLOURS: tuple[Colour, ...] = (
    (210, 190, 90), (230, 160, 60), (120, 210, 120), (200, 120, 220), (90, 170, 240), (220, 220, 110), (160, 160, 160)
)  # fmt: skip
_LINE_COLOUR: Colour = (255, 255, 255)
_BANNER_S = 4.0  # long enough to read while the video runs
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CRF = "27"  # small files in which thin lines and text stay sharp


class Annotator:
    """Writes `annotated.mp4` and `events/<n>_<type>.png` into a folder; a context manager.

    Args:
        folder: where; made when missing.
        camera: whose lines and zones are drawn.
        class_names: name of every class id.
        fps: frames a second of the video, which is the rate of the frames that will be handed in.
    """

    def __init__(self, folder: Path, camera: Camera, class_names: Sequence[str], fps: float) -> None:
        self._folder, self._camera, self._names, self._fps = folder, camera, class_names, fps
        self._video: _Video | None = None
        self._banners: list[tuple[float, Event]] = []
        self._pictures = 0
        (folder / "events").mkdir(parents=True, exist_ok=True)

    def draw(self, frame: Frame, observation: Observation, tracks: Tracks, events: Sequence[Event]) -> None:
        """Add one frame to the video, and a picture for each of its events.

        Raises:
            MediaError: a picture cannot be written.
        """
        image = frame.picture.bgr().copy()  # where a picture is BGR already, `bgr` shows its own pixels
        self._banners = [b for b in self._banners if frame.media_time_s - b[0] < _BANNER_S]
        self._banners += [(frame.media_time_s, event) for event in events]
        draw_geometry(image, self._camera, observation.signals)
        draw_tracks(image, tracks, self._names, {e.subject.track_id: e for _, e in self._banners if e.subject})
        _draw_header(image, self._camera.id, observation)
        _draw_banners(image, [event for _, event in self._banners])
        for event in events:
            self._pictures += 1
            write_picture(self._folder / "events" / f"{self._pictures:03d}_{event.type}.png", image)
        self._write(image)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        if self._video is not None:
            self._video.close()

    def _write(self, image: Image) -> None:
        height, width = image.shape[:2]
        if self._video is None:
            self._video = _Video(self._folder / "annotated.mp4", (width, height), self._fps)
        self._video.add(image)


class _Video:
    def __init__(self, path: Path, frame_wh: tuple[int, int], fps: float) -> None:
        self._size = (frame_wh[0] & ~1, frame_wh[1] & ~1)  # 4:2:0 needs even sizes
        self._container = av.open(str(path), "w")
        rate = Fraction(fps).limit_denominator(1000)
        self._stream = self._container.add_stream("libx264", rate=rate)
        self._stream.width, self._stream.height = self._size
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": _CRF, "preset": "veryfast"}

    def add(self, image: Image) -> None:
        if (image.shape[1], image.shape[0]) != self._size:
            image = np.asarray(cv2.resize(image, self._size), np.uint8)
        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))

    def close(self) -> None:
        self._container.mux(self._stream.encode())
        self._container.close()


def write_picture(path: Path, image: Image) -> None:
    """Write a picture in the format of its suffix.

    Raises:
        MediaError: it cannot be written.
    """
    if not cv2.imwrite(str(path), image):
        raise MediaError(f"{path}: cannot be written\n    cure: free space on the disk, or name another folder")


def draw_geometry(image: Image, camera: Camera, signals: Mapping[str, SignalState]) -> None:
    """Draw lines, zones, lanes and signal lamps of a camera, in place."""
    for zone in camera.zones.values():
        _polyline(image, zone, (190, 190, 120), closed=True)
    for lane in camera.lanes.values():
        _polyline(image, lane.polygon, (140, 200, 140), closed=True)
        start, end = (_pixel(image, point) for point in lane.direction)
        cv2.arrowedLine(image, start, end, (140, 200, 140), 2, cv2.LINE_AA, tipLength=0.15)
    for name, line in camera.lines.items():
        _polyline(image, line, _LINE_COLOUR, closed=False)
        _label(image, name, _pixel(image, line[0]), _LINE_COLOUR)
    for name, signal in camera.signals.items():
        colour = _SIGNAL_COLOURS[signals.get(name, SignalState.UNKNOWN)]
        for box in (signal.red, signal.amber, signal.green):
            if box is not None:
                cv2.rectangle(image, _pixel(image, (box.x0, box.y0)), _pixel(image, (box.x1, box.y1)), colour, 2)


def draw_tracks(image: Image, tracks: Tracks, class_names: Sequence[str], events: dict[int, Event]) -> None:
    """Draw boxes with class and number, those of recent events thick and in the event's colour, in place."""
    rows = zip(tracks.xyxy.tolist(), tracks.class_id.tolist(), tracks.track_id.tolist(), tracks.confirmed, strict=True)
    for box, class_id, track_id, confirmed in rows:
        event = events.get(track_id)
        colour = _KIND_COLOURS[event.kind] if event else class_colour(class_id)
        what = event.type if event else class_names[class_id]
        draw_box(image, box, f"{what} {track_id}", colour, thickness=4 if event else 1 + bool(confirmed))


def draw_box(image: Image, xyxy: Sequence[float], label: str, colour: Colour, *, thickness: int = 2) -> None:
    """Draw one labelled box in place."""
    corner, opposite = (round(xyxy[0]), round(xyxy[1])), (round(xyxy[2]), round(xyxy[3]))
    cv2.rectangle(image, corner, opposite, colour, thickness, cv2.LINE_AA)
    _label(image, label, corner, colour)


def draw_text(image: Image, text: str) -> None:
    """Write a line into the upper left corner, in place."""
    _label(image, text, (8, 26), (235, 235, 235), scale=0.6)


def class_colour(class_id: int) -> Colour:
    """Return the colour (BGR) in which objects of a class are drawn."""
    return _CLASS_COLOURS[class_id % len(_CLASS_COLOURS)]


def _draw_header(image: Image, camera_id: str, observation: Observation) -> None:
    states = "  ".join(f"{name}: {state}" for name, state in observation.signals.items())
    text = f"{camera_id}  {observation.captured_at:%Y-%m-%d %H:%M:%S.%f}"[:-4] + f"Z  {observation.media_time_s:6.2f} s"
    draw_text(image, f"{text}  {states}")
    if observation.damage:
        _label(image, f"picture damaged: {observation.damage}", (8, 80), (60, 60, 235), scale=0.8)


def _draw_banners(image: Image, events: Sequence[Event]) -> None:
    for row, event in enumerate(events[-5:]):
        subject = f"{event.subject.class_name} {event.subject.track_id}" if event.subject else event.camera_id
        text = f"{event.type} ({event.phase})  {subject}  at {event.media_time_s:.2f} s"
        _label(image, text, (8, image.shape[0] - 12 - 30 * row), _KIND_COLOURS[event.kind], scale=0.7)


def _label(image: Image, text: str, at: tuple[int, int], colour: Colour, scale: float = 0.45) -> None:
    """Write text on a dark plate whose lower left corner is `at`, kept inside the picture."""
    (width, height), below = cv2.getTextSize(text, _FONT, scale, 1)
    x = min(max(at[0], 0), max(image.shape[1] - width - 4, 0))
    y = min(max(at[1], height + 4), image.shape[0] - below)
    plate = image[y - height - 3 : y + below, x : x + width + 4]
    plate[:] = plate // 3
    cv2.putText(image, text, (x + 2, y - 1), _FONT, scale, colour, 1, cv2.LINE_AA)


def _polyline(image: Image, points: Sequence[Point], colour: Colour, *, closed: bool) -> None:
    corners = np.array([_pixel(image, point) for point in points], np.int32)
    cv2.polylines(image, [corners], closed, colour, 2 if not closed else 1, cv2.LINE_AA)


def _pixel(image: Image, point: Point) -> tuple[int, int]:
    return round(point[0] * image.shape[1]), round(point[1] * image.shape[0])
