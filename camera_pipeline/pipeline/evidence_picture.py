"""Pictures of evidence: originals without loss, copies with what the rule saw drawn on them."""

from pathlib import Path

import cv2
import numpy as np

from camera_pipeline.config import Camera
from camera_pipeline.geometry import box_points
from camera_pipeline.ingest.packet_ring import Kept
from camera_pipeline.pipeline.annotate import Image, draw_box, draw_geometry, draw_text
from camera_pipeline.pipeline.evidence_plan import Box, Moment, Plan
from camera_pipeline.types import PlateView

_AROUND = 0.15  # share of the vehicle's box shown around it
_WRITING = {".png": (cv2.IMWRITE_PNG_COMPRESSION, 1), ".jpg": (cv2.IMWRITE_JPEG_QUALITY, 92)}  # PNG: speed before size
_DRAWN = (0, 140, 255)


def write_image(path: Path, image: Image) -> None:
    """Write a picture in the format of its suffix: `.png` keeps every pixel, `.jpg` is for copies.

    Raises:
        OSError: it cannot be written.
    """
    _, encoded = cv2.imencode(path.suffix, image, _WRITING[path.suffix])
    path.write_bytes(encoded.tobytes())


def box_of(plan: Plan, moment: Moment, picture_wh: tuple[int, int]) -> Box | None:
    """Return the vehicle's box in a picture of a frame, px; None when it was not seen there.

    The picture of a main stream is larger than the frame of the substream that was analysed.

    Args:
        plan: whose vehicle.
        moment: the frame.
        picture_wh: size of the picture, px.
    """
    subject = plan.event.subject
    box = None if subject is None else moment.boxes.get(subject.track_id)
    if box is None:
        return None
    x, y = picture_wh[0] / moment.frame_wh[0], picture_wh[1] / moment.frame_wh[1]
    return box[0] * x, box[1] * y, box[2] * x, box[3] * y


def around(box: Box) -> tuple[int, int, int, int]:
    """Return a box with some of what is around it, whole pixels; may reach over the picture's edge."""
    width, height = _AROUND * (box[2] - box[0]), _AROUND * (box[3] - box[1])
    return round(box[0] - width), round(box[1] - height), round(box[2] + width), round(box[3] + height)


def plate_region(view: PlateView) -> tuple[int, int, int, int]:
    """Return a plate with some of what is around it, whole pixels of the picture that it was read from."""
    across, down = zip(*view.corners, strict=True)
    return around((min(across), min(down), max(across), max(down)))


def drawn(kept: Kept, plan: Plan, moment: Moment, camera: Camera) -> Image:
    """Return a copy with lines, lanes, lamps, the vehicle's box and way, time and signal states drawn on it."""
    copy = kept.picture.bgr().copy()  # where a picture is BGR already, `bgr` shows its own pixels
    wh = (kept.picture.width_px, kept.picture.height_px)
    draw_geometry(copy, camera, moment.signals)
    way = [box for each in plan.trail if (box := box_of(plan, each, wh)) is not None]
    if way:
        points = np.round(box_points(way)).astype(np.int32)
        cv2.polylines(copy, [points], isClosed=False, color=_DRAWN, thickness=2, lineType=cv2.LINE_AA)
    box = box_of(plan, moment, wh)
    if box is not None and plan.event.subject is not None:
        draw_box(copy, box, f"{plan.event.type} {plan.event.subject.class_name}", _DRAWN, thickness=3)
    states = "  ".join(f"{name}: {state}" for name, state in moment.signals.items())
    time = f"{moment.captured_at:%Y-%m-%d %H:%M:%S.%f}"[:-3]
    draw_text(copy, f"{camera.id}  {time}Z +-{plan.event.clock.uncertainty_s:g} s  {states}")
    return copy
