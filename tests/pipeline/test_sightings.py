"""The sample video's vehicles leave sightings: from its kept trace, and when a service that watches it ends."""

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import av
import pytest
from pydantic import SecretStr

from benchmarks.sightings import Comparison, sample_by_trace
from camera_pipeline.config import Camera, Config, DetectorSettings, PlateSettings, RuleEntry
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.detect.plate_text import PlateReader
from camera_pipeline.pipeline.compose import build_detector, line_for, read_config
from camera_pipeline.pipeline.live import LivePipeline
from camera_pipeline.pipeline.replay import ReplayOutput, replay_footage, replay_trace
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Simulator
from camera_pipeline.types import Event, EventKind
from tests.detect.plate_scenes import QuadFinder
from tests.golden.cases import START
from tests.pipeline.conftest import Collected

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sample_videos"


@pytest.fixture(scope="module")
def compared() -> Comparison:
    """The sightings of the sample video, by its kept trace, beside its vehicles."""
    config = read_config(ROOT / "configs" / "sightings.yaml")
    return sample_by_trace(config, config.camera("junction"))


@pytest.fixture(scope="module")
def sightings(compared: Comparison) -> list[Event]:
    """The same, without whose they are."""
    return [event for events in compared.sightings.values() for event in events]


def test_nearly_every_vehicle_of_the_truth_leaves_one_sighting(compared: Comparison) -> None:
    """Those that do not have tracks that went over to a neighbour, or were hidden for longer than is waited."""
    assert len(compared.counted()) == 94
    assert len(compared.with_sightings(1)) >= 84
    assert len(compared.with_sightings(0)) <= 2
    assert sum(len(events) for events in compared.sightings.values()) <= 104


def test_all_are_sightings_with_ids_of_their_own(sightings: list[Event]) -> None:
    assert {event.kind for event in sightings} == {EventKind.SIGHTING}
    assert len({event.event_id for event in sightings}) == len(sightings)


def test_everybody_whose_crossing_the_truth_tells_left_a_sighting_with_it(sightings: list[Event]) -> None:
    truth = json.loads((SAMPLE / "junction.truth.json").read_text())
    class_of = {vehicle["id"]: vehicle["class"] for vehicle in truth["vehicles"]}
    # The bus fills the picture: its box is completed below its cut edge, and its anchor is seen 4 s late.
    acts = [act for act in truth["acts"] if "anchor_crosses_s" in act and class_of[act["vehicle"]] != "bus"]
    assert len(acts) >= 9
    for act in acts:
        fits = [
            event.subject.class_name
            for event in sightings
            if event.subject and any(_is_at(one, act["anchor_crosses_s"]) for one in _directions(event, "in"))
        ]
        assert class_of[act["vehicle"]] in fits, act


def test_who_went_through_came_in_before(sightings: list[Event]) -> None:
    order = Counter(tuple(one["name"] for one in _directions(event)) for event in sightings)
    assert order["in", "through"] >= 10
    assert not any(names[:2] == ("through", "in") for names in order)


def test_a_service_that_ends_tells_who_is_in_view(detector: Detector) -> None:
    sink = Collected()
    with Simulator([SimulatedCamera(file=SAMPLE / "junction.mp4", path="junction")], port=0) as simulator:
        url = SecretStr(simulator.url("junction"))
        config = Config(cameras=(Camera(id="junction", url=url, analyse_fps=3.0, rules=(RuleEntry(kind="sighting"),)),))

        def make_line(whole: Config, camera: Camera) -> Any:
            return line_for(detector, whole, camera)

        stop = threading.Event()
        frames = []
        with LivePipeline(config, detector=detector, make_line=make_line, sink=sink) as pipeline:
            pipeline.run(stop, lambda frame, _: (frames.append(frame), len(frames) >= 8 and stop.set()))
    told = [event for event in sink.events if event.kind is EventKind.SIGHTING]
    assert told
    assert all(event.details["cut_short"] for event in told if event.media_time_s == frames[-1].media_time_s)


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first five seconds of the sample video."""
    path = tmp_path_factory.mktemp("cut") / "beginning.mp4"
    with av.open(str(SAMPLE / "junction.mp4")) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None and packet.pts * packet.time_base < 5:
                packet.stream = copy
                target.mux(packet)
    return path


@pytest.mark.slow
def test_threads_batches_and_traces_do_not_change_sightings_and_their_plates(beginning: Path, tmp_path: Path) -> None:
    """With both readers at work: a finder without a network, the shipped reader."""
    told = []
    for number, changes in enumerate(({}, {"threads": 2}, {"max_batch": 1})):
        settings = PlateSettings(reader=DetectorSettings(model="plate_text", **changes))
        config = read_config(ROOT / "configs" / "sightings.yaml").model_copy(
            update={"plates": settings, "detector": DetectorSettings(**changes)}
        )
        camera = config.camera("junction")
        looker = PlateLooker(QuadFinder(), PlateReader(settings.reader), version="quads@0")
        output = ReplayOutput(folder=tmp_path / str(number), trace=tmp_path / f"{number}.jsonl.zst")
        replay_footage(config, camera, [beginning], build_detector(config), looker=looker, start=START, output=output)
        again = ReplayOutput(folder=tmp_path / f"again-{number}")
        replay_trace(config, camera, tmp_path / f"{number}.jsonl.zst", output=again)
        told += [(folder / "events.jsonl").read_bytes() for folder in (output.folder, again.folder) if folder]
    assert len(set(told)) == 1
    plates = [json.loads(line)["details"]["plate"] for line in told[0].splitlines()]
    assert sum(plate["looks"] for plate in plates) >= 10


def _directions(event: Event, name: str | None = None) -> list[dict[str, Any]]:
    found: Any = event.details["directions"]
    return [one for one in found if name in (None, one["name"])]


def _is_at(direction: dict[str, Any], at_s: float) -> bool:
    return bool(abs(direction["at_s"] - at_s) <= 0.5)
