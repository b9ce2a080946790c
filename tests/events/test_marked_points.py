"""The file of marked points: read whole, refused with line and cure."""

from pathlib import Path

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.marked_points import read_points

LINES = [f"  - {{picture: [0.{i}, 0.5], metres: [{i}, 20]}}" for i in range(1, 6)]
GOOD = "\n".join(["points:", *LINES])


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "points.yaml"
    path.write_text(text)
    return path


def test_points_are_read_in_order(tmp_path: Path) -> None:
    points = read_points(write(tmp_path, GOOD))
    assert [point.metres for point in points] == [(i, 20) for i in range(1, 6)]
    assert points[0].picture == (0.1, 0.5)


@pytest.mark.parametrize(
    ("text", "where", "told"),
    [
        ("", "points.yaml: ", "below `points:`"),
        ("- 1\n", "points.yaml: ", "below `points:`"),
        ("\n".join(["points:", *LINES[:3]]), "points.yaml:1: ", "at least 4"),
        ("\n".join(["points:", *LINES * 7]), "points.yaml:1: ", "at most 30"),
        (GOOD.replace("[0.3, 0.5]", "[300, 0.5]"), "points.yaml:4: ", "divide pixels"),
        (GOOD.replace("[0.3, 0.5]", "[0.3]"), "points.yaml:4: ", "add `1`"),
        (GOOD.replace("metres: [3, 20]", "meters: [3, 20]"), "points.yaml:4: ", "did you mean `metres`"),
        (GOOD + "\npoints: []", "points.yaml:7: ", "each key once"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_cure(tmp_path: Path, text: str, where: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_points(write(tmp_path, text))
    assert where in str(error.value)
    assert told in str(error.value)
    assert "cure: " in str(error.value)
