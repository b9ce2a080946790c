"""Build the parts from a configuration: detector, rules, one line a camera. Called at start and for every reload."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from camera_pipeline import __version__
from camera_pipeline.config import Camera, Config, PlateSettings, load_config
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.fire_watch import FireWatch
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.plate_finder import PlateFinder
from camera_pipeline.detect.plate_follower import PlateFollower
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.detect.plate_text import PlateReader
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.events.law import load_law
from camera_pipeline.events.rule import load_rule, rule_mistakes
from camera_pipeline.events.watch_book import WatchBook
from camera_pipeline.ingest.drawn_view import drawn_view
from camera_pipeline.pipeline.line import CameraLine
from camera_pipeline.trace_format import TraceHeader

_NO_DECISION = {"url", "substream_url", "transport", "ring_s", "reference_picture"}
"""Settings of a camera that decide no candidate; the last only says where a picture lies."""
MAIN_SCALE = 3.0
"""A main stream is expected to be so many times larger than its substream, until its first picture is seen."""
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
        for entry in camera.rules:
            lacking = [name for name in load_rule(entry.kind).needs if getattr(config, name) is None]
            if lacking:
                raise ConfigError(
                    f"{path}: camera {camera.id} has the rule {entry.label}, but the file has no "
                    f"{' and no '.join(lacking)}\n    cure: see docs/configuration.md for it, or leave the rule out"
                )
    return config


def build_book(config: Config) -> WatchBook | None:
    """Return the watch list; None where the configuration has none.

    Raises:
        ConfigError: it cannot be read, or holds mistakes.
    """
    return WatchBook(config.watch_list, config.redis) if config.watch_list is not None else None


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


def build_looker(config: Config) -> PlateLooker | None:
    """Return what reads plates, loaded and warmed up; None where the configuration has no `plates`.

    Raises:
        ModelError: a model is missing, wrong or tampered with.
    """
    return load_looker(config.plates) if config.plates is not None else None


def load_looker(settings: PlateSettings) -> PlateLooker:
    """Return what reads plates.

    Raises:
        ModelError: a model is missing, wrong or tampered with.
    """
    finder, reader = PlateFinder(settings.finder), PlateReader(settings.reader)
    return PlateLooker(finder, reader, version=f"{finder.version} {reader.version}")


def build_line(
    config: Config,
    camera: Camera,
    *,
    class_names: Sequence[str],
    model: str,
    confidence: Sequence[float] | None = None,
    fire_every_s: float | None = None,
    plates: PlateFollower | None = None,
    book: WatchBook | None = None,
) -> CameraLine:
    """Return the line of one camera.

    Args:
        config: the whole configuration.
        camera: one of its cameras.
        class_names: name of every class id of the detector.
        model: name and digest of the detector, for the events' versions.
        confidence: the detector's threshold of every class; None: all that it reports is believed.
        fire_every_s: media time between two looks for fire; None: nobody looks, or a trace holds what was seen.
        plates: follows the plates of its vehicles; None: nobody reads them, or a trace holds what was read.
        book: plates that somebody looks for; None: nobody does.

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
    return CameraLine(camera, engine, class_names, confidence, fire_every_s, plates, book)


def line_for(
    detector: Detector,
    config: Config,
    camera: Camera,
    watch: FireWatch | None = None,
    looker: PlateLooker | None = None,
    book: WatchBook | None = None,
) -> CameraLine:
    """Return the line of one camera behind a detector, and behind what else looks at its pictures.

    Raises:
        ConfigError: a rule lacks something, or there is no such plate grammar.
    """
    if needs_fire_watch(camera) and watch is None:
        raise ConfigError(
            f"camera {camera.id}: a rule needs somebody to look for fire, but the model for it is loaded at start only"
            "\n    cure: start the service again"
        )
    plates = None
    if config.plates is not None and looker is not None:
        scale = MAIN_SCALE if camera.substream_url is not None else 1.0
        names, share = detector.class_names, looks_a_camera(config)
        close_view = camera.id in config.plates.close_cameras
        plates = PlateFollower(config.plates, names, share, scale, close_view=close_view)
    return build_line(
        config,
        camera,
        class_names=detector.class_names,
        model=models_of(detector, camera, watch, looker),
        confidence=detector.confidence,
        fire_every_s=fire_every_s(camera, watch),
        plates=plates,
        book=book,
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
    return build_line(
        config,
        camera,
        class_names=header.class_names,
        model=header.model,
        confidence=header.confidence,
        book=build_book(config),
    )


def fire_every_s(camera: Camera, watch: FireWatch | None) -> float | None:
    """Return how often a watch looks at a camera; None where no rule of it needs that."""
    return watch.every_s if watch is not None and needs_fire_watch(camera) else None


def models_of(
    detector: Detector, camera: Camera, watch: FireWatch | None = None, looker: PlateLooker | None = None
) -> str:
    """Return names and digests of all models that decide a camera's events, as these carry them."""
    versions = [detector.version]
    if watch is not None and needs_fire_watch(camera):
        versions.append(watch.version)
    if looker is not None:
        versions.append(looker.version)
    return " ".join(versions)


def looks_a_camera(config: Config) -> float:
    """Return each camera's even share of the looks at plates, a second.

    A camera that is kept through a reload keeps its share until the service starts again.
    """
    return config.plates.looks_per_s / len(config.cameras) if config.plates is not None else 0.0


def config_digest(config: Config, camera: Camera) -> str:
    """Return a digest of all settings that decide a camera's events; addresses and passwords do not."""
    settings = {
        "camera": camera.model_dump(mode="json", exclude=_NO_DECISION),
        "detector": config.detector.model_dump(mode="json", include={"model", "confidence"}),
    }
    if needs_fire_watch(camera):
        detector = config.fires.detector.model_dump(mode="json", include={"model", "confidence"})
        settings["fires"] = {"detector": detector, "every_s": config.fires.every_s}
    if config.plates is not None:
        own = {"finder", "reader", "looks_per_s", "close_cameras"}
        settings["plates"] = config.plates.model_dump(mode="json", exclude=own) | {
            "close_view": camera.id in config.plates.close_cameras,
            "looks_a_camera": looks_a_camera(config),
            "finder": config.plates.finder.model_dump(mode="json", include={"model", "confidence"}),
            "reader": config.plates.reader.model_dump(mode="json", include={"model", "confidence"}),
        }
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGEST_CHARS]
