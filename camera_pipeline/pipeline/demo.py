"""The main job on the sample camera, with everything real: RTSP, detector, rules, outbox and a Redis server of its own.

Ends by itself after one turn of the sample clip; leaves pictures, a video, the outbox, the streams and sealed evidence
behind, which is verified at the end.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from camera_pipeline.config import Config, EvidenceSettings, load_config
from camera_pipeline.events.browse import follow, read
from camera_pipeline.events.embedded import embedded_redis
from camera_pipeline.events.rule import rule_mistakes
from camera_pipeline.evidence.keys import PublicKeys, make_key
from camera_pipeline.evidence.place import FOLDER as EVIDENCE
from camera_pipeline.evidence.tree import Report, verify_paths
from camera_pipeline.pipeline.annotate import Annotator
from camera_pipeline.pipeline.line import Outcome
from camera_pipeline.pipeline.replay import footage_length_s
from camera_pipeline.pipeline.service import Service
from camera_pipeline.resources import resource
from camera_pipeline.simulator import Camera, Simulator
from camera_pipeline.types import Event, Frame

CAMERA_ID = "junction"
CLIP = "sample_videos/junction.mp4"
CONFIG = "configs/demo.yaml"
KEY = "evidence.key"
"""The key of the demonstration's evidence, in its folder; its public half beside it."""
_RING_S = 60.0  # longer than the longest red: who stops behind the line is told when the light is green again
_BEFORE_THE_SEAM_S = 0.5  # the clip begins anew at its end; what jumps there is no traffic


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a demonstration left.

    Attributes:
        events: the events, as they were read back from Redis.
        began_at: wall-clock time at which the clip began.
        folder: where everything lies.
        evidence: what verifying the evidence found.
    """

    events: tuple[Event, ...]
    began_at: datetime
    folder: Path
    evidence: Report


def run_demo(
    folder: Path,
    *,
    say: Callable[[str], None],
    on_event: Callable[[Event], None],
    progress: Callable[[float, float], None] = lambda _done_s, _all_s: None,
) -> DemoResult:
    """Run the sample clip once through the whole pipeline.

    Args:
        folder: gets pictures, video, outbox and Redis data; made when missing.
        say: told what is going on.
        on_event: called with every event when it comes out of Redis, on a thread of its own.
        progress: told seconds done and seconds in all, with every analysed frame.

    Raises:
        CameraPipelineError: something does not work; the message says what.
    """
    clip = resource(CLIP)
    length_s = (footage_length_s([clip]) or 0.0) - _BEFORE_THE_SEAM_S
    stop = threading.Event()
    make_key(folder / KEY)
    with ExitStack() as stack:
        redis_url = stack.enter_context(embedded_redis(folder / "redis"))
        cameras = stack.enter_context(Simulator([Camera(file=clip, path=CAMERA_ID)], port=0))
        began_at = datetime.now(UTC)
        threading.Timer(length_s, stop.set).start()
        config = demo_config(folder, {"SIMULATOR_PORT": str(cameras.port), "REDIS_URL": redis_url})
        with _printed(config, on_event), Service(lambda: config) as service:
            say(f"camera  {cameras.url(CAMERA_ID)}\nredis   {redis_url}\nmodel   {service.detector.version}\n")
            camera = config.camera(CAMERA_ID)
            with Annotator(folder, camera, service.detector.class_names, camera.analyse_fps) as annotator:

                def see(frame: Frame, outcome: Outcome) -> None:
                    annotator.draw(frame, outcome.observation, outcome.tracks, outcome.events)
                    progress(frame.media_time_s, length_s)

                service.run(stop, see)
        evidence = verify_paths([folder / EVIDENCE], PublicKeys([(folder / KEY).with_suffix(".pub")]))
        return DemoResult(tuple(read(config.redis)), began_at, folder, evidence)


def demo_config(folder: Path, environ: Mapping[str, str]) -> Config:
    """Return the sample camera's configuration, with its data below a folder."""
    config = load_config(resource(CONFIG), rule_mistakes, environ)
    return config.model_copy(
        update={
            "server": config.server.model_copy(update={"data_dir": folder}),
            "cameras": tuple(camera.model_copy(update={"ring_s": _RING_S}) for camera in config.cameras),
            "evidence": EvidenceSettings(key=folder / KEY, min_free_gb=0.1),
        }
    )


@contextmanager
def _printed(config: Config, on_event: Callable[[Event], None]) -> Iterator[None]:
    """Read the streams on a thread of its own, as another team's service would."""
    done = threading.Event()

    def read_on() -> None:
        for event in follow(config.redis, stopped=done.is_set):
            on_event(event)

    reader = threading.Thread(target=read_on, name="demo reader", daemon=True)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()
