"""The real command, served from a folder of its own, and Debian's Chromium before it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from camera_pipeline.clock import SystemClock
from camera_pipeline.config import load_config
from camera_pipeline.pipeline.review import open_desk
from tests.redis_server import running
from tests.review.kit import PASSWORD
from tests.review.pages.scene import Scene, lay_out

_CONFIG = """
server: {{data_dir: {folder}/data}}
redis: {{url: "{redis}"}}
review: {{port: {port}, undo_s: 600, evidence_keys: [{folder}/data/evidence.pub]}}
cameras: [{{id: junction}}]
"""
_START_S = 90.0
_WAIT_MS = 60_000  # a busy machine needs its time


@dataclass(frozen=True)
class Site:
    """A served review.

    Attributes:
        url: its address.
        scene: what lies there.
        screens: folder of the screenshots.
    """

    url: str
    scene: Scene
    screens: Path


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The command `review` on a folder with cases, evidence and people."""
    folder = tmp_path_factory.mktemp("site")
    with running() as redis:
        config = folder / "config.yaml"
        port = _free_port()
        config.write_text(_CONFIG.format(folder=folder, redis=redis.url, port=port))
        desk = open_desk(load_config(config), SystemClock())
        with closing(desk.database):
            scene = lay_out(desk, folder / "data" / "evidence")
        with (folder / "log").open("w") as log:
            command = [sys.executable, "-m", "camera_pipeline.cli", "review", str(config)]
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_for_start(port, process, folder / "log")
            screens = tmp_path_factory.mktemp("screens")
            yield Site(f"http://127.0.0.1:{port}", scene, screens)
        finally:
            process.terminate()
            assert process.wait(30) == 0, (folder / "log").read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_start(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as link:
                link.request("GET", "/healthz")
                assert link.getresponse().status == 200
                return
        except (OSError, HTTPException):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text()) from None
            time.sleep(0.2)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    path = which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed (Debian's package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def sign_in(context: BrowserContext, site: Site, name: str) -> Page:
    """Sign somebody in and return their page, on a screen of 1366x768."""
    context.set_default_timeout(_WAIT_MS)
    page = context.new_page()
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(site.url)
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{site.url}/")
    page.wait_for_selector("header")
    return page
