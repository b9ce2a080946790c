"""Fixtures of the simulator's tests: clips, a running camera, and programs that play it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from camera_pipeline.simulator import Camera, Simulator

from .clips import Clip, write_clip


@pytest.fixture(scope="session")
def clip_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Clip], Path]:
    """Return the file of a clip; each kind is made once."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[Clip, Path] = {}

    def make(clip: Clip) -> Path:
        if clip not in made:
            made[clip] = folder / f"clip-{len(made)}{clip.suffix}"
            write_clip(made[clip], clip)
        return made[clip]

    return make


@pytest.fixture(scope="session")
def h264_clip(clip_of: Callable[[Clip], Path]) -> Path:
    """Two seconds of H.264, a key frame every 0.4 s so that clients begin soon, no B-frames."""
    return clip_of(Clip(key_frame_every=10))


@pytest.fixture(scope="session")
def h265_clip(clip_of: Callable[[Clip], Path]) -> Path:
    """Two seconds of H.265, a key frame every 0.4 s, no B-frames."""
    return clip_of(Clip(encoder="libx265", key_frame_every=10))


@pytest.fixture
def junction(h264_clip: Path) -> Iterator[Simulator]:
    """One camera at path `junction`."""
    with Simulator([Camera(path="junction", file=h264_clip)], port=0) as simulator:
        yield simulator


@pytest.fixture
def tool() -> Callable[[str], str]:
    """Return a program's path; skip where it is not installed."""

    def find(name: str) -> str:
        found = shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is not installed (apt-get install ffmpeg gstreamer1.0-tools)")
        return found

    return find
