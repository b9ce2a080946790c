"""Faults of a camera are told once when they last, and their end once they are gone."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from camera_pipeline.config import Camera
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rules.camera_health import CameraHealth, CameraHealthSettings
from camera_pipeline.types import CaptureClock, ClockSource, Damage, PictureHealth, Scene, Tracks

FPS = 5
GOOD = PictureHealth(brightness=0.4, contrast=0.2, sharpness=300.0, still_s=0.0, shift_px=0.3)
DARK = replace(GOOD, brightness=0.01, contrast=0.005)
COVERED = replace(GOOD, brightness=0.5, contrast=0.01)
MOVED = replace(GOOD, shift_px=40.0)
NIGHT = replace(GOOD, brightness=0.08, contrast=0.07)

Look = PictureHealth | Damage | None


def scenes(looks: Iterable[Look]) -> list[Scene]:
    """Return one scene for each look of the camera, five a second."""
    start = datetime(2026, 3, 4, tzinfo=UTC)
    return [
        Scene(
            camera_id="c", session=1, frame_index=index, media_time_s=index / FPS,
            captured_at=start + timedelta(seconds=index / FPS),
            clock=CaptureClock(source=ClockSource.RTCP, uncertainty_s=0.1), frame_wh=(640, 360), class_names=("car",),
            tracks=Tracks.empty(), damage=look if isinstance(look, Damage) else None,
            health=GOOD if isinstance(look, Damage) else look,
        )
        for index, look in enumerate(looks)
    ]  # fmt: skip


def told(looks: Sequence[Look]) -> list[tuple[str, str, float]]:
    """Return type, phase and moment of what the rule tells of these looks."""
    rule = CameraHealth(Camera(id="c"), CameraHealthSettings(), ("car",))
    histories = Histories()
    candidates = [found for scene in scenes(looks) for found in rule.update(scene, histories)]
    return [(found.type, found.phase, found.media_time_s) for found in candidates]


def seconds(look: Look, duration_s: float) -> list[Look]:
    return [look] * round(duration_s * FPS)


def standing_still(duration_s: float) -> list[Look]:
    return [replace(GOOD, still_s=float(still_s)) for still_s in np.arange(0.0, duration_s, 1 / FPS)]


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param(seconds(GOOD, 60), [], id="a healthy camera"),
        pytest.param(seconds(NIGHT, 60), [], id="a dim night"),
        pytest.param(seconds(None, 60), [], id="a trace without measures"),
        pytest.param(seconds(GOOD, 5) + seconds(DARK, 9) + seconds(GOOD, 30), [], id="dark for too short a time"),
        pytest.param(
            seconds(GOOD, 5) + seconds(DARK, 12), [("dark_or_covered", "onset", 5.0)], id="dark, and still dark"
        ),
        pytest.param(
            seconds(COVERED, 15) + seconds(GOOD, 6),
            [("dark_or_covered", "onset", 0.0), ("dark_or_covered", "end", 15.0)],
            id="covered, then uncovered",
        ),
        pytest.param(
            seconds(COVERED, 15) + seconds(GOOD, 4) + seconds(COVERED, 15) + seconds(GOOD, 6),
            [("dark_or_covered", "onset", 0.0), ("dark_or_covered", "end", 34.0)],
            id="a short look in between changes nothing",
        ),
        pytest.param(
            seconds(GOOD, 2) + seconds(MOVED, 20) + seconds(GOOD, 8),
            [("moved", "onset", 2.0), ("moved", "end", 22.0)],
            id="moved and put right",
        ),
        pytest.param(standing_still(19), [], id="still for too short a time"),
        pytest.param(
            standing_still(30) + seconds(GOOD, 6), [("frozen", "onset", 20.0), ("frozen", "end", 30.0)], id="frozen"
        ),
        pytest.param(seconds(GOOD, 5) + seconds(Damage.SMEARED, 1) + seconds(GOOD, 20), [], id="one damaged second"),
    ],
)
def test_what_is_told(looks: list[Look], expected: list[tuple[str, str, float]]) -> None:
    assert told(looks) == expected


def test_a_stream_that_stays_damaged_is_told_and_its_recovery_too() -> None:
    found = told(seconds(GOOD, 5) + seconds(Damage.CORRUPT, 20) + seconds(GOOD, 40))
    assert [(name, phase) for name, phase, _ in found] == [("damaged", "onset"), ("damaged", "end")]
    assert 5.0 < found[0][2] < 12.0
    assert 25.0 < found[1][2] < 45.0


def test_after_a_reset_nothing_is_remembered() -> None:
    rule = CameraHealth(Camera(id="c"), CameraHealthSettings(), ("car",))
    dark = scenes(seconds(DARK, 9))
    assert not [found for scene in dark for found in rule.update(scene, Histories())]
    rule.reset()
    assert not [found for scene in dark for found in rule.update(scene, Histories())]
