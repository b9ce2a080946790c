"""Draws one frame with OpenGL on the processor (Mesa llvmpipe over EGL): lit picture and object ids.

One `Renderer` per process, used from the thread that made it. Needs the `moderngl` package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from . import shaders
from .camera import Camera, orthographic
from .mesh import LAMP_COUNT, FloatArray, Mesh, rotation_matrix

Picture = npt.NDArray[np.uint8]

STILL_SHADOW_PX, MOVING_SHADOW_PX = 4096, 2048
SHADOW_RADIUS_M = 62.0  # half of the square that casts shadows
BACKEND: dict[str, Any] = {"backend": "egl"}  # needs no screen; Mesa falls back to the processor
SAMPLES = 4  # edge samples a pixel
CONTACT_STRENGTH = 0.55  # share of light that is missing right under a vehicle
FORMAT = "3f 3f 3f 3f 2f"
ATTRIBUTES = ("position", "normal", "colour", "surface", "place")


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Weather and time of day: linear light colours, haze, exposure and the softness of shadows."""

    sun_direction: tuple[float, float, float]
    sun_colour: tuple[float, float, float]
    sky_colour: tuple[float, float, float]
    haze_colour: tuple[float, float, float]
    haze_per_m: float = 0.0035
    exposure: float = 1.0
    shadow_softness: float = 0.0006
    wetness: float = 0.0
    head_lamps: float = 0.0  # brightness of burning head and tail lamps, 0 by day


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One object of a frame: which uploaded mesh, where, its id in the id picture and its lamps."""

    mesh: str
    position: tuple[float, float, float]
    heading_deg: float = 0.0  # 0 looks along +y, positive turns left
    object_id: int = 0
    half_size: tuple[float, float] | None = None  # of the contact shade, metres
    lamps: Mapping[int, float] = field(default_factory=dict)

    def matrix(self) -> FloatArray:
        """Return the 4x4 matrix from the model to the world."""
        matrix = np.eye(4, dtype=np.float32)
        matrix[:3, :3] = rotation_matrix(self.heading_deg, 2)
        matrix[:3, 3] = self.position
        return matrix


class Renderer:
    """Holds the OpenGL context, programs, meshes and maps; `draw` makes a picture, `draw_ids` the id picture."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        """Open a context of its own for pictures of `size_px` (width, height)."""
        self._context = moderngl.create_context(require=330, standalone=True, **BACKEND)
        context = self._context
        self._lit = context.program(vertex_shader=shaders.VERTEX, fragment_shader=shaders.FRAGMENT)
        self._depth = context.program(vertex_shader=shaders.SHADOW_VERTEX, fragment_shader=shaders.SHADOW_FRAGMENT)
        self._id = context.program(vertex_shader=shaders.ID_VERTEX, fragment_shader=shaders.ID_FRAGMENT)
        self._shade = context.program(vertex_shader=shaders.SHADE_VERTEX, fragment_shader=shaders.SHADE_FRAGMENT)
        self._contact = context.program(vertex_shader=shaders.CONTACT_VERTEX, fragment_shader=shaders.CONTACT_FRAGMENT)
        corners = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], np.float32)
        self._contact_quad = context.vertex_array(self._contact, [(context.buffer(corners.tobytes()), "2f", "corner")])
        reach = np.array([[-40, 5, 0.006], [45, 5, 0.006], [-40, 95, 0.006], [45, 95, 0.006]], np.float32)
        self._shade_quad = context.vertex_array(self._shade, [(context.buffer(reach.tobytes()), "3f", "position")])
        self._meshes: dict[str, tuple[moderngl.VertexArray, moderngl.VertexArray, moderngl.VertexArray]] = {}
        self._buffers: dict[str, moderngl.Buffer] = {}
        self._target, self._backdrop = (
            context.framebuffer(
                [context.renderbuffer(size_px, 3, samples=SAMPLES)],
                context.depth_renderbuffer(size_px, samples=SAMPLES),
            )
            for _ in range(2)
        )
        self._resolved = context.framebuffer([context.renderbuffer(size_px, 3)])
        self._id_target = context.framebuffer([context.renderbuffer(size_px, 1)], context.depth_renderbuffer(size_px))
        self._still, self._still_map = self._shadow_map(STILL_SHADOW_PX)
        self._moving, self._moving_map = self._shadow_map(MOVING_SHADOW_PX)
        self._maps: dict[str, moderngl.Texture] = {}

    def _shadow_map(self, side: int) -> tuple[moderngl.Framebuffer, moderngl.Texture]:
        texture = self._context.depth_texture((side, side))
        texture.compare_func = "<="
        texture.repeat_x = texture.repeat_y = False
        return self._context.framebuffer(depth_attachment=texture), texture

    def upload(self, name: str, mesh: Mesh) -> None:
        """Put a mesh on the renderer under a name; an older one of that name is released."""
        self.release(name)
        buffer = self._context.buffer(mesh.vertices.astype(np.float32).tobytes())
        skip = f"3f {4 * 11}x"
        self._buffers[name] = buffer
        self._meshes[name] = (
            self._context.vertex_array(self._lit, [(buffer, FORMAT, *ATTRIBUTES)]),
            self._context.vertex_array(self._depth, [(buffer, skip, "position")]),
            self._context.vertex_array(self._id, [(buffer, skip, "position")]),
        )

    def release(self, name: str) -> None:
        """Drop a mesh; unknown names are fine."""
        for array in self._meshes.pop(name, ()):
            array.release()
        if name in self._buffers:
            self._buffers.pop(name).release()

    def release_all(self) -> None:
        """Drop all meshes."""
        for name in list(self._meshes):
            self.release(name)

    def set_map(self, name: str, picture: Picture, *, repeat: bool) -> None:
        """Set `ground_map`, `detail_map` or `atlas`; rows of `picture` (H, W, 3) go from texture y = 0 up."""
        if name in self._maps:
            self._maps[name].release()
        texture = self._context.texture((picture.shape[1], picture.shape[0]), 3, picture.tobytes(), alignment=1)
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        texture.repeat_x = texture.repeat_y = repeat
        self._maps[name] = texture

    def draw(
        self, camera: Camera, light: Light, still: Sequence[Placed], moving: Sequence[Placed], *, new_town: bool,
        ground_area: tuple[float, float, float, float],
    ) -> Picture:  # fmt: skip
        """Draw a frame.

        Args:
            camera, light: the view and the weather.
            still, moving: objects that never move, and those that do; the mesh named "ground" takes the ground map.
            new_town: the still objects or the sun changed, so their shadows are drawn anew.
            ground_area: x, y of the ground map's corner, its width and depth in metres.

        Returns:
            RGB uint8 (H, W, 3).
        """
        matrix = orthographic(light.sun_direction, (3.0, 38.0, 0.0), SHADOW_RADIUS_M)
        self._context.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        if new_town:
            self._draw_shadows(self._still, still, matrix)
            self._draw_backdrop(camera, light, still, matrix, ground_area)
        self._draw_shadows(self._moving, moving, matrix)
        self._set_light(camera, light, matrix, ground_area)
        self._context.copy_framebuffer(self._target, self._backdrop)
        self._target.use()
        self._draw_shades(camera, light, matrix, moving)
        nearest_first = sorted(
            moving, key=lambda placed: float(np.linalg.norm(np.subtract(placed.position, camera.position)))
        )
        self._draw_lit(light, nearest_first)
        self._context.copy_framebuffer(self._resolved, self._target)
        data = self._resolved.read(components=3, alignment=1)
        return np.frombuffer(data, np.uint8).reshape(camera.height_px, camera.width_px, 3)[::-1].copy()

    def _draw_backdrop(
        self, camera: Camera, light: Light, still: Sequence[Placed], matrix: FloatArray,
        ground_area: tuple[float, float, float, float],
    ) -> None:  # fmt: skip
        """Draw town and ground once; every frame starts from a copy, because they cost most of the time."""
        self._moving.use()
        self._moving.clear(depth=1.0)
        self._set_light(camera, light, matrix, ground_area)
        self._backdrop.use()
        sky = np.clip(np.asarray(light.haze_colour) * light.exposure, 0, 1) ** (1 / 2.2)
        self._backdrop.clear(float(sky[0]), float(sky[1]), float(sky[2]), 1.0)
        self._draw_lit(light, still)

    def draw_ids(self, camera: Camera, objects: Sequence[Placed]) -> Picture:
        """Return the id of the nearest object at every pixel (H, W) uint8; 0 where none."""
        self._context.enable(moderngl.DEPTH_TEST | moderngl.CULL_FACE)
        self._id_target.use()
        self._id_target.clear(0.0, 0.0, 0.0, 1.0)
        self._set(self._id, "view_projection", camera.view_projection())
        for placed in objects:
            self._set(self._id, "model", placed.matrix())
            self._id["object_id"] = placed.object_id / 255.0
            self._meshes[placed.mesh][2].render()
        data = self._id_target.read(components=1, alignment=1)
        return np.frombuffer(data, np.uint8).reshape(camera.height_px, camera.width_px)[::-1].copy()

    @staticmethod
    def _set(program: moderngl.Program, name: str, matrix: FloatArray) -> None:
        uniform = program[name]
        if isinstance(uniform, moderngl.Uniform):
            uniform.write(np.ascontiguousarray(matrix.T, np.float32).tobytes())

    def _draw_shadows(self, target: moderngl.Framebuffer, objects: Sequence[Placed], matrix: FloatArray) -> None:
        target.use()
        target.clear(depth=1.0)
        self._set(self._depth, "light", matrix)
        for placed in objects:
            if placed.mesh != "ground":
                self._set(self._depth, "model", placed.matrix())
                self._meshes[placed.mesh][1].render()

    def _set_light(
        self, camera: Camera, light: Light, matrix: FloatArray, ground_area: tuple[float, float, float, float]
    ) -> None:
        program = self._lit
        self._set(program, "view_projection", camera.view_projection())
        self._set(program, "light", matrix)
        towards = np.asarray(light.sun_direction) / np.linalg.norm(light.sun_direction)
        units = ("still_shadow", "moving_shadow", "ground_map", "detail_map", "atlas")
        values: dict[str, object] = {
            **{name: unit for unit, name in enumerate(units)},
            "eye": camera.position, "sun": tuple(float(v) for v in towards), "sun_colour": light.sun_colour,
            "sky_colour": light.sky_colour, "haze_colour": light.haze_colour, "haze_per_m": light.haze_per_m,
            "exposure": light.exposure, "shadow_softness": light.shadow_softness, "wetness": light.wetness,
            "ground_area": ground_area,
        }  # fmt: skip
        for name, value in values.items():
            program[name] = value
        self._still_map.use(0)
        self._moving_map.use(1)
        for unit, name in enumerate(units[2:], start=2):
            self._maps[name].use(unit)

    def _draw_lit(self, light: Light, objects: Sequence[Placed]) -> None:
        for placed in objects:
            self._set(self._lit, "model", placed.matrix())
            self._lit["ground"] = int(placed.mesh == "ground")
            lamps = [0.0] * LAMP_COUNT
            lamps[1], lamps[2], lamps[4], lamps[8] = light.head_lamps, light.head_lamps * 0.5, light.head_lamps * 3, 1.2
            for channel, brightness in placed.lamps.items():
                lamps[channel] = max(lamps[channel], brightness)
            self._lit["lamps"] = lamps
            self._meshes[placed.mesh][0].render()

    def _draw_shades(self, camera: Camera, light: Light, matrix: FloatArray, moving: Sequence[Placed]) -> None:
        """Darken the ground where moving things keep the sun or, right below them, the sky away."""
        self._context.enable(moderngl.BLEND)
        self._context.blend_func = (moderngl.SRC_ALPHA, moderngl.ONE_MINUS_SRC_ALPHA)
        self._target.depth_mask = False
        self._set(self._shade, "view_projection", camera.view_projection())
        self._set(self._shade, "light", matrix)
        self._shade["still_shadow"], self._shade["moving_shadow"] = 0, 1
        self._shade["shadow_softness"] = light.shadow_softness
        self._shade["strength"] = _shade_strength(light)
        self._shade_quad.render(moderngl.TRIANGLE_STRIP)
        self._set(self._contact, "view_projection", camera.view_projection())
        self._contact["strength"] = CONTACT_STRENGTH
        for placed in moving:
            if placed.half_size is not None:
                self._set(self._contact, "model", placed.matrix())
                self._contact["half_size"] = placed.half_size
                self._contact_quad.render(moderngl.TRIANGLE_STRIP)
        self._target.depth_mask = True
        self._context.disable(moderngl.BLEND)


def _shade_strength(light: Light) -> float:
    """Return how much darker (share of the display value) flat ground is without sun; display gamma 2.2."""
    sun = max(light.sun_colour) * light.sun_direction[2] / float(np.linalg.norm(light.sun_direction))
    sky = float(np.mean(light.sky_colour))
    return float(1 - (sky / (sky + sun)) ** (1 / 2.2))
