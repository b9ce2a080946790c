"""Build the parts from a configuration: detector, rules, one line a camera. Called at start and for every reload."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from camera_pipeline import __version__
from camera_pipeline.config import Camera, Config, load_config
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.events.law import load_law
from camera_pipeline.events.rule import rule_mistakes
from camera_pipeline.pipeline.line import CameraLine

_DIGEST_CHARS = 16  # 64 bits: enough to tell configurations of one server apart


def read_config(path: Path) -> Config:
    """Return a configuration whose rules have what they need, and whose law table is whole.

    Raises:
        ConfigError: with all mistakes.
    """
    config = load_config(path, rule_mistakes)
    load_law(config.law)
    return config


def build_detector(config: Config) -> Detector:
    """Return the detector, loaded and warmed up.

    Raises:
        ModelError: the model is missing, wrong or tampered with.
    """
    return Detector(load_model(config.detector))


def build_line(
    config: Config,
    camera: Camera,
    *,
    class_names: Sequence[str],
    model: str,
    confidence: Sequence[float] | None = None,
) -> CameraLine:
    """Return the line of one camera.

    Args:
        config: the whole configuration.
        camera: one of its cameras.
        class_names: name of every class id of the detector.
        model: name and digest of the detector, for the events' versions.
        confidence: the detector's threshold of every class; None: all that it reports is believed.

    Raises:
        ConfigError: a rule lacks something.
    """
    engine = RuleEngine(
        camera,
        class_names=tuple(class_names),
        pipeline_version=__version__,
        config_version=config_digest(config, camera),
        model_version=model,
        law=load_law(config.law),
    )
    return CameraLine(camera, engine, class_names, confidence)


def line_for(detector: Detector, config: Config, camera: Camera) -> CameraLine:
    """Return the line of one camera behind a detector.

    Raises:
        ConfigError: a rule lacks something.
    """
    return build_line(
        config, camera, class_names=detector.class_names, model=detector.version, confidence=detector.confidence
    )


def config_digest(config: Config, camera: Camera) -> str:
    """Return a digest of all settings that decide a camera's events; addresses and passwords do not."""
    settings = {
        "camera": camera.model_dump(mode="json", exclude={"url", "substream_url", "transport", "ring_s"}),
        "detector": config.detector.model_dump(mode="json", include={"model", "confidence"}),
    }
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGEST_CHARS]
