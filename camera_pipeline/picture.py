"""A decoded picture that converts as little as possible: swscale from the decoder's planes, regions from the planes.

Used by ingest (small luma plane), detection (network input) and plates and evidence (regions at full resolution).
Every conversion runs on one thread: swscale's own threads are started anew for each call and cost more than they save.
"""

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]

_SMALL_SIDE_PX = 320  # longest side of the small luma plane: a motorbike 12 px wide in 720p still covers 3 px
_ROWS_A_BLOCK = 2  # rows averaged in a block of the small plane; more cost time and change little
_PLANAR = frozenset(("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"))  # three planes of 8 bits
_LUMA_FIRST = _PLANAR | {"nv12", "nv21", "gray"}  # formats whose first plane is 8-bit luma


class Picture:
    """One picture as the decoder left it. Immutable; holds the decoder's buffer until it is dropped.

    Args:
        frame: a decoded video frame of any pixel format that FFmpeg knows.
    """

    __slots__ = ("_frame",)

    def __init__(self, frame: av.VideoFrame) -> None:
        self._frame = frame

    @classmethod
    def from_bgr(cls, image: UInt8) -> "Picture":
        """Wrap a BGR image, uint8 (H, W, 3)."""
        return cls(av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24"))

    @property
    def width_px(self) -> int:
        """Width in pixels."""
        return self._frame.width

    @property
    def height_px(self) -> int:
        """Height in pixels."""
        return self._frame.height

    def rgb(self, width_px: int, height_px: int) -> UInt8:
        """Return the whole picture scaled to the given size, uint8 (H, W, 3), red first."""
        return self._scaled(width_px, height_px, "rgb24")

    def rgb_planes(self, width_px: int, height_px: int) -> tuple[UInt8, UInt8, UInt8]:
        """Return red, green and blue of the whole picture scaled to the given size, uint8 (H, W) each.

        What a network wants that takes its channels one after the other; a quarter cheaper than `rgb` and a transpose.
        """
        green, blue, red = self._reformatted(width_px, height_px, "gbrp").planes
        return _samples(red), _samples(green), _samples(blue)

    def bgr(self, width_px: int | None = None, height_px: int | None = None) -> UInt8:
        """Return the whole picture, in its own or the given size, uint8 (H, W, 3), blue first."""
        return self._scaled(width_px or self.width_px, height_px or self.height_px, "bgr24")

    def luma(self, width_px: int, height_px: int) -> UInt8:
        """Return brightness scaled to the given size, uint8 (H, W)."""
        return self._scaled(width_px, height_px, "gray")

    def small_luma(self) -> UInt8:
        """Return luma as coded, averaged over square blocks so that the longer side has at most 320 px; uint8 (H, W).

        Blocks are whole pixels, so the average is exact integer arithmetic and the same on every machine.
        """
        block = -(-max(self.width_px, self.height_px) // _SMALL_SIDE_PX)
        width, height = max(1, self.width_px // block), max(1, self.height_px // block)
        plane = self._luma_plane()[: height * block, : width * block]
        step = max(1, block // _ROWS_A_BLOCK)
        if block % step == 0:
            plane = plane[step // 2 :: step]
        return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), np.uint8)

    def planes(self) -> tuple[UInt8, UInt8, UInt8]:
        """Return luma, blue and red difference as decoded: uint8 (H, W), and two of the chroma's own size.

        Views of the decoder's planes where it holds 8-bit planar YUV; else converted to 4:2:0 first.
        """
        frame = self._frame
        if frame.format.name not in _PLANAR:
            frame = frame.reformat(format="yuv420p", threads=1)
        luma, blue, red = (_view(plane) for plane in frame.planes)
        return luma, blue, red

    def region_bgr(self, x0: int, y0: int, x1: int, y1: int) -> UInt8:
        """Return one region at native resolution, uint8 (H, W, 3), blue first, clipped to the picture.

        Only the region is converted when the planes are YUV 4:2:0; the left and top edges are moved to the
        even pixel at or before them while converting, and cut off afterwards.
        """
        x0, y0 = max(0, x0), max(0, y0)
        x1, y1 = min(self.width_px, x1), min(self.height_px, y1)
        if x1 <= x0 or y1 <= y0:
            return np.empty((0, 0, 3), np.uint8)
        if self._frame.format.name not in ("yuv420p", "yuvj420p"):
            return self.bgr()[y0:y1, x0:x1]
        return _region_of_yuv420(self._frame, x0, y0, x1, y1)

    def _luma_plane(self) -> UInt8:
        if self._frame.format.name not in _LUMA_FIRST:
            return self.luma(self.width_px, self.height_px)
        return _view(self._frame.planes[0])

    def _scaled(self, width_px: int, height_px: int, pixel_format: str) -> UInt8:
        return np.asarray(self._reformatted(width_px, height_px, pixel_format).to_ndarray(), np.uint8)

    def _reformatted(self, width_px: int, height_px: int, pixel_format: str) -> av.VideoFrame:
        return self._frame.reformat(
            width=width_px, height=height_px, format=pixel_format, interpolation=Interpolation.BILINEAR, threads=1
        )


def _samples(plane: VideoPlane) -> UInt8:
    """View one plane as uint8 (H, W), without the padding at the end of its rows."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return np.asarray(rows[:, : plane.width], np.uint8)


def _view(plane: VideoPlane) -> UInt8:
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _region_of_yuv420(frame: av.VideoFrame, x0: int, y0: int, x1: int, y1: int) -> UInt8:
    even_x, even_y = x0 & ~1, y0 & ~1
    end_x, end_y = min((x1 + 1) & ~1, frame.width & ~1), min((y1 + 1) & ~1, frame.height & ~1)
    planes = [np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1) for plane in frame.planes]
    luma = planes[0][even_y:end_y, even_x:end_x]
    chroma = [plane[even_y // 2 : end_y // 2, even_x // 2 : end_x // 2] for plane in planes[1:3]]
    stacked = np.concatenate([luma.reshape(-1), *(part.reshape(-1) for part in chroma)])
    height, width = luma.shape
    bgr = cv2.cvtColor(stacked.reshape(height * 3 // 2, width), cv2.COLOR_YUV2BGR_I420)
    return np.asarray(bgr[y0 - even_y : y1 - even_y, x0 - even_x : x1 - even_x], np.uint8)
