"""The bounded hand-over between one camera's thread and the main loop, and the bell that tells of arrivals.

Producer: a camera's worker thread (`put`). Consumer: the main loop (`take`, never blocking; waits on the `Doorbell`).
"""

import threading
from collections import deque

from camera_pipeline.types import Frame, LinkChange

_STOP_POLL_S = 0.1  # a producer that waits for room looks at its stop event this often


class Doorbell:
    """One bell for many mailboxes: rings when anything arrives anywhere."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """Tell the waiting consumer that there is something to look at. Any thread."""
        self._rung.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the bell rings, then silence it. Look at all mailboxes *after* this returns; consumer only.

        Returns:
            True when it rang, also when it rang before the call; False after the timeout.
        """
        rang = self._rung.wait(timeout_s)
        self._rung.clear()
        return rang


class Mailbox:
    """Frames and link changes of one camera, in order.

    Live (`lossless=False`): an unread frame gives way to a newer one of the same session and is counted as dropped.
    Recorded (`lossless=True`): `put` blocks until the frame before was taken. A `LinkChange` is never dropped, and
    never waits.

    Args:
        camera_id: the camera whose mail this is.
        doorbell: rung at every arrival.
        lossless: True for recorded footage.
    """

    def __init__(self, camera_id: str, doorbell: Doorbell, *, lossless: bool) -> None:
        self.camera_id = camera_id
        self._doorbell = doorbell
        self._lossless = lossless
        self._items: deque[Frame | LinkChange] = deque()
        self._room = threading.Condition()
        self._dropped = 0
        self._closed = False

    def put(self, item: Frame | LinkChange, stop: threading.Event) -> bool:
        """Hand over one item; producer thread only.

        Args:
            item: a frame, or that the camera came or went.
            stop: ends the wait of a lossless mailbox.

        Returns:
            False when the item was refused, because the mailbox is closed or `stop` is set.
        """
        with self._room:
            if isinstance(item, Frame):
                self._make_room(stop)
            if self._closed or stop.is_set():
                return False
            self._items.append(item)
        self._doorbell.ring()
        return True

    def take(self) -> Frame | LinkChange | None:
        """Return the oldest item, or None; never blocks."""
        with self._room:
            if not self._items:
                return None
            item = self._items.popleft()
            self._room.notify()
            return item

    def waiting(self) -> bool:
        """Return whether `take` would give something."""
        return bool(self._items)

    def take_dropped(self) -> int:
        """Return how many frames were dropped since the last call."""
        with self._room:
            dropped, self._dropped = self._dropped, 0
            return dropped

    def close(self) -> None:
        """Refuse everything from now on and release a waiting producer; what lies inside can still be taken."""
        with self._room:
            self._closed = True
            self._room.notify_all()
        self._doorbell.ring()

    @property
    def drained(self) -> bool:
        """True when the mailbox is closed and empty: nothing will ever come again."""
        with self._room:
            return self._closed and not self._items

    def _make_room(self, stop: threading.Event) -> None:
        if self._lossless:
            while self._items and not self._closed and not stop.is_set():
                self._room.wait(_STOP_POLL_S)
        elif self._items and isinstance(self._items[-1], Frame) and not self._closed:
            self._items.pop()
            self._dropped += 1
