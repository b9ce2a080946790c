"""Verifying whole trees, as the command does."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from camera_pipeline.cli import app
from camera_pipeline.clock import SystemClock
from camera_pipeline.evidence.event_log import EventLog
from camera_pipeline.evidence.keys import PublicKeys, SigningKey
from camera_pipeline.evidence.manifest import MANIFEST, SIGNATURE, sha256_of
from camera_pipeline.evidence.tree import verify_paths
from tests.evidence.folders import FILES, seal_sample


@pytest.fixture
def tree(tmp_path: Path, key: SigningKey) -> Path:
    for name in ("2026-03-04/one", "2026-03-04/two", "2026-03-05/three"):
        seal_sample(tmp_path / "tree" / name, key, {**FILES, "2_at.png": name.encode()})
    return tmp_path / "tree"


def test_all_folders_below_a_path_are_verified(tree: Path, keys: PublicKeys) -> None:
    (tree / ".four.draft").mkdir()
    report = verify_paths([tree], keys)
    assert (len(report.folders), report.faults) == (3, [])
    assert report.size_bytes > 3 * 256


def test_what_belongs_to_no_sealed_folder_is_a_fault(tree: Path, keys: PublicKeys) -> None:
    (tree / "stray.png").touch()
    for name in (MANIFEST, SIGNATURE):
        (tree / "2026-03-04/two" / name).unlink()
    faults = verify_paths([tree], keys).faults
    names = sorted(str(fault.path.relative_to(tree)) for fault in faults)
    left = [f"2026-03-04/two/{name}" for name in ("1_before.png", "2_at.png", "clip.mp4", "empty")]
    assert names == [*left, "stray.png"]


@pytest.mark.parametrize(("name", "words"), [("none", "is no folder"), ("empty", "holds no evidence")])
def test_a_path_without_evidence_is_a_fault_not_a_success(
    tmp_path: Path, keys: PublicKeys, name: str, words: str
) -> None:
    (tmp_path / "empty").mkdir()
    (fault,) = verify_paths([tmp_path / name], keys).faults
    assert words in str(fault)


def test_the_command_tells_what_is_wrong_by_name_and_exit_code(tree: Path, key_path: Path) -> None:
    command = ["evidence", "verify", str(tree), "--key", str(key_path.with_suffix(".pub"))]
    whole = CliRunner().invoke(app, command)
    assert whole.exit_code == 0
    assert "3 sealed folder(s)" in whole.output
    assert "all whole" in whole.output
    (tree / "2026-03-05/three/clip.mp4").write_bytes(b"another")
    broken = CliRunner().invoke(app, command)
    assert broken.exit_code == 1
    assert "three/clip.mp4: was changed: 7 bytes instead of 256" in broken.output
    assert "1 fault(s)" in broken.output


def test_the_command_makes_a_key_that_seals_what_its_public_half_verifies(tmp_path: Path) -> None:
    path = tmp_path / "evidence.key"
    made = CliRunner().invoke(app, ["evidence", "key", str(path)])
    assert made.exit_code == 0
    key = SigningKey(path)
    assert key.key_id in made.output
    folder = seal_sample(tmp_path / "sealed", key)
    assert verify_paths([folder], PublicKeys([path.with_suffix(".pub")])).faults == []


@pytest.fixture
def logged_tree(tree: Path, key: SigningKey) -> Path:
    """Return a tree as the service leaves it: every folder is in the log."""
    log = EventLog(tree / "log", server="edge-1", key=key, clock=SystemClock())
    for folder in sorted(tree.glob("2026*/*")):
        body = {"path": folder.relative_to(tree).as_posix(), "manifest_sha256": sha256_of(folder / MANIFEST)}
        log.append("evidence", [body])
    return tree


def test_a_tree_is_held_against_its_log(logged_tree: Path, keys: PublicKeys) -> None:
    report = verify_paths([logged_tree], keys)
    assert (len(report.folders), report.lines, report.faults) == (3, 4, [])


def swap_folders(tree: Path) -> None:
    (tree / "2026-03-04/one").rename(tree / "between")
    (tree / "2026-03-04/two").rename(tree / "2026-03-04/one")
    (tree / "between").rename(tree / "2026-03-04/two")


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda tree: shutil.rmtree(tree / "2026-03-04/one"), {"2026-03-04/one": "is missing"}),
        (lambda tree: shutil.copytree(tree / "2026-03-04/one", tree / "x/y"), {"x/y": "is not in the event log"}),
        (swap_folders, {"2026-03-04/one": "is another than", "2026-03-04/two": "is another than"}),
        (lambda tree: (tree / "log/head.json").unlink(), {"log/head.json": "is missing"}),
    ],
    ids=["a folder is gone", "a folder was copied", "two folders were swapped", "the head is gone"],
)
def test_whole_folders_that_are_gone_added_or_swapped_are_found(
    logged_tree: Path, keys: PublicKeys, change: Callable[[Path], object], wrong: dict[str, str]
) -> None:
    change(logged_tree)
    found = {str(f.path.relative_to(logged_tree)): f.what for f in verify_paths([logged_tree], keys).faults}
    assert found.keys() == wrong.keys()
    assert all(found[name].startswith(what) for name, what in wrong.items())


def test_class_files_and_ordinary_video_are_no_faults_and_stray_ones_are(logged_tree: Path, keys: PublicKeys) -> None:
    (logged_tree / "2026-03-04/one.class.json").write_text("{}")
    (logged_tree / "video/junction").mkdir(parents=True)
    (logged_tree / "video/junction/morning.mkv").touch()
    (logged_tree / "2026-03-04/.two.class.json.draft").write_text("{")  # whoever wrote it died
    assert verify_paths([logged_tree], keys).faults == []
    (logged_tree / "2026-03-04/nothing.class.json").write_text("{}")
    (fault,) = verify_paths([logged_tree], keys).faults
    assert fault.path.name == "nothing.class.json"


@pytest.mark.parametrize("kind", ["deleted", "moved"])
def test_a_folder_that_the_log_says_is_gone_is_not_missing_and_may_not_be_there(
    logged_tree: Path, key: SigningKey, keys: PublicKeys, kind: str
) -> None:
    EventLog(logged_tree / "log", server="edge-1", key=key, clock=SystemClock()).append(
        kind, [{"path": "2026-03-04/one", "reason": "old", "by": "edge-1"}]
    )
    (fault,) = verify_paths([logged_tree], keys).faults
    assert str(fault.path.relative_to(logged_tree)) == "2026-03-04/one"
    shutil.rmtree(logged_tree / "2026-03-04/one")
    assert verify_paths([logged_tree], keys).faults == []
