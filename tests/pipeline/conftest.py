"""What the tests of the whole line share: the shipped model, loaded once, and small clips made on the spot."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.types import Event
from tests.evidence_keys import key, key_path, keys
from tests.pipeline.scenes import make_clip
from tests.redis_server import redis_server, shared_redis
from tests.s3_server import s3

__all__ = [
    "Collected",
    "clip",
    "collected",
    "detector",
    "key",
    "key_path",
    "keys",
    "redis_server",
    "s3",
    "shared_redis",
]


class Collected:
    """An event sink that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def append(self, events: Sequence[Event]) -> None:
        """Keep events."""
        self.events += events

    def types(self, camera_id: str) -> list[str]:
        """Return the types of one camera's events, in order."""
        return [event.type for event in self.events if event.camera_id == camera_id]


@pytest.fixture
def collected() -> Collected:
    """An empty sink."""
    return Collected()


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The shipped detector."""
    return Detector(load_model(DetectorSettings()))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of a moving block."""
    return make_clip(tmp_path_factory.mktemp("clips") / "block.mp4")
