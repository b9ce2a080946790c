"""Pictures of vehicles with rendered plates, and a plate finder that needs no network, for the tests of reading."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.plate_finder import FoundPlate
from camera_pipeline.picture import Picture
from camera_pipeline.types import CaptureClock, ClockSource, Frame, PictureHealth, Tracks
from models.training.plate_render import Plate, draw_ink

Image = NDArray[np.uint8]

NAMES = ("bicycle", "car", "motorcycle", "bus", "truck", "person", "traffic_light")
START = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)
LONG, MOTORBIKE = (520, 110), (190, 140)
WHITE, DARK = (235, 235, 235), (25, 25, 25)


class QuadFinder:
    """Finds bright four-cornered patches: enough for pictures in which nothing else is bright."""

    def find(self, pictures: Sequence[Image], *, size: float | Sequence[float] = 1.0) -> list[list[FoundPlate]]:  # noqa: ARG002
        return [self._find(picture) for picture in pictures]

    def _find(self, picture: Image) -> list[FoundPlate]:
        bright = (picture.max(axis=2) > 170).astype(np.uint8)
        closed = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        contours, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        plates = [_quad(contour) for contour in contours if cv2.contourArea(contour) > 60]
        return sorted(plates, key=lambda plate: -plate.confidence)


def _quad(contour: NDArray[np.int32]) -> FoundPlate:
    points = contour[:, 0].astype(np.float32)
    total, apart = points.sum(axis=1), points[:, 0] - points[:, 1]
    corners = points[[total.argmin(), apart.argmax(), total.argmax(), apart.argmin()]]
    xyxy = np.concatenate([points.min(axis=0), points.max(axis=0)])
    filled = cv2.contourArea(contour) / max(1.0, cv2.contourArea(corners))
    return FoundPlate(xyxy=xyxy, corners=corners, confidence=float(min(filled, 1 / filled)))


def plate_picture(
    rows: tuple[str, ...], wh_mm: tuple[int, int], ground: Sequence[int] = WHITE, ink: Sequence[int] = DARK
) -> Image:
    """Return a printed plate, BGR."""
    share = draw_ink(Plate(rows, wh_mm), np.random.default_rng(3))[..., None] / 255
    return np.asarray(np.array(ground) * (1 - share) + np.array(ink) * share, np.uint8)


def put(image: Image, plate: Image, corners: Sequence[Sequence[float]]) -> None:
    """Draw a plate into a picture, its corners clockwise from the top left."""
    height, width = plate.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    wh = (image.shape[1], image.shape[0])
    seen = cv2.warpPerspective(plate, matrix, wh, flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full(plate.shape[:2], 255, np.uint8), matrix, wh)
    image[mask > 127] = seen[mask > 127]


def road(wh: tuple[int, int] = (640, 480)) -> Image:
    """Return an empty road: dark noise."""
    return np.random.default_rng(5).integers(70, 110, (wh[1], wh[0], 3), np.uint8)


def vehicle(
    image: Image, xyxy: Sequence[float], plate: Image | None, share: float = 0.45, place: float = 0.75
) -> tuple[float, float, float, float]:
    """Draw a dark vehicle with a plate, `share` of its width wide, at `place` of its height; return its box."""
    left, top, right, bottom = (round(edge) for edge in xyxy)
    image[top:bottom, left:right] = (90, 60, 50)
    if plate is not None:
        width = share * (right - left)
        height = width * plate.shape[0] / plate.shape[1]
        x, y = (left + right) / 2 - width / 2, top + place * (bottom - top) - height / 2
        put(image, plate, [[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    return (left, top, right, bottom)


def tracks(
    *boxes: Sequence[float], name: str = "car", ids: Sequence[int] | None = None, ended: tuple[int, ...] = ()
) -> Tracks:
    """Return believed tracks of one class."""
    count = len(boxes)
    return Tracks(
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        confidence=np.full(count, 0.9, np.float32),
        class_id=np.full(count, NAMES.index(name), np.int64),
        track_id=np.array(ids if ids is not None else range(1, count + 1), np.int64),
        confirmed=np.ones(count, np.bool_),
        ended=ended,
    )


def frame(index: int, image: Image, *, fps: float = 5.0, camera_id: str = "gate", session: int = 1) -> Frame:
    """Return a picture as a frame."""
    media_time_s = index / fps
    return Frame(
        camera_id=camera_id,
        session=session,
        index=index,
        media_time_s=media_time_s,
        captured_at=START + timedelta(seconds=media_time_s),
        clock=CaptureClock(source=ClockSource.START_OPTION, uncertainty_s=0.0),
        picture=Picture.from_bgr(image),
        health=PictureHealth(brightness=0.4, contrast=0.2, sharpness=100.0, still_s=0.0),
    )
