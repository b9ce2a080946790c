"""A province's cameras from a spreadsheet."""

from pathlib import Path

import pytest

from camera_pipeline.config import load_config
from camera_pipeline.config.camera_list import read_camera_list
from camera_pipeline.errors import ConfigError


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_rows_become_cameras_whatever_the_separator(tmp_path: Path, separator: str, mark: str) -> None:
    path = tmp_path / "cameras.csv"
    lines = ["id,url,area,latitude", "bd-1,rtsp://192.0.2.1/a,Dĩ An,10.9", "bd-2,,,"]
    path.write_text(mark + "\n".join(lines).replace(",", separator), encoding="utf-8")
    assert read_camera_list(path) == [
        {"id": "bd-1", "url": "rtsp://192.0.2.1/a", "area": "Dĩ An", "latitude": "10.9"},
        {"id": "bd-2"},
    ]


def test_a_row_and_a_camera_of_the_yaml_file_with_the_same_id_are_one_camera(tmp_path: Path) -> None:
    (tmp_path / "cameras.csv").write_text("id,area,analyse_fps\nbd-1,ward-1,4\nbd-2,ward-2,\n")
    path = tmp_path / "config.yaml"
    path.write_text(
        "camera_list: cameras.csv\ndefaults: {analyse_fps: 6}\n"
        "cameras: [{id: bd-2, lines: {a: [[0, 0], [1, 1]]}}, {id: bd-3}]\n"
    )
    cameras = load_config(path).cameras
    assert [(c.id, c.area, c.analyse_fps, list(c.lines)) for c in cameras] == [
        ("bd-2", "ward-2", 6, ["a"]),
        ("bd-3", "", 6, []),
        ("bd-1", "ward-1", 4, []),
    ]


def test_three_thousand_cameras_are_read(tmp_path: Path) -> None:
    rows = [f"bd-{number},rtsp://192.0.2.{number % 250}/{number}" for number in range(3180)]
    (tmp_path / "cameras.csv").write_text("id,url\n" + "\n".join(rows))
    path = tmp_path / "config.yaml"
    path.write_text("camera_list: cameras.csv\n")
    assert len(load_config(path).cameras) == 3180


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("url\nrtsp://a/b\n", "no column `id`"),
        ("id,ulr\na,b\n", "did you mean `url`"),
        ("id,colour\na,b\n", "unknown column `colour`"),
        ("id,lines\na,b\n", "unknown column `lines`"),
        ("id,area\n,x\n", ":2: no id"),
        ("id,area\na,x\na,y\n", ":3: id a also stands in line 2"),
        ("id,area\na,x,y\n", "more cells than columns"),
        ('id,area\n"a,x\n', "cure: save the sheet"),
        ("", "no column `id`"),
    ],
)
def test_a_mistake_in_the_list_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "cameras.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match="cure: ") as caught:
        read_camera_list(path)
    assert words in str(caught.value)


def test_a_wrong_cell_is_told_by_the_camera_it_belongs_to(tmp_path: Path) -> None:
    (tmp_path / "cameras.csv").write_text("id,latitude\nbd-1,north\n")
    path = tmp_path / "config.yaml"
    path.write_text("camera_list: cameras.csv\n")
    with pytest.raises(ConfigError, match=r"cameras\[0\]\.latitude = north"):
        load_config(path)
