"""Hold sightings against vehicles that are known: does every vehicle leave exactly one, and with whose plate?

    python -m benchmarks.sightings [--video FOLDER] [--list] [FOLDER ...]

The sample video by its kept trace, or with `--video` by its pictures, plates and all; each FOLDER is a simulated trace
with its truth. A vehicle counts when it is in clear sight (half of it, `LEAST_PX` high) for `LEAST_S`. A sighting is
of the vehicle on which its tracks lay in most frames. Asserts nothing.
"""

import argparse
import bisect
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rules import run
from benchmarks.trace_truth import read_scenario
from camera_pipeline.config import Camera, Config
from camera_pipeline.geometry import overlap
from camera_pipeline.pipeline.compose import build_detector, build_looker, line_of_trace, read_config
from camera_pipeline.pipeline.replay import ReplayOutput, replay_footage
from camera_pipeline.trace import Trace
from camera_pipeline.types import Event, Tracks

ROOT = Path(__file__).resolve().parents[1]
SAMPLE, CONFIG = ROOT / "sample_videos", ROOT / "configs" / "sightings.yaml"
KEPT_TRACE = ROOT / "tests" / "golden" / "junction.trace.jsonl.zst"
LEAST_S, LEAST_PX, LEAST_VISIBLE = 1.0, 24.0, 0.5
LEAST_IOU = 0.3  # of a track's box with a true one
VEHICLES = frozenset({"bicycle", "car", "motorcycle", "bus", "truck"})


@dataclass(slots=True)
class Known:
    """A vehicle of the truth: its class, its plate where it is known, and for how long it is in clear sight."""

    class_name: str
    plate: str | None = None
    clear_s: float = 0.0


@dataclass(slots=True)
class Comparison:
    """Sightings beside true vehicles.

    Attributes:
        vehicles: the true vehicles by id.
        sightings: those of each vehicle; of None those that are nobody's.
    """

    vehicles: Mapping[str, Known]
    sightings: dict[str | None, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def counted(self) -> list[str]:
        """Return the vehicles that must leave a sighting: in clear sight for long enough."""
        return [name for name, known in self.vehicles.items() if known.clear_s >= LEAST_S]

    def with_sightings(self, count: int) -> list[str]:
        """Return the counted vehicles with so many sightings."""
        return [name for name in self.counted() if len(self.sightings.get(name, ())) == count]

    def plates(self) -> Counter[str]:
        """Count sightings by what they say of the plate: right, wrong, or unread."""
        told: Counter[str] = Counter()
        for name, events in self.sightings.items():
            true = self.vehicles[name].plate if name in self.vehicles else None
            for event in events:
                text = _plate_of(event)
                told["unread" if text is None else "right" if text == true else "wrong"] += 1
        return told

    def lines(self, *, everyone: bool = False) -> Iterator[str]:
        """Yield the figures, and with `everyone` what did not go as it should."""
        counted, one = self.counted(), self.with_sightings(1)
        total = sum(len(events) for events in self.sightings.values())
        more = [name for name in counted if len(self.sightings.get(name, ())) > 1]
        yield (
            f"{len(counted)} vehicles, {total} sightings: {len(one)} leave one, {len(more)} more than one, "
            f"{len(counted) - len(one) - len(more)} none; {len(self.sightings.get(None, ()))} are nobody's"
        )
        yield "plates: " + ", ".join(f"{self.plates()[verdict]} {verdict}" for verdict in ("right", "wrong", "unread"))
        if everyone:
            for name in (*more, *self.with_sightings(0), None):
                yield f"  {name or 'nobody'}"
                yield from (f"    {_shown(event)}" for event in self.sightings.get(name, ()))


def compare(
    events: Iterable[Event], vehicles: Mapping[str, Known], owners: Mapping[int, Counter[str | None]]
) -> Comparison:
    """Give every sighting to the vehicle on which its tracks lay most.

    Args:
        events: of a camera.
        vehicles: the true ones by id.
        owners: for each track id, in how many frames it lay on which true vehicle.
    """
    result = Comparison(vehicles)
    for event in events:
        if event.type == "sighting":
            tracks: Any = event.details["track"]
            lay: Counter[str | None] = sum((owners.get(one, Counter()) for one in tracks["tracks"]), Counter())
            result.sightings[max(lay, key=lambda name: (lay[name], str(name)), default=None)].append(event)
    return result


class TrueBoxes:
    """Where the vehicles of the sample video are.

    Attributes:
        vehicles: by id.
        owners: for each track id, in how many frames it lay on which vehicle.
    """

    def __init__(self, folder: Path = SAMPLE) -> None:
        truth = json.loads((folder / "junction.truth.json").read_text())
        self.vehicles = {
            one["id"]: Known(one["class"], (one.get("plate") or {}).get("text"))
            for one in truth["vehicles"]
            if one["class"] in VEHICLES
        }
        self.owners: dict[int, Counter[str | None]] = defaultdict(Counter)
        with gzip.open(folder / "junction.boxes.jsonl.gz", "rt") as file:
            self._frames = [json.loads(line) for line in file]
        self._times = [frame["time_s"] for frame in self._frames]
        for frame in self._frames:
            for name, _, _, y0, _, y1, visible in self._boxes(frame):
                clear = visible >= LEAST_VISIBLE and y1 - y0 >= LEAST_PX
                self.vehicles[name].clear_s += clear / truth["video"]["fps"]

    def note(self, tracks: Tracks, media_time_s: float, frame_wh: tuple[int, int]) -> None:
        """Remember which vehicles the tracks of a frame lie on."""
        boxes = self._boxes(
            self._frames[min(bisect.bisect_left(self._times, media_time_s - 0.02), len(self._times) - 1)]
        )
        edges = np.array([box[2:6] for box in boxes], np.float64).reshape(-1, 4)
        seen = np.clip(tracks.xyxy, 0, [*frame_wh, *frame_wh])
        for track_id, xyxy in zip(tracks.track_id.tolist(), seen, strict=True):
            shared = overlap(xyxy, edges)
            best = int(shared.argmax()) if len(shared) else -1
            self.owners[track_id][boxes[best][0] if best >= 0 and shared[best] >= LEAST_IOU else None] += 1

    def _boxes(self, frame: dict[str, Any]) -> list[Any]:
        return [box for box in frame["boxes"] if box[0] in self.vehicles]


def sample_by_trace(config: Config, camera: Camera, trace: Path = KEPT_TRACE) -> Comparison:
    """Compare the sightings of the sample video's trace."""
    recorded, truth = Trace(trace), TrueBoxes()
    line, events = line_of_trace(config, camera, recorded.header), []
    for observation in recorded:
        outcome = line.advance(observation)
        truth.note(outcome.tracks, observation.media_time_s, observation.frame_wh)
        events += outcome.events
    return compare([*events, *line.close()], truth.vehicles, truth.owners)


def sample_by_video(config: Config, camera: Camera, folder: Path) -> Comparison:
    """Compare the sightings of the sample video itself: detector, finder and reader at work."""
    trace = folder / "sample.trace.jsonl.zst"
    footage, output = [SAMPLE / "junction.mp4"], ReplayOutput(trace=trace)
    replay_footage(config, camera, footage, build_detector(config), looker=build_looker(config), output=output)
    return sample_by_trace(config, camera, trace)


def simulated(folder: Path, every: int) -> Comparison:
    """Compare the sightings of a simulated trace."""
    scenario = read_scenario(folder, every=every)
    events, _ = run(scenario, ("sighting",), true_tracks=False)
    vehicles = {one["id"]: Known(one["class"]) for one in scenario.truth["vehicles"]}
    owners: dict[int, Counter[str | None]] = defaultdict(Counter)
    for before, frame in zip(scenario.frames, scenario.frames[1:], strict=False):
        heights = frame.detections.xyxy[:, 3] - frame.detections.xyxy[:, 1]
        for name, height_px in zip(frame.vehicles, heights.tolist(), strict=True):
            if name is not None and height_px >= LEAST_PX:
                vehicles[name].clear_s += frame.media_time_s - before.media_time_s
        for track_id, name in frame.vehicle_of_track.items():
            owners[track_id][name] += 1
    return compare(events, vehicles, owners)


def _plate_of(event: Event) -> str | None:
    plate: Any = event.details["plate"]
    text: str | None = plate["text"]
    return text


def _shown(event: Event) -> str:
    details: Any = event.details
    track, view = details["track"], [round(edge) for edge in details["best_view"]["xyxy"]]
    subject = event.subject
    what, last = (subject.class_name, [round(edge) for edge in subject.xyxy]) if subject else ("", [])
    return (
        f"{what} {details['entered_s']:.1f}..{event.media_time_s:.1f} s, {track['frames']} frames, "
        f"tracks {track['tracks']}, best {view}, last {last}, {_plate_of(event) or details['plate']['reason']}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="simulated traces with truth")
    parser.add_argument("--every", type=int, default=1, help="look at every n-th frame of these only")
    parser.add_argument("--video", type=Path, metavar="FOLDER", help="run the sample video; its trace is left there")
    parser.add_argument("--list", action="store_true", help="list what did not go as it should")
    options = parser.parse_args(arguments)
    config = read_config(CONFIG)
    camera = config.camera("junction")
    sample = sample_by_video(config, camera, options.video) if options.video else sample_by_trace(config, camera)
    print("\n".join(("sample video", *sample.lines(everyone=options.list))), flush=True)
    for folder in options.folders:
        if folder.is_dir():
            print("\n".join((folder.name, *simulated(folder, options.every).lines(everyone=options.list))), flush=True)


if __name__ == "__main__":
    main()
