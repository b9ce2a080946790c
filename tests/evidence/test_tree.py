"""Verifying whole trees, as the command does."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from camera_pipeline.cli import app
from camera_pipeline.evidence.keys import PublicKeys, SigningKey
from camera_pipeline.evidence.manifest import MANIFEST, SIGNATURE
from camera_pipeline.evidence.tree import verify_paths
from tests.evidence.folders import seal_sample


@pytest.fixture
def tree(tmp_path: Path, key: SigningKey) -> Path:
    for name in ("2026-03-04/one", "2026-03-04/two", "2026-03-05/three"):
        seal_sample(tmp_path / "tree" / name, key)
    return tmp_path / "tree"


def test_all_folders_below_a_path_are_verified(tree: Path, keys: PublicKeys) -> None:
    (tree / ".four.draft").mkdir()
    report = verify_paths([tree], keys)
    assert (report.folders, report.faults) == (3, [])
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
