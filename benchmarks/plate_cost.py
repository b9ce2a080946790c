"""What reading plates costs: processor time of a look, and of a vehicle, on the sample video and on real clips.

    python -m benchmarks.plate_cost [--seconds S] [VIDEO ...]

Each video runs through the line of a camera, as `replay` runs it, with `plates` on; counted is the thread's time in
choosing, cutting, finding, reading and voting, all but the decoder, the detector and the tracker. Asserts nothing.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from benchmarks.machine import describe
from camera_pipeline.config import Camera, Config, PlateSettings, RuleEntry
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.observation import Observation
from camera_pipeline.pipeline.compose import build_detector, line_for, load_looker
from camera_pipeline.pipeline.line import CameraLine, detect_where_needed
from camera_pipeline.types import Frame, Tracks

SAMPLE = Path(__file__).resolve().parents[1] / "sample_videos" / "junction.mp4"
SETTINGS = Config(
    cameras=(Camera(id="cost", analyse_fps=7.5, rules=(RuleEntry(kind="sighting"),)),), plates=PlateSettings()
)


@dataclass(slots=True)
class Cost:
    """What one video cost.

    Attributes:
        vehicles: tracks whose plates were followed.
        looked_at: those of them that were looked at.
        looks: looks taken.
        reads: looks in which characters were read.
        spent_s: processor time.
        sightings: passages told.
    """

    vehicles: int = 0
    looked_at: int = 0
    looks: int = 0
    reads: int = 0
    spent_s: float = 0.0
    sightings: int = 0

    def row(self, name: str) -> str:
        """Return a line of the table."""
        ms = 1000 * self.spent_s
        a_sighting, a_look = ms / max(1, self.sightings), ms / max(1, self.looks)
        of_looked = ms / max(1, self.looked_at)
        counts = f"{self.sightings} | {self.looked_at} | {self.looks} | {self.reads}"
        return f"| {name} | {counts} | {a_look:.1f} | {of_looked:.1f} | {a_sighting:.1f} |"


def cost_of(video: Path, seconds: float, detector: Detector, looker: PlateLooker) -> Cost:
    """Run a video, up to so many seconds of it."""
    camera, cost = SETTINGS.cameras[0], Cost()
    line = line_for(detector, SETTINGS, camera, None, looker)
    last: dict[int, tuple[int, int]] = {}
    for frame in RecordedSource(camera, [video]).frames():
        if frame.media_time_s > seconds:
            break
        (found,) = detect_where_needed([frame], {camera.id: line}, detector)
        observation = line.look(frame, found)
        told = _read(line, looker, frame, line.follow(observation), observation, cost)
        last |= told
    cost.sightings += sum(event.type == "sighting" for event in line.close())
    cost.vehicles, cost.looked_at = len(last), sum(looks > 0 for looks, _ in last.values())
    cost.looks, cost.reads = (sum(counts) for counts in zip(*last.values(), strict=True)) if last else (0, 0)
    return cost


def _read(
    line: CameraLine, looker: PlateLooker, frame: Frame, tracks: Tracks, observation: Observation, cost: Cost
) -> dict[int, tuple[int, int]]:
    """Read the plates of a frame, take its time, and return looks and reads of the tracks that are newly known."""
    follower = line.plates
    if follower is None:
        return {}
    began_s = time.thread_time()
    wanted = follower.want(tracks, frame)
    plates = follower.take(wanted, looker.look([want.crop for want in wanted]), frame)
    cost.spent_s += time.thread_time() - began_s
    outcome = line.conclude(replace(observation, plates=plates), tracks)
    cost.sightings += sum(event.type == "sighting" for event in outcome.events)
    return {read.track_id: (read.looks, read.reads) for read in plates}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each video")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    detector, looker = build_detector(SETTINGS), load_looker(PlateSettings())
    print(
        f"{describe()}\n\n| video | sightings | looked at | looks | reads | ms a look | ms looked at | ms a sighting |"
    )
    print("|---|" + "---|" * 7)
    for video in options.videos or [SAMPLE]:
        print(cost_of(video, options.seconds, detector, looker).row(video.stem), flush=True)


if __name__ == "__main__":
    main()
