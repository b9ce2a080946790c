"""Everything that a rule may know about one moment of one camera."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from camera_pipeline.types.fire import Fire
from camera_pipeline.types.frame import CaptureClock, Damage, PictureHealth
from camera_pipeline.types.objects import Tracks
from camera_pipeline.types.plate import PlateRead
from camera_pipeline.types.watch import PlateWatch


class SignalState(StrEnum):
    """What a traffic signal shows. UNKNOWN is an answer: no rule may act on it."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything a rule may know about one moment of one camera: the input of `Rule.update`.

    Attributes:
        camera_id: the camera.
        session: the session; a new number means that all tracks are new.
        frame_index: the frame's index within the session.
        media_time_s: the moment, on the stream's clock.
        captured_at: the moment, wall clock.
        clock: source and uncertainty of `captured_at`.
        frame_wh: width and height of the picture, px.
        class_names: name of every class id.
        tracks: the objects in view.
        signals: state of each configured signal, by name.
        damage: set when the picture is unusable; `tracks` is then empty and must not be believed.
        health: measures of the picture; None when the scene comes from a trace without them.
        plates: tracks of whose plates something new is known, whatever it is.
        fires: what looks like fire or smoke; None where nobody looked for it.
        watch: plates that are looked for at the moment; None where no watch list is configured.
    """

    camera_id: str
    session: int
    frame_index: int
    media_time_s: float
    captured_at: datetime
    clock: CaptureClock
    frame_wh: tuple[int, int]
    class_names: tuple[str, ...]
    tracks: Tracks
    signals: Mapping[str, SignalState] = field(default_factory=dict)
    damage: Damage | None = None
    health: PictureHealth | None = None
    plates: tuple[PlateRead, ...] = ()
    fires: tuple[Fire, ...] | None = None
    watch: PlateWatch | None = None
