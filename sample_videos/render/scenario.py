"""The sample clip's script: camera, signal plan, everybody's orders, and the acts that the truth file names.

Called by `make_junction.py` and `truth.py`, on the main thread. Times in seconds of the clip.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from .camera import Camera
from .flows import SIZES, ahead, crossing, oncoming, parked_motorcycle, turning_right, user, walker
from .ground import STOP_Y
from .picture import Look
from .renderer import Light
from .scene import SignalHead
from .traffic import RoadUser, line

SEED = 61
FPS = 15
DURATION_S = 76.0
WARM_UP_S = 14.0  # simulated before the first picture, so that the road is not empty

CAMERA = Camera(position=(3.2, 0.0, 7.6), yaw_deg=-2.0, pitch_deg=16.3, focal_px=1150.0)
LIGHT = Light(
    sun_direction=(-0.62, -0.30, 0.62),
    sun_colour=(2.7, 2.45, 2.1),
    sky_colour=(0.66, 0.76, 0.92),
    haze_colour=(0.78, 0.82, 0.86),
    haze_per_m=0.001,
    exposure=0.70,
    shadow_softness=0.0007,
)
LOOK = Look(blur_px=0.5, contrast=1.1, saturation=0.85, noise=1.2)
HEADS = (
    SignalHead(name="near", centre=(11.0, 24.6, 4.3), pole=(11.6, 24.9, 0.0)),
    SignalHead(name="far", centre=(6.0, 50.0, 5.9), pole=(12.0, 50.2, 0.0)),
)

PLANS: dict[str, tuple[tuple[float, str], ...]] = {
    "approach": (
        (-WARM_UP_S, "green"),
        (11.0, "amber"),
        (14.0, "red"),
        (41.0, "green"),
        (60.0, "amber"),
        (63.0, "red"),
    ),
    "cross": ((-WARM_UP_S, "red"), (16.0, "green"), (37.0, "amber"), (40.0, "red"), (64.5, "green")),
}

# Middle lines of lanes (x in metres): two for cars, and the right lane that two-wheelers and right turns share.
LEFT_LANE, MIDDLE_LANE, RIGHT_LANE = 1.75, 5.25, 8.75


@dataclass(frozen=True, slots=True)
class Act:
    """What one road user does that a rule must report (`is_violation`) or must not report."""

    kind: str
    user: str
    is_violation: bool
    note: str


ACTS = (
    Act("red_light", "car runner", True, "crosses the line about 3 s into red and drives on over the junction"),
    Act("red_light", "motorcycle runner 1", True, "rides between the waiting cars and over the junction in mid-red"),
    Act("red_light", "motorcycle runner 2", True, "crosses early in the second red"),
    Act("stop_line", "motorcycle over the line", True, "passes the line on red and waits on the zebra for green"),
    Act("wrong_way", "motorcycle wrong way", True, "comes against the approach along its right kerb"),
    Act("stopped_vehicle", "van stopped", True, "stands with hazard lamps on the road behind the junction"),
    Act("amber_crossing", "car amber 1", False, "crosses the line on amber"),
    Act("amber_crossing", "motorcycle amber", False, "crosses the line on amber"),
    Act("amber_crossing", "car amber 2", False, "crosses the line on amber of the second cycle"),
    Act("clearing_on_red", "bus clearing", False, "crosses on green, is slow, leaves the junction on red"),
    Act("right_turn_on_red", "motorcycle right 2", False, "turns right on red, which this junction allows"),
    Act("right_turn_on_red", "motorcycle right 3", False, "turns right on red, which this junction allows"),
    Act("right_turn_on_red", "motorcycle right 4", False, "turns right on red, which this junction allows"),
    Act("stop_before_line", "taxi waiting", False, "stops just before the line on red"),
    Act("stop_before_line", "motorcycle waiting 1", False, "stops just before the line on red"),
)


def signal_at(group: str, time_s: float) -> str:
    """Return red, amber or green of a signal group at a time."""
    plan = PLANS[group]
    return plan[max(0, bisect_right([start for start, _ in plan], time_s) - 1)][1]


def _start_for(rear_crosses_s: float, kind: str, speed_mps: float) -> float:
    """Return when to start a user of `ahead` or `turning_right` so that its rear is over the line at a time."""
    return rear_crosses_s - (STOP_Y + 24.0 + SIZES[kind][0] / 2) / speed_mps


def _through(name: str, kind: str, x: float, crosses_s: float, speed_mps: float, *, obeys: bool = True) -> RoadUser:
    return ahead(name, kind, x, _start_for(crosses_s, kind, speed_mps), speed_mps, obeys=obeys)


def _right(name: str, x: float, crosses_s: float, *, obeys: bool) -> RoadUser:
    return turning_right(name, "motorcycle", x, _start_for(crosses_s, "motorcycle", 6.5), obeys=obeys)


def _actors() -> list[RoadUser]:
    """Return those who do something that the truth names."""
    van_way = line((RIGHT_LANE, -24.0), (RIGHT_LANE, 33.0), (60.0, 33.0), radius=7.0)
    over_line = ahead(
        "motorcycle over the line",
        "motorcycle",
        6.8,
        _start_for(21.0, "motorcycle", 6.5),
        6.5,
        obeys=False,
        holds=[(50.5, 41.8)],
    )
    wrong = line((45.0, 35.2), (9.7, 35.2), (9.7, -24.0), radius=5.0)
    return [
        user(
            "van stopped",
            "van",
            van_way,
            -7.0,
            7.0,
            slow=[(45.0, 70.0, 4.0)],
            holds=[(van_way.distance_to((17.2, 33.0)), 70.5)],
        ),
        ahead("bus clearing", "bus", MIDDLE_LANE, _start_for(8.9, "bus", 5.0), 5.0, slow=[(44.0, 84.0, 3.3)]),
        _through("car amber 1", "hatchback", LEFT_LANE, 12.4, 9.5, obeys=False),
        _through("motorcycle amber", "motorcycle_two_up", 8.6, 12.9, 8.0, obeys=False),
        _through("car runner", "mpv", MIDDLE_LANE, 17.3, 10.5, obeys=False),
        over_line,
        _right("motorcycle right 2", 10.0, 25.0, obeys=False),
        _through("motorcycle runner 1", "motorcycle", 3.5, 29.0, 6.0, obeys=False),
        _right("motorcycle right 3", 10.0, 33.0, obeys=False),
        user("motorcycle wrong way", "motorcycle_two_up", wrong, 43.5, 5.2),
        _through("car amber 2", "suv", LEFT_LANE, 61.5, 9.5, obeys=False),
        _through("motorcycle runner 2", "motorcycle_two_up", 7.9, 66.3, 8.5, obeys=False),
        _right("motorcycle right 4", 10.0, 72.0, obeys=False),
    ]


def _approach() -> list[RoadUser]:
    """Return the ordinary traffic of the approach: first green, first queue, second green, second queue."""
    through = (
        ("car 1", "sedan", LEFT_LANE, 1.2, 9.0),
        ("car 2", "suv", MIDDLE_LANE, 3.0, 9.0),
        ("car 3", "sedan", LEFT_LANE, 5.5, 9.0),
        ("motorcycle 1", "motorcycle", 7.3, 1.0, 8.0),
        ("motorcycle 2", "motorcycle_two_up", 7.6, 4.6, 7.5),
        ("motorcycle 3", "motorcycle", 3.6, 6.6, 7.5),
        ("motorcycle 4", "motorcycle", 8.9, 7.2, 8.0),
        ("motorcycle 5", "motorcycle", 7.9, 9.2, 7.0),
        ("taxi waiting", "taxi", LEFT_LANE, 17.6, 8.5),
        ("car 4", "suv", LEFT_LANE, 21.0, 8.5),
        ("car 5", "sedan", MIDDLE_LANE - 0.15, 21.6, 8.5),
        ("truck 1", "box_truck", MIDDLE_LANE, 48.3, 9.0),
        ("motorcycle waiting 1", "motorcycle", 8.1, 17.4, 7.5),
        ("motorcycle waiting 2", "motorcycle_two_up", 9.05, 18.6, 7.5),
        ("motorcycle waiting 3", "motorcycle", 7.65, 23.2, 7.0),
        ("bicycle 1", "bicycle", 8.95, 26.5, 4.5),
        ("motorcycle waiting 4", "motorcycle", 8.2, 29.5, 7.0),
        ("car 6", "hatchback", LEFT_LANE, 50.5, 9.0),
        ("car 7", "mpv", MIDDLE_LANE, 51.5, 9.0),
        ("truck 2", "tipper", MIDDLE_LANE, 57.0, 7.0),
        ("motorcycle 6", "motorcycle", 7.2, 49.0, 8.0),
        ("motorcycle 7", "motorcycle_two_up", 8.0, 51.3, 8.0),
        ("motorcycle 8", "motorcycle", 3.5, 54.2, 8.0),
        ("motorcycle 9", "motorcycle", 7.6, 55.5, 7.5),
        ("motorcycle 10", "motorcycle", 8.2, 58.3, 8.0),
        ("taxi 2", "taxi", LEFT_LANE, 66.5, 8.5),
        ("car 8", "hatchback", MIDDLE_LANE, 67.5, 8.5),
        ("motorcycle 11", "motorcycle", 6.9, 65.5, 8.0),
        ("motorcycle 12", "motorcycle", 8.95, 66.6, 7.5),
        ("car 9", "sedan", LEFT_LANE, 71.0, 8.0),
        ("motorcycle 13", "motorcycle_two_up", 3.5, 70.0, 7.0),
    )
    return [*(_through(*row) for row in through), _right("motorcycle right 1", 9.7, 5.6, obeys=True)]


def _cross_traffic() -> list[RoadUser]:
    """Return the traffic of the cross road; it waits while the approach has green."""
    right_way = (
        ("sedan", 36.8, 4.0),
        ("motorcycle", 35.2, 5.0),
        ("motorcycle_two_up", 35.8, 7.0),
        ("hatchback", 36.9, 9.0),
        ("motorcycle", 35.4, 11.5),
        ("tipper", 36.9, 15.0),
        ("motorcycle", 35.1, 16.0),
        ("suv", 36.8, 27.5),
        ("motorcycle", 35.3, 27.0),
        ("sedan", 36.8, 50.0),
        ("motorcycle", 35.4, 52.0),
        ("motorcycle", 37.4, 57.0),
        ("mpv", 36.8, 60.5),
        ("motorcycle_two_up", 35.6, 64.0),
    )
    left_way = (
        ("motorcycle", 39.3, 3.0),
        ("taxi", 40.4, 5.0),
        ("motorcycle", 42.2, 6.0),
        ("suv", 43.6, 8.0),
        ("motorcycle_two_up", 39.2, 12.5),
        ("bus", 43.4, 13.5),
        ("motorcycle", 39.6, 15.5),
        ("sedan", 40.4, 28.0),
        ("motorcycle", 42.0, 27.0),
        ("hatchback", 43.6, 52.0),
        ("motorcycle", 39.4, 55.0),
        ("box_truck", 40.4, 58.0),
        ("motorcycle", 42.3, 61.0),
        ("motorcycle", 39.3, 63.0),
    )
    users = [crossing(f"cross right {i}", kind, y, start, 8.5) for i, (kind, y, start) in enumerate(right_way, 1)]
    return users + [crossing(f"cross left {i}", kind, y, start, 8.5) for i, (kind, y, start) in enumerate(left_way, 1)]


def _oncoming_traffic() -> list[RoadUser]:
    """Return what comes towards the camera; it has green with the approach."""
    towards = (
        ("sedan", -1.75, -11.0),
        ("motorcycle", -7.4, -10.0),
        ("suv", -5.25, -8.5),
        ("motorcycle_two_up", -8.6, -6.0),
        ("van", -1.75, -4.0),
        ("motorcycle", -8.0, -2.0),
        ("motorcycle", -7.2, 1.0),
        ("hatchback", -5.25, 9.5),
        ("sedan", -1.75, 12.0),
        ("motorcycle", -7.6, 13.0),
        ("motorcycle", -8.7, 16.0),
        ("mpv", -5.25, 24.0),
        ("motorcycle_two_up", -8.1, 28.0),
        ("suv", -1.75, 39.0),
        ("motorcycle", -7.4, 40.0),
        ("bus", -5.25, 43.0),
        ("motorcycle", -8.5, 45.5),
        ("sedan", -1.75, 47.0),
        ("motorcycle", -7.7, 49.0),
        ("taxi", -5.25, 58.0),
    )
    return [oncoming(f"oncoming {i}", kind, x, start) for i, (kind, x, start) in enumerate(towards, 1)]


def _on_foot() -> list[RoadUser]:
    """Return walkers on zebras and pavements, and riders who wait on the pavement."""
    zebra = ((28.1, True, 19.5), (28.4, False, 20.0), (27.9, True, 24.0), (28.3, True, 66.5), (28.0, False, 67.5))
    users = [
        walker(f"walker zebra {i}", (((-13.5, y), (13.5, y)) if rightwards else ((13.5, y), (-13.5, y))), start, 1.35)
        for i, (y, rightwards, start) in enumerate(zebra, 1)
    ]
    far = ((49.0, True, 17.5), (50.6, False, 18.5), (49.8, True, 22.0), (50.2, False, 66.0))
    users += [
        walker(f"walker far {i}", (((-13.0, y), (13.0, y)) if rightwards else ((13.0, y), (-13.0, y))), start, 1.3)
        for i, (y, rightwards, start) in enumerate(far, 1)
    ]
    pavement = (
        ((12.6, 12.0), (13.2, 29.0), -4.0, 1.2),
        ((14.0, 30.0), (13.0, 8.0), 3.0, 1.1),
        ((13.6, 10.0), (14.2, 30.0), 26.0, 1.3),
        ((14.6, 30.0), (12.8, 8.0), 44.0, 1.2),
        ((-12.5, 26.0), (-12.8, 8.0), 8.0, 1.2),
        ((-13.2, 10.0), (-12.8, 30.0), 33.0, 1.3),
        ((14.5, 48.5), (30.0, 49.0), 2.0, 1.2),
        ((28.0, 49.6), (13.5, 49.0), 30.0, 1.2),
        ((-14.0, 49.0), (-30.0, 49.2), 12.0, 1.2),
    )
    users += [
        walker(f"walker pavement {i}", (first, last), start, speed)
        for i, (first, last, start, speed) in enumerate(pavement, 1)
    ]
    return [
        *users,
        parked_motorcycle("waiting on the pavement 1", 14.2, 54.0, heading_right=False),
        parked_motorcycle("waiting on the pavement 2", 15.6, 55.2, heading_right=False),
    ]


def cast() -> list[RoadUser]:
    """Return everybody in the clip."""
    return [*_actors(), *_approach(), *_cross_traffic(), *_oncoming_traffic(), *_on_foot()]
