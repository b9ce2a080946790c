"""A camera whose pictures cannot be trusted: frozen, damaged, dark or covered, moved. Its link is told without a rule.

    measure ──┐      ┌────────────┐   each fault has an onset after it has lasted for some seconds, and an end after
    limit ────┼──────┘            └─  it has been gone for some; flicker in between changes nothing
              onset ──►|   end ──►|

Needs nothing drawn. Scenes without measures (traces of other programs) are passed over, but for damage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import AlarmSettings, Rule
from camera_pipeline.types import EventKind, Scene

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class CameraHealthSettings(AlarmSettings):
    """Settings of `camera_health`."""

    onset_s: PositiveFloat = 10.0
    """A fault is told when it has lasted so long."""
    clear_s: PositiveFloat = 5.0
    """It has ended when it has been gone for so long."""
    frozen_s: PositiveFloat = 20.0
    """Pictures identical to the letter for so long: sensor noise alone changes every picture of a camera that lives."""
    min_brightness: Share = 0.04
    """Mean brightness below which the picture is dark; street lamps at night give 0.08 and more."""
    min_contrast: Share = 0.03
    """Standard deviation of brightness below which nothing can be seen: a cap, paint, thick fog."""
    moved_px: PositiveFloat = 6.0
    """Shift against the reference picture above which lines no longer fit, px of a picture whose longer side is 320."""
    damaged_share: Share = 0.3
    """Share of damaged pictures, over `onset_s`, above which the stream is unusable."""


@dataclass(slots=True)
class _Fault:
    """One fault over time.

    Attributes:
        since_s: when it was first seen, of the time it is seen now; None while it is not.
        gone_s: when it was seen last not to be there, after it was told; None while it is.
        told: its onset was told.
    """

    since_s: float | None = None
    gone_s: float | None = None
    told: bool = False


class CameraHealth(Rule[CameraHealthSettings]):
    """Emits onset and end of `frozen`, `damaged`, `dark_or_covered` and `moved`.

    Details: `measured` (what the fault is judged by, at the onset), at the end `duration_s`.
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
        self._faults: dict[str, _Fault] = {}
        self._damage_share = 0.0
        self._last_s: float | None = None

    def update(self, scene: Scene, histories: Histories) -> Iterable[Candidate]:  # noqa: ARG002 - health has no tracks
        """Return onsets and ends."""
        found: list[Candidate] = []
        for name, (present, measured) in self._measures(scene).items():
            fault = self._faults.setdefault(name, _Fault())
            found += self._step(name, fault, scene.media_time_s, present=present, measured=measured)
        self._last_s = scene.media_time_s
        return found

    def _measures(self, scene: Scene) -> dict[str, tuple[bool, float]]:
        """Return for each fault whether it is there, and what says so."""
        limits = self.settings
        share = self._share_of_damage(scene)
        measures = {"damaged": (share > limits.damaged_share, share)}
        health = scene.health
        if health is None:
            return measures
        unseen = health.brightness < limits.min_brightness or health.contrast < limits.min_contrast
        measures["dark_or_covered"] = (unseen, health.contrast)
        measures["frozen"] = (health.still_s >= limits.frozen_s, health.still_s)
        if health.shift_px is not None:
            measures["moved"] = (health.shift_px > limits.moved_px, health.shift_px)
        return measures

    def _share_of_damage(self, scene: Scene) -> float:
        """Return the share of damaged pictures, smoothed over `onset_s` of media time."""
        passed_s = scene.media_time_s - self._last_s if self._last_s is not None else 0.0
        weight = min(1.0, passed_s / self.settings.onset_s)
        self._damage_share += weight * (float(scene.damage is not None) - self._damage_share)
        return self._damage_share

    def _step(self, name: str, fault: _Fault, now_s: float, *, present: bool, measured: float) -> list[Candidate]:
        if present:
            fault.gone_s = None
            if fault.since_s is None:
                fault.since_s = now_s
            return self._onset(name, fault, now_s, measured)
        if not fault.told:
            fault.since_s = None
        elif fault.gone_s is None:
            fault.gone_s = now_s
        elif now_s - fault.gone_s >= self.settings.clear_s:
            return self._end(name, fault)
        return []

    def _onset(self, name: str, fault: _Fault, now_s: float, measured: float) -> list[Candidate]:
        since_s = fault.since_s if fault.since_s is not None else now_s
        # `frozen` and `damaged` carry their own time already: stillness is counted, damage is smoothed.
        wait_s = 0.0 if name in ("frozen", "damaged") else self.settings.onset_s
        if fault.told or now_s - since_s < wait_s:
            return []
        fault.told = True
        return [
            Candidate(type=name, media_time_s=since_s, phase="onset", began_s=since_s, details={"measured": measured})
        ]

    def _end(self, name: str, fault: _Fault) -> list[Candidate]:
        since_s, gone_s = fault.since_s or 0.0, fault.gone_s or 0.0
        self._faults[name] = _Fault()
        return [
            Candidate(
                type=name, media_time_s=gone_s, phase="end", began_s=since_s, details={"duration_s": gone_s - since_s}
            )
        ]
