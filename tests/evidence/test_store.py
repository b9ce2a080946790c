"""What is kept, in a folder of this machine and in a real S3 server."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from camera_pipeline.errors import EvidenceError
from camera_pipeline.evidence.keys import PublicKeys, SigningKey
from camera_pipeline.evidence.store import EvidenceStore
from camera_pipeline.evidence.verify import verify_folder
from tests.evidence.folders import FILES, seal_sample
from tests.evidence.test_storage_class import GOOD

pytest.importorskip("fsspec", reason="the extra [evidence] is not installed")

ONE, TWO = "2026-03-04/junction/one", "2026-03-05/junction/two"


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, key: SigningKey) -> EvidenceStore:
    """A store with two sealed folders and a video."""
    root: Path | str = tmp_path / "store"
    if request.param == "s3":
        root = f"{request.getfixturevalue('s3')}/{tmp_path.name}"
    made = EvidenceStore(root)
    for path in (ONE, TWO):
        made.take_in(seal_sample(tmp_path / "made" / path, key), path)
    put(made, "video/junction/morning.mkv", b"video")
    return made


def put(store: EvidenceStore, name: str, content: bytes) -> None:
    """Write a file as another program would."""
    place = store._at(name)
    store._fs.makedirs(place.rpartition("/")[0], exist_ok=True)
    store._fs.pipe_file(place, content)


def classes(store: EvidenceStore) -> dict[str, str]:
    return {one.path: one.storage_class.value for one in store.stored()[0]}


def test_all_that_is_kept_is_found_with_class_size_and_time(store: EvidenceStore) -> None:
    found = {one.path: one for one in store.stored()[0]}
    assert classes(store) == {ONE: "unreviewed", TWO: "unreviewed", "video/junction/morning.mkv": "video"}
    assert found[ONE].size_bytes > sum(map(len, FILES.values()))
    assert all(abs(one.at - datetime.now(UTC)) < timedelta(minutes=5) for one in found.values())


@pytest.mark.parametrize(("day", "is_now"), [("2019-01-01", True), ("2099-01-01", False)])
def test_the_age_of_evidence_is_that_of_its_day_or_of_its_seal_whichever_is_later(
    tmp_path: Path, key: SigningKey, day: str, is_now: bool
) -> None:
    """A camera whose clock is years behind makes no evidence that is old at once."""
    seal_sample(tmp_path / day / "junction" / "one", key)
    ((one,), _) = EvidenceStore(tmp_path).stored()
    assert (abs(one.at - datetime.now(UTC)) < timedelta(minutes=5)) == is_now


def test_a_decision_changes_the_class_and_one_that_cannot_be_read_holds(store: EvidenceStore) -> None:
    put(store, f"{ONE}.class.json", json.dumps({**GOOD, "class": "rejected"}).encode())
    put(store, f"{TWO}.class.json", b"{")
    assert (classes(store)[ONE], classes(store)[TWO]) == ("rejected", "held")
    assert [store.class_of(path).value for path in (ONE, TWO)] == ["rejected", "held"]
    assert {path: record.by for path, record in store.stored()[1].items()} == {ONE: "officer-17"}


def test_a_folder_without_a_readable_manifest_is_held(store: EvidenceStore) -> None:
    put(store, f"{ONE}/manifest.json", b"not JSON")
    assert classes(store)[ONE] == "held"


def test_what_is_deleted_is_gone_with_its_class_file_and_the_rest_is_as_it_was(store: EvidenceStore) -> None:
    put(store, f"{ONE}.class.json", json.dumps(GOOD).encode())
    store.delete(ONE)
    store.delete("video/junction/morning.mkv")
    assert classes(store) == {TWO: "unreviewed"}
    assert not [name for name in store._fs.find(store._base) if "/one" in name]


def test_what_was_taken_in_can_be_verified_from_there(store: EvidenceStore, tmp_path: Path, keys: PublicKeys) -> None:
    back = tmp_path / "back"
    store._fs.get(store._at(ONE), str(back), recursive=True)
    assert verify_folder(back, keys) == []


def test_drafts_and_the_log_are_no_evidence(store: EvidenceStore) -> None:
    put(store, "2026-03-04/junction/.three.draft/1_at.png", b"half")
    put(store, "log/2026-03.jsonl", b"{}")
    assert len(classes(store)) == 3


def test_a_store_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert EvidenceStore(tmp_path / "none").stored() == ([], {})


@pytest.mark.parametrize("url", ["nothing://bucket", "s3://cameras-that-nobody-made/x"])
def test_a_store_that_cannot_be_used_is_told_with_the_cure(url: str, tmp_path: Path, key: SigningKey, s3: str) -> None:
    assert os.environ["AWS_ENDPOINT_URL"]
    folder = seal_sample(tmp_path / "made", key)
    with pytest.raises(EvidenceError, match="cure:"):
        EvidenceStore(url).take_in(folder, ONE)
