"""The hand-over between a camera's thread and the main loop."""

import itertools
import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.ingest.mailbox import Doorbell, Mailbox
from camera_pipeline.picture import Picture
from camera_pipeline.types import CaptureClock, ClockSource, Frame, LinkChange, LinkState, PictureHealth

PICTURE = Picture.from_bgr(np.zeros((16, 16, 3), np.uint8))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NEVER = threading.Event()


def frame(index: int) -> Frame:
    return Frame(
        camera_id="cam",
        session=0,
        index=index,
        media_time_s=index / 25,
        captured_at=NOW,
        clock=CaptureClock(source=ClockSource.RTCP, uncertainty_s=0.1),
        picture=PICTURE,
        health=PictureHealth(brightness=0.5, contrast=0.2, sharpness=1.0, still_s=0.0),
    )


def link(state: LinkState = LinkState.ONLINE) -> LinkChange:
    return LinkChange(camera_id="cam", session=0, state=state, at=NOW)


def take_all(mailbox: Mailbox) -> list[Frame | LinkChange]:
    taken = []
    while (item := mailbox.take()) is not None:
        taken.append(item)
    return taken


def test_an_empty_mailbox_gives_none_at_once() -> None:
    mailbox = Mailbox("cam", Doorbell(), lossless=False)
    assert mailbox.take() is None
    assert not mailbox.waiting()


def test_live_keeps_the_newest_frame_and_counts_the_others() -> None:
    mailbox = Mailbox("cam", Doorbell(), lossless=False)
    for index in range(5):
        assert mailbox.put(frame(index), NEVER)
    assert [item.index for item in take_all(mailbox)] == [4]
    assert mailbox.take_dropped() == 4
    assert mailbox.take_dropped() == 0, "the count is taken with the reading"


def test_link_changes_are_never_dropped_and_stay_in_order() -> None:
    mailbox = Mailbox("cam", Doorbell(), lossless=False)
    items = [link(), frame(0), link(LinkState.OFFLINE), link(), frame(1), frame(2)]
    for item in items:
        mailbox.put(item, NEVER)
    assert take_all(mailbox) == [items[0], items[1], items[2], items[3], items[5]]
    assert mailbox.take_dropped() == 1


@given(st.lists(st.booleans(), max_size=40))
def test_live_never_holds_more_than_one_frame_between_link_changes(kinds: list[bool]) -> None:
    mailbox = Mailbox("cam", Doorbell(), lossless=False)
    for index, is_frame in enumerate(kinds):
        mailbox.put(frame(index) if is_frame else link(), NEVER)
    taken = take_all(mailbox)
    assert sum(isinstance(item, LinkChange) for item in taken) == kinds.count(False)
    assert not any(isinstance(a, Frame) and isinstance(b, Frame) for a, b in itertools.pairwise(taken))
    frames = sum(isinstance(item, Frame) for item in taken)
    assert frames + mailbox.take_dropped() == kinds.count(True), "every frame is accounted for"


def test_recorded_footage_waits_until_the_frame_before_was_taken() -> None:
    mailbox = Mailbox("cam", Doorbell(), lossless=True)
    stop = threading.Event()
    producer = threading.Thread(target=lambda: [mailbox.put(frame(index), stop) for index in range(20)])
    producer.start()
    taken: list[int] = []
    while len(taken) < 20:
        item = mailbox.take()
        if isinstance(item, Frame):
            taken.append(item.index)
        else:
            time.sleep(0.001)
    producer.join(5)
    assert taken == list(range(20))
    assert mailbox.take_dropped() == 0


@pytest.mark.parametrize("release", ["close", "stop"])
def test_a_waiting_producer_is_released_by_close_and_by_stop(release: str) -> None:
    mailbox = Mailbox("cam", Doorbell(), lossless=True)
    stop = threading.Event()
    mailbox.put(frame(0), stop)
    answers: list[bool] = []
    producer = threading.Thread(target=lambda: answers.append(mailbox.put(frame(1), stop)))
    producer.start()
    time.sleep(0.05)
    assert producer.is_alive(), "it should wait for room"
    if release == "close":
        mailbox.close()
    else:
        stop.set()
    producer.join(1)
    assert answers == [False]


def test_a_closed_mailbox_refuses_but_can_be_emptied() -> None:
    mailbox = Mailbox("cam", Doorbell(), lossless=False)
    mailbox.put(frame(0), NEVER)
    mailbox.close()
    assert not mailbox.put(frame(1), NEVER)
    assert not mailbox.drained
    assert len(take_all(mailbox)) == 1
    assert mailbox.drained


def test_one_bell_rings_for_many_mailboxes() -> None:
    bell = Doorbell()
    boxes = [Mailbox(f"cam{number}", bell, lossless=False) for number in range(3)]
    assert not bell.wait(0.01)
    boxes[2].put(frame(0), NEVER)
    assert bell.wait(1)
    assert [box.waiting() for box in boxes] == [False, False, True]
    assert not bell.wait(0.01), "the bell is silent again"
    boxes[0].close()
    assert bell.wait(1), "an end is news, too"
