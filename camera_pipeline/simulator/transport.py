"""How RTP reaches a client: on its RTSP connection or by UDP (RFC 2326 §10.12 and §12.39).

Used by the network thread only.
"""

import asyncio
import contextlib
import errno
import re
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from camera_pipeline.errors import SimulatorError
from camera_pipeline.simulator.camera import Incident
from camera_pipeline.simulator.rtsp_message import interleave

MAX_BACKLOG_BYTES = 4 << 20  # several seconds of 1080p; a client that lags further skips to a key frame
_SEND_BUFFER_BYTES = 1 << 20  # one large key frame goes out in one go
# 100 Mbit/s, a camera's usual network port: 16 packets of 1400 bytes in 1.8 ms.
_UDP_STEP_PACKETS, _UDP_STEP_S = 16, 0.0018
_UDP_BURST_PACKETS = 64  # Linux's default receive buffer of 208 KiB holds about 90 full ones
_GARBAGE = np.random.default_rng(0).bytes(512)
_PORT_TRIES = 64
_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class TcpChannels:
    """A client that wants RTP and RTCP on these channels of its RTSP connection."""

    rtp: int
    rtcp: int


@dataclass(frozen=True, slots=True)
class UdpPorts:
    """A client that wants RTP and RTCP at these ports of its host."""

    rtp: int
    rtcp: int


def choose_transport(header: str) -> TcpChannels | UdpPorts | None:
    """Return the first transport of a Transport header that the simulator offers, None without one."""
    for offer in header.split(","):
        chosen = _read_transport([part.strip() for part in offer.split(";")])
        if chosen is not None:
            return chosen
    return None


def _read_transport(parts: list[str]) -> TcpChannels | UdpPorts | None:
    parameters = dict(part.partition("=")[::2] for part in parts[1:])
    if "multicast" in parameters:
        return None
    match parts[0].upper():
        case "RTP/AVP/TCP":
            pair = _pair(parameters.get("interleaved", "0-1"))
            return TcpChannels(*pair) if pair and max(pair) < 256 else None
        case "RTP/AVP" | "RTP/AVP/UDP":
            pair = _pair(parameters.get("client_port", ""))
            return UdpPorts(*pair) if pair and pair[0] in _PORTS and pair[1] in _PORTS else None
    return None


def _pair(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", text)
    if match is None:
        return None
    first = int(match[1])
    return first, int(match[2]) if match[2] else first + 1


class _ConnectedSink:
    """What both transports share: the RTSP connection, which may suffer."""

    def __init__(self, connection: asyncio.Transport) -> None:
        self._connection = connection

    def suffer(self, incident: Incident) -> None:
        """Let a fault happen to the client's RTSP connection."""
        if incident is Incident.DISCONNECT:
            self._connection.abort()
        elif not self._connection.is_closing():
            self._connection.write(_GARBAGE)


class TcpSink(_ConnectedSink):
    """RTP on the RTSP connection."""

    def __init__(self, connection: asyncio.Transport, channels: TcpChannels) -> None:
        """Take the connection and the channels that the client asked for."""
        super().__init__(connection)
        self._channels = channels

    def send_rtp(self, packets: tuple[bytes, ...]) -> None:
        """Send RTP packets."""
        if not self._connection.is_closing():
            self._connection.write(interleave(packets, self._channels.rtp))

    def send_rtcp(self, report: bytes) -> None:
        """Send an RTCP packet."""
        if not self._connection.is_closing():
            self._connection.write(interleave((report,), self._channels.rtcp))

    def congested(self) -> bool:
        """Tell whether the client reads too slowly to be sent more."""
        return self._connection.get_write_buffer_size() > MAX_BACKLOG_BYTES

    def takes_at_once(self, packet_count: int) -> bool:  # noqa: ARG002 - as for UDP
        """TCP takes any number of packets."""
        return True


class UdpPair:
    """The server's two UDP sockets, shared by all clients: RTP on an even port, RTCP on the next."""

    def __init__(self, host: str) -> None:
        """Bind the pair on free ports.

        Raises:
            SimulatorError: no free pair was found.
        """
        self._rtp, self._rtcp = _bind_pair(host)
        self.ports: tuple[int, int] = (self._rtp.getsockname()[1], self._rtcp.getsockname()[1])
        self._heard: dict[tuple[str, int], Callable[[], None]] = {}

    def listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear receiver reports; they keep sessions alive."""
        loop.add_reader(self._rtcp, self._hear)
        loop.add_reader(self._rtp, self._drain)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close both sockets."""
        for one in (self._rtp, self._rtcp):
            loop.remove_reader(one)
            one.close()

    def on_report(self, address: tuple[str, int], heard: Callable[[], None] | None) -> None:
        """Call `heard` on each RTCP packet from an address; None forgets the address."""
        if heard is None:
            self._heard.pop(address, None)
        else:
            self._heard[address] = heard

    def send_rtp(self, packet: bytes, address: tuple[str, int]) -> None:
        """Send one RTP packet; as on any network, it may be lost."""
        _send(self._rtp, packet, address)

    def send_rtcp(self, packet: bytes, address: tuple[str, int]) -> None:
        """Send one RTCP packet; as on any network, it may be lost."""
        _send(self._rtcp, packet, address)

    def _hear(self) -> None:
        received = _receive(self._rtcp)
        if received is not None and received in self._heard:
            self._heard[received]()

    def _drain(self) -> None:
        """Take what clients send to open their firewalls."""
        _receive(self._rtp)


class UdpSink(_ConnectedSink):
    """RTP by UDP to the host of the RTSP connection, never to another one."""

    def __init__(self, connection: asyncio.Transport, pair: UdpPair, host: str, ports: UdpPorts) -> None:
        """Take the connection, the server's sockets and where the client listens."""
        super().__init__(connection)
        self._pair = pair
        self._rtp_address, self.rtcp_address = (host, ports.rtp), (host, ports.rtcp)
        self._queue: deque[bytes] = deque()

    def send_rtp(self, packets: tuple[bytes, ...]) -> None:
        """Send RTP packets, a large key frame's not faster than a camera's network port would."""
        idle = not self._queue
        self._queue.extend(packets)
        if idle:
            self._drain()

    def _drain(self) -> None:
        for _ in range(min(_UDP_STEP_PACKETS, len(self._queue))):
            self._pair.send_rtp(self._queue.popleft(), self._rtp_address)
        if self._queue:
            asyncio.get_running_loop().call_later(_UDP_STEP_S, self._drain)

    def send_rtcp(self, report: bytes) -> None:
        """Send an RTCP packet."""
        self._pair.send_rtcp(report, self.rtcp_address)

    def congested(self) -> bool:
        """UDP knows no congestion."""
        return False

    def takes_at_once(self, packet_count: int) -> bool:
        """Tell whether so many packets fit into a client's receive buffer."""
        return packet_count <= _UDP_BURST_PACKETS


def _send(via: socket.socket, packet: bytes, address: tuple[str, int]) -> None:
    with contextlib.suppress(OSError):  # a full buffer, a client that has gone, the end: UDP loses packets
        via.sendto(packet, address)


def _receive(via: socket.socket) -> tuple[str, int] | None:
    """Read and forget one packet; return who sent it."""
    try:
        host, port = via.recvfrom(2048)[1][:2]
    except OSError:  # an ICMP "port unreachable" for an earlier packet surfaces here
        return None
    return host, port


def _bind_pair(host: str) -> tuple[socket.socket, socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(_PORT_TRIES):
        pair = (socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM))
        try:
            pair[0].bind((host, 0))
            port = pair[0].getsockname()[1]
            if port % 2 == 0:
                pair[1].bind((host, port + 1))
                for one in pair:
                    one.setblocking(False)
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
                return pair
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                _close(pair)
                raise SimulatorError(f"cannot bind UDP on {host}: {error.strerror}; check --host") from error
        _close(pair)
    raise SimulatorError(f"no free pair of UDP ports on {host}; end other programs that use many")


def _close(pair: tuple[socket.socket, socket.socket]) -> None:
    for one in pair:
        one.close()
