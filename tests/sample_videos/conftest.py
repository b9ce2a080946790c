"""Puts the drawing code, which is no part of the installed package, on the import path; loads clip and truth once."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import settings

SAMPLE_VIDEOS = Path(__file__).resolve().parents[2] / "sample_videos"
sys.path.insert(0, str(SAMPLE_VIDEOS))
settings.register_profile("no deadline", deadline=None)  # a busy machine is no bug
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def clip() -> Path:
    """The sample clip."""
    return SAMPLE_VIDEOS / "junction.mp4"


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    """The clip's truth file."""
    loaded: dict[str, Any] = json.loads((SAMPLE_VIDEOS / "junction.truth.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="session")
def true_boxes() -> list[dict[str, Any]]:
    """The true boxes, one entry a frame."""
    text = gzip.decompress((SAMPLE_VIDEOS / "junction.boxes.jsonl.gz").read_bytes()).decode()
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="session")
def pictures(clip: Path) -> dict[int, npt.NDArray[np.uint8]]:
    """Every 30th decoded frame, RGB, by frame number."""
    with av.open(str(clip)) as container:
        frames = enumerate(container.decode(video=0))
        return {i: frame.to_ndarray(format="rgb24") for i, frame in frames if i % 30 == 0}
