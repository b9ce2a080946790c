"""The footage whose events are kept, and how they are made. `update.py` writes them, `test_golden.py` compares."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from camera_pipeline.config import Config
from camera_pipeline.pipeline.compose import build_detector, read_config
from camera_pipeline.pipeline.replay import ReplayOutput, replay_footage, replay_trace

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CLIPS = ROOT.parent / "shared" / "data" / "clips"
START = datetime(2026, 3, 4, 0, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """Footage of one camera.

    Attributes:
        name: of the golden file.
        config: the configuration file.
        camera_id: the camera in it.
        footage: the video.
    """

    name: str
    config: Path
    camera_id: str
    footage: Path

    @property
    def golden(self) -> Path:
        """The events that the footage must give."""
        return HERE / f"{self.name}.events.jsonl"

    @property
    def trace(self) -> Path:
        """What the detector saw, for the cases that keep it."""
        return HERE / f"{self.name}.trace.jsonl.zst"


SAMPLE = Case("junction", ROOT / "configs" / "demo.yaml", "junction", ROOT / "sample_videos" / "junction.mp4")
REAL = tuple(
    Case(path.stem, HERE / "clips.yaml", path.stem, path)
    for path in sorted(CLIPS.glob("*.*")) if path.suffix in (".mp4", ".avi")
)  # fmt: skip


def events_of(case: Case, *, trace: Path | None = None, config: Config | None = None) -> bytes:
    """Return the events of a case's footage, as `events.jsonl` has them; write a trace where asked."""
    config = config or read_config(case.config)
    with tempfile.TemporaryDirectory() as folder:
        output = ReplayOutput(folder=Path(folder), trace=Path(folder) / "trace.jsonl.zst" if trace else None)
        camera, detector = config.camera(case.camera_id), build_detector(config)
        replay_footage(config, camera, [case.footage], detector, start=START, output=output)
        if trace is not None and output.trace is not None:
            shutil.copyfile(output.trace, trace)
        return (Path(folder) / "events.jsonl").read_bytes()


def events_of_trace(case: Case, trace: Path) -> bytes:
    """Return the events of a trace of a case's footage."""
    config = read_config(case.config)
    with tempfile.TemporaryDirectory() as folder:
        replay_trace(config, config.camera(case.camera_id), trace, output=ReplayOutput(folder=Path(folder)))
        return (Path(folder) / "events.jsonl").read_bytes()
