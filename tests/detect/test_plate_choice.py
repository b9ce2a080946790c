"""Which vehicles are looked at, and when again."""

from collections.abc import Sequence

import numpy as np
import pytest

from camera_pipeline.detect.plate_choice import ViewChooser
from camera_pipeline.types import Tracks
from tests.detect.plate_scenes import NAMES, tracks

WH = (1000, 1000)
CAR = (400.0, 400.0, 600.0, 560.0)


def looks(
    scenes: Sequence[tuple[float, Tracks]], sharp: Sequence[float] | None = None, *, gave: bool = True
) -> list[list[int]]:
    """Return the tracks that are looked at in each scene when every wish is granted."""
    chooser, found = ViewChooser(NAMES, ("car", "motorcycle")), []
    for number, (at_s, seen) in enumerate(scenes):
        how_sharp = sharp[number] if sharp else 1.0
        views = chooser.views(seen, WH, at_s, scale=1.0, sharpness=lambda _, how_sharp=how_sharp: how_sharp, settled=())
        for view in views:
            chooser.note(view, at_s)
            if gave:
                chooser.note_read(view.track_id)
        found.append([view.track_id for view in views])
    return found


def moved(box: Sequence[float], way: float = 0.0, growth: float = 1.0) -> tuple[float, ...]:
    x, y = (box[0] + box[2]) / 2 + way, (box[1] + box[3]) / 2
    half_w, half_h = growth * (box[2] - box[0]) / 2, growth * (box[3] - box[1]) / 2
    return (x - half_w, y - half_h, x + half_w, y + half_h)


@pytest.mark.parametrize(
    ("at_s", "box", "looked"),
    [
        (0.2, CAR, False),
        (0.2, moved(CAR, way=30), False),
        (0.2, moved(CAR, way=45), True),
        (0.2, moved(CAR, growth=1.15), True),
        (0.2, moved(CAR, growth=0.85), True),
        (0.2, moved(CAR, growth=0.7), False),
        (1.6, CAR, True),
    ],
    ids=["same", "a little way", "a quarter of its height", "larger", "smaller", "too small now", "later"],
)
def test_a_second_look_needs_a_new_view_that_is_not_worse(at_s: float, box: tuple[float, ...], looked: bool) -> None:
    assert looks([(0.0, tracks(CAR)), (at_s, tracks(box))]) == [[1], [1] if looked else []]


@pytest.mark.parametrize(("growth", "looked"), [(1.0, False), (1.2, False), (1.3, True)])
def test_where_a_look_gave_nothing_the_next_one_must_be_clearly_better(growth: float, looked: bool) -> None:
    scenes = [(0.0, tracks(CAR)), (9.0, tracks(moved(CAR, growth=growth)))]
    assert looks(scenes, gave=False) == [[1], [1] if looked else []]


def test_an_unsharp_view_is_left_for_a_sharp_one() -> None:
    scenes = [(number / 5, tracks(moved(CAR, way=50.0 * number))) for number in range(4)]
    assert looks(scenes, sharp=[0.5, 0.3, 0.5, 1.0]) == [[1], [], [1], [1]]


def test_vehicles_looked_at_least_come_first_and_then_the_best_views() -> None:
    near, far = moved(CAR, growth=1.5), moved(CAR, way=-350)
    later = tracks(moved(near, way=100), moved(far, way=50), moved(CAR, way=300), ids=(1, 2, 3))
    assert looks([(0.0, tracks(near, far, ids=(1, 2))), (0.5, later)]) == [[1, 2], [3, 1, 2]]


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (tracks(CAR, name="person"), "carries no plate"),
        (tracks(CAR, name="bus"), "is not among the classes"),
        (tracks(moved(CAR, growth=0.4)), "is too small"),
        (tracks((0, 0, 0, 0)), "has no size"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nobody_looks_at_what(seen: Tracks, why: str) -> None:
    assert looks([(0.0, seen)]) == [[]], why


def test_a_track_that_is_not_yet_believed_is_not_looked_at() -> None:
    seen = tracks(CAR)
    doubtful = Tracks(
        xyxy=seen.xyxy,
        confidence=seen.confidence,
        class_id=seen.class_id,
        track_id=seen.track_id,
        confirmed=np.zeros(1, np.bool_),
    )
    assert looks([(0.0, doubtful)]) == [[]]


def test_a_settled_track_is_left_alone_and_an_ended_one_forgotten() -> None:
    chooser = ViewChooser(NAMES, ("car",))
    (view,) = chooser.views(tracks(CAR), WH, 0.0, scale=1.0, sharpness=lambda _: 1.0, settled=())
    chooser.note(view, 0.0)
    assert not chooser.views(tracks(CAR), WH, 9.0, scale=1.0, sharpness=lambda _: 1.0, settled={1})
    assert not chooser.views(tracks(CAR), WH, 0.1, scale=1.0, sharpness=lambda _: 1.0, settled=())
    chooser.forget((1,))
    assert chooser.views(tracks(CAR), WH, 0.1, scale=1.0, sharpness=lambda _: 1.0, settled=())


def test_sharpness_is_only_measured_where_a_look_is_possible() -> None:
    asked = []
    chooser = ViewChooser(NAMES, ("car",))
    seen = tracks(CAR, moved(CAR, growth=0.3), ids=(1, 2))
    chooser.views(seen, WH, 0.0, scale=1.0, sharpness=lambda box: asked.append(box) or 1.0, settled=())
    assert asked == [CAR]
