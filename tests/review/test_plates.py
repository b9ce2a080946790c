"""Plates as they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import InvalidError
from camera_pipeline.review.plates import compact


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("30a-123.45", "30A12345"),
        (" 29 X1 234.56 ", "29X123456"),
        ("80-NG-123-45", "80NG12345"),
        ("21MĐ1-00012", "21MĐ100012"),
    ],
)
def test_a_plate_is_kept_compact_however_it_is_typed(typed: str, kept: str) -> None:
    assert compact(typed) == kept


@pytest.mark.parametrize("typed", ["", "30A", "30A' OR 1=1", "30A_12345", "x" * 13, "../etc/passwd"])
def test_what_cannot_be_a_plate_is_refused(typed: str) -> None:
    with pytest.raises(InvalidError, match="is no plate"):
        compact(typed)


@given(st.text("0123456789ABCDEFGHKLMNPSTUVXYZ", min_size=4, max_size=12))
def test_what_is_compact_stays(plate: str) -> None:
    assert compact(plate) == plate
