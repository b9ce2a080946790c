"""Batches over cameras: nobody waits for a stalled one, everybody gets a turn, and every lost frame is counted."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.batcher import MAX_WINDOW_S, MIN_WINDOW_S, STALE_S, Batch, Batcher
from camera_pipeline.types import Frame, LinkChange, LinkState

from .networks import frame_of, plain_picture

PICTURE = plain_picture(16, 16)
FULL_S = 0.2


class ManualClock:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.time_s = 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time_s, UTC)

    def monotonic_s(self) -> float:
        return self.time_s


class Box:
    """A mailbox that nobody else fills."""

    def __init__(self, camera_id: str, clock: ManualClock) -> None:
        self.camera_id, self._clock = camera_id, clock
        self.items: deque[Frame | LinkChange] = deque()
        self.dropped = 0
        self._next = 0

    def put_frame(self, *, age_s: float = 0.0) -> None:
        received_s = self._clock.time_s - age_s
        self.items.append(frame_of(PICTURE, camera_id=self.camera_id, index=self._next, received_s=received_s))
        self._next += 1

    def put_change(self, state: LinkState) -> None:
        now = self._clock.now()
        self.items.append(LinkChange(camera_id=self.camera_id, session=1, state=state, at=now))

    def take(self) -> Frame | LinkChange | None:
        return self.items.popleft() if self.items else None

    def waiting(self) -> bool:
        return bool(self.items)

    def take_dropped(self) -> int:
        dropped, self.dropped = self.dropped, 0
        return dropped


class Bell:
    """Waiting moves the clock; what is planned for that time happens then."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.planned: list[tuple[float, Callable[[], None]]] = []

    def plan(self, after_s: float, act: Callable[[], None]) -> None:
        self.planned.append((self._clock.time_s + after_s, act))
        self.planned.sort(key=lambda entry: entry[0])

    def wait(self, timeout_s: float) -> bool:
        until_s = self._clock.time_s + timeout_s
        if not self.planned or self.planned[0][0] > until_s:
            self._clock.time_s = until_s
            return False
        self._clock.time_s, act = self.planned.pop(0)
        act()
        return True


class Rig:
    """A batcher over some cameras, with all time in the test's hands."""

    def __init__(self, cameras: int, *, max_batch: int = 8, lossless: bool = False) -> None:
        self.clock = ManualClock()
        self.bell = Bell(self.clock)
        self.boxes = [Box(f"cam{index}", self.clock) for index in range(cameras)]
        self.batcher = Batcher(self.boxes, self.bell, max_batch=max_batch, lossless=lossless, clock=self.clock)

    def collect(self, timeout_s: float = FULL_S) -> Batch:
        return self.batcher.collect(timeout_s)


def cameras(batch: Batch) -> list[str]:
    return [item.camera_id for item in batch.items if isinstance(item, Frame)]


def test_nothing_comes_of_nothing_after_the_timeout() -> None:
    rig = Rig(3)
    assert rig.collect() == Batch((), {})
    assert rig.clock.time_s == pytest.approx(100.0 + FULL_S)


def test_no_camera_at_all_is_no_trouble() -> None:
    assert Rig(0).collect() == Batch((), {})


def test_when_every_camera_has_a_frame_nobody_waits() -> None:
    rig = Rig(3)
    for box in rig.boxes:
        box.put_frame()
    assert cameras(rig.collect()) == ["cam0", "cam1", "cam2"]
    assert rig.clock.time_s == 100.0


def test_a_stalled_camera_costs_the_others_one_window() -> None:
    rig = Rig(3)
    rig.boxes[0].put_frame()
    rig.bell.plan(0.001, rig.boxes[1].put_frame)
    assert cameras(rig.collect()) == ["cam0", "cam1"]
    assert rig.clock.time_s == pytest.approx(100.0 + MIN_WINDOW_S)


def test_a_full_batch_is_not_waited_for_any_longer() -> None:
    rig = Rig(5, max_batch=2)
    rig.boxes[3].put_frame()
    rig.bell.plan(0.0005, rig.boxes[1].put_frame)
    assert sorted(cameras(rig.collect())) == ["cam1", "cam3"]
    assert rig.clock.time_s == pytest.approx(100.0005)


def test_each_camera_has_at_most_one_frame_in_a_batch_and_keeps_its_order() -> None:
    rig = Rig(2)
    for _ in range(3):
        rig.boxes[0].put_frame()
    rig.boxes[1].put_frame()
    batches = [rig.collect() for _ in range(3)]
    assert [[(item.camera_id, item.index) for item in batch.items if isinstance(item, Frame)] for batch in batches] == [
        [("cam0", 0), ("cam1", 0)],
        [("cam0", 1)],
        [("cam0", 2)],
    ]


def test_link_changes_come_before_the_frame_that_follows_them_and_never_after_one() -> None:
    rig = Rig(1)
    rig.boxes[0].put_frame()
    rig.boxes[0].put_change(LinkState.OFFLINE)
    rig.boxes[0].put_change(LinkState.ONLINE)
    rig.boxes[0].put_frame()
    first, second = rig.collect(), rig.collect()
    assert [type(item) for item in first.items] == [Frame]
    assert [type(item) for item in second.items] == [LinkChange, LinkChange, Frame]


def test_stale_frames_are_dropped_and_counted_with_the_next_frame_of_their_camera() -> None:
    rig = Rig(2)
    rig.boxes[0].put_frame(age_s=STALE_S + 0.1)
    rig.boxes[1].put_frame(age_s=STALE_S - 0.1)
    batch = rig.collect()
    assert cameras(batch) == ["cam1"]
    assert batch.dropped == {}
    rig.boxes[0].dropped = 2  # by the mailbox itself
    rig.boxes[0].put_frame()
    assert rig.collect().dropped == {"cam0": 3}
    rig.boxes[0].put_frame()
    assert rig.collect().dropped == {}


def test_behind_a_stale_frame_the_next_one_is_taken() -> None:
    rig = Rig(1)
    rig.boxes[0].put_frame(age_s=2.0)
    rig.boxes[0].put_frame(age_s=0.1)
    batch = rig.collect()
    assert [item.index for item in batch.items if isinstance(item, Frame)] == [1]
    assert batch.dropped == {"cam0": 1}


def test_recorded_footage_is_never_stale_and_never_waited_for() -> None:
    rig = Rig(2, lossless=True)
    rig.boxes[0].put_frame(age_s=3600.0)
    assert cameras(rig.collect()) == ["cam0"]
    assert rig.clock.time_s == 100.0


def test_whoever_was_left_out_comes_first_next_time() -> None:
    rig = Rig(5, max_batch=2)
    served = []
    for _ in range(5):
        for box in rig.boxes:
            if not box.items:
                box.put_frame()
        served += cameras(rig.collect())
    assert sorted(served) == sorted([f"cam{index}" for index in range(5)] * 2)


def test_the_window_follows_the_time_that_batches_take() -> None:
    rig = Rig(2)
    assert rig.batcher.window_s == MIN_WINDOW_S
    widths = []
    for _ in range(30):
        rig.boxes[0].put_frame()
        rig.collect()
        rig.clock.time_s += 0.5  # the model is slow
        widths.append(rig.batcher.window_s)
    assert widths == sorted(widths)
    assert widths[-1] == MAX_WINDOW_S
    for _ in range(60):
        rig.boxes[0].put_frame()
        rig.collect()
        rig.clock.time_s += 0.004  # and now it is fast
    assert rig.batcher.window_s == MIN_WINDOW_S


def test_cameras_come_and_go() -> None:
    rig = Rig(1)
    late = Box("late", rig.clock)
    rig.batcher.add(late)
    late.put_frame()
    assert cameras(rig.collect()) == ["late"]
    rig.batcher.remove(late)
    late.put_frame()
    assert rig.collect() == Batch((), {})


@given(
    st.integers(1, 6),
    st.integers(1, 4),
    st.lists(st.lists(st.sampled_from(["frame", "stale", "change"]), max_size=6), min_size=6, max_size=6),
)
def test_every_frame_is_handed_over_or_counted_exactly_once(
    count: int, max_batch: int, arrivals: list[list[str]]
) -> None:
    rig = Rig(count, max_batch=max_batch)
    for box, kinds in zip(rig.boxes, arrivals, strict=False):
        for kind in kinds:
            if kind == "change":
                box.put_change(LinkState.ONLINE)
            else:
                box.put_frame(age_s=STALE_S * 2 if kind == "stale" else 0.0)
        box.put_frame()  # a last one, that takes the count of dropped frames along
    fresh = {box.camera_id: 1 + kinds.count("frame") for box, kinds in zip(rig.boxes, arrivals, strict=False)}
    stale = {box.camera_id: kinds.count("stale") for box, kinds in zip(rig.boxes, arrivals, strict=False)}
    handed_over = dict.fromkeys(fresh, 0)
    dropped = dict.fromkeys(fresh, 0)
    while any(box.waiting() for box in rig.boxes):
        batch = rig.collect(0.0)
        assert len(cameras(batch)) == len(set(cameras(batch))) <= max_batch
        for item in batch.items:
            handed_over[item.camera_id] += isinstance(item, Frame)
        for camera_id, lost in batch.dropped.items():
            dropped[camera_id] += lost
        rig.clock.time_s = 100.0  # waiting must not make the frames of this test stale
    assert (handed_over, dropped) == (fresh, stale)
