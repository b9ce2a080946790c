"""The RTSP port: accepts connections, drops silent ones, and closes the port while every camera refuses.

Runs in the network thread.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

from camera_pipeline.errors import SimulatorError
from camera_pipeline.simulator.auth import Authenticator
from camera_pipeline.simulator.connection import RtspConnection, Seat
from camera_pipeline.simulator.faults import FaultKind
from camera_pipeline.simulator.transport import UdpPair

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 1024  # a flood of connections must not take the machine's memory
_HOUSEKEEPING_INTERVAL_S = 0.05


class RtspServer:
    """Serves cameras to RTSP clients."""

    def __init__(
        self, seats: Mapping[str, Seat], authenticator: Authenticator | None, session_timeout_s: float
    ) -> None:
        """Note what to serve.

        Args:
            seats: cameras by path.
            authenticator: None lets everybody in.
            session_timeout_s: a client that is not heard for so long is disconnected.
        """
        self.authenticator = authenticator
        self.session_timeout_s = session_timeout_s
        self.udp: UdpPair
        self._seats = seats
        self._connections: set[RtspConnection] = set()
        self._listener: asyncio.Server | None = None
        self._address = ("", 0)
        self._housekeeping: asyncio.Task[None]

    async def open(self, host: str, port: int) -> int:
        """Listen; return the port, which is a free one where 0 was given.

        Raises:
            SimulatorError: the address cannot be bound.
        """
        loop = asyncio.get_running_loop()
        self._address = (host, port)
        try:
            listener = await self._listen()
        except OSError as error:
            raise SimulatorError(
                f"cannot listen on {host} port {port} ({error.strerror or error}); "
                "choose another with --port, or --port 0 for a free one"
            ) from error
        try:
            self.udp = UdpPair(host)
        except SimulatorError:
            listener.close()
            raise
        self.udp.listen(loop)
        self._listener = listener
        self._address = (host, listener.sockets[0].getsockname()[1])
        self._housekeeping = loop.create_task(self._keep_house())
        return self._address[1]

    async def close(self) -> None:
        """Close the port and every connection."""
        self._housekeeping.cancel()
        if self._listener is not None:
            self._listener.close()
        for connection in tuple(self._connections):
            connection.abort()
        self.udp.close(asyncio.get_running_loop())
        await asyncio.gather(self._housekeeping, return_exceptions=True)
        await asyncio.sleep(0)  # lets aborted connections close their sockets

    def seat(self, path: str) -> Seat | None:
        """Return the camera of a path."""
        return self._seats.get(path)

    def admit(self, connection: RtspConnection) -> bool:
        """Note a new connection; False where there are too many."""
        self._connections.add(connection)
        return len(self._connections) <= MAX_CONNECTIONS

    def forget(self, connection: RtspConnection) -> None:
        """Note that a connection has ended."""
        self._connections.discard(connection)

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: RtspConnection(self), *self._address)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING_INTERVAL_S)
            now_s = time.monotonic()
            for connection in tuple(self._connections):
                connection.close_if_silent(now_s)
            await self._open_or_close_port()

    async def _open_or_close_port(self) -> None:
        """Refuse as a camera does that is off: with its port closed."""
        refuse = all(seat.camera.timetable.active(FaultKind.REFUSE, seat.camera.now_s) for seat in self._seats.values())
        if refuse and self._listener is not None:
            self._listener.close()
            self._listener = None
        elif not refuse and self._listener is None:
            try:
                self._listener = await self._listen()
            except OSError as error:
                logger.warning("the port cannot be opened again yet (%s); trying on", error)
