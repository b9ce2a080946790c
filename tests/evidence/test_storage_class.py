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
    [{"class": "video"}, {"class": "free"}, {"class": None}, {"by": ""}, {"reason": " "}, {"at": 5}, {"reason": None}],
)
def test_a_class_file_that_leaves_something_out_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(SealError, match="is no class file"):
        read_class(json.dumps({**GOOD, **changes}).encode())


@given(st.binary(max_size=200))
def test_whatever_stands_there_is_read_or_refused(content: bytes) -> None:
    with pytest.raises(SealError):
        read_class(content)


@pytest.mark.parametrize(
    ("kind", "first"), [("violation", "unreviewed"), ("incident", "incident"), ("sighting", "held"), (None, "held")]
)
def test_the_first_class_follows_from_the_kind(kind: object, first: str) -> None:
    assert first_class({"kind": kind}) is StorageClass(first)
