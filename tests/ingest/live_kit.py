"""Real cameras for tests of live ingest: clips with known pictures, servers in threads and processes, and a watcher."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera_pipeline.clock import SystemClock
from camera_pipeline.config import Camera
from camera_pipeline.ingest.governor import ConnectionGovernor
from camera_pipeline.ingest.mailbox import Doorbell, Mailbox
from camera_pipeline.ingest.rtsp import Limits
from camera_pipeline.ingest.worker import CameraWorker
from camera_pipeline.types import Frame, LinkChange

UInt8 = NDArray[np.uint8]
SIZE_WH = (320, 192)
FPS = 25
QUICK = Limits(open_s=8.0, silence_s=2.0, poll_s=2.0)
_BIT_PX = 16
_BITS = 8


def numbered_luma(number: int, size_wh: tuple[int, int] = SIZE_WH) -> UInt8:
    """A moving texture, uint8 (H, W), with its number as black and white squares at the top."""
    width, height = size_wh
    luma = np.roll(_texture(), -2 * number, axis=1)[:height, :width].copy()
    for bit in range(_BITS):
        luma[:_BIT_PX, bit * _BIT_PX : (bit + 1) * _BIT_PX] = 235 if number >> bit & 1 else 16
    return luma


def read_number(luma: UInt8) -> int:
    """The number of a picture in its own size."""
    middle = _BIT_PX // 2
    return sum((int(luma[middle, bit * _BIT_PX + middle]) > 128) << bit for bit in range(_BITS))


def write_clip(file: Path, *, frames: int = 50, gop: int = 25, codec: str = "libx264", b_frames: int = 0) -> Path:
    """Encode numbered pictures 0, 1, 2 ..."""
    options = {
        "x265-params": f"log-level=none:bframes={b_frames}:open-gop=0:crf=14:pools=none:frame-threads=1:keyint={gop}"
    }
    if codec == "libx264":
        options = {"preset": "ultrafast", "bf": str(b_frames), "sc_threshold": "0", "crf": "14"}
    with av.open(str(file), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = gop
        stream.codec_context.thread_count = 1
        stream.codec_context.options = options
        for number in range(frames):
            planes = np.full((SIZE_WH[1] * 3 // 2, SIZE_WH[0]), 110, np.uint8)
            planes[: SIZE_WH[1]] = numbered_luma(number)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode())
    return file


@dataclass
class Watcher:
    """A worker and everything that came out of it."""

    worker: CameraWorker
    mailbox: Mailbox
    items: list[Frame | LinkChange] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    @property
    def frames(self) -> list[Frame]:
        return [item for item in self.items if isinstance(item, Frame)]

    @property
    def links(self) -> list[LinkChange]:
        return [item for item in self.items if isinstance(item, LinkChange)]

    def collect(self, until: Callable[["Watcher"], bool], timeout_s: float = 15.0) -> None:
        """Take what comes until the condition holds."""
        deadline_s = time.monotonic() + timeout_s
        while not until(self):
            item = self.mailbox.take()
            if item is not None:
                self.items.append(item)
            elif time.monotonic() > deadline_s:
                raise AssertionError(f"nothing more came; {self.worker.status}; last: {self.items[-3:]}")
            else:
                time.sleep(0.005)

    def collect_for(self, seconds: float) -> None:
        """Take what comes for a while."""
        end_s = time.monotonic() + seconds
        self.collect(lambda _: time.monotonic() > end_s, seconds + 5)


def wrongness(frame: Frame) -> float:
    """How far a frame's picture is from the one whose number it bears: mean difference of luma, number left out.

    Coarse encoding alone stays below 3; a number that was misread gives about 50.
    """
    luma = frame.picture.luma(*SIZE_WH)
    expected = (numbered_luma(read_number(luma)) - 16.0) * (255 / 219)  # swscale's grey is of full range
    return float(np.abs(luma[_BIT_PX:].astype(np.int16) - expected[_BIT_PX:].clip(0, 255)).mean())


@contextmanager
def watching(url: str, *, limits: Limits = QUICK, seed: int = 0, **settings: object) -> Iterator[Watcher]:
    """Watch a camera; the thread is gone afterwards."""
    clock = SystemClock()
    options = {"analyse_fps": 25.0, **settings}
    camera = Camera.model_validate({"id": "cam", "url": url, **options})
    mailbox = Mailbox("cam", Doorbell(), lossless=True)
    failures: list[Exception] = []
    worker = CameraWorker(
        camera,
        mailbox,
        ConnectionGovernor(clock),
        clock,
        limits=limits,
        on_failure=lambda _, error: failures.append(error),
        seed=seed,
    )
    worker.start()
    try:
        yield Watcher(worker, mailbox, failures=failures)
    finally:
        worker.stop()
        assert worker.join(limits.poll_s + 3), "the camera's thread did not end"
        assert not failures, failures


@contextmanager
def gstreamer_camera(**options: object) -> Iterator[str]:
    """Serve a test picture by GStreamer's RTSP server, yield the URL without credentials; skip where there is none."""
    script = Path(__file__).with_name("gst_rtsp_server.py")
    command = ["/usr/bin/python3", str(script), json.dumps(options)]
    if not Path(command[0]).exists():
        pytest.skip("no /usr/bin/python3 for GStreamer's RTSP server")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as it:
        assert it.stdout is not None
        assert it.stdin is not None
        try:
            words = it.stdout.readline().split()
            if words[:1] != ["ready"]:
                assert it.stderr is not None
                pytest.skip(f"GStreamer's RTSP server does not run here: {it.stderr.read().strip()[-200:]}")
            yield f"rtsp://127.0.0.1:{words[1]}/cam"
        finally:
            it.stdin.close()
            it.wait(10)


@contextmanager
def tcp_server(answer: Callable[[bytes], bytes | None]) -> Iterator[int]:
    """Answer every chunk that a client sends with `answer(chunk)`; None closes. Yields the port."""
    import socket

    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)

    def serve(client: socket.socket) -> None:
        client.settimeout(0.1)
        with client:
            while not stop.is_set():
                try:
                    chunk = client.recv(65536)
                    reply = answer(chunk) if chunk else None
                    if reply is None:
                        return
                    client.sendall(reply)
                except TimeoutError:
                    continue
                except OSError:
                    return

    def accept() -> None:
        while not stop.is_set():
            try:
                client, _ = listener.accept()
            except TimeoutError:
                continue
            threads.append(threading.Thread(target=serve, args=(client,)))
            threads[-1].start()

    threads = [threading.Thread(target=accept)]
    threads[0].start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        stop.set()
        for thread in threads:
            thread.join(5)
        listener.close()


@cache
def _texture() -> UInt8:
    noise = np.random.default_rng(7).integers(0, 256, (256, 1024), np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 7)
    return cv2.normalize(smooth, None, 20, 235, cv2.NORM_MINMAX)
