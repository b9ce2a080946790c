"""What a user would write with another library, for the same job: RTSP cameras, five looks a second, same model.

    python benchmarks/peers.py SIDE MODEL.onnx WARM_UP_S SECONDS full|blind URL...

Runs in a Python that has the peer installed and needs nothing of this project. Prints one line of JSON: CPU seconds a
second, looks a second, memory. `blind` leaves the model out: what is left is the cost of reading the cameras.
"""

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

INPUT_WH = (640, 384)
SCORE, IOU = 0.4, 0.65
LOOKS_A_SECOND, CAMERA_FPS = 5, 25
FIRST_LOOK_S = 60.0  # far more than any machine needs to connect

Found = list[tuple[np.ndarray, np.ndarray, np.ndarray]]
Look = Callable[[int], None]


class Model:
    """The same network, pictures as one batch, OpenCV's letterbox and NMS: what examples on the web do.

    One thread, as ours has: ONNX Runtime's own default spins on all cores while it waits.
    """

    def __init__(self, path: str, *, blind: bool) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name
        self._blind = blind

    def __call__(self, images: Sequence[np.ndarray]) -> Found:
        """Return boxes (xyxy, source px), scores and classes of each BGR picture."""
        if self._blind:
            return [(np.empty((0, 4)), np.empty(0), np.empty(0, int))] * len(images)
        batch, scales = zip(*map(self._letterbox, images), strict=True)
        (output,) = self._session.run(None, {self._name: np.stack(batch)})
        return [self._boxes(rows, scale) for rows, scale in zip(output, scales, strict=True)]

    def _letterbox(self, image: np.ndarray) -> tuple[np.ndarray, float]:
        scale = min(INPUT_WH[0] / image.shape[1], INPUT_WH[1] / image.shape[0])
        small = cv2.resize(image, None, fx=scale, fy=scale)
        canvas = np.full((INPUT_WH[1], INPUT_WH[0], 3), 114, np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        return canvas.transpose(2, 0, 1).astype(np.float32), scale

    def _boxes(self, rows: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        scores = rows[:, 4:5] * rows[:, 5:]
        classes, best = scores.argmax(1), scores.max(1)
        rows, classes, best = rows[best > SCORE], classes[best > SCORE], best[best > SCORE]
        xywh = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, 2:4]], 1) / scale
        kept = np.asarray(cv2.dnn.NMSBoxesBatched(xywh.tolist(), best.tolist(), classes.tolist(), SCORE, IOU), int)
        xywh = xywh[kept].reshape(-1, 4)
        return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1), best[kept], classes[kept]


def supervision_loop(urls: Sequence[str], model: Model, look: Look) -> str:
    """Roboflow's supervision: a loop over its frame generator with ByteTrack of `trackers`, one thread a camera."""
    import supervision as sv
    from trackers import ByteTrackTracker

    def watch(url: str) -> None:
        tracker = ByteTrackTracker(frame_rate=LOOKS_A_SECOND)
        for image in sv.get_video_frames_generator(url, stride=CAMERA_FPS // LOOKS_A_SECOND):
            ((xyxy, score, class_id),) = model([image])
            found = sv.Detections(xyxy=xyxy.astype(np.float32), confidence=score, class_id=class_id)
            tracker.update(found)
            look(1)

    _start(watch, urls)
    return version("supervision")


def inference_pipeline(urls: Sequence[str], model: Model, look: Look) -> str:
    """Roboflow's InferencePipeline with a model of one's own, held to five frames a second."""
    from inference import InferencePipeline

    def infer(frames: list) -> list:
        look(len(frames))
        return model([frame.image for frame in frames])

    pipeline = InferencePipeline.init_with_custom_logic(
        video_reference=list(urls),
        on_video_frame=infer,
        on_prediction=lambda _predictions, _frames: None,
        max_fps=LOOKS_A_SECOND,
    )
    pipeline.start(use_main_thread=False)
    return version("inference")


def ultralytics_streams(urls: Sequence[str], model: Model, look: Look) -> str:
    """Ultralytics' stream loader, every fifth frame, as `model.predict(source, stream=True, vid_stride=5)` uses it."""
    from ultralytics.data.loaders import LoadStreams

    listed = Path(tempfile.mkdtemp()) / "list.streams"
    listed.write_text("\n".join(urls))

    def watch(source: str) -> None:
        for _, images, _ in LoadStreams(source, vid_stride=CAMERA_FPS // LOOKS_A_SECOND):
            model(images)
            look(len(images))

    _start(watch, [str(listed)])
    return version("ultralytics")


def _start(work: Callable[[str], None], items: Sequence[str]) -> None:
    for item in items:
        threading.Thread(target=work, args=(item,), daemon=True).start()


def _give_up(died: threading.ExceptHookArgs) -> None:
    """End the process when one of its threads dies: a peer that stopped must not look cheap."""
    print(f"{died.exc_type.__name__}: {died.exc_value}", file=sys.stderr, flush=True)
    os._exit(1)


def _wait_for_looks(looks: Sequence[int], more_than: int) -> None:
    deadline_s = time.monotonic() + FIRST_LOOK_S
    while looks[0] <= more_than:
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"no frame was analysed within {FIRST_LOOK_S:g} s")
        time.sleep(0.05)


SIDES = {side.__name__: side for side in (supervision_loop, inference_pipeline, ultralytics_streams)}


def main() -> None:
    """Measure one side."""
    side, model, warm_up_s, seconds = SIDES[sys.argv[1]], sys.argv[2], *map(float, sys.argv[3:5])
    looks = [0]
    threading.excepthook = _give_up

    def look(count: int) -> None:
        looks[0] += count

    peer_version = side(sys.argv[6:], Model(model, blind=sys.argv[5] == "blind"), look)
    _wait_for_looks(looks, 0)
    time.sleep(warm_up_s)
    cpu_s, wall_s, before = time.process_time(), time.perf_counter(), looks[0]
    time.sleep(seconds)
    _wait_for_looks(looks, before)
    passed_s = time.perf_counter() - wall_s
    found = {
        "cores": (time.process_time() - cpu_s) / passed_s,
        "looks": (looks[0] - before) / passed_s,
        "mib": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20,
        "version": peer_version,
    }
    print(json.dumps(found), flush=True)
    os._exit(0)  # peers leave threads behind that never end


if __name__ == "__main__":
    main()
