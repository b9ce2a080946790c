"""Draw the sample clip `junction.mp4` and its truth.

    python sample_videos/make_junction.py [--out sample_videos] [--preview SECONDS ...]

Writes junction.mp4 (1280x720, 15 fps, H.264), junction.truth.json (geometry, signal plan, vehicles, acts) and
junction.boxes.jsonl.gz (the true boxes of every frame). The same seed gives the same drawing. Needs the `render` extra
(moderngl) and Mesa's EGL (Debian: libegl1, libgl1-mesa-dri); takes about ten minutes of one core. `--preview` writes
single pictures with their boxes instead.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import PictureType
from render import models, scenario, truth
from render.atlas import Atlas
from render.picture import as_camera
from render.renderer import Renderer
from render.scene import Scene, TrueBox
from render.traffic import simulate
from rich.progress import track

Picture = npt.NDArray[np.uint8]

# x264's constant quality. The clip is encoded from a finer master, as cameras' recorders do; both were chosen so that
# it stays under 6 MB.
MASTER_RATE_FACTOR, RATE_FACTOR = 29, 33
GOP_FRAMES = 30  # a key frame every 2 s


def build_scene() -> Scene:
    """Simulate the traffic of the scenario and build everything that the clip shows."""
    users = scenario.cast()
    simulate(users, scenario.signal_at, start_s=-scenario.WARM_UP_S, stop_s=scenario.DURATION_S + 0.5)
    rng = np.random.default_rng(scenario.SEED)
    atlas = Atlas()
    built = {user.name: models.build(user.kind, rng, atlas) for user in users}
    return Scene(rng, users, scenario.HEADS, built, atlas)


def show(scene: Scene) -> None:
    """Open a renderer of this process and show the scene on it."""
    scene.show_on(Renderer((scenario.CAMERA.width_px, scenario.CAMERA.height_px)))


def frame_at(scene: Scene, index: int) -> tuple[Picture, list[TrueBox]]:
    """Return frame `index` of the clip as the camera gives it, and its true boxes."""
    raw, boxes = scene.draw(index / scenario.FPS, scenario.CAMERA, scenario.LIGHT, scenario.signal_at)
    return as_camera(raw, scenario.LOOK, np.random.default_rng((scenario.SEED, index))), boxes


class Workers:
    """Processes that share the built scene by fork and draw frames side by side, in order."""

    scene: ClassVar[Scene]

    @classmethod
    def start(cls) -> None:
        """Run once in each new process."""
        show(cls.scene)

    @classmethod
    def frame(cls, index: int) -> tuple[Picture, list[TrueBox]]:
        """Draw one frame in a process."""
        return frame_at(cls.scene, index)


def encode(pictures: Iterable[av.VideoFrame], path: Path, rate_factor: int) -> None:
    """Write pictures as H.264 at a constant quality with key frames at fixed distances."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=scenario.FPS)
        stream.width, stream.height, stream.pix_fmt = scenario.CAMERA.width_px, scenario.CAMERA.height_px, "yuv420p"
        stream.options = {"crf": str(rate_factor), "preset": "medium", "g": str(GOP_FRAMES), "threads": "1"}
        for picture in pictures:
            picture.pict_type = PictureType.NONE  # the encoder decides anew
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def draw_clip(scene: Scene, path: Path, every: int, workers: int) -> list[list[TrueBox]]:
    """Draw each `every`-th frame into a master, encode the clip from it, and return the true boxes of each frame."""
    Workers.scene = scene
    indices = range(0, round(scenario.DURATION_S * scenario.FPS), every)
    seen: list[list[TrueBox]] = []

    def pictures() -> Iterator[av.VideoFrame]:
        with ProcessPoolExecutor(workers, get_context("fork"), Workers.start) as pool:
            for picture, boxes in track(pool.map(Workers.frame, indices), description="frames", total=len(indices)):
                seen.append(boxes)
                yield av.VideoFrame.from_ndarray(picture, format="rgb24")

    with TemporaryDirectory() as folder:
        master = Path(folder) / "master.mp4"
        encode(pictures(), master, MASTER_RATE_FACTOR)
        with av.open(str(master)) as drawn:
            encode(drawn.decode(video=0), path, RATE_FACTOR)
    return seen


def preview(scene: Scene, times_s: list[float], out: Path) -> None:
    """Write single frames with their boxes drawn in."""
    for time_s in times_s:
        picture, boxes = frame_at(scene, round(time_s * scenario.FPS))
        cv2.imwrite(str(out / f"plain_{time_s:05.1f}.png"), picture[..., ::-1])
        for box in boxes:
            x0, y0, x1, y1 = box.visible_xyxy
            cv2.rectangle(picture, (x0, y0), (x1, y1), (255, 220, 0), 1)
            cv2.putText(
                picture,
                f"{box.name} {box.visible_share}",
                (x0, y0 - 2),
                cv2.FONT_HERSHEY_SIMPLEX,
                0.35,
                (255, 255, 0),
                1,
            )
        cv2.imwrite(str(out / f"preview_{time_s:05.1f}.png"), picture[..., ::-1])


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--preview", type=float, nargs="*", metavar="SECONDS")
    parser.add_argument(
        "--every", type=int, default=1, help="draw each n-th frame only and write no truth, for a quick look"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that draw side by side")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    scene = build_scene()
    if options.preview is not None:
        show(scene)
        preview(scene, options.preview, options.out)
        return
    frames = draw_clip(scene, options.out / "junction.mp4", options.every, options.workers)
    if options.every > 1:
        return
    truth.write_boxes(frames, options.out / "junction.boxes.jsonl.gz")
    truth.write_truth(scene, frames, options.out / "junction.truth.json")


if __name__ == "__main__":
    main()
