"""A decoded picture that converts as little as possible: swscale from the decoder's planes, regions from the planes.

Used by ingest (small luma plane), detection (network input) and plates and evidence (regions at full resolution).
Every conversion runs on one thread: swscale's own threads are started anew for each call and cost more than they save.
"""

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Interpolation
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]

_SMALL_SIDE_PX = 320  # longest side of the small luma plane: a motorbike 12 px wide in 720p still covers 3 px
_ROWS_A_BLOCK = 2  # rows averaged in a block of the small plane; more cost time and change little
_CUT_PX = 16  # swscale converts whole blocks of so many columns exactly alike
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

    @property
    def full_range(self) -> bool:
        """False when black is coded as luma 16 and white as 235, as most cameras do; `small_luma` is as coded."""
        name = self._frame.format.name
        return (
            name not in _LUMA_FIRST or name.startswith(("yuvj", "gray")) or self._frame.color_range == ColorRange.JPEG
        )

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
        luma, blue, red = (_samples(plane) for plane in frame.planes)
        return luma, blue, red

    def region_bgr(self, x0: int, y0: int, x1: int, y1: int) -> UInt8:
        """Return one region at native resolution, uint8 (H, W, 3), blue first, clipped to the picture.

        The pixels are those of `bgr()`. Only the region is converted where the planes are 8-bit planar YUV
        with even sides.
        """
        x0, y0 = max(0, x0), max(0, y0)
        x1, y1 = min(self.width_px, x1), min(self.height_px, y1)
        if x1 <= x0 or y1 <= y0:
            return np.empty((0, 0, 3), np.uint8)
        if self._frame.format.name not in _PLANAR or self.width_px % 2 or self.height_px % 2:
            return self.bgr()[y0:y1, x0:x1]
        left, top = x0 & -_CUT_PX, y0 & -2  # a sample of chroma belongs to two columns and rows
        right, bottom = min(self.width_px, -(-x1 // _CUT_PX) * _CUT_PX), min(self.height_px, (y1 + 1) & -2)
        cut = _cut(self._frame, left, top, right, bottom).reformat(format="bgr24", threads=1)
        return np.asarray(cut.to_ndarray()[y0 - top : y1 - top, x0 - left : x1 - left], np.uint8)

    def _luma_plane(self) -> UInt8:
        if self._frame.format.name not in _LUMA_FIRST:
            return self.luma(self.width_px, self.height_px)
        return _samples(self._frame.planes[0])

    def _scaled(self, width_px: int, height_px: int, pixel_format: str) -> UInt8:
        return np.asarray(self._reformatted(width_px, height_px, pixel_format).to_ndarray(), np.uint8)

    def _reformatted(self, width_px: int, height_px: int, pixel_format: str) -> av.VideoFrame:
        return self._frame.reformat(
            width=width_px, height=height_px, format=pixel_format, interpolation=Interpolation.BILINEAR, threads=1
        )


def _samples(plane: VideoPlane) -> UInt8:
    """View one plane as uint8 (H, W), without the padding at the end of its rows."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _cut(frame: av.VideoFrame, left: int, top: int, right: int, bottom: int) -> av.VideoFrame:
    """Return a copy of one region of a planar frame that is converted as the frame would be; left and top are even."""
    cut = av.VideoFrame(right - left, bottom - top, frame.format.name)
    cut.colorspace, cut.color_range = frame.colorspace, frame.color_range
    for source, target in zip(frame.planes, cut.planes, strict=True):
        x = left * source.width // frame.width if source.width < frame.width else left
        y = top * source.height // frame.height if source.height < frame.height else top
        _samples(target)[:] = _samples(source)[y : y + target.height, x : x + target.width]
    return cut
