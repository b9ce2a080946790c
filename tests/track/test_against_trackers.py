"""Our association against the ByteTrack of Roboflow's `trackers` package, on the same labelled boxes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from camera_pipeline.track.tracker import Tracker

from .scenes import LabelledFrame, simulated_junction, street
from .scoring import NO_TRACK, idf1
from .test_tracker import tracks_of_boxes

MARGIN = 0.01  # of IDF1: what we may be worse at most


def ours(frames: Sequence[LabelledFrame]) -> float:
    tracker = Tracker()
    return idf1(
        frames,
        [tracks_of_boxes(frame.detections, tracker.update(frame.detections, frame.media_time_s)) for frame in frames],
    )


def theirs(frames: Sequence[LabelledFrame], fps: float) -> float:
    """IDF1 of their tracker, with thresholds that suit these boxes better than its own defaults do."""
    trackers = pytest.importorskip("trackers")
    supervision = pytest.importorskip("supervision")
    tracker = trackers.ByteTrackTracker(
        frame_rate=fps,
        lost_track_buffer=60,
        track_activation_threshold=0.4,
        high_conf_det_threshold=0.4,
        minimum_consecutive_frames=1,
    )
    tracked = []
    for frame in frames:
        found = frame.detections
        result = tracker.update(
            supervision.Detections(
                xyxy=found.xyxy,
                confidence=found.confidence,
                class_id=found.class_id,
                data={"row": np.arange(len(found))},
            ),
            timestamp=frame.media_time_s,
        )
        ids = [NO_TRACK] * len(found)
        for row, track in zip(result.data.get("row", ()), result.tracker_id, strict=True):
            ids[int(row)] = int(track)
        tracked.append(ids)
    return idf1(frames, tracked)


@pytest.mark.filterwarnings("ignore")  # their dependencies' own
@pytest.mark.parametrize("fps", [5.0, 10.0])
def test_a_made_street_is_followed_no_worse(fps: float) -> None:
    frames = street(fps=fps)
    assert ours(frames) >= theirs(frames, fps) - MARGIN


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("scenario", "every"), [("violators", 2), ("rush_jam", 1)])
def test_a_simulated_junction_is_followed_no_worse(shared_data: Path, scenario: str, every: int) -> None:
    frames = simulated_junction(shared_data / "traces" / scenario, every=every, until_s=60.0)
    assert ours(frames) >= theirs(frames, 10.0 / every) - MARGIN
