"""The grid is drawn where the road's metres are seen, and the command writes it and says what it means."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera_pipeline.cli import main
from camera_pipeline.config import MarkedPoint
from camera_pipeline.events.calibration import calibrate
from camera_pipeline.pipeline.metre_grid import draw_grid

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_videos" / "junction.mp4"
CORNERS = {(0, 0): (0.2, 0.9), (10, 0): (0.8, 0.9), (10, 10): (0.7, 0.4), (0, 10): (0.3, 0.4)}
MARKED = [MarkedPoint(picture=seen, metres=metres) for metres, seen in CORNERS.items()]

# Stop line, lane lines and kerbs of the sample clip: its plan in metres, seen by its true camera, to three decimals.
JUNCTION = {
    (0.3, 23): (0.362, 0.558),
    (10.5, 23): (0.739, 0.550),
    (3.5, 15): (0.488, 0.798),
    (7, 12): (0.720, 0.951),
    (-10.5, 54): (0.238, 0.269),
    (10.5, 48.2): (0.604, 0.293),
}


def points_file(folder: Path, points: dict[tuple[float, float], tuple[float, float]]) -> Path:
    path = folder / "points.yaml"
    marked = [{"picture": list(seen), "metres": list(metres)} for metres, seen in points.items()]
    path.write_text(json.dumps({"points": marked}))
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["camera-pipeline", "calibrate", *map(str, arguments)])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_lines_run_through_whole_metres_and_nowhere_between() -> None:
    fitted = calibrate(list(CORNERS.values()), list(CORNERS), 0.5)
    image = np.zeros((720, 1280, 3), np.uint8)
    draw_grid(image, fitted, MARKED)
    on = fitted.to_picture([[3, 4.5], [4.5, 3], [7, 6.5]]) * (1280, 720)
    off = fitted.to_picture([[2.5, 2.5], [4.5, 3.5], [7.5, 6.5]]) * (1280, 720)
    for x, y in on.round().astype(int).tolist():
        assert image[y - 1 : y + 2, x - 1 : x + 2].max() > 100
    for x, y in off.round().astype(int).tolist():
        assert image[y - 1 : y + 2, x - 1 : x + 2].max() == 0


def test_a_grid_that_leaves_the_picture_and_passes_the_horizon_is_drawn_without_error() -> None:
    near = {(0, 0): (0.0, 1.0), (400, 0): (1.0, 1.0), (400, 900): (0.55, 0.4), (0, 900): (0.45, 0.4)}
    image = np.zeros((90, 160, 3), np.uint8)
    draw_grid(
        image,
        calibrate(list(near.values()), list(near), 0.5),
        [MarkedPoint(picture=p, metres=m) for m, p in near.items()],
    )
    assert image.any()


def test_the_command_draws_on_the_sample_clip_and_tells_error_and_speed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    points, grid = points_file(tmp_path, JUNCTION), tmp_path / "grid.png"
    options = ["--camera", "junction", "--points", points, "--picture", SAMPLE, "--out", grid]
    assert run(monkeypatch, ROOT / "configs" / "demo.yaml", *options) == 0
    said = capsys.readouterr().out
    assert float(said.split()[1]) < 0.5  # metres
    assert said.count("km/h over 1 s") == len(JUNCTION)
    assert cv2.imread(str(grid)).shape == (720, 1280, 3)


def test_without_a_picture_the_grid_stands_alone_and_four_points_tell_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    points = points_file(tmp_path, CORNERS)
    assert run(monkeypatch, ROOT / "configs" / "demo.yaml", "--camera", "junction", "--points", points) == 0
    assert "mark a fifth point" in capsys.readouterr().out
    assert (tmp_path / "junction-grid.png").exists()


def test_bad_points_end_with_2_the_file_and_the_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    mirrored = {(-x, y): seen for (x, y), seen in JUNCTION.items()}
    points = points_file(tmp_path, mirrored)
    assert run(monkeypatch, ROOT / "configs" / "demo.yaml", "--camera", "junction", "--points", points) == 2
    said = capsys.readouterr().err
    assert "points.yaml: the points are mirrored" in said
    assert "cure: " in said
