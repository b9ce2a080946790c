"""A camera that delivers pictures nobody can use: frozen, damaged, dark or covered, moved. Tells onsets and ends.

`offline` and `online` come from the engine itself, whatever rules are configured. How long a fault must last (or be
gone) before it is told is counted in media time, so a replay tells the same.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import NonNegativeFloat, PositiveFloat

from camera_pipeline.config import Camera, Settings
from camera_pipeline.config.model import Fraction
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import Rule
from camera_pipeline.types import EventKind, PictureHealth, Scene

DAMAGE_WINDOW_S = 10.0
"""The share of damaged pictures is taken over this time: some five key frames, each of which mends the picture."""


class CameraHealthSettings(Settings):
    """Settings of `camera_health`."""

    frozen_s: PositiveFloat = 10.0
    """A picture identical to the letter for so long is frozen: the noise of a live sensor never repeats."""
    damaged_share: Fraction = 0.3
    """Share of damaged pictures within ten seconds."""
    dark_brightness: Fraction = 0.04
    """Mean brightness below this is dark: a street at night with one lamp has more."""
    flat_contrast: Fraction = 0.02
    """Contrast below this is a covered or blinded lens, whatever its brightness."""
    moved_px: PositiveFloat = 6.0
    """Shift against the reference picture, in pixels of the small plane; lines no longer lie where they were drawn."""
    onset_s: NonNegativeFloat = 10.0
    """Dark, flat or moved must last this long to be told: lightning, a bus before the lens and wind pass."""
    clear_s: NonNegativeFloat = 10.0
    """Everything must be well for so long to be over."""


@dataclass(slots=True)
class _Fault:
    """One kind of fault, present or not, with hysteresis in time."""

    onset_s: float
    since_s: float | None = None
    well_since_s: float | None = None
    is_told: bool = False

    def update(self, now_s: float, *, bad: bool, clear_s: float) -> str | None:
        """Return `onset` or `end` when it is to be told."""
        if bad:
            self.well_since_s = None
            self.since_s = now_s if self.since_s is None else self.since_s
            if not self.is_told and now_s - self.since_s >= self.onset_s:
                self.is_told = True
                return "onset"
            return None
        if not self.is_told:
            self.since_s = None
            return None
        self.well_since_s = now_s if self.well_since_s is None else self.well_since_s
        return "end" if now_s - self.well_since_s >= clear_s else None


class CameraHealth(Rule[CameraHealthSettings]):
    """Tells `frozen`, `damaged`, `dark_or_covered` and `moved`.

    Details: what was measured (`still_s`, `damaged_share`, `brightness` and `contrast`, `shift_px`); at the end
    `duration_s`. `media_time_s` of an onset is when it began.
    """

    kind = EventKind.HEALTH
    version = "1"
    settings_type = CameraHealthSettings
    sees_damaged = True

    def __init__(self, camera: Camera, settings: CameraHealthSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        onset_s = self.settings.onset_s
        self._faults = {
            "frozen": _Fault(0.0),
            "damaged": _Fault(0.0),
            "dark_or_covered": _Fault(onset_s),
            "moved": _Fault(onset_s),
        }
        self._pictures: deque[tuple[float, bool]] = deque()

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:  # noqa: ARG002
        """Return onsets and ends of faults."""
        now_s = scene.media_time_s
        for kind, (bad, details) in self._judge(scene).items():
            fault = self._faults[kind]
            phase = fault.update(now_s, bad=bad, clear_s=self.settings.clear_s)
            if phase == "onset" and fault.since_s is not None:
                yield _candidate(kind, phase, fault.since_s, fault.since_s, details)
            elif phase == "end" and fault.since_s is not None and fault.well_since_s is not None:
                duration_s = fault.well_since_s - fault.since_s
                yield _candidate(kind, phase, fault.well_since_s, fault.since_s, {"duration_s": duration_s})
                self._faults[kind] = _Fault(fault.onset_s)

    def _judge(self, scene: Scene) -> dict[str, tuple[bool, dict[str, object]]]:
        """Return for each kind of fault that can be judged on this picture whether it is there, and the measures."""
        share = self._damaged_share(scene)
        judged: dict[str, tuple[bool, dict[str, object]]] = {}
        if share is not None:
            judged["damaged"] = share >= self.settings.damaged_share, {"damaged_share": share}
        if scene.health is not None:
            judged["frozen"] = scene.health.still_s >= self.settings.frozen_s, {"still_s": scene.health.still_s}
        if scene.health is not None and scene.damage is None:
            judged["dark_or_covered"] = self._is_blind(scene.health), {
                "brightness": scene.health.brightness,
                "contrast": scene.health.contrast,
            }
            if scene.health.shift_px is not None:
                moved = scene.health.shift_px >= self.settings.moved_px
                judged["moved"] = moved, {"shift_px": scene.health.shift_px}
        return judged

    def _is_blind(self, health: PictureHealth) -> bool:
        return health.brightness < self.settings.dark_brightness or health.contrast < self.settings.flat_contrast

    def _damaged_share(self, scene: Scene) -> float | None:
        """Return the share of damaged pictures in the window, None until the window is full."""
        now_s = scene.media_time_s
        self._pictures.append((now_s, scene.damage is not None))
        full = self._pictures[0][0] <= now_s - DAMAGE_WINDOW_S
        while self._pictures[0][0] <= now_s - DAMAGE_WINDOW_S:
            self._pictures.popleft()
        if not full:
            return None
        return sum(damaged for _, damaged in self._pictures) / len(self._pictures)


def _candidate(kind: str, phase: str, at_s: float, began_s: float, details: dict[str, object]) -> Candidate:
    return Candidate(type=kind, media_time_s=at_s, phase=phase, began_s=began_s, details=details)
