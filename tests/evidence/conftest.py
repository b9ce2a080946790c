"""Keys and sealed folders; without the package that signs, nothing here can be tried."""

from pathlib import Path

import pytest

from camera_pipeline.evidence.keys import PublicKeys, SigningKey, make_key
from tests.evidence.folders import seal_sample


@pytest.fixture(scope="session", autouse=True)
def _library() -> None:
    pytest.importorskip("cryptography", reason="the extra [evidence] is not installed")


@pytest.fixture(scope="session")
def key_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "evidence.key"
    make_key(path)
    return path


@pytest.fixture(scope="session")
def key(key_path: Path) -> SigningKey:
    return SigningKey(key_path)


@pytest.fixture(scope="session")
def keys(key_path: Path) -> PublicKeys:
    return PublicKeys([key_path.with_suffix(".pub")])


@pytest.fixture
def sealed(tmp_path: Path, key: SigningKey) -> Path:
    return seal_sample(tmp_path / "sealed", key)
