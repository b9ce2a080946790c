"""Which transport is chosen, and how UDP ports are had."""

import asyncio
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import SimulatorError
from camera_pipeline.simulator.camera import Incident
from camera_pipeline.simulator.transport import TcpChannels, TcpSink, UdpPair, UdpPorts, UdpSink, choose_transport


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=0-1", TcpChannels(0, 1)),
        ("RTP/AVP/TCP;unicast;interleaved=4-5;mode=play", TcpChannels(4, 5)),
        ("RTP/AVP/TCP;unicast", TcpChannels(0, 1)),
        ("RTP/AVP;unicast;client_port=5000-5001", UdpPorts(5000, 5001)),
        ("RTP/AVP/UDP; unicast; client_port=5000", UdpPorts(5000, 5001)),
        ("RTP/AVP;multicast, RTP/AVP/TCP;interleaved=2-3", TcpChannels(2, 3)),
        ("RTP/SAVP;unicast;client_port=5000-5001", None),
        ("RTP/AVP;multicast;client_port=5000-5001", None),
        ("RTP/AVP;unicast;client_port=0-1", None),
        ("RTP/AVP;unicast;client_port=70000-70001", None),
        ("RTP/AVP;unicast;client_port=65535", None),
        ("RTP/AVP/TCP;interleaved=255-256", None),
        ("RTP/AVP/TCP;interleaved=a-b", None),
        ("RTP/AVP", None),
        ("", None),
    ],
)
def test_the_first_transport_on_offer_is_chosen(header: str, chosen: TcpChannels | UdpPorts | None) -> None:
    assert choose_transport(header) == chosen


@given(st.text(max_size=80))
def test_any_header_is_understood_or_not(header: str) -> None:
    assert choose_transport(header) is None or choose_transport("," + header) == choose_transport(header)


def test_the_servers_udp_ports_are_an_even_one_and_the_next() -> None:
    loop = asyncio.new_event_loop()
    pair = UdpPair("127.0.0.1")
    pair.listen(loop)
    try:
        assert pair.ports[0] % 2 == 0
        assert pair.ports[1] == pair.ports[0] + 1
    finally:
        pair.close(loop)
        loop.close()


def test_receiver_reports_are_heard_by_address() -> None:
    async def scenario(client: socket.socket) -> list[str]:
        heard: list[str] = []
        loop, pair = asyncio.get_running_loop(), UdpPair("127.0.0.1")
        pair.listen(loop)
        pair.on_report(client.getsockname(), lambda: heard.append("report"))
        client.sendto(b"report", ("127.0.0.1", pair.ports[1]))
        await asyncio.sleep(0.05)
        pair.on_report(client.getsockname(), None)
        client.sendto(b"report", ("127.0.0.1", pair.ports[1]))
        await asyncio.sleep(0.05)
        pair.close(loop)
        return heard

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        assert asyncio.run(scenario(client)) == ["report"]


def test_a_client_that_does_not_read_is_congested_and_a_closed_one_is_sent_nothing() -> None:
    async def scenario() -> tuple[bool, bool]:
        sinks: list[TcpSink] = []

        class Connection(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                assert isinstance(transport, asyncio.Transport)
                sinks.append(TcpSink(transport, TcpChannels(0, 1)))

        server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
        with socket.create_connection(server.sockets[0].getsockname()):
            await asyncio.sleep(0.05)
            before = sinks[0].congested()
            while not sinks[0].congested():
                sinks[0].send_rtp((bytes(1400),) * 100)
            after = sinks[0].congested()
            sinks[0].suffer(Incident.DISCONNECT)
            sinks[0].send_rtp((bytes(1400),))
            sinks[0].send_rtcp(b"report")
            sinks[0].suffer(Incident.GARBAGE)
        server.close()
        return before, after

    assert asyncio.run(scenario()) == (False, True)


def test_by_udp_a_large_picture_goes_out_in_order_and_not_all_at_once() -> None:
    async def scenario(client: socket.socket) -> tuple[list[bytes], float]:
        loop, pair = asyncio.get_running_loop(), UdpPair("127.0.0.1")
        port = client.getsockname()[1]
        reader, writer = socket.socketpair()
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=reader)
        sink, began_s = UdpSink(transport, pair, "127.0.0.1", UdpPorts(port, port)), time.monotonic()
        sink.send_rtp(tuple(b"%d" % number for number in range(40)))
        sink.send_rtp((b"40",))
        received = [await loop.sock_recv(client, 2048) for _ in range(41)]
        sink.send_rtp((b"after",) * 40)
        pair.close(loop)
        await asyncio.sleep(0.02)  # what is left to send finds the sockets closed
        transport.close()
        writer.close()
        return received, time.monotonic() - began_s

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.setblocking(False)
        received, took_s = asyncio.run(scenario(client))
    assert received == [b"%d" % number for number in range(41)]
    assert took_s > 0.0036, "three steps"


def test_an_address_that_is_not_ours_is_refused_with_the_cure() -> None:
    with pytest.raises(SimulatorError, match="check --host"):
        UdpPair("192.0.2.1")
