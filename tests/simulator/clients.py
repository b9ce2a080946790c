"""Clients that play a simulated camera."""

import re
import socket

import av


def open_camera(url: str, transport: str = "tcp", **options: str) -> "av.container.InputContainer":
    """Open a camera without the second that FFmpeg takes to guess a frame rate."""
    settings = {"rtsp_transport": transport, "analyzeduration": "100000", **options}
    return av.open(url, options=settings, timeout=10)


def take(url: str, count: int, transport: str = "tcp") -> "list[av.Packet[av.VideoStream]]":
    """Return a camera's next packets."""
    packets = []
    with open_camera(url, transport) as container:
        for packet in container.demux(video=0):
            packets.append(packet)
            if len(packets) == count:
                break
    return packets


def take_pictures(url: str, count: int, transport: str = "tcp") -> list[av.VideoFrame]:
    """Return a camera's next pictures, decoded."""
    pictures = []
    with open_camera(url, transport) as container:
        container.streams.video[0].thread_type = "NONE"
        for picture in container.decode(video=0):
            pictures.append(picture)
            if len(pictures) == count:
                break
    return pictures


class RawClient:
    """A client that says exactly what a test wants it to say."""

    def __init__(self, port: int) -> None:
        """Connect to the simulator."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._sequence = 0
        self._received = b""

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def ask(self, method: str, url: str, **headers: str) -> tuple[int, dict[str, str], str]:
        """Send a request; return status, headers and body of the answer."""
        self._sequence += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode())
        return self.answer()

    def answer(self) -> tuple[int, dict[str, str], str]:
        """Read one answer."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        match = re.fullmatch(r"RTSP/1\.0 (\d+) .+", status)
        assert match is not None, status
        return int(match[1]), headers, body.decode(errors="replace")

    def read_until_closed(self) -> bytes:
        """Read everything that comes before the server closes the connection."""
        try:
            while piece := self._socket.recv(65536):
                self._received += piece
        except ConnectionResetError:
            pass
        return self._received

    def _receive(self) -> None:
        piece = self._socket.recv(65536)
        assert piece, "the server closed the connection"
        self._received += piece
