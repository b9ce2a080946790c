"""What can be configured: typed, closed (unknown keys are refused), frozen. Files are read by `file.py`.

Points are fractions 0..1 of the picture, `[x, y]`, origin top left. Times end in `_s`.
Each rule's own settings are a model beside the rule; here they are only carried along.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    model_validator,
)

from camera_pipeline.config.evidence import EvidenceSettings
from camera_pipeline.config.reviewing import ReviewSettings
from camera_pipeline.config.shapes import CameraCalibration, Lane, Signal
from camera_pipeline.config.values import Fraction, Line, Name, Polygon, Settings, Zone
from camera_pipeline.config.wanted import CloneSettings, WatchListSettings


class Transport(StrEnum):
    """How RTP packets travel."""

    TCP = "tcp"
    UDP = "udp"


class RuleEntry(BaseModel):
    """One rule on one camera: `kind`, and the rule's own settings beside it."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    kind: Name
    """Name of the rule, as in the entry-point group `camera_pipeline.rules`."""
    name: Name | None = None
    """Own name, needed when a camera has the same kind twice; becomes part of the event id."""

    @property
    def label(self) -> str:
        """The rule's name on this camera."""
        return self.name or self.kind

    @property
    def settings(self) -> dict[str, Any]:
        """The rule's own settings, not yet checked by the rule."""
        return dict(self.model_extra or {})


class CameraDefaults(Settings):
    """What every camera has unless it says otherwise."""

    transport: Transport = Transport.TCP
    """`tcp` (interleaved, nothing gets lost on the way) or `udp`."""
    analyse_fps: PositiveFloat = 5.0
    """Frames a second that the detector sees; the rest are decoded and counted as skipped."""
    silence_limit_s: PositiveFloat = 10.0
    """A session without a packet for this long is ended."""
    motion_gate: bool = True
    """Skip the detector while the road is still."""
    hardware: str | None = None
    """FFmpeg hardware decoder (`vaapi`, `cuda`, `qsv`); software when absent."""
    ring_s: PositiveFloat = 30.0
    """Seconds of encoded packets kept for evidence."""
    max_clock_uncertainty_s: PositiveFloat = 1.0
    """Violations with a less certain time are marked not usable for a fine."""
    area: str = ""
    """Area that the camera belongs to, as a code or name; goes into every event."""
    file_time_pattern: str | None = None
    """strptime pattern of the start time in recorded files' names, e.g. `%Y%m%d_%H%M%S`."""
    timezone: Zone = "Asia/Ho_Chi_Minh"
    """Zone of times in file names and picture clocks."""
    rules: tuple[RuleEntry, ...] = ()
    """Rules that watch the camera; those of `defaults` apply to all, one of the same name replaces them."""


class Camera(CameraDefaults):
    """One camera, what it sees, and the rules that watch it."""

    id: Name
    """Unique; part of every event and event id."""
    url: SecretStr | None = None
    """RTSP address; `${NAME}` and `${file:/path}` are filled in. None: recorded footage only."""
    substream_url: SecretStr | None = None
    """Where given, detection runs on it, and `url` is only kept encoded for plates and evidence."""
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    """Degrees north, WGS 84."""
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    """Degrees east, WGS 84."""
    reference_picture: Path | None = None
    """The picture in which lines were drawn (JPEG, PNG): a camera that sees otherwise is told as `moved`, by the rule
    `camera_health`. None: it is measured against its first seconds after each start."""
    lines: dict[Name, Line] = Field(default_factory=dict)
    """Lines on the road by name, two or more points each."""
    zones: dict[Name, Polygon] = Field(default_factory=dict)
    """Areas by name, three or more corners each."""
    lanes: dict[Name, Lane] = Field(default_factory=dict)
    """Lanes by name."""
    signals: dict[Name, Signal] = Field(default_factory=dict)
    """Traffic signals by name: where their lamps are in the picture."""
    calibration: CameraCalibration | None = None
    """Where the road lies in the picture, in metres; rules about speed need it."""

    @model_validator(mode="after")
    def _rules_are_distinct(self) -> Self:
        labels = [rule.label for rule in self.rules]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"rules {', '.join(twice)} stand here twice; give each a `name` of its own")
        return self


class RedisSettings(Settings):
    """Where events go."""

    url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    """redis://, rediss:// or unix://; `${NAME}` and `${file:/path}` are filled in."""
    prefix: Name = "cam"
    """Streams are `<prefix>:violations`, `<prefix>:incidents`, `<prefix>:sightings`, `<prefix>:health`."""
    retention_days: PositiveFloat = 30.0
    """Entries younger than this are never trimmed; older ones only when every group acknowledged them."""


class DetectorSettings(Settings):
    """The detector and how it runs."""

    model: str = "vehicles"
    """Name of a shipped model, or path of a manifest (`.yaml`)."""
    int8_model: str | None = None
    """Taken instead where the processor multiplies 8-bit integers at once (VNNI, AMX, dot product), else not."""
    providers: tuple[str, ...] = ("CPUExecutionProvider",)
    """ONNX Runtime execution providers, best first."""
    threads: PositiveInt = 1
    """Threads of one inference."""
    max_batch: PositiveInt = 8
    """The model's saturation size on this machine, not the number of cameras."""
    confidence: Fraction | None = None
    """Threshold for all classes; None: the manifest's own."""


class PlateSettings(Settings):
    """Reading number plates: what looks at vehicles, and how much it may cost."""

    finder: DetectorSettings = DetectorSettings(model="plates")
    """The network that finds plates on vehicles; keys as of `detector`."""
    reader: DetectorSettings = DetectorSettings(model="plate_text")
    """The network that reads characters; keys as of `detector`."""
    grammar: Name = "vietnam"
    """The plates of which country, as in the entry-point group `camera_pipeline.plate_grammars`."""
    classes: tuple[str, ...] = ("car", "motorcycle", "bus", "truck")
    """Classes that carry plates."""
    looks_per_s: PositiveFloat = 20.0
    """Looks at vehicles a second that the server may take, in even shares for its cameras."""
    looks_per_vehicle: PositiveInt = 12
    """A vehicle whose plate is not sure after so many looks stays as it is."""
    character_confidence: Fraction = 0.6
    """A plate whose weakest character is less sure than this is told as unread."""
    close_cameras: tuple[Name, ...] = ()
    """Cameras whose picture a vehicle fills, as at gates: plates are looked for in their whole pictures, too."""


class TraceSettings(Settings):
    """Keeping what the detector saw, so that rules can be rehearsed on past days. Off unless `traces:` stands there."""

    keep_days: PositiveFloat = 7.0
    """Pieces that are older are removed."""
    max_gb: PositiveFloat = 20.0
    """What the traces of all cameras may take; the oldest go first. A busy junction takes 0.2 GB a day at 7.5 frames a
    second."""
    min_free_gb: PositiveFloat = 2.0
    """When less is free on the disk, no traces are kept: events and evidence need it more."""
    piece_min: PositiveFloat = 10.0
    """Minutes of one file."""


class FireSettings(Settings):
    """Looking for fire and smoke, for cameras with the rule `fire_smoke`."""

    detector: DetectorSettings = DetectorSettings(model="fire_smoke")
    """The network that sees fire and smoke; keys as of `detector`."""
    every_s: PositiveFloat = 1.0
    """Seconds between two looks at a camera."""


class ServerSettings(Settings):
    """This edge server."""

    id: Name = "edge-1"
    """Name of this server."""
    data_dir: Path = Path("data")
    """Outbox, traces and evidence live below it."""


class Config(Settings):
    """A whole configuration."""

    server: ServerSettings = ServerSettings()
    redis: RedisSettings = RedisSettings()
    detector: DetectorSettings = DetectorSettings()
    traces: TraceSettings | None = None
    """Keeps traces for `rehearse`; absent: none are kept. `traces: {}` takes the defaults."""
    evidence: EvidenceSettings | None = None
    """Makes sealed evidence and keeps the event log; absent: neither."""
    fires: FireSettings = FireSettings()
    """Used where a camera has the rule `fire_smoke`."""
    plates: PlateSettings | None = None
    """Reads number plates where it stands (`plates: {}` will do); left out: no plate is looked for."""
    watch_list: WatchListSettings | None = None
    """Plates that somebody looks for; none: nobody does."""
    clones: CloneSettings = CloneSettings()
    """When one plate on two cameras cannot be one vehicle."""
    review: ReviewSettings = ReviewSettings()
    """The pages where officers decide."""
    law: str = "vietnam"
    """Law table that events of violations are referred to: a shipped one by name, or the path of a file (`.yaml`)."""
    cameras: tuple[Camera, ...]
    """Each with an id of its own; `load_config` refuses doubles."""

    @model_validator(mode="after")
    def _named_cameras_are_known(self) -> Self:
        named = {
            "clones.travel_times": {name for time in self.clones.travel_times for name in time.between},
            "plates.close_cameras": set(self.plates.close_cameras if self.plates is not None else ()),
        }
        for key, names in named.items():
            unknown = sorted(names - {camera.id for camera in self.cameras})
            if unknown:
                raise ValueError(f"{key} names {', '.join(unknown)}, which are no cameras of this file")
        return self

    @model_validator(mode="after")
    def _rings_reach_back(self) -> Self:
        if self.evidence is None:
            return self
        roll_s = self.evidence.pre_roll_s + self.evidence.post_roll_s
        for camera in self.cameras:
            if camera.ring_s < 2 * roll_s:
                raise ValueError(
                    f"ring_s of camera {camera.id} ({camera.ring_s:g}) must be at least twice evidence.pre_roll_s + "
                    f"post_roll_s ({roll_s:g}); raise it, or shorten the clips"
                )
        return self

    def camera(self, camera_id: str) -> Camera:
        """Return the camera of that id.

        Raises:
            KeyError: there is none.
        """
        for camera in self.cameras:
            if camera.id == camera_id:
                return camera
        raise KeyError(camera_id)
