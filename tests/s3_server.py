"""A real S3 server for tests: moto's, on a port of its own."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The URL of a bucket; where the server is and who may use it stands in the environment."""
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    client = pytest.importorskip("s3fs", reason="the extra [s3] is not installed")
    running = server.ThreadedMotoServer(port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "made-up")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client.S3FileSystem(skip_instance_cache=True).makedirs("cameras", exist_ok=True)
        yield "s3://cameras"
    running.stop()
