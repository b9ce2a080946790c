"""A key that seals evidence, for tests; without the package that signs, they are skipped."""

from pathlib import Path

import pytest

from camera_pipeline.evidence.keys import PublicKeys, SigningKey, make_key


@pytest.fixture(scope="session")
def key_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key's file; its public half stands beside it."""
    for library in ("cryptography", "fsspec"):
        pytest.importorskip(library, reason="the extra [evidence] is not installed")
    path = tmp_path_factory.mktemp("keys") / "evidence.key"
    make_key(path)
    return path


@pytest.fixture(scope="session")
def key(key_path: Path) -> SigningKey:
    """The private key."""
    return SigningKey(key_path)


@pytest.fixture(scope="session")
def keys(key_path: Path) -> PublicKeys:
    """The public key, trusted."""
    return PublicKeys([key_path.with_suffix(".pub")])
