"""The decoded picture and its conversions."""

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camera_pipeline.picture import Picture

UInt8 = NDArray[np.uint8]
FORMATS = ("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le", "bgr24", "gray")


def image(width: int, height: int) -> UInt8:
    """Return a colourful picture without fine detail, which chroma would lose, uint8 (H, W, 3), blue first."""
    coarse = np.random.default_rng(width).integers(30, 225, (height // 40 + 2, width // 40 + 2, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def frame_of(
    bgr: UInt8,
    pixel_format: str,
    space: Colorspace = Colorspace.ITU601,
    limits: ColorRange = ColorRange.MPEG,
) -> av.VideoFrame:
    whole = av.VideoFrame.from_ndarray(bgr, format="bgr24")
    frame = whole.reformat(format=pixel_format, dst_colorspace=space, dst_color_range=limits, threads=1)
    frame.colorspace, frame.color_range = space, limits
    return frame


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("wh", [(640, 360), (641, 361), (854, 480), (70, 50)])
def test_a_region_is_what_the_whole_picture_shows_there(pixel_format: str, wh: tuple[int, int]) -> None:
    picture = Picture(frame_of(image(*wh), pixel_format))
    whole = picture.bgr()
    for x0, y0, x1, y1 in ((0, 0, 16, 16), (3, 5, 38, 41), (17, 1, 64, 50), (50, 30, 70, 50), (7, 7, 8, 8)):
        region = picture.region_bgr(x0, y0, x1, y1)
        assert np.array_equal(region, whole[y0:y1, x0:x1]), (x0, y0, x1, y1)


@given(st.tuples(*[st.integers(-50, 700)] * 4))
@settings(deadline=None, max_examples=60)
def test_any_region_is_clipped_to_the_picture(corners: tuple[int, int, int, int]) -> None:
    x0, y0, x1, y1 = corners
    region = PICTURE.region_bgr(x0, y0, x1, y1)
    expected = WHOLE[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    if expected.size:
        assert np.array_equal(region, expected)
    else:
        assert region.size == 0


PICTURE = Picture(frame_of(image(640, 360), "yuv420p"))
WHOLE = PICTURE.bgr()


@pytest.mark.parametrize("limits", [ColorRange.MPEG, ColorRange.JPEG])
@pytest.mark.parametrize("space", [Colorspace.ITU601, Colorspace.ITU709])
def test_colours_survive_whatever_the_matrix_and_range_they_are_coded_with(
    space: Colorspace, limits: ColorRange
) -> None:
    made = image(640, 360)
    picture = Picture(frame_of(made, "yuv420p", space, limits))
    for shown in (picture.bgr(), picture.region_bgr(0, 0, 640, 360), picture.rgb(640, 360)[:, :, ::-1]):
        assert np.abs(shown.astype(int) - made).mean() < 3


def test_planes_for_networks_are_the_channels_of_rgb() -> None:
    rgb = PICTURE.rgb(320, 192).astype(int)
    for channel, plane in enumerate(PICTURE.rgb_planes(320, 192)):
        assert np.abs(plane.astype(int) - rgb[:, :, channel]).mean() < 3


def test_sizes_are_width_before_height_and_arrays_rows_first() -> None:
    assert (PICTURE.width_px, PICTURE.height_px) == (640, 360)
    assert PICTURE.bgr().shape == (360, 640, 3)
    assert PICTURE.bgr(320, 90).shape == (90, 320, 3)
    assert PICTURE.rgb(64, 48).shape == (48, 64, 3)
    assert PICTURE.luma(64, 48).shape == (48, 64)


def test_a_picture_made_from_an_array_gives_it_back() -> None:
    made = image(64, 48)
    assert np.array_equal(Picture.from_bgr(made).bgr(), made)
    assert np.array_equal(Picture.from_bgr(made[:, ::-1]).bgr(), made[:, ::-1])


@pytest.mark.parametrize(
    ("wh", "small_wh"),
    [((1920, 1080), (320, 180)), ((1280, 720), (320, 180)), ((640, 352), (320, 176)), ((321, 241), (160, 120)),
     ((320, 240), (320, 240)), ((1080, 1920), (180, 320)), ((2, 2), (2, 2)), ((3840, 2160), (320, 180))],
)  # fmt: skip
def test_the_small_plane_keeps_the_shape_and_fits_320(wh: tuple[int, int], small_wh: tuple[int, int]) -> None:
    assert Picture(frame_of(image(*wh), "yuv420p")).small_luma().shape == small_wh[::-1]


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_the_small_plane_is_the_mean_of_blocks(pixel_format: str) -> None:
    picture = Picture(frame_of(image(640, 360), pixel_format))
    luma, small = picture.luma(640, 360), picture.small_luma().astype(float)
    if not picture.full_range:
        small = (small - 16) * 255 / 219
    means = luma.astype(float).reshape(180, 2, 320, 2).mean(axis=(1, 3))
    assert np.abs(means - small).mean() < 1.5


def test_planes_come_without_the_padding_of_their_rows() -> None:
    for pixel_format, chroma in (("yuv420p", (91, 161)), ("yuv444p", (181, 321)), ("nv12", (91, 161))):
        luma, blue, red = Picture(frame_of(image(321, 181), pixel_format)).planes()
        assert (luma.shape, blue.shape, red.shape) == ((181, 321), chroma, chroma)


def test_the_same_picture_converts_the_same_every_time() -> None:
    first, second = (Picture(frame_of(image(640, 360), "yuv420p")) for _ in range(2))
    assert np.array_equal(first.rgb(416, 234), second.rgb(416, 234))
    assert np.array_equal(first.small_luma(), second.small_luma())
