"""Hands a camera's pictures to the clients that play it. Runs in the network thread only.

All clients see the same live timeline. A client begins at a key frame; where the next one is far, it gets the running
group of pictures at once after `MAX_KEY_FRAME_WAIT_S`. By UDP it gets it only where it is small: a large one would
overflow the client's receive buffer and arrive in pieces.
"""

import time
from typing import Protocol

from camera_pipeline.simulator.camera import Incident, SentPicture

MAX_KEY_FRAME_WAIT_S = 2.0  # recordings often have a key frame every 10 s; clients give up after so long a silence
SENDER_REPORT_INTERVAL_S = 2.5  # "every few seconds", as cameras do; the first comes with the first picture


class Sink(Protocol):
    """One client's transport."""

    def send_rtp(self, packets: tuple[bytes, ...]) -> None:
        """Send RTP packets."""

    def send_rtcp(self, report: bytes) -> None:
        """Send an RTCP packet."""

    def congested(self) -> bool:
        """Tell whether the client reads too slowly to be sent more."""

    def takes_at_once(self, packet_count: int) -> bool:
        """Tell whether so many packets, sent at once, arrive."""

    def suffer(self, incident: Incident) -> None:
        """Let a fault happen to the client's connection."""


class Subscriber:
    """One client that plays, or waits to."""

    def __init__(self, sink: Sink) -> None:
        """Let a client wait for its first key frame."""
        self.sink = sink
        self._waiting_since_s: float | None = time.monotonic()
        self._next_report_s = 0.0

    def hold(self) -> None:
        """Send nothing until the next key frame; what was missed is not sent later."""
        self._waiting_since_s = time.monotonic()

    def offer(self, picture: SentPicture, group: list[SentPicture]) -> None:
        """Send a picture, if the client can use it.

        Args:
            picture: the newest.
            group: all since the last key frame, with it and with the newest.
        """
        if self.sink.congested():
            self.hold()
            return
        wanted = [picture]
        if self._waiting_since_s is not None:
            if not (picture.key_frame or self._may_catch_up(group, self._waiting_since_s)):
                return
            self._waiting_since_s = None
            wanted = group
        self._report(wanted[0])
        for one in wanted:
            self.sink.send_rtp(one.packets)

    def _may_catch_up(self, group: list[SentPicture], since_s: float) -> bool:
        if not group or time.monotonic() - since_s < MAX_KEY_FRAME_WAIT_S:
            return False
        return self.sink.takes_at_once(sum(len(picture.packets) for picture in group))

    def _report(self, picture: SentPicture) -> None:
        now_s = time.monotonic()
        if picture.report and now_s >= self._next_report_s:
            self._next_report_s = now_s + SENDER_REPORT_INTERVAL_S
            self.sink.send_rtcp(picture.report)


class Broadcast:
    """The clients of one camera."""

    def __init__(self) -> None:
        """Begin without clients."""
        self._subscribers: set[Subscriber] = set()
        self._group: list[SentPicture] = []

    def join(self, subscriber: Subscriber) -> None:
        """Let a client play."""
        self._subscribers.add(subscriber)

    def leave(self, subscriber: Subscriber) -> None:
        """Let a client play no longer; one that is not there is no error."""
        self._subscribers.discard(subscriber)

    def publish(self, item: SentPicture | Incident) -> None:
        """Pass a picture to all clients, or let an incident happen to them."""
        if isinstance(item, Incident):
            for subscriber in tuple(self._subscribers):
                subscriber.sink.suffer(item)
            return
        if item.key_frame:
            self._group = []
        if item.key_frame or self._group:
            self._group.append(item)
        for subscriber in tuple(self._subscribers):
            if item.withheld:
                subscriber.hold()
            else:
                subscriber.offer(item, self._group)
