"""Keys and sealed folders; without the package that signs, nothing here can be tried."""

from pathlib import Path

import pytest

from camera_pipeline.evidence.keys import SigningKey
from tests.evidence.folders import seal_sample
from tests.evidence_keys import key, key_path, keys
from tests.s3_server import s3

__all__ = ["key", "key_path", "keys", "s3", "sealed"]


@pytest.fixture(scope="session", autouse=True)
def _library() -> None:
    pytest.importorskip("cryptography", reason="the extra [evidence] is not installed")


@pytest.fixture
def sealed(tmp_path: Path, key: SigningKey) -> Path:
    return seal_sample(tmp_path / "sealed", key)
