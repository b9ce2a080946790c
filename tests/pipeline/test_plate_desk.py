"""Plates between tracker and rules: all cameras in one batch, and the same for each camera as if it were alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from camera_pipeline.config import Camera, Config, PlateSettings, RuleEntry
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.detect.plate_text import PlateReader
from camera_pipeline.events.record import to_json
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.compose import config_digest, line_for, looks_a_camera, models_of
from camera_pipeline.pipeline.line import CameraLine
from camera_pipeline.pipeline.plate_desk import Seen, advance
from camera_pipeline.trace_format import TraceHeader, frame_from_json, frame_to_json
from camera_pipeline.types import Damage, Detections, Event, Frame
from tests.detect.plate_scenes import LONG, MOTORBIKE, Image, QuadFinder, frame, plate_picture, road, vehicle

CAR = plate_picture(("51G-543.21",), LONG)
RIDER = plate_picture(("59-X1", "123.45"), MOTORBIKE)
SIGHTING = RuleEntry(kind="sighting", min_s=0.0)


@pytest.fixture(scope="module")
def looker() -> PlateLooker:
    return PlateLooker(QuadFinder(), PlateReader(), version="quads@0 plate_text@0")


def config(*names: str, plates: PlateSettings | None = PlateSettings(), **changes: object) -> Config:  # noqa: B008
    cameras = tuple(Camera(id=name, rules=(SIGHTING,), **changes) for name in names)
    return Config(cameras=cameras, plates=plates)


@dataclass(frozen=True)
class Drive:
    """A vehicle that comes down the picture of a camera."""

    camera_id: str
    plate: Image | None
    name: str
    damaged: Sequence[int] = ()

    def look(self, index: int, line: CameraLine, detector: Detector) -> Seen:
        image = road()
        wide, share = (200, 0.45) if self.name == "car" else (120, 0.6)
        box = vehicle(image, (200, 20 + 30 * index, 200 + wide, 170 + 30 * index), self.plate, share)
        seen = frame(index, image, camera_id=self.camera_id)
        if index in self.damaged:
            seen = damaged(seen)
        found = Detections(
            xyxy=np.array([box], np.float32),
            confidence=np.array([0.9], np.float32),
            class_id=np.array([detector.class_names.index(self.name)], np.int64),
        )
        return Seen(seen, line.look(seen, found if seen.damage is None else None), line)


def damaged(seen: Frame) -> Frame:
    fields = {name: getattr(seen, name) for name in Frame.__slots__}
    return Frame(**{**fields, "damage": Damage.GREY})


def run(
    drives: Sequence[Drive], looker: PlateLooker | None, detector: Detector, *, together: bool = True, frames: int = 12
) -> dict[str, list[Event]]:
    """Return each camera's events."""
    whole = config(*(drive.camera_id for drive in drives), plates=PlateSettings() if looker is not None else None)
    lines = {camera.id: line_for(detector, whole, camera, looker=looker) for camera in whole.cameras}
    told: dict[str, list[Event]] = {name: [] for name in lines}
    for index in range(frames):
        seen = [drive.look(index, lines[drive.camera_id], detector) for drive in drives]
        for group in [seen] if together else [[one] for one in seen]:
            for one, outcome in zip(group, advance(group, looker), strict=True):
                told[one.frame.camera_id] += outcome.events
    for name, line in lines.items():
        told[name] += line.close()
    return told


BOTH = (Drive("gate-a", CAR, "car"), Drive("gate-b", RIDER, "motorcycle"))


def test_every_camera_reads_its_own_vehicles(looker: PlateLooker, detector: Detector) -> None:
    told = run(BOTH, looker, detector)
    plates = {name: [event.details["plate"]["text"] for event in events] for name, events in told.items()}  # type: ignore[index]
    assert plates == {"gate-a": ["51G54321"], "gate-b": ["59X112345"]}
    assert {event.versions.model for events in told.values() for event in events} == {
        f"{detector.version} quads@0 plate_text@0"
    }


def test_what_a_camera_tells_does_not_depend_on_who_is_in_the_batch(looker: PlateLooker, detector: Detector) -> None:
    together, apart = run(BOTH, looker, detector), run(BOTH, looker, detector, together=False)
    assert [to_json(event) for events in together.values() for event in events] == [
        to_json(event) for events in apart.values() for event in events
    ]


def test_without_a_looker_nothing_is_read_and_the_sighting_says_so(detector: Detector) -> None:
    (event,) = run(BOTH[:1], None, detector)["gate-a"]
    plate = event.details["plate"]
    assert (plate["text"], plate["reason"]) == (None, "nobody looked for its plate")  # type: ignore[index]


def test_damaged_pictures_are_not_looked_at(looker: PlateLooker, detector: Detector) -> None:
    (event,) = run([Drive("gate-a", CAR, "car", damaged=range(4, 12))], looker, detector)["gate-a"]
    assert event.details["plate"]["looks"] <= 2  # type: ignore[index]


def test_a_trace_with_the_reads_gives_the_same_events(looker: PlateLooker, detector: Detector) -> None:
    whole = config("gate-a")
    live, again = (line_for(detector, whole, whole.cameras[0], looker=looker) for _ in range(2))
    header: TraceHeader | None = None
    told: list[list[Event]] = [[], []]
    for index in range(12):
        one = BOTH[0].look(index, live, detector)
        header = header or TraceHeader(
            camera_id="gate-a",
            frame_wh=(640, 480),
            class_names=tuple(detector.class_names),
            start=one.frame.captured_at,
            fps=5.0,
            clock=one.frame.clock,
        )
        (outcome,) = advance([one], looker)
        told[0] += outcome.events
        told[1] += again.advance(frame_from_json(frame_to_json(outcome.observation, header), header, index)).events
    told[0] += live.close()
    told[1] += again.close()
    assert told[0] == told[1]
    assert told[0]


def test_the_picture_of_the_main_stream_is_cut_where_detection_runs_on_a_substream(
    looker: PlateLooker, detector: Detector
) -> None:
    """The analysed picture is a third as large; only the main stream shows the plate."""
    whole = config("gate-a", substream_url="rtsp://192.0.2.1/sub")
    line = line_for(detector, whole, whole.cameras[0], looker=looker)
    fetched = []
    for index in range(9):
        large = road()
        box = vehicle(large, (200, 20 + 25 * index, 320, 240 + 25 * index), RIDER, 0.5)
        seen = frame(index, Picture.from_bgr(large).bgr(213, 160), camera_id="gate-a")
        found = Detections(
            xyxy=np.array([box], np.float32) / 3,
            confidence=np.array([0.9], np.float32),
            class_id=np.array([detector.class_names.index("motorcycle")], np.int64),
        )

        def native(asked: Frame, large: Image = large) -> Picture:
            fetched.append(asked.index)
            return Picture.from_bgr(large)

        advance([Seen(seen, line.look(seen, found), line, native)], looker)
    (event,) = line.close()
    assert event.details["plate"]["text"] == "59X112345"  # type: ignore[index]
    assert event.details["best_view"]["frame_wh"] == [640, 480]  # type: ignore[index]
    assert fetched == [2, 8]  # once it is believed, and at most once a second


def test_plates_change_the_digest_and_what_costs_nothing_does_not() -> None:
    def digest(plates: PlateSettings | None, *names: str) -> str:
        whole = config(*names, plates=plates)
        return config_digest(whole, whole.cameras[0])

    plain, read = digest(None, "a"), digest(PlateSettings(), "a")
    assert plain == digest(None, "a", "b")
    assert (
        len({plain, read, digest(PlateSettings(character_confidence=0.5), "a"), digest(PlateSettings(), "a", "b")}) == 4
    )
    assert read == digest(PlateSettings(reader={"model": "plate_text", "threads": 2, "max_batch": 3}), "a")


def test_cameras_share_the_looks_evenly(detector: Detector, looker: PlateLooker) -> None:
    assert looks_a_camera(config("a", "b", "c", "d", plates=PlateSettings(looks_per_s=10.0))) == 2.5
    assert models_of(detector, config("a").cameras[0]) == detector.version
    assert models_of(detector, config("a").cameras[0], looker=looker) == f"{detector.version} {looker.version}"


def test_looks_are_counted(looker: PlateLooker, detector: Detector) -> None:
    whole = config("gate-a", plates=PlateSettings(looks_per_s=0.4))
    line = line_for(detector, whole, whole.cameras[0], looker=looker)
    for index in range(12):
        advance([BOTH[0].look(index, line, detector)], looker)
    taken, refused = line.looks
    assert taken == 1
    assert refused >= 2
    assert line_for(detector, config("gate-a", plates=None), whole.cameras[0]).looks == (0, 0)
