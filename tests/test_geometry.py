"""Lines, zones and boxes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.geometry import Gate, Region, Regions, box_points, interpolate, overlap, to_pixels

coordinate = st.floats(-1000, 1000, allow_nan=False, width=32)
point = st.tuples(coordinate, coordinate)
share = st.floats(0, 1)
SQUARE = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
LEVEL = Gate.between([(0.0, 5.0), (10.0, 5.0)], (5.0, 9.0))
BENT = Gate.between([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], (0.0, 9.0))


def test_fractions_become_pixels() -> None:
    assert to_pixels([(0.5, 0.25)], (1920, 1080)).tolist() == [[960.0, 270.0]]


@pytest.mark.parametrize(
    ("x", "y", "expected"), [(0.5, 1.0, (5.0, 20.0)), (0.0, 0.0, (0.0, 10.0)), (1.0, 0.5, (10.0, 15.0))]
)
def test_a_point_of_a_box(x: float, y: float, expected: tuple[float, float]) -> None:
    assert tuple(box_points([(0.0, 10.0, 10.0, 20.0)], x, y)[0]) == expected


@pytest.mark.parametrize(
    ("at", "inside"),
    [((5, 5), True), ((-1, 5), False), ((11, 5), False), ((5, -1), False), ((5, 11), False), ((9.99, 9.99), True)],
)
def test_a_square_contains_what_lies_in_it(at: tuple[float, float], inside: bool) -> None:
    assert Region.of(SQUARE).contains(np.array([at], np.float64)).tolist() == [inside]


def test_a_concave_zone_leaves_its_bay_out() -> None:
    bay = Region.of([(0, 0), (10, 0), (10, 10), (5, 2), (0, 10)])
    assert bay.contains(np.array([(5.0, 1.0), (5.0, 6.0), (1.0, 6.0)])).tolist() == [True, False, True]


@given(st.lists(point, min_size=3, max_size=3, unique=True), st.tuples(share, share))
def test_a_mean_of_corners_lies_in_a_triangle(corners: list[tuple[float, float]], shares: tuple[float, float]) -> None:
    first, second, third = (np.array(corner, np.float64) for corner in corners)
    area = abs((second - first)[0] * (third - first)[1] - (second - first)[1] * (third - first)[0])
    a, b = 0.1 + 0.3 * shares[0], 0.1 + 0.3 * shares[1]
    inner = a * first + b * second + (1 - a - b) * third
    longest = max(np.hypot(*(first - second)), np.hypot(*(second - third)), np.hypot(*(third - first)))
    if area > 1e-3 * longest:
        assert Region.of(corners).contains(inner[None]).tolist() == [True]


@given(st.lists(point, min_size=3, max_size=8, unique=True), st.lists(point, min_size=1, max_size=20))
def test_where_a_polygon_starts_does_not_matter(
    polygon: list[tuple[float, float]], at: list[tuple[float, float]]
) -> None:
    points = np.array(at, np.float64) + 1e-3 * math.pi  # off the corners, where a ray may go either way
    turned = polygon[1:] + polygon[:1]
    assert Region.of(polygon).contains(points).tolist() == Region.of(turned).contains(points).tolist()


@given(st.lists(st.lists(point, min_size=3, max_size=7), max_size=5))
def test_polygons_that_are_asked_at_once_answer_as_each_alone(polygons: list[list[tuple[float, float]]]) -> None:
    points = np.random.default_rng(5).uniform(-1000, 1000, (40, 2))
    regions = [Region.of(polygon) for polygon in polygons]
    at_once = Regions.of(regions).contains(points)
    assert at_once.shape == (40, len(polygons))
    assert all((at_once[:, n] == region.contains(points)).all() for n, region in enumerate(regions))


def test_distance_has_the_sign_of_the_far_side() -> None:
    assert LEVEL.distance_px([(5.0, 8.0), (5.0, 1.0), (5.0, 5.0)]).tolist() == [3.0, -4.0, 0.0]


@given(point, point, point)
def test_turning_the_line_round_changes_nothing(start: tuple[float, float], end: tuple[float, float],
                                                far: tuple[float, float]) -> None:  # fmt: skip
    try:
        gate = Gate.between([start, end], far)
    except ValueError:
        return
    if abs(gate.distance_px([far])[0]) < 1e-3:
        return
    turned = Gate.between([end, start], far)
    points = np.array([(1.0, 2.0), (-300.0, 40.0)])
    assert turned.distance_px(points) == pytest.approx(gate.distance_px(points), abs=1e-6)


@given(st.floats(0.1, 9.9), st.floats(-50, -0.1), st.floats(0.1, 50))
def test_a_crossing_is_found_where_it_is(x: float, before: float, after: float) -> None:
    (fraction,) = LEVEL.crossing([(x, 5 + before)], [(x, 5 + after)])
    assert interpolate(5 + before, 5 + after, fraction) == pytest.approx(5.0, abs=1e-6)
    assert interpolate(0.0, 1.0, fraction) == pytest.approx(fraction)


@given(point, point)
def test_who_crosses_one_way_does_not_cross_back(first: tuple[float, float], second: tuple[float, float]) -> None:
    there, back = LEVEL.crossing([first], [second]), LEVEL.crossing([second], [first])
    assert not (np.isfinite(there[0]) and np.isfinite(back[0]))


@pytest.mark.parametrize(
    ("before", "after", "slack", "crosses"),
    [
        pytest.param((5, 1), (5, 9), 0, True, id="through the middle"),
        pytest.param((5, 9), (5, 1), 0, False, id="the other way"),
        pytest.param((5, 1), (5, 4.9), 0, False, id="stops before"),
        pytest.param((5, 1), (5, 5), 0, True, id="arrives on the line"),
        pytest.param((5, 5), (5, 9), 0, False, id="starts on the line"),
        pytest.param((11, 1), (11, 9), 0, False, id="beside the end"),
        pytest.param((11, 1), (11, 9), 2, True, id="beside the end, within the slack"),
        pytest.param((math.nan, math.nan), (5, 9), 0, False, id="not seen before"),
    ],
)
def test_only_the_drawn_line_is_crossed(
    before: tuple[float, float], after: tuple[float, float], slack: float, crosses: bool
) -> None:
    assert np.isfinite(LEVEL.crossing([before], [after], slack)).tolist() == [crosses]


@pytest.mark.parametrize(
    ("before", "after", "crosses"), [((5, -3), (5, 3), True), ((13, 5), (8, 5), True), ((13, -5), (13, -9), False)]
)
def test_a_bent_line_is_crossed_at_each_of_its_pieces(
    before: tuple[float, float], after: tuple[float, float], crosses: bool
) -> None:
    assert np.isfinite(BENT.crossing([before], [after])).tolist() == [crosses]


@pytest.mark.parametrize(
    ("line", "far"), [([(0, 0), (0, 0)], (1, 1)), ([(0, 0), (10, 0)], (5, 0))], ids=["no length", "no far side"]
)
def test_a_gate_needs_a_line_and_a_side(line: list[tuple[float, float]], far: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="line"):
        Gate.between(line, far)


def test_overlap_is_one_with_itself_and_nothing_apart() -> None:
    shared = overlap((0, 0, 10, 10), [(0, 0, 10, 10), (5, 0, 15, 10), (20, 20, 30, 30)])
    assert shared.tolist() == pytest.approx([1.0, 1 / 3, 0.0])


def test_overlap_with_nothing_is_empty() -> None:
    assert overlap((0, 0, 10, 10), np.empty((0, 4))).tolist() == []


box = st.tuples(coordinate, coordinate, st.floats(1, 100), st.floats(1, 100)).map(
    lambda one: (one[0], one[1], one[0] + one[2], one[1] + one[3])
)


@given(box, box)
def test_overlap_is_the_same_both_ways(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    there, back = overlap(first, [second])[0], overlap(second, [first])[0]
    assert there == pytest.approx(back)
    assert 0.0 <= there <= 1.0 + 1e-9
