"""Looks become an answer, or a reason why there is none."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.plate_grammar import VietnamesePlates
from camera_pipeline.detect.plate_look import Look
from camera_pipeline.detect.plate_track import HOPELESS_LOOKS, NEVER_SEEN, TrackPlate
from camera_pipeline.detect.plate_vote import CharacterRead, Layout
from camera_pipeline.types import PlateRead, PlateView


def look(
    text: str = "",
    sure: float = 0.95,
    *,
    fault: str | None = None,
    colour: str = "white",
    weakest: float | None = None,
    layout: Layout = "one_line",
) -> Look:
    """Return a look that read a text; `weakest` is the confidence of its last character."""
    if not text:
        return Look(fault=fault or "no plate was found")
    confidences = (sure,) * (len(text) - 1) + (sure if weakest is None else weakest,)
    first_row = 4 if layout == "two_line" else None
    return Look(fault=fault, read=CharacterRead(text, confidences, layout), first_row=first_row, colour=colour)


def view(index: int) -> PlateView:
    return PlateView(
        frame_index=index,
        media_time_s=index / 5,
        frame_wh=(640, 480),
        vehicle_xyxy=(0, 0, 100, 100),
        corners=((20, 60), (80, 60), (80, 90), (20, 90)),
    )


def plate_of(*looks: Look, class_name: str = "car", least: float = 0.8) -> PlateRead:
    return _track(*looks, class_name=class_name, least=least).result()


def _track(*looks: Look, class_name: str = "car", least: float = 0.8) -> TrackPlate:
    track = TrackPlate(7, VietnamesePlates(), least, class_name)
    for number, one in enumerate(looks):
        track.add(one, view(number) if one.read is not None else None)
    return track


def test_a_read_keeps_everything_that_a_person_needs_to_judge_it() -> None:
    read = plate_of(look("51G54321", 0.9), look(), look("51G54321", 0.99), look("51G54327", 0.9, weakest=0.2))
    assert (read.track_id, read.text, read.display, read.raw) == (7, "51G54321", "51G-543.21", "51G54321")
    assert (read.layout, read.colour, read.edits) == ("one_line", "white", ())
    assert (read.looks, read.reads, read.reason) == (4, 3, None)
    assert read.confidence[0] == 0.93
    assert read.candidates[-1] == (("1", 0.904), ("7", 0.096))
    assert read.view == view(2)
    assert read.readings[0] == ("car", "51G-543.21")


@pytest.mark.parametrize(
    ("looks", "reason"),
    [
        ([], NEVER_SEEN),
        (
            [look(fault="the plate is too small"), look(fault="the plate is too small"), look()],
            "the plate is too small",
        ),
        ([look("C00D", fault="a text of 4 characters is no plate")], "a text of 4 characters is no plate"),
        ([look("51G54321", weakest=0.6)], "a character is only 0.60 sure"),
        ([look("51G54321"), look("51G54327")], "the reads agree by 0.50 only"),
        ([look("02839301")], "digits alone are a telephone or fleet number"),
        ([look("ZZZZZZZZ")], "no plate is written like this"),
        ([look("13A12345")], "no plate is written like this"),
    ],
    ids=["never looked", "too small", "badge", "one weak character", "they differ", "digits", "letters", "no province"],
)
def test_what_is_not_sure_is_unread_and_says_why(looks: list[Look], reason: str) -> None:
    read = plate_of(*looks)
    assert (read.text, read.display, read.reason) == (None, None, reason)


def test_voting_mends_what_single_looks_get_wrong() -> None:
    texts = ["51G54321", "51G543Z1", "S1G54321", "51G54321", "51654321"]
    assert plate_of(*(look(text) for text in texts), least=0.5).text == "51G54321"


def test_a_repair_is_told_and_needs_a_person() -> None:
    read = plate_of(look("51F1Z345"))
    assert (read.text, read.raw, read.edits, read.needs_person) == ("51F12345", "51F1Z345", ((4, "Z", "2"),), True)


@pytest.mark.parametrize(
    ("class_name", "layout", "text", "kind", "needs_person"),
    [
        ("motorcycle", "two_line", "59X112345", "old motorbike", False),
        ("car", "one_line", "61A12345", "car", False),
        ("motorcycle", "two_line", "61A12345", "old motorbike", False),
        ("car", "two_line", "61A12345", "car", True),
    ],
    ids=["nine characters", "a car's", "a motorcycle's", "four above on a car"],
)
def test_vehicle_and_rows_decide_between_readings(
    class_name: str, layout: Layout, text: str, kind: str, needs_person: bool
) -> None:
    read = plate_of(look(text, layout=layout), class_name=class_name)
    assert read.text == text
    assert (read.readings[0][0], read.needs_person) == (kind, needs_person)


def test_a_red_plate_is_military_or_nothing() -> None:
    assert plate_of(look("51F1Z345", colour="red")).text is None
    assert plate_of(look("AT1234", colour="red")).readings[0][0] == "military"


@pytest.mark.parametrize(
    ("looks", "settled"),
    [
        ([look("51G54321")], False),
        ([look("51G54321")] * 2, True),
        ([look("51G54321", weakest=0.8)] * 2, False),
        ([look("51G54321", weakest=0.8)] * 3, True),
        ([look("51G54321", weakest=0.4)] * 3, False),
        ([look("51G54321"), look("51G54327")] * 4, True),
        ([look()] * (HOPELESS_LOOKS - 1), False),
        ([look()] * HOPELESS_LOOKS, True),
        ([look("51G54321", weakest=0.4)] * 12, True),
    ],
    ids=[
        "one",
        "two very sure",
        "two agree",
        "three agree",
        "not sure yet",
        "they never agree",
        "not found yet",
        "never found",
        "enough",
    ],
)
def test_looking_ends_when_sure_and_when_hopeless(looks: list[Look], settled: bool) -> None:
    assert _track(*looks).settled(12) is settled


@given(
    st.lists(
        st.builds(look, st.sampled_from(["51G54321", "51G54327", "51F1Z345", "59X112345", ""]), st.floats(0.1, 1.0)),
        min_size=1,
        max_size=5,
    )
)
def test_the_order_of_the_looks_does_not_change_the_text(looks: list[Look]) -> None:
    answers = {
        (read.text, read.reason, read.colour) for order in itertools.permutations(looks) for read in [plate_of(*order)]
    }
    assert len(answers) == 1
