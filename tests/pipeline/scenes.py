"""Frames, detections and clips for the tests of the whole line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.picture import Picture
from camera_pipeline.types import CaptureClock, ClockSource, Damage, Detections, Frame, PictureHealth

START = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)
CLOCK = CaptureClock(source=ClockSource.START_OPTION, uncertainty_s=0.0)


def frame(index: int, *, session: int = 1, moved: bool = True, damage: Damage | None = None, skipped: int = 0) -> Frame:
    """Return a grey frame, ten a second."""
    media_time_s = index / 10
    return Frame(
        camera_id="junction",
        session=session,
        index=index,
        media_time_s=media_time_s,
        captured_at=START + timedelta(seconds=media_time_s),
        clock=CLOCK,
        picture=Picture.from_bgr(np.full((72, 128, 3), 90, np.uint8)),
        health=PictureHealth(brightness=0.4, contrast=0.2, sharpness=100.0, still_s=0.0),
        damage=damage,
        moved=moved,
        skipped_before=skipped,
    )


def detections(*boxes: tuple[float, float, float, float], class_id: int = 1) -> Detections:
    """Return sure detections of one class."""
    return Detections(
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        confidence=np.full(len(boxes), 0.9, np.float32),
        class_id=np.full(len(boxes), class_id, np.int64),
    )


CLIP_WH = (320, 192)


def background(frame_wh: tuple[int, int] = CLIP_WH) -> NDArray[np.int16]:
    """Return the luma that `make_clip` shows wherever the block is not, int16 (H, W)."""
    return Picture.from_bgr(_noise(frame_wh)).luma(*frame_wh).astype(np.int16)


def _noise(frame_wh: tuple[int, int]) -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(60, 120, (frame_wh[1], frame_wh[0], 3), np.uint8)


def make_clip(path: Path, *, seconds: float = 4.0, fps: int = 10, frame_wh: tuple[int, int] = CLIP_WH) -> Path:
    """Write an H.264 clip in which a bright block crosses noise; key frames every second."""
    width, height = frame_wh
    noise = _noise(frame_wh)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"g": str(fps), "bf": "0", "preset": "ultrafast"}
        for index in range(round(seconds * fps)):
            image = noise.copy()
            left = index * 8 % (width - 40)
            image[60:100, left : left + 40] = 230
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path
