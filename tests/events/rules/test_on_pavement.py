"""Riding along a pavement is told; crossing it, parking on it and passing beside it are not."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.scenes import Actor, engine, junction, play, watch

RULE = {"kind": "on_pavement", "zones": ["west", "north"]}
WEST = ((0.05, 1.0), (0.35, 0.1), (0.45, 0.1), (0.2, 1.0))  # leans, as a strip beside the road does in a picture
NORTH = ((0.45, 0.02), (0.95, 0.02), (0.95, 0.09), (0.45, 0.09))
ALONG = [(0.0, 390.0, 150.0), (10.0, 150.0, 900.0)]


def told(*actors: Actor, **settings: Any) -> list[Event]:
    """Return what the rule tells."""
    camera = junction({**RULE, **settings}, zones={"west": WEST, "north": NORTH})
    return watch(camera, play(actors, until_s=20.0))


@pytest.mark.parametrize(
    ("actor", "zone"),
    [
        pytest.param(Actor(ALONG), "west", id="towards the camera"),
        pytest.param(Actor(ALONG, jitter_px=1.5), "west", id="with boxes that jitter"),
        pytest.param(Actor([(0.0, 150.0, 900.0), (10.0, 390.0, 150.0)]), "west", id="away from it"),
        pytest.param(Actor([(0.0, 480.0, 60.0), (8.0, 900.0, 60.0)], size_wh=(60.0, 50.0)), "north", id="to the side"),
        pytest.param(Actor(ALONG, class_name="car", size_wh=(100.0, 80.0)), "west", id="a car"),
        pytest.param(Actor(ALONG, unseen=[(1.0, 1.5)]), "west", id="hidden for a moment"),
        pytest.param(
            Actor([(0.0, 390.0, 150.0), (4.0, 294.0, 450.0), (8.0, 294.0, 450.0), (14.0, 150.0, 900.0)]),
            "west",
            id="pauses on the way",
        ),
    ],
)
def test_a_ride_along_is_told_once(actor: Actor, zone: str) -> None:
    (event,) = told(actor)
    assert (event.type, event.details["zone"]) == ("on_pavement", zone)
    assert event.media_time_s == pytest.approx(0.2, abs=0.3)
    assert event.details["lasted_s"] >= 2.0
    assert event.details["distance"] >= 1.0


def test_who_parks_on_it_and_goes_on_much_later_is_told_from_then() -> None:
    (event,) = told(Actor([(0.0, 294.0, 450.0), (8.0, 294.0, 450.0), (14.0, 150.0, 900.0)]))
    assert event.media_time_s == pytest.approx(8.5, abs=0.5)


@pytest.mark.parametrize(
    ("actors", "settings"),
    [
        pytest.param([Actor([(0.0, 600.0, 500.0), (8.0, 20.0, 500.0)])], {}, id="across it"),
        pytest.param([Actor([(0.0, 294.0, 450.0), (15.0, 294.0, 450.0)], jitter_px=1.5)], {}, id="parked on it"),
        pytest.param([Actor([(0.0, 520.0, 150.0), (10.0, 330.0, 900.0)])], {}, id="beside it"),
        pytest.param([Actor(ALONG, class_name="person")], {}, id="somebody on foot"),
        pytest.param([Actor(ALONG)], {"classes": ["car"]}, id="a class that nobody watches"),
        pytest.param([Actor(ALONG, confirmed=False)], {}, id="a track that is not believed"),
        pytest.param(
            [Actor([(0.0, 294.0, 450.0), (1.4, 270.0, 525.0), (3.0, 480.0, 540.0), (8.0, 480.0, 900.0)])],
            {},
            id="cuts a corner of it",
        ),
        pytest.param(
            [Actor([(0.0, 390.0, 150.0), (1.5, 354.0, 262.0), (2.6, 180.0, 800.0), (4.0, 150.0, 900.0)],
                   unseen=[(1.5, 2.6)])],
            {},
            id="two vehicles under one track",
        ),
    ],
)  # fmt: skip
def test_this_is_not_told(actors: Sequence[Actor], settings: dict[str, Any]) -> None:
    assert told(*actors, **settings) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"zones": []}, r"zones"), ({"zones": ["wst"]}, "did you mean `west`"), ({"min_s": 0}, r"min_s")],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        engine(junction({**RULE, **settings}, zones={"west": WEST, "north": NORTH}))
