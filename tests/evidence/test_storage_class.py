"""What a class file may say, and what stands without one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import SealError
from camera_pipeline.evidence.storage_class import StorageClass, first_class, read_class

GOOD = {"class": "held", "by": "officer-17", "reason": "a case was opened", "at": "2026-03-04T09:12:00Z"}


@pytest.mark.parametrize("name", ["incident", "unreviewed", "rejected", "confirmed", "held"])
def test_every_class_of_evidence_can_be_given(name: str) -> None:
    record = read_class(json.dumps({**GOOD, "class": name}).encode())
    assert record.storage_class == name
    assert record.plain() == {**GOOD, "class": name}


@pytest.mark.parametrize(
    "changes",
    [
        {"class": "video"},
        {"class": "free"},
        {"class": None},
        {"by": ""},
        {"reason": " "},
        {"at": 5},
        {"reason": None},
        {"at": "today"},
        {"at": "2026-03-04T09:12:00"},
    ],
)
def test_a_class_file_that_leaves_something_out_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(SealError, match="is no class file"):
        read_class(json.dumps({**GOOD, **changes}).encode())


def test_what_was_decided_later_counts_in_whatever_zone_it_was_written() -> None:
    early, late = (
        read_class(json.dumps({**GOOD, "at": at}).encode())
        for at in ("2026-03-04T15:00:00+07:00", "2026-03-04T09:00:00Z")
    )
    assert late.is_after(early)
    assert not early.is_after(late)
    assert not late.is_after(late)


@given(st.binary(max_size=200))
def test_whatever_stands_there_is_read_or_refused(content: bytes) -> None:
    with pytest.raises(SealError):
        read_class(content)


@pytest.mark.parametrize(
    ("kind", "first"), [("violation", "unreviewed"), ("incident", "incident"), ("sighting", "held"), (None, "held")]
)
def test_the_first_class_follows_from_the_kind(kind: object, first: str) -> None:
    assert first_class({"kind": kind}) is StorageClass(first)
