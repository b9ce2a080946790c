"""Sixty-four cameras with a client each, from one process."""

import selectors
import socket
import time
from collections import Counter
from pathlib import Path

import pytest

from camera_pipeline.simulator import Camera, Simulator

CLIENTS = 64


def play(port: int, path: str) -> socket.socket:
    """Ask for a stream without waiting for answers."""
    url = f"rtsp://127.0.0.1:{port}/{path}"
    client = socket.create_connection(("127.0.0.1", port), timeout=5)
    setup = f"SETUP {url} RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
    client.sendall(f"{setup}PLAY {url} RTSP/1.0\r\nCSeq: 2\r\n\r\n".encode())
    client.setblocking(False)
    return client


@pytest.mark.slow
@pytest.mark.parametrize("cameras", [1, CLIENTS])
def test_sixty_four_clients_get_their_pictures(h264_clip: Path, cameras: int) -> None:
    with (
        Simulator([Camera(file=h264_clip) for _ in range(cameras)], port=0) as simulator,
        selectors.DefaultSelector() as selector,
    ):
        for number in range(CLIENTS):
            client = play(simulator.port, simulator.paths[number % cameras])
            selector.register(client, selectors.EVENT_READ, number)
        received: Counter[int] = Counter()
        wanted_bytes = h264_clip.stat().st_size // 2  # a second of the clip, its half
        end_s = time.monotonic() + 30
        while len(received) < CLIENTS or min(received.values()) < wanted_bytes:
            assert time.monotonic() < end_s, received
            for key, _ in selector.select(1):
                received[key.data] += len(key.fileobj.recv(1 << 16))
        for key in tuple(selector.get_map().values()):
            key.fileobj.close()
