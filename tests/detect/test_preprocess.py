"""Pictures fitted into the network's input, and boxes mapped back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.manifest import InputSpec
from camera_pipeline.detect.preprocess import InputBuffer, place
from camera_pipeline.picture import Picture

from .networks import plain_picture

RED = (0, 0, 255)  # BGR
NEAR = 3  # 8-bit levels: what scaling through YUV and back may cost


def spec(**changes: Any) -> InputSpec:
    return InputSpec.model_validate({"width_px": 640, "height_px": 384} | changes)


@pytest.mark.parametrize(
    ("frame_wh", "align", "inner_wh", "left_top"),
    [
        ((1920, 1080), "centre", (640, 360), (0, 12)),
        ((1920, 1080), "top_left", (640, 360), (0, 0)),
        ((640, 480), "centre", (512, 384), (64, 0)),
        ((720, 1280), "centre", (216, 384), (212, 0)),
        ((64, 48), "centre", (512, 384), (64, 0)),
        ((4000, 10), "centre", (640, 2), (0, 191)),
        ((5000, 1), "top_left", (640, 1), (0, 0)),
    ],
)
def test_pictures_of_any_shape_are_fitted_in_undistorted(
    frame_wh: tuple[int, int], align: str, inner_wh: tuple[int, int], left_top: tuple[int, int]
) -> None:
    placement = place(frame_wh, spec(letterbox={"align": align}))
    assert placement.inner_wh == inner_wh
    assert (placement.left_px, placement.top_px) == left_top


@given(
    st.integers(16, 4096),
    st.integers(16, 2304),
    st.sampled_from(["centre", "top_left"]),
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
)
def test_a_box_goes_in_and_comes_back(
    width: int, height: int, align: str, corners: tuple[float, float, float, float]
) -> None:
    placement = place((width, height), spec(letterbox={"align": align}))
    x, y = sorted(corners[:2]), sorted(corners[2:])
    box = np.array([[x[0] * width, y[0] * height, x[1] * width, y[1] * height]])
    scale = np.array([inner / own for inner, own in zip(placement.inner_wh, (width, height), strict=True)] * 2)
    inside = box * scale + [placement.left_px, placement.top_px] * 2
    np.testing.assert_allclose(placement.to_source(inside.astype(np.float32)), box, atol=0.01 * max(1, width / 640))


def test_boxes_are_cut_off_at_the_pictures_edges() -> None:
    placement = place((1920, 1080), spec())
    boxes = placement.to_source(np.array([[-20, -20, 700, 500]], np.float32))
    assert boxes.tolist() == [[0, 0, 1920, 1080]]


@pytest.mark.parametrize(("channels", "red_at"), [("rgb", 0), ("bgr", 2)])
def test_channels_come_in_the_order_that_the_network_wants(channels: str, red_at: int) -> None:
    buffer = InputBuffer(spec(channels=channels, range=[0, 255]))
    buffer.fill(0, plain_picture(320, 192, RED))
    means = buffer.pictures(1)[0].mean(axis=(1, 2))
    assert [round(value / 255) for value in means] == [int(channel == red_at) for channel in range(3)]


@pytest.mark.parametrize(
    ("dtype", "range_", "white", "pad"),
    [
        ("float32", [0, 1], 1.0, 114 / 255),
        ("float32", [0, 255], 255.0, 114.0),
        ("float32", [-1, 1], 1.0, 114 / 127.5 - 1),
        ("float16", [0, 1], 1.0, 114 / 255),
        ("uint8", [0, 255], 255, 114),
    ],
)
def test_black_white_and_padding_have_the_values_of_the_manifest(
    dtype: str, range_: list[float], white: float, pad: float
) -> None:
    buffer = InputBuffer(spec(dtype=dtype, range=range_))
    buffer.fill(0, plain_picture(1920, 1080, (255, 255, 255)))
    picture = buffer.pictures(1)[0]
    assert picture.dtype == dtype
    tolerance = NEAR / 255 * (range_[1] - range_[0])
    np.testing.assert_allclose(picture[:, 12:372].astype(float), white, atol=tolerance)
    np.testing.assert_allclose(picture[:, :12].astype(float), pad, atol=1e-2)
    np.testing.assert_allclose(picture[:, 372:].astype(float), pad, atol=1e-2)


def test_a_slot_keeps_nothing_of_a_picture_of_another_shape() -> None:
    used, fresh = InputBuffer(spec()), InputBuffer(spec())
    used.fill(0, plain_picture(1920, 1080, (255, 255, 255)))
    for buffer in (used, fresh):
        buffer.fill(0, plain_picture(640, 480, RED))
    assert used.pictures(1).tobytes() == fresh.pictures(1).tobytes()


def test_slots_do_not_touch_one_another() -> None:
    buffer = InputBuffer(spec())
    buffer.fill(0, plain_picture(640, 384, RED))
    before = buffer.pictures(1).tobytes()
    buffer.fill(2, plain_picture(640, 480))
    assert buffer.pictures(3).shape == (3, 3, 384, 640)
    assert buffer.pictures(3)[0].tobytes() == before[: len(before)]


def test_what_is_seen_is_where_it_was() -> None:
    image = np.zeros((1080, 1920, 3), np.uint8)
    image[540:600, 960:1080] = 255
    buffer = InputBuffer(spec())
    placement = buffer.fill(0, Picture.from_bgr(image))
    rows, columns = np.nonzero(buffer.pictures(1)[0, 0, placement.top_px : -placement.top_px] > 0.5)
    box = np.array([[columns.min(), rows.min() + 12, columns.max() + 1, rows.max() + 13]], np.float32)
    np.testing.assert_allclose(placement.to_source(box), [[960, 540, 1080, 600]], atol=3)
