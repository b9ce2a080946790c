"""Clients begin at key frames, wait never long, and slow ones skip."""

import pytest

from camera_pipeline.simulator import broadcast as broadcast_module
from camera_pipeline.simulator.broadcast import MAX_KEY_FRAME_WAIT_S, SENDER_REPORT_INTERVAL_S, Broadcast, Subscriber
from camera_pipeline.simulator.camera import Incident, SentPicture


class Notes:
    """A transport that notes what it is given."""

    def __init__(self) -> None:
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.incidents: list[Incident] = []
        self.full = False
        self.burst_packets = 1000

    def send_rtp(self, packets: tuple[bytes, ...]) -> None:
        self.rtp.extend(packets)

    def send_rtcp(self, report: bytes) -> None:
        self.rtcp.append(report)

    def congested(self) -> bool:
        return self.full

    def takes_at_once(self, packet_count: int) -> bool:
        return packet_count <= self.burst_packets

    def suffer(self, incident: Incident) -> None:
        self.incidents.append(incident)


class Hands:
    """A clock that a test turns."""

    now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    clock = Hands()
    monkeypatch.setattr(broadcast_module, "time", clock)
    return clock


def picture(name: str, *, key: bool = False, withheld: bool = False, report: bool = True) -> SentPicture:
    sent = name.encode()
    return SentPicture(packets=(sent,), report=b"SR" + sent if report else b"", key_frame=key, withheld=withheld)


def joined(cast: Broadcast) -> Notes:
    notes = Notes()
    cast.join(Subscriber(notes))
    return notes


def test_a_client_begins_at_the_next_key_frame_with_a_report(hands: Hands) -> None:
    cast = Broadcast()
    cast.publish(picture("K1", key=True))
    notes = joined(cast)
    for item in (picture("P1"), picture("K2", key=True), picture("P2")):
        cast.publish(item)
    assert notes.rtp == [b"K2", b"P2"]
    assert notes.rtcp == [b"SRK2"]


def test_a_client_that_waits_too_long_gets_the_running_group(hands: Hands) -> None:
    cast = Broadcast()
    cast.publish(picture("K1", key=True))
    cast.publish(picture("P1"))
    notes = joined(cast)
    hands.now_s += MAX_KEY_FRAME_WAIT_S + 0.1
    cast.publish(picture("P2"))
    cast.publish(picture("P3"))
    assert notes.rtp == [b"K1", b"P1", b"P2", b"P3"]
    assert notes.rtcp == [b"SRK1"]


def test_a_group_that_would_overflow_the_client_is_not_sent_at_once(hands: Hands) -> None:
    cast = Broadcast()
    cast.publish(picture("K1", key=True))
    notes = joined(cast)
    notes.burst_packets = 1
    hands.now_s += MAX_KEY_FRAME_WAIT_S + 0.1
    cast.publish(picture("P1"))
    cast.publish(picture("K2", key=True))
    assert notes.rtp == [b"K2"]


def test_without_any_key_frame_there_is_nothing_to_send(hands: Hands) -> None:
    cast = Broadcast()
    notes = joined(cast)
    hands.now_s += 60
    cast.publish(picture("P1"))
    assert notes.rtp == []


def test_reports_come_every_few_seconds(hands: Hands) -> None:
    cast = Broadcast()
    notes = joined(cast)
    for number in range(4):
        cast.publish(picture(str(number), key=number == 0))
        hands.now_s += SENDER_REPORT_INTERVAL_S * 0.6
    assert notes.rtcp == [b"SR0", b"SR2"]


def test_a_camera_without_reports_sends_none(hands: Hands) -> None:
    cast = Broadcast()
    notes = joined(cast)
    cast.publish(picture("K1", key=True, report=False))
    assert (notes.rtp, notes.rtcp) == ([b"K1"], [])


def test_after_a_stall_clients_go_on_at_a_key_frame(hands: Hands) -> None:
    cast = Broadcast()
    notes = joined(cast)
    cast.publish(picture("K1", key=True))
    cast.publish(picture("P1", withheld=True))
    cast.publish(picture("P2"))
    cast.publish(picture("K2", key=True))
    assert notes.rtp == [b"K1", b"K2"]


def test_a_slow_client_skips_to_a_key_frame(hands: Hands) -> None:
    cast = Broadcast()
    notes = joined(cast)
    cast.publish(picture("K1", key=True))
    notes.full = True
    cast.publish(picture("P1"))
    notes.full = False
    cast.publish(picture("P2"))
    cast.publish(picture("K2", key=True))
    assert notes.rtp == [b"K1", b"K2"]


def test_one_client_does_not_hinder_another_and_may_leave_twice(hands: Hands) -> None:
    cast = Broadcast()
    slow, leaver = Notes(), Subscriber(Notes())
    slow.full = True
    cast.join(Subscriber(slow))
    cast.join(leaver)
    quick = joined(cast)
    cast.leave(leaver)
    cast.leave(leaver)
    cast.publish(picture("K1", key=True))
    assert (slow.rtp, quick.rtp) == ([], [b"K1"])


def test_an_incident_happens_to_every_client(hands: Hands) -> None:
    cast = Broadcast()
    clients = [joined(cast), joined(cast)]
    cast.publish(Incident.DISCONNECT)
    assert [notes.incidents for notes in clients] == [[Incident.DISCONNECT]] * 2
