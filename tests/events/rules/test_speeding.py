"""Speeds are measured on a calibrated road, with their uncertainty; a camera without approval only advises."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from camera_pipeline.config import CameraCalibration, MarkedPoint
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.calibration import Calibration, calibrate
from camera_pipeline.events.history import Path
from camera_pipeline.events.rules.speed import measure
from camera_pipeline.types import Event
from tests.events.scenes import FRAME_WH, Actor, engine, junction, play, watch
from tests.events.test_calibration import project, seen_by

Float = NDArray[np.float64]

POLE_M = 8.0
POSE = seen_by(POLE_M, np.radians([18.0, 4.0, 0.5]), 0.9)
ROAD = np.array([[-5, 13], [5, 13], [-7, 50], [7, 50], [0, 20], [-7, 30], [7, 30]], np.float64)
NEAR = ROAD[[0, 1, 4, 5, 6]]
RULE = {"kind": "speeding", "limit_kmh": 50}
ZONES = {"road": ((0.0, 0.1), (1.0, 0.1), (1.0, 1.0), (0.0, 1.0)), "elsewhere": ((0.0, 0.0), (0.1, 0.0), (0.0, 0.1))}
CAR_M = (1.8, 4.4, 1.5)
"""Width, length, height."""


def marked(noise_px: float = 0.0, seed: int = 0, road: Float = ROAD, **more: Any) -> CameraCalibration:
    """Return what a user marks, with a scatter."""
    off = np.random.default_rng(seed).normal(0.0, noise_px, road.shape) / FRAME_WH
    seen = np.clip(project(POSE, road) + off, 0.0, 1.0)
    points = [
        MarkedPoint(picture=(x, y), metres=(at[0], at[1])) for (x, y), at in zip(seen, road.tolist(), strict=True)
    ]
    return CameraCalibration(points=tuple(points), **more)


@cache
def fitted(seed: int) -> Calibration:
    """Return a calibration from points that were marked to a pixel or so."""
    points = marked(1.0, seed).points
    return calibrate([point.picture for point in points], [point.metres for point in points], 1.0)


@dataclass(frozen=True, slots=True)
class Driver(Actor):
    """A car as a cuboid on the road: comes from 48 m to 14 m at a speed, or goes there.

    Attributes:
        kmh: its speed.
        away: whether it goes.
        hidden_from_s: since when its wheels are ever more hidden.
    """

    kmh: float = 60.0
    away: bool = False
    hidden_from_s: float = 99.0

    def box(self, at_s: float, random: np.random.Generator) -> list[float]:
        """Return its box, with edges that jitter by a share of its size."""
        way_m = self.kmh / 3.6 * at_s
        width, length, height = CAR_M
        near_m = 14.0 + way_m if self.away else 48.0 - way_m
        ground = np.array([[x, y] for x in (2.0, 2.0 + width) for y in (near_m, near_m + length)])
        roof = ground * POLE_M / (POLE_M - height)  # where the roof's corners hide the road
        seen = project(POSE, np.concatenate([ground, roof])) * FRAME_WH
        (left, top), (right, bottom) = seen.min(axis=0), seen.max(axis=0)
        hidden = 0.25 * (bottom - top) * max(0.0, at_s - self.hidden_from_s)
        box = np.array([left, top, right, bottom - hidden])
        noise: list[float] = (box + random.normal(0.0, 1.0, 4) * self.jitter_px * (bottom - top)).tolist()
        return noise


def driver(kmh: float, *, jitter: float = 0.01, class_name: str = "car", **more: Any) -> Driver:
    """Return a car that is seen as long as it is on the marked road; jitter is a share of its size."""
    until_s = 34.0 / (kmh / 3.6)
    return Driver(way=[(0.0, 0.0, 0.0), (until_s, 0.0, 0.0)], class_name=class_name, jitter_px=jitter, kmh=kmh, **more)


def told(actor: Actor, calibration: CameraCalibration | None = None, **settings: Any) -> list[Event]:
    """Return what the rule tells."""
    camera = junction({**RULE, **settings}, zones=ZONES, calibration=calibration or marked(0.7, seed=3))
    return watch(camera, play([actor], until_s=8.0))


def measured(kmh: float, seed: int, fps: float, *, away: bool) -> Iterator[tuple[float, float]]:
    """Yield each speed over a second, and its uncertainty."""
    one, random = driver(kmh, jitter=0.012, away=away), np.random.default_rng(seed)
    times = np.arange(0.0, one.way[-1][0], 1.0 / fps)
    path = Path(times, np.array([one.box(float(at_s), random) for at_s in times]))
    for until_s in times[times >= 1.0]:
        seen = Path(times[times <= until_s], path.xyxy[times <= until_s])
        speed = measure(seen, float(until_s) - 1.0, fitted(seed), FRAME_WH)
        if speed is not None:
            yield speed.kmh, speed.uncertainty_kmh


@pytest.mark.parametrize("away", [False, True], ids=["comes", "goes"])
@pytest.mark.parametrize("fps", [5.0, 10.0, 25.0])
def test_a_speed_of_60_is_right_within_3_and_its_uncertainty_is_true(fps: float, away: bool) -> None:
    found = np.array([look for seed in range(20) for look in measured(60.0, seed, fps, away=away)])
    assert len(found) >= 20 * 4
    errors = np.abs(found[:, 0] - 60.0)
    assert np.percentile(errors, 95) <= 3.0
    assert np.mean(errors <= found[:, 1]) >= 0.9
    assert np.median(found[:, 1]) <= 4.0


@pytest.mark.parametrize(
    ("actor", "settings"),
    [
        pytest.param(driver(65.0), {}, id="comes"),
        pytest.param(driver(65.0, away=True), {}, id="goes"),
        pytest.param(driver(90.0), {}, id="much too fast"),
        pytest.param(driver(65.0, unseen=[(0.8, 1.0)]), {}, id="missed in some pictures"),
        pytest.param(driver(65.0), {"zones": ["road"]}, id="in a zone"),
        pytest.param(driver(65.0), {"classes": ["car"], "limit_kmh": 45, "margin_kmh": 0}, id="another limit"),
    ],
)
def test_who_is_too_fast_is_told_once_with_the_speed(actor: Driver, settings: dict[str, Any]) -> None:
    (event,) = told(actor, **settings)
    assert event.type == "speeding"
    speed, uncertainty, limit = (event.details[key] for key in ("speed_kmh", "uncertainty_kmh", "limit_kmh"))
    assert speed == pytest.approx(actor.kmh, abs=3.0)
    assert isinstance(uncertainty, float)
    assert 0.3 < uncertainty <= 5.0
    assert limit == settings.get("limit_kmh", 50)
    assert event.subject is not None
    assert event.subject.class_name == "car"


@pytest.mark.parametrize(
    ("actor", "settings"),
    [
        pytest.param(driver(48.0), {}, id="within the limit"),
        pytest.param(driver(54.0), {}, id="within the margin"),
        pytest.param(driver(65.0), {"classes": ["truck"]}, id="a class that nobody watches"),
        pytest.param(driver(65.0), {"zones": ["elsewhere"]}, id="outside of the zones"),
        pytest.param(driver(65.0), {"min_s": 4.0}, id="for too short a time"),
        pytest.param(driver(65.0), {"max_uncertainty_kmh": 0.2}, id="not sure enough"),
        pytest.param(driver(44.0, away=True, hidden_from_s=0.3), {}, id="its wheels are ever more hidden"),
    ],
)
def test_this_is_not_told(actor: Driver, settings: dict[str, Any]) -> None:
    assert told(actor, **settings) == []


def test_only_places_between_the_marked_points_count() -> None:
    half = marked(road=NEAR)  # from 13 m to 30 m; at 90 km/h it is there for less than a second
    assert told(driver(90.0), half) == []
    assert len(told(driver(90.0), marked())) == 1


@pytest.mark.parametrize(("approval", "usable"), [("", False), ("Certificate 12/2026", True)])
def test_only_an_approved_camera_gives_speeds_to_fine_by(approval: str, usable: bool) -> None:
    (event,) = told(driver(65.0), marked(0.5, speed_approval=approval))
    assert (event.usable_for_fine, event.details["advisory"]) == (usable, not usable)
    assert event.details["approval"] == (approval or None)


@pytest.mark.parametrize(
    ("kmh", "slugs"),
    [(58.5, {"speed_5_10"}), (66.0, {"speed_10_20"}), (78.0, {"speed_20_35"}), (100.0, {"speed_35"})],
)
def test_the_law_is_that_of_the_measured_excess(kmh: float, slugs: set[str]) -> None:
    (event,) = told(driver(kmh, jitter=0.001), marked(), margin_kmh=0)
    assert event.legal is not None
    assert {reference.slug for reference in event.legal.references} == slugs


def test_a_speed_that_may_be_on_either_side_of_a_bound_gets_both_articles() -> None:
    (event,) = told(driver(70.0), margin_kmh=0)
    assert event.legal is not None
    assert {reference.slug for reference in event.legal.references} == {"speed_10_20", "speed_20_35"}


@pytest.mark.parametrize(
    ("calibration", "settings", "message"),
    [
        (None, {}, "it has no `calibration:`"),
        (marked(road=ROAD[:4]), {}, "too few to tell their own error"),
        (marked(60.0), {}, "at most 0.5 m"),
        (marked(), {"limit_kmh": 0}, "limit_kmh"),
        (marked(), {"zones": ["raod"]}, "did you mean `road`"),
    ],
    ids=["no calibration", "four points", "a bad calibration", "no limit", "no such zone"],
)
def test_what_is_missing_is_refused_at_the_start(
    calibration: CameraCalibration | None, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        engine(junction({**RULE, **settings}, zones=ZONES, calibration=calibration))
