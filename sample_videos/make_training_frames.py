"""Draw labelled training pictures of the junction from random poles, in random light, with random traffic.

Not the view, the seed or the traffic of the sample clip, so that the clip stays a fair test.

    python sample_videos/make_training_frames.py OUT [--scenes 9] [--frames-per-scene 40] [--seed 1000]

Writes OUT/images/*.jpg, OUT/labels/*.txt and OUT/ignore/*.txt (YOLO text, classes of `render.models.CLASS_NAMES`;
`ignore` holds boxes too small or too hidden to count). Needs the `render` extra.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from render import flows, models
from render.atlas import Atlas
from render.camera import Camera
from render.picture import Look, as_camera
from render.renderer import Light, Renderer
from render.scene import Scene, SignalHead, TrueBox
from render.traffic import simulate
from rich.progress import track

SIZE_PX = (960, 540)
SAVED_PX = (640, 360)
JPEG_QUALITY = 80
SIMULATED_S = 30.0
MIN_VISIBLE_SHARE = 0.3
WANTED_IN_VIEW = 17
FRAMES_PER_VIEW = 4
AMBER_SHARE = 0.2
MIN_HEIGHT_PX = 8.0  # of the saved picture
CLIP_VIEW_M = 1.5  # no pole nearer to the clip's than this when it looks the same way


def random_light(rng: np.random.Generator) -> Light:
    """Return sunshine, overcast sky, rain-wet dusk or evening."""
    turn, height = rng.uniform(0, 2 * np.pi), rng.uniform(0.35, 1.2)
    sun = (float(np.cos(turn)), float(np.sin(turn)), float(np.tan(height)))
    day = Light(
        sun_direction=sun,
        sun_colour=(3.0, 2.8, 2.5),
        sky_colour=(0.62, 0.74, 0.92),
        haze_colour=(0.78, 0.82, 0.86),
        exposure=float(rng.uniform(0.45, 0.75)),
        haze_per_m=float(rng.uniform(0.0008, 0.0045)),
    )
    kind = rng.random()
    if kind < 0.4:
        return day
    if kind < 0.75:
        return replace(day, sun_colour=(0.6, 0.6, 0.6), sky_colour=(1.15, 1.2, 1.27), shadow_softness=0.004)
    if kind < 0.9:
        return replace(
            day,
            sun_colour=(0.5, 0.4, 0.3),
            sky_colour=(0.42, 0.46, 0.56),
            haze_colour=(0.5, 0.5, 0.53),
            wetness=float(rng.uniform(0, 0.8)),
            head_lamps=1.0,
        )
    return replace(
        day,
        sun_colour=(0.32, 0.26, 0.16),
        sky_colour=(0.16, 0.16, 0.19),
        haze_colour=(0.12, 0.12, 0.13),
        head_lamps=2.5,
        shadow_softness=0.003,
        wetness=float(rng.uniform(0, 0.6)),
    )


def random_camera(rng: np.random.Generator) -> Camera:
    """Return a pole camera with the junction in view, never the clip's."""
    while True:
        style = rng.random()
        if style < 0.55:
            place, yaw = (rng.uniform(-9, 13), rng.uniform(-8, 8)), rng.uniform(-22, 22)
        elif style < 0.8:
            place, yaw = (rng.uniform(-12, 12), rng.uniform(66, 82)), 180 + rng.uniform(-22, 22)
        else:
            place, yaw = (rng.choice([-13.0, 13.0]), rng.uniform(10, 22)), rng.uniform(15, 55)
            yaw = yaw * (1 if place[0] > 0 else -1)
        camera = Camera(
            position=(float(place[0]), float(place[1]), float(rng.uniform(4.8, 12))),
            yaw_deg=float(yaw),
            pitch_deg=float(rng.uniform(9, 24)),
            focal_px=float(rng.uniform(560, 1200)),
            width_px=SIZE_PX[0],
            height_px=SIZE_PX[1],
            roll_deg=float(rng.normal(0, 1)),
        )
        near = np.linalg.norm(np.subtract(camera.position, (3.2, 0.0, 7.6))) < CLIP_VIEW_M
        if not (near and abs(camera.yaw_deg + 2) < 6):
            return camera


def busy_camera(rng: np.random.Generator, scene: Scene, time_s: float) -> Camera:
    """Return the first of up to 60 random cameras that has many road users in view."""
    for attempt in range(60):
        camera = random_camera(rng)
        places = [place for user in scene.users if (place := user.position(time_s)) is not None]
        pixels, depths = camera.project([(x, y, 0.5) for x, y in places])
        seen = (depths > 8) & (pixels > 20).all(axis=1) & (pixels < np.subtract(SIZE_PX, 20)).all(axis=1)
        if int((seen & (depths < 55)).sum()) >= WANTED_IN_VIEW - attempt // 6:
            return camera
    return camera


def random_scene(seed: int) -> tuple[Scene, str]:
    """Build a scene with simulated random traffic; the text is the approach's signal colour."""
    rng = np.random.default_rng(seed)
    users = flows.random_traffic(rng, SIMULATED_S)
    open_road = str(rng.choice(["approach", "cross"]))
    simulate(users, lambda group, _: "green" if group == open_road else "red", start_s=-15.0, stop_s=SIMULATED_S)
    atlas = Atlas()
    built = {user.name: models.build(user.kind, rng, atlas) for user in users}
    heads = [
        SignalHead(
            name="near",
            centre=(float(rng.uniform(10.6, 11.6)), 24.6, float(rng.uniform(3.4, 4.8))),
            pole=(12.0, 24.9, 0),
        ),
        SignalHead(
            name="far", centre=(float(rng.uniform(3, 9)), 50.0, float(rng.uniform(4.8, 6.2))), pole=(12.4, 50.2, 0)
        ),
    ]
    return Scene(rng, users, heads, built, atlas), "green" if open_road == "approach" else "red"


def label_lines(boxes: list[TrueBox], *, lamps_seen: bool) -> tuple[list[str], list[str]]:
    """Return YOLO lines of the boxes that count and of those to ignore."""
    good: list[str] = []
    ignored: list[str] = []
    for box in boxes:
        x0, y0, x1, y1 = box.visible_xyxy
        tall_px = (y1 - y0) * SAVED_PX[1] / SIZE_PX[1]
        centre = ((x0 + x1) / 2 / SIZE_PX[0], (y0 + y1) / 2 / SIZE_PX[1])
        size = ((x1 - x0) / SIZE_PX[0], (y1 - y0) / SIZE_PX[1])
        row = f"{models.CLASS_NAMES.index(box.class_name)} " + " ".join(f"{v:.6f}" for v in (*centre, *size))
        clear = (
            (lamps_seen or box.class_name != "traffic_light")
            and box.visible_share >= MIN_VISIBLE_SHARE
            and tall_px >= MIN_HEIGHT_PX
        )
        (good if clear else ignored).append(row)
    return good, ignored


def steady_signal(approach: str) -> Callable[[str, float], str]:
    """Return a signal plan that never changes: one colour for the approach, red or green for the cross road."""
    crossing = "green" if approach == "red" else "red"
    return lambda group, _time: approach if group == "approach" else crossing


def draw_scene(renderer: Renderer, seed: int, frames: int, out: Path) -> None:
    """Draw and save the frames of one scene; view and light change every four frames."""
    rng = np.random.default_rng(seed + 500_000)
    scene, colour = random_scene(seed)
    scene.show_on(renderer)
    for number, time_s in enumerate(np.linspace(2.0, SIMULATED_S - 1, frames)):
        if number % FRAMES_PER_VIEW == 0:
            camera, light = busy_camera(rng, scene, float(time_s)), random_light(rng)
            scene.look_from()
            look = Look(
                blur_px=float(rng.uniform(0.5, 1.3)),
                noise=float(rng.uniform(1, 4)),
                sharpen=float(rng.uniform(0, 1)),
                saturation=float(rng.uniform(0.5, 1.0)),
                contrast=float(rng.uniform(0.85, 1.1)),
            )
        shown = "amber" if rng.random() < AMBER_SHARE else colour
        picture, boxes = scene.draw(float(time_s), camera, light, steady_signal(shown))
        saved = cv2.resize(as_camera(picture, look, rng), SAVED_PX, interpolation=cv2.INTER_AREA)
        name = f"synthetic_{seed:05d}_{number:02d}"
        good, ignored = label_lines(boxes, lamps_seen=camera.position[1] < 40)
        cv2.imwrite(str(out / "images" / f"{name}.jpg"), saved[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        (out / "labels" / f"{name}.txt").write_text("".join(f"{row}\n" for row in good))
        if ignored:
            (out / "ignore" / f"{name}.txt").write_text("".join(f"{row}\n" for row in ignored))


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenes", type=int, default=9)
    parser.add_argument("--frames-per-scene", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args()
    for folder in ("images", "labels", "ignore"):
        (options.out / folder).mkdir(parents=True, exist_ok=True)
    renderer = Renderer(SIZE_PX)
    for seed in track(range(options.seed, options.seed + options.scenes), description="scenes"):
        draw_scene(renderer, seed, options.frames_per_scene, options.out)


if __name__ == "__main__":
    main()
