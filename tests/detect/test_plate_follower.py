"""A camera's vehicles are looked at as they drive by, within the budget, and their plates come out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from camera_pipeline.config import PlateSettings
from camera_pipeline.detect.plate_follower import PlateFollower
from camera_pipeline.detect.plate_look import Look, PlateLooker
from camera_pipeline.detect.plate_text import PlateReader
from camera_pipeline.detect.plate_track import NEVER_SEEN
from camera_pipeline.errors import ConfigError
from camera_pipeline.picture import Picture
from camera_pipeline.types import Frame, PlateRead, Tracks
from tests.detect.plate_scenes import (
    LONG,
    MOTORBIKE,
    NAMES,
    Image,
    QuadFinder,
    frame,
    plate_picture,
    road,
    tracks,
    vehicle,
)

CAR = plate_picture(("51G-543.21",), LONG)
RIDER = plate_picture(("59-X1", "123.45"), MOTORBIKE)


@pytest.fixture(scope="module")
def looker() -> PlateLooker:
    return PlateLooker(QuadFinder(), PlateReader())


def drive(
    plate: Image | None = CAR, frames: int = 12, start: float = 20.0, name: str = "car"
) -> Iterator[tuple[Frame, Tracks]]:
    """A vehicle comes down the picture, 30 px a frame."""
    for index in range(frames):
        image = road()
        box = vehicle(image, (200, start + 30 * index, 400, start + 30 * index + 150), plate)
        yield frame(index, image), tracks(box, name=name)


def follow(
    looker: PlateLooker, scenes: Sequence[tuple[Frame, Tracks]], looks_per_s: float = 20.0, **changes: object
) -> tuple[PlateFollower, list[tuple[PlateRead, ...]]]:
    follower = PlateFollower(PlateSettings(**changes), NAMES, looks_per_s)
    told = []
    for seen, found in scenes:
        wanted = follower.want(found, seen, lambda: None)
        told.append(follower.take(wanted, looker.look([want.crop for want in wanted]), seen))
    return follower, told


def test_a_vehicle_that_drives_by_is_read_until_sure_and_then_left_alone(looker: PlateLooker) -> None:
    follower, told = follow(looker, list(drive()))
    last = [read for reads in told for read in reads][-1]
    assert (last.text, last.reads, last.needs_person) == ("51G54321", 2, False)
    assert follower.budget.spent == 2


def test_the_view_names_the_frame_and_where_the_plate_was_in_it(looker: PlateLooker) -> None:
    _, told = follow(looker, list(drive(frames=1)))
    ((read,),) = told
    assert read.view is not None
    assert (read.view.frame_index, read.view.frame_wh) == (0, (640, 480))
    assert read.view.vehicle_xyxy == (200, 20, 400, 170)
    (left, top), _, (right, bottom), _ = read.view.corners
    assert (left, right) == (pytest.approx(255, abs=2), pytest.approx(345, abs=2))
    assert (top, bottom) == (pytest.approx(123, abs=2), pytest.approx(142, abs=2))


def test_a_vehicle_that_is_only_far_away_says_so_at_once(looker: PlateLooker) -> None:
    image = road()
    box = vehicle(image, (300, 100, 340, 130), CAR)
    follower, told = follow(looker, [(frame(0, image), tracks(box))])
    assert [read.reason for read in told[0]] == [NEVER_SEEN]
    assert follower.budget.spent == 0


def test_a_vehicle_without_a_plate_is_given_up_and_costs_no_more(looker: PlateLooker) -> None:
    follower, told = follow(looker, list(drive(None, frames=12, start=-20.0)))
    assert [read.reason for reads in told for read in reads][-1] == "no plate was found"
    assert follower.budget.spent <= 6


def test_the_budget_bounds_the_looks_and_counts_what_it_refuses(looker: PlateLooker) -> None:
    follower, _ = follow(looker, list(drive()), looks_per_s=0.5)
    assert follower.budget.spent == 2  # one at once, one two seconds later
    assert follower.budget.refused > 0


def test_a_sharper_stream_is_cut_instead_where_there_is_one(looker: PlateLooker) -> None:
    """Detection runs on a picture of half the size; the plate is read from the whole one."""
    large = road()
    box = vehicle(large, (200, 100, 330, 320), RIDER, 0.6)
    small = Picture.from_bgr(large).bgr(320, 240)
    follower = PlateFollower(PlateSettings(), NAMES, 20.0, scale=2.0)
    seen, found = frame(0, small), tracks([edge / 2 for edge in box], name="motorcycle")
    wanted = follower.want(found, seen, lambda: Picture.from_bgr(large))
    (read,) = follower.take(wanted, looker.look([want.crop for want in wanted]), seen)
    assert (read.text, read.view and read.view.frame_wh) == ("59X112345", (640, 480))
    assert read.view is not None
    assert read.view.vehicle_xyxy == (200, 100, 330, 320)


def test_a_main_stream_that_is_away_for_a_moment_is_asked_again(looker: PlateLooker) -> None:
    """The vehicle is too small in the analysed picture; a missing main stream must not be taken for that picture."""
    follower, asked, told = PlateFollower(PlateSettings(), NAMES, 20.0, scale=2.0), [], []
    for index in range(11):
        large = road()
        box = vehicle(large, (200, 20 + 20 * index, 330, 240 + 20 * index), RIDER, 0.6)
        seen, found = (
            frame(index, Picture.from_bgr(large).bgr(320, 240)),
            tracks([e / 2 for e in box], name="motorcycle"),
        )

        def native(index: int = index, large: Image = large) -> Picture | None:
            asked.append(index)
            return Picture.from_bgr(large) if index > 4 else None

        wanted = follower.want(found, seen, native)
        told += follower.take(wanted, looker.look([want.crop for want in wanted]), seen)
    assert asked == [0, 5]
    assert told[-1].text == "59X112345"


def test_the_native_picture_is_only_fetched_for_a_look(looker: PlateLooker) -> None:
    fetched = []
    follower = PlateFollower(PlateSettings(), NAMES, 20.0)
    for seen, found in drive(frames=8):
        wanted = follower.want(found, seen, lambda: fetched.append(1))
        follower.take(wanted, looker.look([want.crop for want in wanted]), seen)
    assert len(fetched) == follower.budget.spent == 2


def test_the_next_look_is_taken_near_the_plate_and_at_the_whole_again_where_that_gives_nothing(
    looker: PlateLooker,
) -> None:
    follower, sizes, widths = PlateFollower(PlateSettings(), NAMES, 20.0), [], []
    for number, (seen, found) in enumerate(drive(frames=8)):
        wanted = follower.want(found, seen, lambda: None)
        looks = looker.look([want.crop for want in wanted])
        if number == 0:
            (weak,) = looks  # so that one more look does not settle it
            looks = [replace(weak, read=weak.read and replace(weak.read, confidences=(0.8,) * 8))]
        if len(sizes) == 1 and wanted:
            looks = [Look(fault="no plate was found")]
        follower.take(wanted, looks, seen)
        sizes += [want.crop.size for want in wanted]
        widths += [want.crop.picture.shape[1] for want in wanted]
    assert sizes[0] == sizes[2] == 1.0
    assert sizes[1] < 0.8
    assert widths[1] < widths[0] == widths[2]


def test_a_new_session_and_an_ended_track_are_forgotten(looker: PlateLooker) -> None:
    follower = PlateFollower(PlateSettings(), NAMES, 20.0)
    seen, found = next(iter(drive()))
    for step in ("ended", "session"):
        wanted = follower.want(found, seen, lambda: None)
        assert [want.view.track_id for want in wanted] == [1], step
        follower.take(wanted, looker.look([want.crop for want in wanted]), seen)
        if step == "ended":
            follower.take(follower.want(tracks(ended=(1,)), frame(1, road()), lambda: None), [], frame(1, road()))
        else:
            follower.begin()
    assert [want.view.track_id for want in follower.want(found, seen, lambda: None)] == [1]


def test_the_same_footage_gives_the_same_reads(looker: PlateLooker) -> None:
    scenes = list(drive())
    assert follow(looker, scenes)[1] == follow(looker, scenes)[1]


def test_an_unknown_grammar_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="vietnam"):
        PlateFollower(PlateSettings(grammar="atlantis"), NAMES, 1.0)
