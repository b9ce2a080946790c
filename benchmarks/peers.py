"""What a user would write with another library, for the same job: one RTSP camera, five looks a second, same model.

    python benchmarks/peers.py SIDE URL MODEL.onnx WARM_UP_S SECONDS

Runs in a Python that has the peer installed; needs nothing of this project. Prints CPU seconds a second, and looks.
"""

import os
import sys
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np
import onnxruntime as ort

INPUT_WH = (640, 384)
SCORE, IOU = 0.4, 0.65
LOOKS_A_SECOND, CAMERA_FPS = 5, 25


class Model:
    """The same network with OpenCV's letterbox and NMS: what examples on the web do."""

    def __init__(self, path: str) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return boxes (xyxy, source px), scores and classes of a BGR picture."""
        scale = min(INPUT_WH[0] / image.shape[1], INPUT_WH[1] / image.shape[0])
        small = cv2.resize(image, None, fx=scale, fy=scale)
        canvas = np.full((INPUT_WH[1], INPUT_WH[0], 3), 114, np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        (output,) = self._session.run(None, {self._name: canvas.transpose(2, 0, 1)[None].astype(np.float32)})
        rows = output[0]
        scores = rows[:, 4:5] * rows[:, 5:]
        classes, best = scores.argmax(1), scores.max(1)
        rows, classes, best = rows[best > SCORE], classes[best > SCORE], best[best > SCORE]
        xywh = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, 2:4]], 1) / scale
        kept = np.asarray(cv2.dnn.NMSBoxesBatched(xywh.tolist(), best.tolist(), classes.tolist(), SCORE, IOU), int)
        xywh = xywh[kept].reshape(-1, 4)
        return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], 1), best[kept], classes[kept]


def supervision_loop(url: str, model: Model, look: Callable[[], None]) -> None:
    """Roboflow's supervision: its frame generator, and its ByteTrack."""
    import supervision as sv

    tracker = sv.ByteTrack(frame_rate=LOOKS_A_SECOND)
    for image in sv.get_video_frames_generator(url, stride=CAMERA_FPS // LOOKS_A_SECOND):
        xyxy, score, class_id = model(image)
        tracker.update_with_detections(sv.Detections(xyxy=xyxy.astype(np.float32), confidence=score, class_id=class_id))
        look()


def inference_pipeline(url: str, model: Model, look: Callable[[], None]) -> None:
    """Roboflow's InferencePipeline with a model of one's own, held to five frames a second."""
    from inference import InferencePipeline

    def infer(frames: list) -> list:
        return [model(frame.image) for frame in frames]

    pipeline = InferencePipeline.init_with_custom_logic(
        video_reference=url,
        on_video_frame=infer,
        on_prediction=lambda _predictions, _frames: look(),
        max_fps=LOOKS_A_SECOND,
    )
    pipeline.start()
    pipeline.join()


def ultralytics_streams(url: str, model: Model, look: Callable[[], None]) -> None:
    """Ultralytics' stream loader, every fifth frame, as `model.predict(url, stream=True, vid_stride=5)` uses it."""
    from ultralytics.data.loaders import LoadStreams

    for _, images, _ in LoadStreams(url, vid_stride=CAMERA_FPS // LOOKS_A_SECOND):
        for image in images:
            model(image)
        look()


SIDES = {side.__name__: side for side in (supervision_loop, inference_pipeline, ultralytics_streams)}


def main() -> None:
    """Measure one side."""
    side, url, model, warm_up_s, seconds = SIDES[sys.argv[1]], sys.argv[2], sys.argv[3], *map(float, sys.argv[4:6])
    looks = [0]

    def look() -> None:
        looks[0] += 1

    threading.Thread(target=side, args=(url, Model(model), look), daemon=True).start()
    time.sleep(warm_up_s)
    cpu, wall, before = time.process_time(), time.perf_counter(), looks[0]
    time.sleep(seconds)
    passed = time.perf_counter() - wall
    print(f"{(time.process_time() - cpu) / passed:.4f} {(looks[0] - before) / passed:.2f}", flush=True)
    # Peers leave threads behind that never end.
    os._exit(0)


if __name__ == "__main__":
    main()
