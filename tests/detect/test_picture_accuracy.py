"""Alarms are counted by whole pictures: what is told of those that show something, and of those that show nothing."""

from pathlib import Path

import numpy as np
import pytest

from camera_pipeline.detect.accuracy import Found, evaluate
from camera_pipeline.detect.labels import LabelledPicture
from camera_pipeline.detect.picture_accuracy import count_pictures

NAMES = ("fire", "smoke")
FIRE, SMOKE = 0, 1
BOX = [10, 10, 50, 50]
BOTH = {"fire": [0, 1], "smoke": [1, 1], "anything": [1, 1]}
LEAST = np.array([0.5, 0.3])


def shows(*classes: int, ignore: int = 0) -> LabelledPicture:
    """A picture that shows these, all in one place."""
    return LabelledPicture(
        path=Path("a.jpg"),
        image=np.zeros((100, 100, 3), np.uint8),
        boxes=np.array([BOX] * len(classes), np.float32).reshape(-1, 4),
        classes=np.array(classes, np.int64),
        ignore=np.array([BOX] * ignore, np.float32).reshape(-1, 4),
    )


def found(*seen: tuple[int, float]) -> Found:
    """Detections far from any label, as class and score."""
    boxes = np.array([[60, 60, 90, 90]] * len(seen), np.float32).reshape(-1, 4)
    return Found(boxes, np.array([s for _, s in seen], np.float32), np.array([c for c, _ in seen], np.int64))


@pytest.mark.parametrize(
    ("picture", "seen", "figures"),
    [
        pytest.param(shows(FIRE), found((FIRE, 0.6)), {"fire": [1, 1], "anything": [1, 1]}, id="told, wherever"),
        pytest.param(shows(FIRE), found((FIRE, 0.4)), {"fire": [0, 1], "anything": [0, 1]}, id="too weak"),
        pytest.param(shows(FIRE), found((SMOKE, 0.4)), {"fire": [0, 1], "anything": [1, 1]}, id="told as the other"),
        pytest.param(shows(FIRE, SMOKE), found((SMOKE, 0.4)), BOTH, id="one of two"),
        pytest.param(shows(), found((FIRE, 0.6), (SMOKE, 0.6)), {"false": [1, 1]}, id="a false alarm is one"),
        pytest.param(shows(), found(), {"false": [0, 1]}, id="quiet"),
        pytest.param(shows(ignore=1), found((FIRE, 0.6)), {}, id="what may show something is not counted"),
    ],
)  # fmt: skip
def test_pictures_are_counted(picture: LabelledPicture, seen: Found, figures: dict[str, list[int]]) -> None:
    counts = count_pictures([(picture, seen)], NAMES, LEAST).figures()
    assert counts == {"anything": [0, 0], "false": [0, 0]} | figures


def test_the_table_tells_shares() -> None:
    pairs = [(shows(FIRE), found((FIRE, 0.9))), (shows(FIRE), found()), (shows(), found())]
    assert count_pictures(pairs, NAMES, LEAST).table().splitlines()[1:] == [
        "fire                   1/2   0.500",
        "anything               1/2   0.500",
        "false                  0/1   0.000",
    ]


@pytest.mark.parametrize(
    ("picture", "counted"), [(shows(), True), (shows(FIRE), False)], ids=["quiet picture", "all show something"]
)
def test_whole_pictures_are_counted_where_some_show_nothing(picture: LabelledPicture, counted: bool) -> None:
    result = evaluate([picture], [found((FIRE, 0.9))], NAMES, LEAST)
    assert (result.pictures is not None) is counted
    assert ("whole pictures" in result.table()) is counted
    assert evaluate([picture], [found()], NAMES).pictures is None
