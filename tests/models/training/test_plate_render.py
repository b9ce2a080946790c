"""Rendered plates: legal shapes, the same for the same seed, ink where characters are."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training.plate_render import ALL, LONG, MOTORBIKE, SHORT, Plate, draw_ink, plain, random_plate

PRINTED = re.compile(r"[0-9A-ZĐ .-]+")


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_a_plate_has_printable_rows_and_the_proportions_of_its_kind(seed: int) -> None:
    plate = random_plate(np.random.default_rng(seed))
    assert plate.wh_mm in (LONG, SHORT, MOTORBIKE)
    assert len(plate.rows) == (1 if plate.wh_mm == LONG else 2)
    assert all(PRINTED.fullmatch(row) for row in plate.rows)
    assert 6 <= len(plain("".join(plate.rows))) <= 10


def test_many_plates_hold_every_character_and_every_kind() -> None:
    rng = np.random.default_rng(1)
    plates = [random_plate(rng) for _ in range(3000)]
    texts = [plain("".join(plate.rows)) for plate in plates]
    assert set("".join(texts)) == set(ALL)
    for kind in (
        r"\d\d[A-Z][1-9]\d{4,5}",
        r"\d\d[A-Z]{2}\d{4,5}",
        r"\d\dMD[1-9]\d{4,5}",
        r"[A-Z]{2}\d{4}",
        r"\d{5}(NG|QT|CV|NN)\d\d",
        r"T\d{6,7}",
    ):
        assert any(re.fullmatch(kind, text) for text in texts), kind
    two = sum(len(plate.rows) == 2 for plate in plates)
    assert 0.6 < two / len(plates) < 0.75


@pytest.mark.parametrize(
    ("row", "read"), [("61-F1", "61F1"), ("123.45", "12345"), ("29-MĐ1", "29MD1"), ("61 A", "61A"), ("", "")]
)
def test_marks_are_not_read_and_a_barred_d_is_a_d(row: str, read: str) -> None:
    assert plain(row) == read


@pytest.mark.parametrize(
    "plate",
    [Plate(("61-F1", "123.45"), MOTORBIKE), Plate(("30A", "1234"), SHORT), Plate(("29-MĐ1", "123.45"), MOTORBIKE)],
    ids=["motorbike", "car", "electric"],
)
@pytest.mark.parametrize("seed", range(5))
def test_ink_lies_in_both_rows_and_not_between(plate: Plate, seed: int) -> None:
    ink = draw_ink(plate, np.random.default_rng(seed))
    middle = len(ink) // 2
    assert (ink[:middle] > 128).mean() > 0.03
    assert (ink[middle:] > 128).mean() > 0.05
    assert (ink[middle - 1 : middle + 1] > 128).mean() < 0.05


def test_a_character_looks_the_same_wherever_it_stands_in_a_row() -> None:
    ink = draw_ink(Plate(("1111111",), LONG), np.random.default_rng(3))
    columns = np.flatnonzero(ink.max(axis=0) > 128)
    starts = columns[np.flatnonzero(np.diff(columns, prepend=-9) > 2)]
    assert len(starts) == 7
    first, second = (ink[:, start : start + 8].astype(int) for start in starts[1:3])
    np.testing.assert_allclose(first, second)
