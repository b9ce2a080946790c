"""Any change of a sealed folder is found and named: each kind of byte, each kind of file."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.evidence.keys import PublicKeys, SigningKey, make_key
from camera_pipeline.evidence.manifest import MANIFEST, SIGNATURE
from camera_pipeline.evidence.verify import Fault, verify_folder
from tests.evidence.folders import FILES, seal_sample

NAMES = st.lists(st.text("abc.-_ €\n", min_size=1, max_size=5).filter(lambda n: n.strip(".")), min_size=2, unique=True)


def named(faults: list[Fault]) -> list[str]:
    return [fault.path.name for fault in faults]


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def test_a_folder_as_it_was_sealed_has_no_fault(sealed: Path, keys: PublicKeys) -> None:
    assert verify_folder(sealed, keys) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", [*(name for name in FILES if FILES[name]), MANIFEST, SIGNATURE])
def test_each_flipped_byte_of_each_file_is_found_and_its_file_named(sealed: Path, keys: PublicKeys, name: str) -> None:
    whole = (sealed / name).read_bytes()
    for place in range(len(whole)):
        flip(sealed / name, place * 8 + place % 8)
        (fault,) = verify_folder(sealed, keys)
        assert fault.path.name == (MANIFEST if name == SIGNATURE else name)
        assert name in str(fault)
        (sealed / name).write_bytes(whole)
    assert verify_folder(sealed, keys) == []


@pytest.mark.slow
@given(data=st.data(), names=NAMES, content=st.binary(min_size=1, max_size=3000))
@settings(max_examples=100, deadline=None)
def test_any_flipped_bit_of_any_folder_is_found_and_its_file_named(
    key: SigningKey, keys: PublicKeys, data: st.DataObject, names: list[str], content: bytes
) -> None:
    with tempfile.TemporaryDirectory() as above:
        folder = seal_sample(Path(above) / "one", key, {name: name.encode() + content for name in names})
        assert verify_folder(folder, keys) == []
        wrong = data.draw(st.sampled_from([*names, MANIFEST, SIGNATURE]))
        flip(folder / wrong, data.draw(st.integers(0, (folder / wrong).stat().st_size * 8 - 1)))
        (fault,) = verify_folder(folder, keys)
        assert fault.path.name == (MANIFEST if wrong == SIGNATURE else wrong)
        assert "\n" not in str(fault)


def swap(folder: Path, one: str, two: str) -> None:
    (folder / one).rename(folder / "between")
    (folder / two).rename(folder / one)
    (folder / "between").rename(folder / two)


def link(folder: Path, name: str) -> None:
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)


def pipe(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)


CHANGES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "a file is missing": (lambda f: (f / "2_at.png").unlink(), ["2_at.png"]),
    "an empty file is missing": (lambda f: (f / "empty").unlink(), ["empty"]),
    "a file was added": (lambda f: (f / "more.png").write_bytes(b"x"), ["more.png"]),
    "an empty file was added": (lambda f: (f / ".hidden").touch(), [".hidden"]),
    "an empty folder was added": (lambda f: (f / "folder").mkdir(), ["folder"]),
    "a link was added": (lambda f: (f / "more").symlink_to(f), ["more"]),
    "two files were swapped": (lambda f: swap(f, "1_before.png", "2_at.png"), ["1_before.png", "2_at.png"]),
    "a file was renamed": (lambda f: (f / "empty").rename(f / "nothing"), ["empty", "nothing"]),
    "a file was cut": (lambda f: os.truncate(f / "clip.mp4", 100), ["clip.mp4"]),
    "a file has grown": (lambda f: (f / "empty").write_bytes(b"\0"), ["empty"]),
    "a file became a link to the same content": (lambda f: link(f, "clip.mp4"), ["clip.mp4"]),
    "a file became a pipe": (lambda f: pipe(f, "clip.mp4"), ["clip.mp4"]),
    "a file became a folder": (lambda f: ((f / "empty").unlink(), (f / "empty").mkdir()), ["empty"]),
    "the manifest is missing": (lambda f: (f / MANIFEST).unlink(), [MANIFEST]),
    "the signature is missing": (lambda f: (f / SIGNATURE).unlink(), [MANIFEST]),
    "the manifest is empty": (lambda f: os.truncate(f / MANIFEST, 0), [MANIFEST]),
    "everything is gone": (lambda f: (shutil.rmtree(f), f.mkdir()), [MANIFEST]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_missing_added_swapped_and_changed_files_are_named(sealed: Path, keys: PublicKeys, change: str) -> None:
    do, wrong = CHANGES[change]
    do(sealed)
    assert named(verify_folder(sealed, keys)) == wrong


def test_the_manifest_of_another_folder_does_not_fit(
    tmp_path: Path, sealed: Path, key: SigningKey, keys: PublicKeys
) -> None:
    other = seal_sample(tmp_path / "other", key, {**FILES, "2_at.png": b"another car"})
    for name in (MANIFEST, SIGNATURE):
        shutil.copy(other / name, sealed / name)
    assert named(verify_folder(sealed, keys)) == ["2_at.png"]


def test_a_folder_sealed_with_another_key_is_refused(tmp_path: Path, keys: PublicKeys) -> None:
    make_key(tmp_path / "other.key")
    folder = seal_sample(tmp_path / "sealed", SigningKey(tmp_path / "other.key"))
    (fault,) = verify_folder(folder, keys)
    assert "which is none of" in str(fault)


def test_files_in_folders_are_sealed_as_well(tmp_path: Path, key: SigningKey, keys: PublicKeys) -> None:
    folder = seal_sample(tmp_path / "sealed", key, {"a/b/c.png": b"c", "a/d.png": b"d"})
    assert verify_folder(folder, keys) == []
    (folder / "a/b/c.png").write_bytes(b"C")
    assert [str(fault.path.relative_to(folder)) for fault in verify_folder(folder, keys)] == ["a/b/c.png"]


def test_what_cannot_be_read_is_a_fault(sealed: Path, keys: PublicKeys) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (sealed / "clip.mp4").chmod(0)
    assert "cannot be read" in str(verify_folder(sealed, keys)[0])
