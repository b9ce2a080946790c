"""Follows every vehicle that crosses a stop line on red until it is known what it did; for `red_light`, `stop_line`.

Vehicles that crossed on green or amber are none of its business, however long they then wait in the junction.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.events.history import Histories, Path, Vehicles
from camera_pipeline.events.rule import Rule
from camera_pipeline.events.rules.junction import END_SLACK, Junction, Step
from camera_pipeline.events.rules.signal_crossing import Passage, SignalCrossingSettings
from camera_pipeline.events.rules.signal_log import SignalLog, Span
from camera_pipeline.geometry import box_points, interpolate
from camera_pipeline.types import Scene, SignalState

Float = NDArray[np.float64]

MAX_GAP_S = 2.0
"""A vehicle unseen for longer around the line crossed at no known moment."""
SURE_GAP_S = 0.5
"""Up to here the interpolated moment is good; above, the light must have been red all the while."""
BEYOND = 0.08
"""Box heights beyond the line that a vehicle must reach on red: some 0.15 m, eight times the jitter of boxes."""
STANDING_PACE = 0.12
"""Box heights a second; slower stands. Some 0.2 m/s; ten times the error of a fitted velocity."""
TOP_SHARE = 0.25
"""A vehicle that moves takes its roof along. Below a camera higher than 1.3 times the vehicle the roof moves at least
so much of what the wheels move; less means that the lower edge only came out from behind another vehicle."""
PROOF_S = 1.0
"""Evidence is looked for so long before and after the line."""
LOST_DEPTH = 0.5
"""Of the way from stop line to proceed line: whoever was lost beyond went through."""
TURN_WAIT_S = 2.0
"""A wide right turn may touch the proceed line before it leaves; so long we wait for it."""
TURN_SWING_DEG = 25.0
"""A straight way on the road is straight in the picture; a heading that swings further from that at the entry to the
junction is a turn, ..."""
TURN_OFF_DEG = 40.0
"""... if it has also turned so far from straight across the line; perspective alone bends outer lanes by some 25°."""


class CrossingWatch:
    """Passages of one line.

    Args:
        rule: the rule that asks.
    """

    def __init__(self, rule: Rule[SignalCrossingSettings]) -> None:
        self._rule = rule
        self._settings = rule.settings
        self._turn_is_free = self._settings.right_on_red and self._settings.right_turn_line is not None
        self.reset()

    def reset(self) -> None:
        """Forget everything: a new session, or a picture of another size."""
        self._log = SignalLog()
        self._passages: dict[int, Passage] = {}
        self._junction: Junction | None = None

    def __len__(self) -> int:
        return len(self._passages)

    def update(self, scene: Scene, histories: Histories) -> Iterator[tuple[int, Passage]]:
        """Return vehicles (by key) of which it is now known what they did, with their passages."""
        self._log.add(scene.media_time_s, scene.signals.get(self._settings.signal, SignalState.UNKNOWN))
        self._junction = junction = self._junction or self._drawn(scene.frame_wh)
        vehicles = histories.now
        fronts = junction.fronts(vehicles.xyxy)
        before = junction.fronts(vehicles.previous_xyxy)
        self._notice(junction, vehicles, before, fronts, scene.media_time_s)
        rows = [row for row, key in enumerate(vehicles.key.tolist()) if key in self._passages] if self._passages else []
        steps = junction.steps(before[rows], fronts[rows], vehicles.height_px[rows]) if rows else []
        for row, step in zip(rows, steps, strict=True):
            self._follow(histories, row, step, scene.media_time_s)
        yield from self._decided(scene.media_time_s, histories.ended)

    def _drawn(self, frame_wh: tuple[int, int]) -> Junction:
        settings = self._settings
        return Junction.of(
            self._rule.camera,
            frame_wh,
            line=settings.line,
            proceed_line=settings.proceed_line,
            entry_line=settings.entry_line,
            turn_line=settings.right_turn_line,
            front=settings.anchor,
        )

    def _notice(self, junction: Junction, vehicles: Vehicles, before: Float, fronts: Float, now_s: float) -> None:
        """Begin a passage for each vehicle that has just crossed on red; jitter on the line begins it anew."""
        beyond = junction.line.distance_px(fronts) >= 0
        rows = np.flatnonzero(beyond & (now_s - vehicles.previous_s <= MAX_GAP_S) & self._rule.watched(vehicles))
        if len(rows) == 0:
            return
        crossed = junction.line.crossing(before[rows], fronts[rows], END_SLACK * vehicles.height_px[rows])
        for row, share in zip(rows.tolist(), crossed.tolist(), strict=True):
            if math.isnan(share):
                continue
            key = int(vehicles.key[row])
            if key in self._passages and self._passages[key].believed:
                continue
            self._passages.pop(key, None)
            before_s = float(vehicles.previous_s[row])
            crossed_s = interpolate(before_s, now_s, share)
            red = self._red_at(before_s, now_s, crossed_s)
            if red is None:
                continue
            box = vehicles.previous_xyxy[row] + (vehicles.xyxy[row] - vehicles.previous_xyxy[row]) * share
            left, top, right, bottom = box.tolist()
            subject = replace(self._rule.subject(vehicles, row), xyxy=(left, top, right, bottom))
            place = junction.fraction(before[row] + (fronts[row] - before[row]) * share)
            self._passages[key] = Passage(subject, (before_s, now_s), crossed_s, place, red, seen_s=now_s)

    def _red_at(self, before_s: float, after_s: float, crossed_s: float) -> Span | None:
        """Return the red span of a crossing, if red had been shown for long enough.

        Where the vehicle was out of sight, the light must have been red at any moment at which it may have crossed.
        """
        gap_s = after_s - before_s
        if gap_s <= SURE_GAP_S:
            red, earliest_s = self._log.red_over(before_s, after_s), crossed_s
        else:
            red, earliest_s = self._log.red_over(before_s, min(after_s, crossed_s + gap_s / 2)), before_s
        return red if red is not None and earliest_s >= red.first_s + self._settings.grace_s else None

    def _follow(self, histories: Histories, row: int, step: Step, now_s: float) -> None:
        key = int(histories.now.key[row])
        passage = self._passages[key]
        if not self._is_credible(passage, step.beyond, histories, key) or (step.turned and self._turn_is_free):
            del self._passages[key]
            return
        self._note_progress(passage, histories.now, row, step, now_s)
        if passage.proceeded_s is None and (step.turned or step.proceeded):
            passage.proceeded_s = now_s

    def _is_credible(self, passage: Passage, beyond: float, histories: Histories, key: int) -> bool:
        """Whether the vehicle is (still) beyond the line, and came there on red; gathers the evidence."""
        if passage.believed:
            return beyond > -BEYOND
        passage.points += 1
        is_red = self._log.state is SignalState.RED
        passage.reached |= beyond >= BEYOND and (is_red or passage.points == 1)  # the first frame shows the crossing
        if beyond < 0 or not (passage.reached or is_red):
            return False
        if passage.reached and passage.points >= self._settings.min_points:
            junction = self._junction
            path, least = histories.path(key), self._settings.min_points
            passage.believed = junction is not None and _has_moved_across(passage, junction, path, least)
            return passage.believed
        return True

    def _note_progress(self, passage: Passage, vehicles: Vehicles, row: int, step: Step, now_s: float) -> None:
        passage.depth = step.depth
        left, top, right, _ = vehicles.xyxy[row].tolist()
        passage.roof = ((left + right) / 2, top)
        passage.roof_velocity = tuple(vehicles.roof_velocity[row].tolist())
        if self._log.state is SignalState.GREEN and passage.released_s is None:
            passage.released_s = now_s
        past_entry = step.depth >= self._settings.entry_fraction if step.is_past_entry is None else step.is_past_entry
        if passage.entry_phase is None and past_entry:
            passage.entry_phase, passage.entry_roof = self._log.state, passage.roof
        if passage.entry_phase is None and vehicles.pace[row] < STANDING_PACE:
            passage.stood_s += now_s - passage.seen_s
            passage.stood_last_s = now_s
        passage.seen_s = now_s

    def _decided(self, now_s: float, ended: tuple[int, ...]) -> Iterator[tuple[int, Passage]]:
        wait_s = TURN_WAIT_S if self._turn_is_free else 0.0
        gone = [key for key in ended if key in self._passages]
        through = [
            key
            for key, passage in self._passages.items()
            if passage.proceeded_s is not None and now_s - passage.proceeded_s >= wait_s
        ]
        for key in dict.fromkeys(through + gone):
            passage = self._passages.pop(key)
            lasted = passage.red.last_s >= passage.crossed_s + self._settings.grace_s
            if passage.believed and lasted and self._went_on(passage):
                yield key, passage

    def _went_on(self, passage: Passage) -> bool:
        """Whether the vehicle has gone through, or was lost when it had done something that counts."""
        if self._turn_is_free and self._was_turning(passage):
            return False
        if passage.proceeded_s is not None:
            return True
        if self._turn_is_free and passage.waited:
            return False
        return passage.depth >= LOST_DEPTH or passage.waited

    def _was_turning(self, passage: Passage) -> bool:
        """Whether the vehicle's heading has swung towards the right turn line; one going straight keeps its own."""
        junction = self._junction
        if junction is None or junction.turn is None or passage.entry_roof is None:
            return False
        start = box_points([passage.subject.xyxy], 0.5, 0.0)[0]
        across = junction.line.normal.mean(axis=0)
        side = np.sign(_angle_deg(across, junction.turn.start.mean(axis=0) - start))
        velocity = np.nan_to_num(np.array(passage.roof_velocity))
        swing_deg = side * _angle_deg(np.array(passage.entry_roof) - start, velocity)
        off_deg = side * _angle_deg(across, velocity)
        return bool(swing_deg > TURN_SWING_DEG and off_deg > TURN_OFF_DEG)


def _angle_deg(first: Float, second: Float) -> float:
    """Return the signed angle from one vector (2,) to another."""
    return float(np.degrees(np.arctan2(first[0] * second[1] - first[1] * second[0], first @ second)))


def _has_moved_across(passage: Passage, junction: Junction, path: Path, min_points: int) -> bool:
    """Whether the vehicle as a whole came from before the line, seen there often enough."""
    fronts = junction.fronts(path.xyxy)
    earlier, later = path.times_s <= passage.between_s[0], path.times_s >= passage.between_s[1]
    seen_before = np.count_nonzero(earlier & (junction.line.distance_px(fronts) < 0))
    close = earlier & (path.times_s >= passage.between_s[0] - PROOF_S)
    if seen_before < min_points or not later.any():
        return False
    tops = np.stack([(path.xyxy[:, 0] + path.xyxy[:, 2]) / 2, path.xyxy[:, 1]], axis=1)
    front_px, top_px = (
        float((points[later].mean(axis=0) - points[close].mean(axis=0)) @ junction.line.normal.mean(axis=0))
        for points in (fronts, tops)
    )
    return top_px >= TOP_SHARE * front_px
