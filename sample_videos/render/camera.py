"""A pinhole camera on a pole: matrices for OpenGL, and world points to pixels.

World axes: x right, y along the approach, z up, metres. Called by the renderer and the truth, on the main thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .mesh import FloatArray, rotation_matrix

NEAR_M, FAR_M = 1.0, 400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """Where the camera hangs and looks. Yaw turns left for positive degrees, pitch looks down for positive degrees."""

    position: tuple[float, float, float]
    yaw_deg: float
    pitch_deg: float
    focal_px: float
    width_px: int = 1280
    height_px: int = 720
    roll_deg: float = 0.0

    def _world_to_eye(self) -> FloatArray:
        """Return the 4x4 matrix to eye axes: x right, y up, looking along -z."""
        turned = (
            rotation_matrix(self.yaw_deg, 2) @ rotation_matrix(-self.pitch_deg, 0) @ rotation_matrix(self.roll_deg, 1)
        )
        right, forward, up = turned[:, 0], turned[:, 1], turned[:, 2]
        matrix = np.eye(4, dtype=np.float32)
        matrix[:3, :3] = np.stack([right, up, -forward])
        matrix[:3, 3] = -matrix[:3, :3] @ np.asarray(self.position, np.float32)
        return matrix

    def view_projection(self) -> FloatArray:
        """Return the 4x4 matrix from the world to OpenGL clip space."""
        projection = np.zeros((4, 4), np.float32)
        projection[0, 0] = 2 * self.focal_px / self.width_px
        projection[1, 1] = 2 * self.focal_px / self.height_px
        projection[2, 2] = -(FAR_M + NEAR_M) / (FAR_M - NEAR_M)
        projection[2, 3] = -2 * FAR_M * NEAR_M / (FAR_M - NEAR_M)
        projection[3, 2] = -1.0
        return projection @ self._world_to_eye()

    def project(self, points: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return pixels (N, 2), y down, and depths (N,) in metres; a depth <= 0 lies behind the camera."""
        world = np.asarray(points, np.float32).reshape(-1, 3)
        clip = np.column_stack([world, np.ones(len(world), np.float32)]) @ self.view_projection().T
        depth = clip[:, 3]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)[:, None]
        half = np.array([self.width_px / 2, self.height_px / 2], np.float32)
        pixels = (clip[:, :2] / safe * np.array([1, -1], np.float32) + 1) * half
        return pixels.astype(np.float32), depth.astype(np.float32)

    def fractions(self, points: npt.ArrayLike) -> list[list[float]]:
        """Return ground or world points as [x, y] fractions of the frame, four decimals."""
        pixels, _ = self.project(points)
        size = np.array([self.width_px, self.height_px])
        return [[round(float(x), 4), round(float(y), 4)] for x, y in pixels / size]


def orthographic(direction: npt.ArrayLike, centre: npt.ArrayLike, radius_m: float) -> FloatArray:
    """Return the 4x4 clip matrix of a parallel light that shines against `direction` over a disc around `centre`."""
    towards = np.asarray(direction, np.float32)
    towards = towards / np.linalg.norm(towards)
    side = np.cross(np.array([0, 0, 1], np.float32), towards)
    side /= max(float(np.linalg.norm(side)), 1e-6)
    axes = np.stack([side, np.cross(towards, side), towards])
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3] = axes / radius_m
    matrix[:3, 3] = -matrix[:3, :3] @ np.asarray(centre, np.float32)
    matrix[2] *= -0.5  # depths of the whole town fit, nearer to the light is smaller
    return matrix
