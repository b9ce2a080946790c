"""Vehicles keep their number; time, not frames, decides when they lose it."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from camera_pipeline.track.tracker import Tracker, TrackerSettings
from camera_pipeline.types import Detections, Tracks

from .scenes import CAR, MOTORCYCLE, boxes, street
from .scoring import NO_TRACK, idf1, switches


def box_at(x: float, y: float, *, width: float = 30.0, height: float = 55.0) -> list[float]:
    """A motorbike whose bottom centre is at x, y."""
    return [x - width / 2, y - height, x + width / 2, y]


def ids_of(tracks: Tracks) -> list[int]:
    return [int(track) for track in tracks.track_id]


def run(tracker: Tracker, frames: Iterable[tuple[float, Detections]]) -> list[Tracks]:
    return [tracker.update(detections, time_s) for time_s, detections in frames]


def test_ids_count_from_one_in_the_order_of_the_detections() -> None:
    tracks = Tracker().update(boxes([box_at(100, 300), box_at(500, 300), box_at(900, 300)]), 0.0)
    assert ids_of(tracks) == [1, 2, 3]


def test_an_empty_road_gives_no_tracks() -> None:
    tracks = Tracker().update(Detections.empty(), 0.0)
    assert len(tracks) == 0
    assert tracks.ended == ()


@pytest.mark.parametrize("fps", [2.0, 5.0, 10.0, 25.0])
def test_a_vehicle_keeps_its_number_at_any_frame_rate(fps: float) -> None:
    frames = [(tick / fps, boxes([box_at(50 + 120 * tick / fps, 300)])) for tick in range(int(5 * fps))]
    assert {track for tracks in run(Tracker(), frames) for track in ids_of(tracks)} == {1}


def test_a_fast_motorbike_keeps_its_number_though_its_boxes_never_overlap() -> None:
    frames = [(tick / 5, boxes([box_at(40 + 45 * tick, 300)])) for tick in range(20)]  # 45 px a frame, 30 px wide
    assert {track for tracks in run(Tracker(), frames) for track in ids_of(tracks)} == {1}


def test_a_vehicle_hidden_for_less_than_the_gap_keeps_its_number() -> None:
    seen = [(tick / 10, boxes([box_at(100 + 12 * tick, 300)])) for tick in range(60)]
    hidden = [(time_s, found if not 2.0 < time_s < 3.8 else Detections.empty()) for time_s, found in seen]
    assert ids_of(run(Tracker(), hidden)[-1]) == [1]


def test_a_vehicle_hidden_for_longer_ends_once_and_comes_back_with_a_new_number() -> None:
    seen = [(tick / 10, boxes([box_at(300, 300)])) for tick in range(60)]
    hidden = [(time_s, found if not 2.0 < time_s < 4.5 else Detections.empty()) for time_s, found in seen]
    result = run(Tracker(), hidden)
    assert [track for tracks in result for track in tracks.ended] == [1]
    assert ids_of(result[-1]) == [2]


def test_a_gap_between_frames_counts_like_a_vehicle_that_is_not_seen() -> None:
    tracker = Tracker()
    run(tracker, [(tick / 10, boxes([box_at(300, 300)])) for tick in range(10)])
    after = tracker.update(boxes([box_at(300, 300)]), 10.0)
    assert after.ended == (1,)
    assert ids_of(after) == [2]


def test_a_track_is_confirmed_in_its_third_frame() -> None:
    result = run(Tracker(), [(tick / 5, boxes([box_at(100 + 5 * tick, 300)])) for tick in range(4)])
    assert [bool(tracks.confirmed[0]) for tracks in result] == [False, False, True, True]


def test_an_object_seen_once_is_never_confirmed_and_ends_soon() -> None:
    tracker = Tracker()
    first = tracker.update(boxes([box_at(100, 300)]), 0.0)
    later = run(tracker, [(tick / 5, Detections.empty()) for tick in range(1, 4)])
    assert not first.confirmed[0]
    assert [tracks.ended for tracks in later] == [(), (1,), ()]


def test_weak_detections_keep_a_track_alive_but_begin_none() -> None:
    tracker = Tracker(TrackerSettings(start_confidence=0.35))
    run(tracker, [(tick / 5, boxes([box_at(100, 300)])) for tick in range(5)])
    weak = tracker.update(boxes([box_at(101, 300), box_at(700, 300)], confidence=0.2), 1.0)
    assert ids_of(weak) == [1]


def test_detections_below_the_weak_threshold_are_ignored() -> None:
    tracker = Tracker()
    run(tracker, [(tick / 5, boxes([box_at(100, 300)])) for tick in range(5)])
    assert ids_of(tracker.update(boxes([box_at(100, 300)], confidence=0.04), 1.0)) == []


def test_sure_detections_choose_first() -> None:
    tracker = Tracker(TrackerSettings(start_confidence=0.35))
    run(tracker, [(tick / 5, boxes([box_at(100, 300)])) for tick in range(5)])
    both = tracker.update(boxes([box_at(100, 300), box_at(103, 300)], confidence=[0.2, 0.9]), 1.0)
    assert [(track, round(float(sure), 1)) for track, sure in zip(both.track_id, both.confidence, strict=True)] == [
        (1, 0.9)
    ]


def test_the_class_is_voted_over_the_life_of_a_track() -> None:
    tracker = Tracker()
    run(tracker, [(tick / 5, boxes([box_at(100, 300)], class_id=MOTORCYCLE)) for tick in range(5)])
    mistaken = tracker.update(boxes([box_at(100, 300)], class_id=CAR), 1.0)
    assert mistaken.class_id.tolist() == [MOTORCYCLE]


def test_of_two_tracks_as_near_the_one_of_the_same_class_is_chosen() -> None:
    tracker = Tracker()
    two = boxes([box_at(100, 300), box_at(110, 300)])
    two = Detections(xyxy=two.xyxy, confidence=two.confidence, class_id=np.array([CAR, MOTORCYCLE], np.int64))
    run(tracker, [(tick / 5, two) for tick in range(5)])
    assert ids_of(tracker.update(boxes([box_at(104.9, 300)], class_id=MOTORCYCLE), 1.0)) == [2]


def test_a_box_that_loses_its_lower_half_behind_others_keeps_number_and_place() -> None:
    tracker = Tracker()
    whole, half = boxes([box_at(300, 400)]), boxes([[285, 345, 315, 372]])
    run(tracker, [(tick / 10, whole) for tick in range(20)])
    cut = tracker.update(half, 2.0)
    assert ids_of(cut) == [1]
    assert abs(float(cut.xyxy[0, 3]) - 400) < 8  # the anchor hardly moves


def test_two_vehicles_that_cross_keep_their_numbers() -> None:
    frames = [(tick / 10, boxes([box_at(100 + 9 * tick, 300), box_at(640 - 9 * tick, 330)])) for tick in range(60)]
    result = run(Tracker(), frames)
    assert all(ids_of(tracks) == [1, 2] for tracks in result)


def test_a_new_session_counts_from_one_again() -> None:
    tracker = Tracker()
    tracker.update(boxes([box_at(100, 300), box_at(500, 300)]), 7.0)
    tracker.reset()
    again = tracker.update(boxes([box_at(100, 300)]), 0.0)
    assert ids_of(again) == [1]
    assert again.ended == ()


@pytest.mark.parametrize("second_s", [1.0, 0.5])
def test_time_that_does_not_grow_is_refused(second_s: float) -> None:
    tracker = Tracker()
    tracker.update(boxes([box_at(100, 300)]), 1.0)
    with pytest.raises(ValueError, match="media time must grow"):
        tracker.update(boxes([box_at(100, 300)]), second_s)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError):
        TrackerSettings.model_validate({"max_age": 30})


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), fps=st.sampled_from([3.0, 5.0, 12.5]))
def test_ids_are_unique_never_reused_and_end_exactly_once(seed: int, fps: float) -> None:
    tracker = Tracker()
    alive: set[int] = set()
    ended: set[int] = set()
    highest = 0
    for frame in street(fps=fps, duration_s=4.0, vehicles=15, seed=seed):
        tracks = tracker.update(frame.detections, frame.media_time_s)
        ids = ids_of(tracks)
        assert len(set(ids)) == len(ids)
        assert (tracks.xyxy[:, :2] <= tracks.xyxy[:, 2:]).all()
        assert not ended.intersection(ids)
        assert set(tracks.ended) <= alive
        new = set(ids) - alive
        assert all(track > highest for track in new)
        highest = max([highest, *ids])
        ended |= set(tracks.ended)
        alive = (alive | set(ids)) - ended


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_same_input_gives_the_same_output_to_the_bit(seed: int) -> None:
    frames = street(fps=5.0, duration_s=3.0, vehicles=20, seed=seed)
    once, again = (run(Tracker(), [(frame.media_time_s, frame.detections) for frame in frames]) for _ in range(2))
    for left, right in zip(once, again, strict=True):
        assert left.xyxy.tobytes() == right.xyxy.tobytes()
        assert left.track_id.tolist() == right.track_id.tolist()


@pytest.mark.parametrize("fps", [5.0, 10.0])
def test_a_busy_street_is_followed_almost_without_error(fps: float) -> None:
    frames = street(fps=fps)
    tracker = Tracker()
    tracked = [
        tracks_of_boxes(frame.detections, tracker.update(frame.detections, frame.media_time_s)) for frame in frames
    ]
    assert idf1(frames, tracked) > 0.93
    assert switches(frames, tracked) <= 12


def tracks_of_boxes(detections: Detections, tracks: Tracks) -> Sequence[int]:
    """Return for each detection the confirmed track that it belongs to; tracks come in the order of detections."""
    result = []
    rows = iter(zip(tracks.confidence, tracks.track_id, tracks.confirmed, strict=True))
    row = next(rows, None)
    for confidence in detections.confidence:
        if row is not None and row[0] == confidence:
            result.append(int(row[1]) if row[2] else NO_TRACK)
            row = next(rows, None)
        else:
            result.append(NO_TRACK)
    return result
