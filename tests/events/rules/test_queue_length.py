"""How long a queue is: from the first to the last slow vehicle, along the traffic, without those far behind."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import Camera, CameraCalibration, Lane, MarkedPoint
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rules.queue_length import Length, QueueLength
from tests.events.scenes import FRAME_WH, Actor, junction, play

ALONG = ((0.0, 0.4), (1.0, 0.4), (1.0, 0.6), (0.0, 0.6))  # traffic from the left to the right


def standing(places: Sequence[tuple[float, float]]) -> Vehicles:
    """Return vehicles that have stood at these places for two seconds; 40 px wide, 80 px high."""
    histories = Histories()
    actors = [Actor([(0.0, x, y), (3.0, x, y)], track_id=n + 1) for n, (x, y) in enumerate(places)]
    for scene in play(actors, until_s=2.0):
        histories.update(scene)
    return histories.now


def measured(vehicles: Vehicles, camera: Camera | None = None, zone: str = "approach") -> Length:
    return QueueLength(camera or junction(), zone).measure(vehicles, np.ones(len(vehicles), np.bool_), FRAME_WH)


@pytest.mark.parametrize(
    ("places", "vehicles", "share"),
    [
        pytest.param([], 0, 0.0, id="nobody"),
        pytest.param([(500, 350)], 1, 0.0, id="one vehicle has no length"),
        pytest.param([(500, 390), (500, 290), (500, 190)], 3, 0.5, id="three in a row over half of the zone"),
        pytest.param([(300, 390), (500, 390), (700, 390)], 3, 0.0, id="side by side is no length"),
        pytest.param([(300, 390), (500, 190)], 2, 0.5, id="lanes count together"),
        pytest.param([(500, 395), (500, 345), (500, 20)], 2, 0.125, id="who is far behind is none of it"),
        pytest.param([(500, -40), (500, 150), (500, 340), (500, 530)], 4, 1.0, id="no longer than the zone"),
    ],
)
def test_a_queue_reaches_from_its_first_to_its_last_vehicle(
    places: Sequence[tuple[float, float]], vehicles: int, share: float
) -> None:
    found = measured(standing(places))
    assert (found.vehicles, found.share) == (vehicles, pytest.approx(share, abs=0.01))


def test_who_drives_is_in_no_queue() -> None:
    stands = standing([(500, 390), (500, 290), (500, 190)])
    drives = replace(stands, pace=np.array([0.0, 0.0, 2.0]))
    assert measured(drives).vehicles == 2


CORNERS = (((0.2, 0.0), (-6, 40)), ((0.8, 0.0), (6, 40)), ((0.8, 0.4), (6, 0)), ((0.2, 0.4), (-6, 0)))
CALIBRATION = CameraCalibration(points=tuple(MarkedPoint(picture=seen, metres=real) for seen, real in CORNERS))


def test_a_calibrated_camera_tells_metres() -> None:
    found = measured(standing([(500, 390), (500, 290), (500, 190)]), junction(calibration=CALIBRATION))
    assert found.metres == pytest.approx(20.0, abs=0.2)
    aside = measured(standing([(300, 390), (700, 190)]), junction(calibration=CALIBRATION))
    assert aside.metres == pytest.approx(20.0, abs=0.2)  # along the road, whatever lane they are in
    assert measured(standing([]), junction(calibration=CALIBRATION)).metres == 0.0
    assert np.isnan(measured(standing([(500, 390), (500, 290)])).metres)


def test_a_zone_without_a_lane_is_measured_along_its_longer_side() -> None:
    camera = junction(zones={"across": ALONG}, lanes={})
    row = standing([(x, 500) for x in range(100, 601, 100)])
    assert measured(row, camera, "across").share == pytest.approx(0.5, abs=0.01)
    assert measured(standing([(500, 420), (500, 590)]), camera, "across").share == pytest.approx(0.0, abs=0.01)


def test_a_lane_in_the_zone_says_which_way_is_along() -> None:
    """The zone is longer across than along: without the lane it would be measured across."""
    lane = Lane(polygon=((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)), direction=((0.5, 0.4), (0.5, 0.6)))
    camera = junction(zones={"across": ALONG}, lanes={"down": lane})
    assert measured(standing([(500, 420), (500, 520)]), camera, "across").share == pytest.approx(0.5, abs=0.01)


places = st.lists(st.tuples(st.floats(210, 790), st.floats(0, 399)), max_size=8)


@given(places)
def test_a_length_is_a_share_and_no_more_vehicles_than_there_are(where: list[tuple[float, float]]) -> None:
    found = measured(standing(where))
    assert 0.0 <= found.share <= 1.0
    assert min(len(where), 1) <= found.vehicles <= len(where)
