"""Finding the files that a person named."""

from pathlib import Path

import pytest

from camera_pipeline.ingest.files import SUFFIXES, video_files


def test_files_keep_the_order_in_which_they_were_named(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("b.mp4", "a.mp4", "c.anything")]
    for path in paths:
        path.touch()
    assert video_files(paths) == paths


def test_a_folder_is_searched_to_the_bottom_in_natural_order(tmp_path: Path) -> None:
    names = ["2026-01-05/9/00.mp4", "2026-01-05/10/00.mp4", "2026-01-05/10/5.mp4", "2026-01-06/0/a.MKV", "Z.ts"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "index.db").touch()
    (tmp_path / ".hidden.mp4").touch()
    assert [path.relative_to(tmp_path).as_posix() for path in video_files([tmp_path])] == names


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_known_ending_is_taken_in_either_case(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix.upper()}").touch()
    assert len(video_files([tmp_path])) == 1
