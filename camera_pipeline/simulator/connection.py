"""One RTSP connection: requests in, answers out, at most one session (RFC 2326 §10).

Runs in the network thread. The session ends with its connection, by TEARDOWN, or when nothing was heard from the
client for `SESSION_TIMEOUT_S`.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from camera_pipeline.simulator.auth import Authenticator
from camera_pipeline.simulator.broadcast import Broadcast, Subscriber
from camera_pipeline.simulator.camera import CameraThread
from camera_pipeline.simulator.faults import FaultKind
from camera_pipeline.simulator.rtsp_message import Request, RtspParser, RtspSyntaxError, response
from camera_pipeline.simulator.sdp import TRACK, describe
from camera_pipeline.simulator.transport import TcpChannels, TcpSink, UdpPair, UdpSink, choose_transport

logger = logging.getLogger(__name__)

METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN"


@dataclass(frozen=True, slots=True)
class Seat:
    """A camera and its clients."""

    camera: CameraThread
    broadcast: Broadcast


class Host(Protocol):
    """What a connection needs from the server."""

    udp: UdpPair
    session_timeout_s: float
    authenticator: Authenticator | None

    def seat(self, path: str) -> Seat | None:
        """Return the camera of a path."""

    def admit(self, connection: "RtspConnection") -> bool:
        """Note a new connection; False where there are too many."""

    def forget(self, connection: "RtspConnection") -> None:
        """Note that a connection has ended."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class _Session:
    """What SETUP made."""

    id: str
    seat: Seat
    sink: TcpSink | UdpSink
    playing: Subscriber | None = None


class RtspConnection(asyncio.Protocol):
    """Answers one client."""

    def __init__(self, host: Host) -> None:
        """Wait for the connection."""
        self._host = host
        self._parser = RtspParser()
        self._session: _Session | None = None
        self._heard_s = time.monotonic()
        self._transport: asyncio.Transport
        self._methods: Mapping[str, Callable[[Request], _Answer]] = {
            "OPTIONS": lambda _: _Answer(headers={"Public": METHODS}),
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "PAUSE": self._pause,
            "GET_PARAMETER": lambda _: _Answer(headers=self._session_header()),
            "SET_PARAMETER": lambda _: _Answer(headers=self._session_header()),
            "TEARDOWN": self._teardown,
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_server promises
        self._transport = transport
        if not self._host.admit(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the event loop's signature
        """Called by the event loop."""
        self._end_session()
        self._host.forget(self)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._heard_s = time.monotonic()
        try:
            for message in self._parser.feed(data):
                if isinstance(message, Request):
                    self._respond(message)
        except RtspSyntaxError as error:
            logger.info("connection closed: %s", error)
            self._transport.write(response(400, "0", {}))
            self._transport.close()

    def close_if_silent(self, now_s: float) -> None:
        """Close the connection when the client was not heard for too long."""
        if now_s - self._heard_s > self._host.session_timeout_s:
            self._transport.abort()

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    def _respond(self, request: Request) -> None:
        sequence = request.headers.get("cseq", "")
        if not (sequence.isascii() and sequence.isdigit() and len(sequence) < 12):
            answer, sequence = _Answer(400), "0"
        else:
            answer = self._refusal(request) or self._methods[request.method](request)
        self._transport.write(response(answer.status, sequence, answer.headers, answer.body))
        if request.method == "PLAY" and answer.status == 200:
            self._begin_to_play()

    def _refusal(self, request: Request) -> _Answer | None:
        """Return the answer to a request that must not pass."""
        if request.version != "RTSP/1.0":
            return _Answer(505)
        if request.method not in self._methods:
            return _Answer(501, {"Public": METHODS})
        if "require" in request.headers:
            return _Answer(551, {"Unsupported": request.headers["require"]})
        authenticator = self._host.authenticator
        if authenticator is not None and request.method != "OPTIONS":
            challenge = authenticator.refusal(request.method, request.headers.get("authorization"))
            if challenge is not None:
                return _Answer(401, {"WWW-Authenticate": challenge})
        given = request.headers.get("session", "").partition(";")[0].strip()
        if given and (self._session is None or given != self._session.id):
            return _Answer(454)
        return None

    def _seat(self, request: Request) -> Seat | _Answer:
        """Return the camera that a request names, or why it cannot be had."""
        seat = self._host.seat(request.path.removesuffix(f"/{TRACK}"))
        if seat is None:
            return _Answer(404)
        refused = seat.camera.timetable.active(FaultKind.REFUSE, seat.camera.now_s)
        return _Answer(503) if refused else seat

    def _describe(self, request: Request) -> _Answer:
        seat = self._seat(request)
        if isinstance(seat, _Answer):
            return seat
        if "application/sdp" not in request.headers.get("accept", "application/sdp").replace("*/*", "application/sdp"):
            return _Answer(406)
        camera, address = seat.camera, self._transport.get_extra_info("sockname")[0]
        base = f"{request.url.partition('?')[0].rstrip('/')}/"
        body = describe(camera.path, address, camera.format, camera.recording.frame_rate)
        return _Answer(200, {"Content-Base": base, "Content-Type": "application/sdp"}, body)

    def _setup(self, request: Request) -> _Answer:
        seat = self._seat(request)
        if isinstance(seat, _Answer):
            return seat
        if self._session is not None:
            return _Answer(455)
        chosen = choose_transport(request.headers.get("transport", ""))
        if chosen is None:
            return _Answer(461)
        sink: TcpSink | UdpSink
        if isinstance(chosen, TcpChannels):
            sink = TcpSink(self._transport, chosen)
            accepted = f"RTP/AVP/TCP;unicast;interleaved={chosen.rtp}-{chosen.rtcp}"
        else:
            peer = self._transport.get_extra_info("peername")[0]
            sink = UdpSink(self._transport, self._host.udp, peer, chosen)
            self._host.udp.on_report(sink.rtcp_address, self._hear)
            mine = "-".join(str(port) for port in self._host.udp.ports)
            accepted = f"RTP/AVP;unicast;client_port={chosen.rtp}-{chosen.rtcp};server_port={mine}"
        self._session = _Session(secrets.token_hex(8), seat, sink)
        return _Answer(200, {"Transport": accepted, **self._session_header(with_timeout=True)})

    def _play(self, request: Request) -> _Answer:  # noqa: ARG002 - one signature for all methods
        if self._session is None:
            return _Answer(455)
        return _Answer(200, {"Range": "npt=now-", **self._session_header()})

    def _begin_to_play(self) -> None:
        """Let pictures come, after the answer to PLAY has gone out."""
        session = self._session
        if session is not None and session.playing is None:
            session.playing = Subscriber(session.sink)
            session.seat.broadcast.join(session.playing)

    def _pause(self, request: Request) -> _Answer:  # noqa: ARG002 - one signature for all methods
        if self._session is None:
            return _Answer(455)
        self._stop_playing(self._session)
        return _Answer(200, self._session_header())

    def _teardown(self, request: Request) -> _Answer:  # noqa: ARG002 - one signature for all methods
        headers = self._session_header()
        self._end_session()
        return _Answer(200, headers)

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._stop_playing(session)
            if isinstance(session.sink, UdpSink):
                self._host.udp.on_report(session.sink.rtcp_address, None)

    def _stop_playing(self, session: _Session) -> None:
        if session.playing is not None:
            session.seat.broadcast.leave(session.playing)
            session.playing = None

    def _session_header(self, *, with_timeout: bool = False) -> dict[str, str]:
        if self._session is None:
            return {}
        timeout = f";timeout={round(self._host.session_timeout_s)}" if with_timeout else ""
        return {"Session": self._session.id + timeout}

    def _hear(self) -> None:
        self._heard_s = time.monotonic()
