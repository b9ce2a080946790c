"""Puts town, traffic, light and camera together and draws pictures with the true boxes of what they show.

Called by the scripts one folder up, on the main thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from . import ground, models, town
from .atlas import Atlas
from .camera import Camera
from .mesh import LAMP_AMBER, LAMP_BRAKE, LAMP_GREEN, LAMP_HAZARD, LAMP_RED, FloatArray, rotation_matrix
from .renderer import Light, Placed, Renderer
from .traffic import RoadUser

Picture = npt.NDArray[np.uint8]

SIGNAL_LAMPS = {"red": LAMP_RED, "amber": LAMP_AMBER, "green": LAMP_GREEN}
LAMP_BRIGHTNESS = 2.6
# Share of an object's convex outline that its pixels fill when nothing hides it.
FILL = {"motorcycle": 0.74, "bicycle": 0.62, "person": 0.66, "car": 0.95, "bus": 0.97, "truck": 0.93}
MIN_VISIBLE_PIXELS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalHead:
    """A signal head: its middle, the pole's foot and the signal group it shows."""

    name: str
    centre: tuple[float, float, float]
    pole: tuple[float, float, float]
    group: str = "approach"

    def corners(self) -> FloatArray:
        """Return the corners (8, 3) of the head."""
        half = np.asarray(town.HEAD_SIZE_M) / 2
        signs = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
        return np.asarray(signs * half + np.asarray(self.centre), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueBox:
    """One object in one picture, pixels: the box of what can be seen and the box as if nothing hid it."""

    name: str
    class_name: str
    visible_xyxy: tuple[int, int, int, int]
    whole_xyxy: tuple[float, float, float, float]
    visible_share: float


class Scene:
    """A junction with its road users, ready to be drawn at any time."""

    def __init__(
        self, rng: np.random.Generator, users: Sequence[RoadUser], heads: Sequence[SignalHead],
        built: Mapping[str, models.Model], atlas: Atlas,
    ) -> None:  # fmt: skip
        """Build the town; `built` holds the model of each user by name. Call `show_on` before drawing."""
        self.users, self._heads, self.models = users, heads, built
        self._meshes = {
            "ground": town.ground_mesh(),
            "town": town.town(rng, atlas),
            "furniture": town.street_furniture(rng),
        }
        for head in heads:
            self._meshes[f"head {head.name}"] = town.signal_head(head.centre)
            self._meshes[f"pole {head.name}"] = town.signal_pole(head.pole, head.centre)
        for user in users:
            for pose, mesh in enumerate(built[user.name].meshes):
                self._meshes[f"{user.name} {pose}"] = mesh
        self._maps = {
            "ground_map": ground.GroundPainter(rng).paint(),
            "detail_map": ground.detail_map(rng),
            "atlas": atlas.picture,
        }
        names = ["ground", "town", "furniture", *(f"pole {head.name}" for head in heads)]
        self._still = [Placed(mesh=name, position=(0.0, 0.0, 0.0)) for name in names]
        self._renderer: Renderer | None = None
        self._new_town = True

    def show_on(self, renderer: Renderer) -> None:
        """Upload everything to a renderer, which may have shown another scene before."""
        self._renderer = renderer
        renderer.release_all()
        for name, mesh in self._meshes.items():
            renderer.upload(name, mesh)
        for name, picture in self._maps.items():
            renderer.set_map(name, picture, repeat=name == "detail_map")

    def look_from(self) -> None:
        """Say that camera or light will differ in the next picture."""
        self._new_town = True

    def draw(
        self, time_s: float, camera: Camera, light: Light, signal_at: Callable[[str, float], str], *, boxes: bool = True
    ) -> tuple[Picture, list[TrueBox]]:
        """Return the raw picture (H, W, 3) RGB at a time, and the true boxes.

        Raises:
            RuntimeError: when `show_on` was not called.
        """
        if self._renderer is None:
            raise RuntimeError("call Scene.show_on(renderer) before drawing")
        placed = self._place(time_s, light)
        heads = [
            Placed(mesh=f"head {head.name}", position=(0.0, 0.0, 0.0), object_id=200 + i,
                   lamps={SIGNAL_LAMPS[signal_at(head.group, time_s)]: LAMP_BRIGHTNESS})
            for i, head in enumerate(self._heads)
        ]  # fmt: skip
        moving = [*heads, *placed.values()]
        picture = self._renderer.draw(
            camera, light, self._still, moving, new_town=self._new_town, ground_area=ground.AREA
        )
        self._new_town = False
        if not boxes:
            return picture, []
        ids = self._renderer.draw_ids(camera, [*self._still, *moving])
        return picture, self._boxes(camera, ids, placed)

    def _place(self, time_s: float, light: Light) -> dict[str, Placed]:
        placed = {}
        for number, user in enumerate(self.users, start=1):
            state = user.state(time_s)
            if state is None:
                continue
            distance, speed = state
            model = self.models[user.name]
            x, y = user.path.at(distance)
            poses = len(model.meshes)
            pose = int(distance / 1.35 * poses) % poses if user.walks else int(poses > 1 and speed < 0.4)
            placed[user.name] = Placed(
                mesh=f"{user.name} {pose}", position=(x, y, 0.0), heading_deg=user.path.heading_deg(distance),
                object_id=number, half_size=(model.width / 2, model.length / 2), lamps=_lamps(user, time_s, light),
            )  # fmt: skip
        return placed

    def _boxes(self, camera: Camera, ids: Picture, placed: Mapping[str, Placed]) -> list[TrueBox]:
        found = []
        for name, item in placed.items():
            outline = self.models[name].outline @ rotation_matrix(item.heading_deg, 2).T + np.asarray(item.position)
            box = _true_box(name, self.models[name].class_name, camera, ids, item.object_id, outline)
            if box is not None:
                found.append(box)
        for i, head in enumerate(self._heads):
            box = _true_box(f"signal {head.name}", "traffic_light", camera, ids, 200 + i, head.corners())
            if box is not None:
                found.append(box)
        return found


def _lamps(user: RoadUser, time_s: float, light: Light) -> dict[int, float]:
    """Brake lamps while slowing or standing, hazard lamps flashing on those who stand by order."""
    now, before = user.state(time_s), user.state(max(user.times[0], time_s - 0.3))
    braking = now is not None and before is not None and (now[1] < before[1] - 0.15 or now[1] < 0.2) and not user.parked
    lamps = {LAMP_BRAKE: 1.1 if braking else light.head_lamps * 0.4}
    standing_by_order = now is not None and now[1] < 0.2 and user.kind in models.CAR_KINDS and bool(user.holds)
    if standing_by_order and time_s % 0.8 < 0.4:
        lamps[LAMP_HAZARD] = 1.8
    return lamps


def _true_box(
    name: str, class_name: str, camera: Camera, ids: Picture, object_id: int, outline: FloatArray
) -> TrueBox | None:
    pixels, depths = camera.project(outline)
    pixels = pixels[depths > 0.5]  # what lies behind the camera has no place in the picture
    if len(pixels) < 3:
        return None
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    left, top = np.maximum(np.floor(low).astype(int) - 1, 0)
    rows, columns = np.nonzero(ids[top : max(0, int(high[1]) + 2), left : max(0, int(high[0]) + 2)] == object_id)
    if len(rows) < MIN_VISIBLE_PIXELS:
        return None
    rows, columns = rows + top, columns + left
    frame = np.array([[0, 0], [ids.shape[1], 0], [ids.shape[1], ids.shape[0]], [0, ids.shape[0]]], np.float32)
    inside, _ = cv2.intersectConvexConvex(cv2.convexHull(pixels), frame)
    share = len(rows) / max(1.0, float(inside) * FILL.get(class_name, 1.0))
    return TrueBox(
        name=name, class_name=class_name, visible_share=round(min(1.0, share), 3),
        visible_xyxy=(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1),
        whole_xyxy=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
    )  # fmt: skip
