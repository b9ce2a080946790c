"""One look at several vehicles: found, refused, levelled and read together."""

from collections.abc import Sequence

import numpy as np
import pytest

from camera_pipeline.detect.plate_finder import FoundPlate
from camera_pipeline.detect.plate_look import Crop, Look, PlateLooker
from camera_pipeline.detect.plate_text import PlateReader
from tests.detect.plate_scenes import LONG, MOTORBIKE, Image, QuadFinder, plate_picture, put, road, vehicle

CAR = plate_picture(("51G-543.21",), LONG)
RIDER = plate_picture(("59-X1", "123.45"), MOTORBIKE)


@pytest.fixture(scope="module")
def looker() -> PlateLooker:
    return PlateLooker(QuadFinder(), PlateReader())


def crop(plate: Image | None, *, share: float = 0.45, place: float = 0.75, name: str = "car") -> Crop:
    image = road((240, 240))
    box = vehicle(image, (20, 20, 220, 220), plate, share, place)
    return Crop(image, box, name)


def test_both_layouts_are_read_in_one_batch_in_their_order(looker: PlateLooker) -> None:
    looks = looker.look([crop(CAR), crop(None), crop(RIDER, share=0.5, name="motorcycle")])
    assert [look.read.text if look.read else look.fault for look in looks] == [
        "51G54321",
        "no plate was found",
        "59X112345",
    ]
    assert [look.first_row for look in looks] == [None, None, 4]
    assert [look.read.layout for look in looks if look.read] == ["one_line", "two_line"]
    assert [look.colour for look in looks] == ["white", "unknown", "white"]


def test_a_tilted_plate_is_levelled(looker: PlateLooker) -> None:
    image = road((240, 240))
    box = vehicle(image, (20, 20, 220, 220), None)
    put(image, RIDER, [[70, 120], [160, 145], [155, 215], [65, 190]])
    (look,) = looker.look([Crop(image, box, "motorcycle")])
    assert look.read is not None
    assert look.read.text == "59X112345"
    assert look.corners is not None
    assert abs(look.corners - [[70, 120], [160, 145], [155, 215], [65, 190]]).max() < 4


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (crop(None), "no plate was found"),
        (crop(plate_picture(("C00D",), LONG), share=0.3), "characters is no plate"),
        (crop(plate_picture(("0283930123",), LONG), share=0.9, name="truck"), "too large"),
        (crop(CAR, place=0.2), "not where plates are"),
        (crop(CAR, share=0.11), "too small"),
    ],
    ids=["none", "badge", "telephone number", "sticker in the windscreen", "far"],
)
def test_what_is_no_plate_says_why(looker: PlateLooker, seen: Crop, words: str) -> None:
    (look,) = looker.look([seen])
    assert words in str(look.fault)


def test_a_plate_beside_something_that_is_none_is_chosen(looker: PlateLooker) -> None:
    image = road((240, 240))
    box = vehicle(image, (20, 20, 220, 220), CAR)
    put(image, plate_picture(("ABC", "DEF"), MOTORBIKE), [[90, 30], [150, 30], [150, 75], [90, 75]])
    (look,) = looker.look([Crop(image, box, "car")])
    assert look.read is not None
    assert look.read.text == "51G54321"


class TopFirst(QuadFinder):
    """Is surest of what is highest in the picture."""

    def find(self, pictures: Sequence[Image], *, size: float | Sequence[float] = 1.0) -> list[list[FoundPlate]]:
        return [
            sorted(plates, key=lambda plate: float(plate.corners[0][1])) for plates in super().find(pictures, size=size)
        ]


def test_what_is_surer_but_says_nothing_is_left_for_the_plate() -> None:
    image = road((240, 240))
    box = vehicle(image, (20, 20, 220, 220), plate_picture(("51G-543.21",), LONG), 0.4, 0.85)
    put(image, np.full((10, 20, 3), 240, np.uint8), [[90, 100], [150, 100], [150, 130], [90, 130]])
    (look,) = PlateLooker(TopFirst(), PlateReader()).look([Crop(image, box, "car")])
    assert look.read is not None
    assert look.read.text == "51G54321"


@pytest.mark.parametrize("size", [1, 2, 5])
def test_what_a_vehicle_gives_does_not_depend_on_the_batch(looker: PlateLooker, size: int) -> None:
    crops = [crop(CAR), crop(RIDER, share=0.5, name="motorcycle"), crop(None), crop(CAR, share=0.3), crop(RIDER)]
    parts = [look for start in range(0, 5, size) for look in looker.look(crops[start : start + size])]
    assert _plain(parts) == _plain(looker.look(crops))


def test_nothing_to_look_at_costs_nothing(looker: PlateLooker) -> None:
    assert looker.look([]) == []


def _plain(looks: list[Look]) -> list[object]:
    return [
        (look.fault, look.read, look.first_row, look.colour, None if look.corners is None else look.corners.tolist())
        for look in looks
    ]
