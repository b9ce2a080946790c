"""Evidence as the pipeline seals it, found, read, and never outside of its folder."""

from dataclasses import replace
from pathlib import Path

import pytest

from camera_pipeline.errors import MissingError
from camera_pipeline.evidence.keys import make_key
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.shelf import Shelf, look_for_evidence
from camera_pipeline.review.tables import Case
from camera_pipeline.types import Event
from tests.review.kit import seal_evidence, violation


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The server's private key."""
    make_key(tmp_path / "evidence.key")
    return tmp_path / "evidence.key"


def case_of(desk: Desk, event: Event) -> Case:
    take_in(desk, event)
    with desk.database.reading() as session:
        case = session.get(Case, event.event_id)
    assert case is not None
    return case


def test_evidence_is_found_by_the_record_alone(sqlite_desk: Desk, tmp_path: Path, key: Path) -> None:
    event = violation(1, plate=None)
    shelf = Shelf(tmp_path / "evidence", [key.with_suffix(".pub")])
    case = case_of(sqlite_desk, event)
    assert shelf.evidence(case) is None
    seal_evidence(tmp_path / "evidence", event, key)
    evidence = shelf.evidence(case, verify=True)
    assert evidence is not None
    assert evidence.seal == "whole"
    assert [file.name for file in evidence.pictures()] == ["1_before.jpg", "2_at.jpg"]
    plate = evidence.named("plate")
    assert plate is not None
    assert plate.name == "plate.png"
    assert evidence.named("vehicle") is None


def test_a_changed_file_breaks_the_seal_and_is_named(sqlite_desk: Desk, tmp_path: Path, key: Path) -> None:
    event = violation(1)
    folder = seal_evidence(tmp_path / "evidence", event, key)
    (folder / "2_at.png").write_bytes(b"another picture")
    evidence = Shelf(tmp_path / "evidence", [key.with_suffix(".pub")]).evidence(
        case_of(sqlite_desk, event), verify=True
    )
    assert evidence is not None
    assert evidence.seal == "broken"
    assert evidence.faults[0].startswith("2_at.png: was changed")


def test_without_keys_the_seal_is_told_as_unchecked(sqlite_desk: Desk, tmp_path: Path, key: Path) -> None:
    seal_evidence(tmp_path / "evidence", violation(1), key)
    evidence = Shelf(tmp_path / "evidence").evidence(case_of(sqlite_desk, violation(1)), verify=True)
    assert evidence is not None
    assert evidence.seal == "unchecked"


def test_plates_come_with_the_evidence_and_never_replace_what_an_officer_typed(
    desk: Desk, tmp_path: Path, key: Path
) -> None:
    shelf = Shelf(tmp_path / "evidence")
    typed, untouched, unread = (violation(number, plate=None) for number in range(3))
    for event, plate in ((typed, "30A11111"), (untouched, "30A22222"), (unread, None)):
        case_of(desk, event)
        seal_evidence(tmp_path / "evidence", event, key, plate=plate)
    with desk.database.writing() as session:
        case = session.get(Case, typed.event_id)
        assert case is not None
        case.plate = "51F99999"
    assert look_for_evidence(desk, shelf) == 3
    assert look_for_evidence(desk, shelf) == 0
    found = [case_of(desk, event) for event in (typed, untouched, unread)]
    assert [(case.plate, case.plate_read) for case in found] == [
        ("51F99999", "30A11111"),
        ("30A22222", "30A22222"),
        ("", ""),
    ]


@pytest.mark.parametrize("camera_id", ["..", "../..", "a/b", "", "x" * 65])
def test_an_event_cannot_lead_out_of_the_folder(sqlite_desk: Desk, tmp_path: Path, camera_id: str) -> None:
    case = case_of(sqlite_desk, violation(1, camera_id=camera_id[:64]))
    case.camera_id = camera_id
    assert Shelf(tmp_path).evidence(case) is None


def test_files_are_asked_for_by_hash_and_only_those_of_the_case(sqlite_desk: Desk, tmp_path: Path, key: Path) -> None:
    mine, other = violation(1), replace(violation(2), camera_id="cam-1")
    shelf = Shelf(tmp_path / "evidence")
    for event in (mine, other):
        seal_evidence(tmp_path / "evidence", event, key)
    case, elsewhere = case_of(sqlite_desk, mine), case_of(sqlite_desk, other)
    evidence = shelf.evidence(elsewhere)
    assert evidence is not None
    sha256 = evidence.manifest.files[0].sha256
    assert shelf.file(elsewhere, sha256)[0].is_file()
    with pytest.raises(MissingError):
        shelf.file(case, sha256)


def test_a_link_out_of_the_folder_is_not_followed(sqlite_desk: Desk, tmp_path: Path, key: Path) -> None:
    folder = seal_evidence(tmp_path / "evidence", violation(1), key)
    shelf, case = Shelf(tmp_path / "evidence"), case_of(sqlite_desk, violation(1))
    evidence = shelf.evidence(case)
    clip = evidence.named("clip") if evidence else None
    assert clip is not None
    (folder / clip.name).unlink()
    (folder / clip.name).symlink_to(key)
    with pytest.raises(MissingError):
        shelf.file(case, clip.sha256)
