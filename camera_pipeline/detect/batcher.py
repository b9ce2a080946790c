"""Takes what lies in the cameras' mailboxes, so that the detector sees pictures of several cameras at once.

It never waits for every camera: one that stalls must not stall the others. Used by the main loop, on its thread only;
the mailboxes' producers are the cameras' own threads.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from camera_pipeline.clock import Clock
from camera_pipeline.types import Frame, LinkChange

MIN_WINDOW_S = 0.002  # shorter waits gather nobody
MAX_WINDOW_S = 0.030  # longer ones cost more latency than a fuller batch saves
WINDOW_SHARE = 0.25
"""The window as a share of the time that a batch takes: whoever is busy for long may gather for a while before."""
BUSY_SMOOTHING = 0.2
"""Weight of the newest batch in the average of that time."""
STALE_S = 0.5
"""A live frame that waited longer is dropped: what it shows is over, and newer ones are on their way."""


class MailboxLike(Protocol):
    """Items of one camera, in order."""

    camera_id: str

    def take(self) -> Frame | LinkChange | None:
        """Return the oldest item, or None; never blocks."""

    def waiting(self) -> bool:
        """Return whether `take` would give something."""

    def take_dropped(self) -> int:
        """Return how many frames were dropped since the last call."""


class DoorbellLike(Protocol):
    """Rings when anything arrives in any mailbox."""

    def wait(self, timeout_s: float) -> bool:
        """Wait until it rings, then silence it; False after the timeout."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What to look at next.

    Attributes:
        items: for each camera any number of link changes and after them at most one frame.
        dropped: frames of a camera that were lost before its frame in `items`, where there were any.
    """

    items: tuple[Frame | LinkChange, ...]
    dropped: Mapping[str, int]


class Batcher:
    """Gathers batches.

    Args:
        mailboxes: those to begin with.
        doorbell: rings for all of them.
        max_batch: frames in a batch; more would not make the model faster.
        lossless: recorded footage: nothing is stale, and nothing is worth waiting for.
        clock: measures waiting and staleness.
    """

    def __init__(
        self,
        mailboxes: Iterable[MailboxLike],
        doorbell: DoorbellLike,
        *,
        max_batch: int,
        lossless: bool,
        clock: Clock,
    ) -> None:
        self._mailboxes = list(mailboxes)  # who was served longest ago comes first
        self._doorbell, self._clock = doorbell, clock
        self._max_batch, self._lossless = max_batch, lossless
        self._dropped: Counter[str] = Counter()
        self._busy_s = 0.0
        self._handed_over_s: float | None = None

    @property
    def window_s(self) -> float:
        """How long the next batch is gathered at most."""
        return 0.0 if self._lossless else min(max(WINDOW_SHARE * self._busy_s, MIN_WINDOW_S), MAX_WINDOW_S)

    def add(self, mailbox: MailboxLike) -> None:
        """Serve one more camera from now on."""
        self._mailboxes.append(mailbox)

    def remove(self, mailbox: MailboxLike) -> None:
        """Forget a camera; what lies in its mailbox stays there."""
        self._mailboxes.remove(mailbox)
        self._dropped.pop(mailbox.camera_id, None)

    def collect(self, timeout_s: float) -> Batch:
        """Return the next batch; an empty one when nothing came within `timeout_s`."""
        now_s = self._clock.monotonic_s()
        if self._handed_over_s is not None:
            self._busy_s += BUSY_SMOOTHING * (now_s - self._handed_over_s - self._busy_s)
            self._handed_over_s = None
        if not self._wait_for(1, now_s + timeout_s):
            return Batch((), {})
        self._wait_for(min(self._max_batch, len(self._mailboxes)), self._clock.monotonic_s() + self.window_s)
        batch = self._take()
        self._handed_over_s = self._clock.monotonic_s()
        return batch

    def _wait_for(self, count: int, deadline_s: float) -> bool:
        """Wait until `count` cameras have something, or until the deadline; return whether they have."""
        while sum(mailbox.waiting() for mailbox in self._mailboxes) < count:
            left_s = deadline_s - self._clock.monotonic_s()
            if left_s <= 0:
                return False
            self._doorbell.wait(left_s)
        return True

    def _take(self) -> Batch:
        items: list[Frame | LinkChange] = []
        dropped: dict[str, int] = {}
        served: list[MailboxLike] = []
        for mailbox in self._mailboxes:
            frame = self._take_from(mailbox, items)
            if frame is None:
                continue
            items.append(frame)
            served.append(mailbox)
            if self._dropped[mailbox.camera_id]:
                dropped[mailbox.camera_id] = self._dropped.pop(mailbox.camera_id)
            if len(served) == self._max_batch:
                break
        self._mailboxes = [mailbox for mailbox in self._mailboxes if mailbox not in served] + served
        return Batch(tuple(items), dropped)

    def _take_from(self, mailbox: MailboxLike, items: list[Frame | LinkChange]) -> Frame | None:
        """Return the camera's next frame that is not stale, if it has one; link changes before it go into `items`."""
        frame = None
        while frame is None and (item := mailbox.take()) is not None:
            if isinstance(item, LinkChange):
                items.append(item)
            elif self._is_stale(item):
                self._dropped[mailbox.camera_id] += 1
            else:
                frame = item
        self._dropped[mailbox.camera_id] += mailbox.take_dropped()
        return frame

    def _is_stale(self, frame: Frame) -> bool:
        return not self._lossless and self._clock.monotonic_s() - frame.received_s > STALE_S
