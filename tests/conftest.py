"""Fixtures that every stage's tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no deadline", deadline=None)  # a busy machine is no bug
settings.load_profile("no deadline")

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a failed slow test once more, and let the summary name it.

    Slow tests play in real time with servers and clients of other people; where another program takes the processor
    for a second, a deadline that says nothing about our code is missed.
    """
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real road-camera material that lies beside a developer's checkout; not part of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real road-camera material is not on this machine ({folder.name} beside the checkout)")
    return folder
