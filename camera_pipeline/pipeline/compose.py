"""Build the parts from a configuration: detector, rules, one line a camera. Called at start and for every reload."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from camera_pipeline import __version__
from camera_pipeline.config import Camera, Config, load_config
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.fire_watch import FireWatch
from camera_pipeline.detect.model import load_model
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.events.law import load_law
from camera_pipeline.events.rule import load_rule, rule_mistakes
from camera_pipeline.ingest.drawn_view import drawn_view
from camera_pipeline.pipeline.line import CameraLine
from camera_pipeline.trace_format import TraceHeader

_NO_DECISION = {"url", "substream_url", "transport", "ring_s", "reference_picture"}
"""Settings of a camera that decide no candidate; the last only says where a picture lies."""
_DIGEST_CHARS = 16  # 64 bits: enough to tell configurations of one server apart


def read_config(path: Path) -> Config:
    """Return a configuration whose rules have what they need, and whose law table and pictures are whole.

    Raises:
        ConfigError: with all mistakes.
    """
    config = load_config(path, rule_mistakes)
    load_law(config.law)
    for camera in config.cameras:
        drawn_view(camera)
    return config


def build_detector(config: Config) -> Detector:
    """Return the detector, loaded and warmed up.

    Raises:
        ModelError: the model is missing, wrong or tampered with.
    """
    return Detector(load_model(config.detector))


def build_fire_watch(config: Config) -> FireWatch | None:
    """Return what looks for fire, loaded and warmed up; None where no camera has a rule that needs it.

    Raises:
        ModelError: the model is missing, wrong or tampered with.
    """
    return FireWatch(config.fires) if any(map(needs_fire_watch, config.cameras)) else None


def needs_fire_watch(camera: Camera) -> bool:
    """Return whether a rule of the camera wants somebody to look for fire."""
    return any(load_rule(entry.kind).sees_fires for entry in camera.rules)


def build_line(
    config: Config,
    camera: Camera,
    *,
    class_names: Sequence[str],
    model: str,
    confidence: Sequence[float] | None = None,
    fire_every_s: float | None = None,
) -> CameraLine:
    """Return the line of one camera.

    Args:
        config: the whole configuration.
        camera: one of its cameras.
        class_names: name of every class id of the detector.
        model: name and digest of the detector, for the events' versions.
        confidence: the detector's threshold of every class; None: all that it reports is believed.
        fire_every_s: media time between two looks for fire; None: nobody looks, or a trace holds what was seen.

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
    return CameraLine(camera, engine, class_names, confidence, fire_every_s)


def line_for(detector: Detector, config: Config, camera: Camera, watch: FireWatch | None = None) -> CameraLine:
    """Return the line of one camera behind a detector, and behind a fire watch where a rule needs one.

    Raises:
        ConfigError: a rule lacks something.
    """
    if needs_fire_watch(camera) and watch is None:
        raise ConfigError(
            f"camera {camera.id}: a rule needs somebody to look for fire, but the model for it is loaded at start only"
            "\n    cure: start the service again"
        )
    return build_line(
        config,
        camera,
        class_names=detector.class_names,
        model=models_of(detector, camera, watch),
        confidence=detector.confidence,
        fire_every_s=fire_every_s(camera, watch),
    )


def line_of_trace(config: Config, camera: Camera, header: TraceHeader) -> CameraLine:
    """Return the line of one camera for a trace with this header.

    Raises:
        ConfigError: a rule lacks something, in the trace perhaps.
    """
    if needs_fire_watch(camera) and header.fire_every_s is None:
        raise ConfigError(
            f"camera {camera.id}: a rule needs somebody to look for fire, and nobody did when the trace was made"
            "\n    cure: make the trace again from the footage, or leave the rule out"
        )
    return build_line(config, camera, class_names=header.class_names, model=header.model, confidence=header.confidence)


def fire_every_s(camera: Camera, watch: FireWatch | None) -> float | None:
    """Return how often a watch looks at a camera; None where no rule of it needs that."""
    return watch.every_s if watch is not None and needs_fire_watch(camera) else None


def models_of(detector: Detector, camera: Camera, watch: FireWatch | None) -> str:
    """Return names and digests of all models that decide a camera's events, as these carry them."""
    return f"{detector.version} {watch.version}" if watch is not None and needs_fire_watch(camera) else detector.version


def config_digest(config: Config, camera: Camera) -> str:
    """Return a digest of all settings that decide a camera's events; addresses and passwords do not."""
    settings = {
        "camera": camera.model_dump(mode="json", exclude=_NO_DECISION),
        "detector": config.detector.model_dump(mode="json", include={"model", "confidence"}),
    }
    if needs_fire_watch(camera):
        detector = config.fires.detector.model_dump(mode="json", include={"model", "confidence"})
        settings["fires"] = {"detector": detector, "every_s": config.fires.every_s}
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGEST_CHARS]
