"""Voting over the reads of a track. All plates made up."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.plate_vote import HOPELESS_READS, SURE_READS, CharacterRead, Layout, vote


def read(text: str, confidence: float = 0.9, layout: Layout = "one_line", **weak: float) -> CharacterRead:
    """A read; `p4=0.2` sets the confidence of place 4."""
    return CharacterRead(text, tuple(weak.get(f"p{i}", confidence) for i in range(len(text))), layout)


@st.composite
def some_reads(draw: st.DrawFn) -> list[CharacterRead]:
    def one() -> CharacterRead:
        text = draw(st.text("A18B", max_size=3))
        given = tuple(draw(st.floats(0, 1)) for _ in text)
        return CharacterRead(text, given, draw(st.sampled_from(("one_line", "two_line"))))

    return [one() for _ in range(draw(st.integers(0, 10)))]


def test_reads_that_agree_are_sure() -> None:
    result = vote([read("61A12345")] * SURE_READS)
    assert (result.text, result.sure, result.hopeless, result.reason) == ("61A12345", True, False, None)
    assert result.agreement == pytest.approx(1)
    assert result.confidences == pytest.approx((0.9,) * 8)


def test_too_few_reads_give_a_text_that_is_not_yet_sure() -> None:
    for few in ([read("61A12345")], [read("61A12345", p3=0.85)] * (SURE_READS - 1)):
        result = vote(few)
        assert (result.text, result.sure) == ("61A12345", False)


def test_two_reads_will_do_where_every_character_is_very_sure() -> None:
    assert vote([read("61A12345")] * 2).sure
    assert not vote([read("61A12345"), read("61A12346")]).sure


def test_each_read_may_err_in_another_place() -> None:
    result = vote([read("61A1234S", p7=0.3), read("6IA12345", p1=0.3), read("61A12B45", p5=0.3)])
    assert result.text == "61A12345"
    assert result.candidates[7] == (("5", pytest.approx(1.8 / 2.1)), ("S", pytest.approx(0.3 / 2.1)))


def test_confidence_outweighs_number() -> None:
    assert vote([read("61A1"), read("61B1", p2=0.2), read("61B1", p2=0.2)]).text == "61A1"


def test_reads_that_contradict_each_other_are_unread_with_the_reason() -> None:
    result = vote([read("61A12345"), read("61A12346")])
    assert (result.text, result.reason) == (None, "the reads agree by 0.50 only")
    assert not result.hopeless


def test_many_contradictions_are_hopeless() -> None:
    result = vote([read("61A12345"), read("61A12346")] * (HOPELESS_READS // 2))
    assert (result.text, result.sure, result.hopeless) == (None, False, True)


@pytest.mark.parametrize("other", [read("61A1234"), read("61A12345", layout="two_line")])
def test_another_length_or_layout_does_not_vote_but_lowers_the_agreement(other: CharacterRead) -> None:
    result = vote([read("61A12345")] * 3 + [other])
    assert (result.text, result.sure) == ("61A12345", False)
    assert result.agreement == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("reads", [[], [read("")], [read("61A1", 0.0)]])
def test_nothing_read_is_unread_with_the_reason(reads: list[CharacterRead]) -> None:
    result = vote(reads)
    assert (result.text, result.reason, result.sure) == (None, "no character was read", False)


@pytest.mark.parametrize("confidences", [(0.9,), (0.9, 1.1), (0.9, -0.1), (0.9, float("nan"))])
def test_confidences_that_do_not_fit_are_refused(confidences: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="give each a confidence from 0 to 1"):
        CharacterRead("61", confidences, "one_line")


@given(some_reads(), st.randoms(use_true_random=False))
def test_the_order_of_the_reads_does_not_matter(reads: list[CharacterRead], order: random.Random) -> None:
    mixed = list(reads)
    order.shuffle(mixed)
    assert vote(mixed) == vote(reads)


@given(some_reads())
def test_a_text_or_a_reason_is_given_and_every_character_was_read_somewhere(reads: list[CharacterRead]) -> None:
    result = vote(reads)
    assert (result.text is None) == (result.reason is not None)
    assert not (result.sure and (result.hopeless or result.text is None))
    assert 0 <= result.agreement <= 1 + 1e-9
    for place, character in enumerate(result.text or ""):
        assert any(r.text[place : place + 1] == character for r in reads)
