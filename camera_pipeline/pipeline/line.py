"""Everything of one camera behind its decoder: signals → tracker → plates → rules. Live and replay run the same line.

Called by the main loop only; one `CameraLine` for each camera.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from camera_pipeline.config import Camera
from camera_pipeline.coverage import CoverageMeter
from camera_pipeline.detect.close_view import with_plated
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.fire_watch import FireWatch
from camera_pipeline.detect.plate_finder import FoundPlate
from camera_pipeline.detect.plate_follower import PlateFollower
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.detect.signal_light import SignalReader
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.events.watch_book import WatchBook
from camera_pipeline.observation import Observation, observe
from camera_pipeline.track.tracker import Tracker
from camera_pipeline.types import Detections, Event, Fire, Frame, LinkChange, Scene, SignalState, Tracks

_EARLY_S = 0.001  # a look may come so much too early: frame times are multiples of a frame's time but for rounding


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one frame.

    Attributes:
        observation: what the detector and the signal readers saw.
        tracks: the objects in view; none when the picture is damaged.
        events: what the rules made of it.
    """

    observation: Observation
    tracks: Tracks
    events: tuple[Event, ...]


class CameraLine:
    """One camera's signals, tracker and rules.

    Args:
        camera: its settings.
        engine: its rules.
        class_names: name of every class id of the detector.
        confidence: the detector's threshold of every class; None: all that it reports is believed.
        fire_every_s: media time between two looks for fire; None: nobody looks for it.
        plates: follows the plates of its vehicles; None: nobody reads them.
        book: plates that somebody looks for; None: nobody does.
    """

    def __init__(
        self,
        camera: Camera,
        engine: RuleEngine,
        class_names: Sequence[str],
        confidence: Sequence[float] | None = None,
        fire_every_s: float | None = None,
        plates: PlateFollower | None = None,
        book: WatchBook | None = None,
    ) -> None:
        self.camera = camera
        self.coverage = CoverageMeter()
        self.plates = plates
        self._book = book
        self._fire_every_s = fire_every_s
        self._engine = engine
        self._class_names = tuple(class_names)
        self._tracker = Tracker(start_confidence=confidence)
        self._signals: dict[str, SignalReader] = {}
        self._session: int | None = None
        self._remembered: Detections | None = None
        self._fire_looked_s: float | None = None

    @property
    def looks(self) -> tuple[int, int]:
        """Looks at plates so far: taken, and refused for lack of budget."""
        return (self.plates.budget.spent, self.plates.budget.refused) if self.plates is not None else (0, 0)

    def needs_detector(self, frame: Frame) -> bool:
        """Return whether somebody has to look at the frame: no for damaged pictures, and while the road is still."""
        fresh = frame.session != self._session
        return frame.damage is None and (frame.moved or fresh or self._remembered is None)

    @property
    def is_close(self) -> bool:
        """Whether vehicles fill its picture, and plates are looked for in the whole of it."""
        return self.plates is not None and self.plates.close_view

    def with_plated(self, frame: Frame, found: Detections, plates: Sequence[FoundPlate]) -> Detections:
        """Return the objects of a frame, and a vehicle for each plate that fits none of them."""
        return with_plated(found, plates, self._class_names, (frame.picture.width_px, frame.picture.height_px))

    def needs_fire_look(self, frame: Frame) -> bool:
        """Return whether it is time to look for fire, on a still road too: smoke may rise slowly."""
        if self._fire_every_s is None or frame.damage is not None:
            return False
        if self._fire_looked_s is None or frame.session != self._session:
            return True
        return frame.media_time_s - self._fire_looked_s >= self._fire_every_s - _EARLY_S

    def look(
        self, frame: Frame, found: Detections | None, *, fires: tuple[Fire, ...] | None = None, dropped: int = 0
    ) -> Observation:
        """Return what is to be seen in a frame.

        Args:
            frame: the frame.
            found: what the detector found; None when it was not asked (`needs_detector`).
            fires: what looks like fire; None when nobody looked for it (`needs_fire_look`).
            dropped: frames of this camera lost to overload before this one.
        """
        if frame.session != self._session:
            self._begin(frame.session)
        if frame.damage is not None:
            return observe(frame, Detections.empty(), self._unknown(), dropped=dropped)
        if found is not None:
            self._remembered = found
        if fires is not None:
            self._fire_looked_s = frame.media_time_s
        seen = self._remembered if self._remembered is not None else Detections.empty()
        return observe(frame, seen, self._read_signals(frame), fires=fires, dropped=dropped)

    def advance(self, observation: Observation) -> Outcome:
        """Move tracker and rules on by one frame, with what the observation holds of plates."""
        return self.conclude(observation, self.follow(observation))

    def follow(self, observation: Observation) -> Tracks:
        """Move the tracker on by one frame; `conclude` comes next."""
        if observation.session != self._session:
            self._begin(observation.session)
        self._count(observation)
        if observation.damage is not None:
            return Tracks.empty()
        return self._tracker.update(observation.detections, observation.media_time_s)

    def conclude(self, observation: Observation, tracks: Tracks) -> Outcome:
        """Move the rules on by one frame."""
        events = self._engine.update(self._scene(observation, tracks), self.coverage.last_minute())
        return Outcome(observation, tracks, tuple(events))

    def link_changed(self, change: LinkChange) -> list[Event]:
        """Return the events of a camera that came or went."""
        return self._engine.link_changed(change, self.coverage.last_minute())

    def close(self) -> list[Event]:
        """Return the events that rules have held back; no further frame comes."""
        return self._engine.close(self.coverage.last_minute())

    def _begin(self, session: int) -> None:
        """Nothing of the session before may be believed: tracks, signal histories and what the detector found."""
        self._session = session
        self._tracker.reset()
        self._remembered = None
        self._fire_looked_s = None
        if self.plates is not None:
            self.plates.begin()
        self._signals = {name: SignalReader(signal) for name, signal in self.camera.signals.items()}

    def _read_signals(self, frame: Frame) -> Mapping[str, SignalState]:
        return {name: reader.read(frame.picture, frame.media_time_s) for name, reader in self._signals.items()}

    def _unknown(self) -> Mapping[str, SignalState]:
        return dict.fromkeys(self.camera.signals, SignalState.UNKNOWN)

    def _count(self, observation: Observation) -> None:
        damaged = observation.damage is not None
        self.coverage.add(
            observation.media_time_s,
            analysed=int(not damaged),
            damaged=int(damaged),
            skipped=observation.skipped,
            dropped=observation.dropped,
        )

    def _scene(self, observation: Observation, tracks: Tracks) -> Scene:
        return Scene(
            camera_id=self.camera.id,
            session=observation.session,
            frame_index=observation.index,
            media_time_s=observation.media_time_s,
            captured_at=observation.captured_at,
            clock=observation.clock,
            frame_wh=observation.frame_wh,
            class_names=self._class_names,
            tracks=tracks,
            signals=observation.signals,
            damage=observation.damage,
            health=observation.health,
            fires=observation.fires,
            plates=observation.plates,
            watch=self._book.current if self._book is not None else None,
        )


def detect_where_needed(
    frames: Sequence[Frame], lines: Mapping[str, CameraLine], detector: Detector
) -> list[Detections | None]:
    """Run the detector once over those frames that need it.

    Args:
        frames: at most one of each camera.
        lines: the lines of their cameras, by camera id.
        detector: the detector.

    Returns:
        For every frame what was found, or None where nobody had to look.
    """
    asked = [lines[frame.camera_id].needs_detector(frame) for frame in frames]
    found = iter(detector.detect([frame for frame, ask in zip(frames, asked, strict=True) if ask]))
    return [next(found) if ask else None for ask in asked]


def look_for_fires(
    frames: Sequence[Frame], lines: Mapping[str, CameraLine], watch: FireWatch | None
) -> list[tuple[Fire, ...] | None]:
    """Look for fire in those frames whose time it is; arguments as of `detect_where_needed`.

    Returns:
        For every frame what looks like fire, or None where nobody looked.
    """
    if watch is None:
        return [None] * len(frames)
    asked = [lines[frame.camera_id].needs_fire_look(frame) for frame in frames]
    seen = iter(watch.look([frame for frame, ask in zip(frames, asked, strict=True) if ask]))
    return [next(seen) if ask else None for ask in asked]


def add_close_vehicles(
    frames: Sequence[Frame],
    found: Sequence[Detections | None],
    lines: Mapping[str, CameraLine],
    looker: PlateLooker | None,
) -> list[Detections | None]:
    """Add vehicles that only their plates show, for close cameras.

    Args:
        frames: at most one of each camera.
        found: what the detector found in each; None where nobody had to look.
        lines: the lines of their cameras, by camera id.
        looker: finds plates; None: nobody does.

    Returns:
        For every frame all objects.
    """
    if looker is None:
        return list(found)
    asked = [one is not None and lines[frame.camera_id].is_close for frame, one in zip(frames, found, strict=True)]
    pictures = [frame.picture.bgr() for frame, ask in zip(frames, asked, strict=True) if ask]
    plates = iter(looker.find(pictures))
    return [
        lines[frame.camera_id].with_plated(frame, one, next(plates)) if ask and one is not None else one
        for frame, one, ask in zip(frames, found, asked, strict=True)
    ]
