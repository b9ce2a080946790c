"""What a rule is: one file below `rules/`, one class, its own settings. The engine makes rules and feeds them scenes.

A rule sees the scenes of one camera in order, on the main loop's thread. It keeps only bounded state, knows only media
time, and returns candidates; it never fines. Packages add rules through the entry-point group `camera_pipeline.rules`.
"""

import difflib
import functools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt, ValidationError

from camera_pipeline.config import Camera, RuleEntry, Settings
from camera_pipeline.config.mistakes import Mistake, key_path, translate
from camera_pipeline.config.values import Fraction
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import missing_drawings
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.types import EventKind, Scene, Subject

GROUP = "camera_pipeline.rules"
"""Entry-point group in which packages announce rules."""
NOT_VEHICLES = ("person", "traffic_light", "debris")
"""Classes of our detectors that no vehicle rule looks at unless told to."""


class AlarmSettings(Settings):
    """Settings of every rule whose events somebody must look at."""

    alarms_a_day: PositiveInt = 200
    """Alarm budget: who tells more in a local day is told itself, and marks what it tells as `over_budget`."""


class ClassSettings(AlarmSettings):
    """Settings of every rule that watches classes."""

    classes: tuple[str, ...] = ()
    """Classes that the rule looks at; empty: all vehicles."""


class VehicleSettings(ClassSettings):
    """Settings of every rule that tells single vehicles."""

    min_looks: PositiveInt = 3
    """A vehicle seen in fewer frames is not told."""
    min_confidence: Fraction = 0.3
    """A vehicle of which the detector was less sure, in the mean of all frames, is not told."""


S = TypeVar("S", bound=Settings)


class Rule(ABC, Generic[S]):
    """One rule on one camera.

    Attributes:
        kind: stream that its events go to.
        version: raised whenever the rule may decide otherwise than before; part of every event id.
        settings_type: its settings. Fields that name something drawn (`LineName` ...) say what it needs.
        same_act: types of events that describe the same act of a vehicle better, where both are seen at one time: they
            tell it and name this one. Where two rules each name the other, their order on the camera decides.
        tells_acts: False where the rule alone knows what it told, since two of its candidates never describe one act:
            passages of vehicles, plates that are looked for.
        needs: parts of the configuration that it is of no use without, by key (`plates` ...).
        sees_damaged: whether it wants scenes whose picture is damaged, too.
        sees_fires: whether somebody has to look for fire and smoke in the camera's pictures for it.

    Args:
        camera: the camera.
        settings: checked settings.
        class_names: name of every class id.

    Raises:
        ConfigError: the rule watches a class that the model does not know.
    """

    kind: ClassVar[EventKind]
    version: ClassVar[str]
    settings_type: ClassVar[type[Settings]]
    same_act: ClassVar[frozenset[str]] = frozenset()
    tells_acts: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ()
    sees_damaged: ClassVar[bool] = False
    sees_fires: ClassVar[bool] = False

    def __init__(self, camera: Camera, settings: S, class_names: Sequence[str]) -> None:
        self.camera = camera
        self.settings = settings
        self.class_names = tuple(class_names)
        self._watched = _watched(self.class_names, getattr(settings, "classes", ()), camera.id)

    @classmethod
    def check(cls, camera: Camera, settings: Any) -> list[Mistake]:  # noqa: ARG003
        """Return what else is wrong with the settings on this camera; paths begin at the rule's settings."""
        return []

    @abstractmethod
    def update(self, scene: Scene, histories: Histories) -> Iterable[Candidate]:
        """Look at the next scene, whose vehicles are in `histories` already, and return what happened."""

    def close(self) -> Iterable[Candidate]:
        """Return what was held back, since no further scene of this session comes; `reset` follows."""
        return ()

    @abstractmethod
    def reset(self) -> None:
        """Forget everything: a new session, or a picture of another size."""

    def watched(self, vehicles: Vehicles) -> NDArray[np.bool_]:
        """Return which vehicles are of a class that the rule looks at, bool (M,)."""
        return self._watched[vehicles.class_id]

    def subject(self, vehicles: Vehicles, row: int) -> Subject:
        """Return one vehicle of the newest frame as the subject of a candidate."""
        left, top, right, bottom = vehicles.xyxy[row].tolist()
        return Subject(
            track_id=int(vehicles.track_id[row]),
            class_name=self.class_names[int(vehicles.class_id[row])],
            xyxy=(left, top, right, bottom),
            first_seen_s=float(vehicles.first_seen_s[row]),
        )


def load_rule(kind: str) -> type[Rule[Any]]:
    """Return the class of a rule.

    Raises:
        ConfigError: no installed package has a rule of that name, or what it announces is no rule.
    """
    known = _announced()
    if kind not in known:
        raise ConfigError(f"no rule is called {kind}: expected {_expected(known)}; {_cure(kind, known)}")
    rule = known[kind].load()
    if not (isinstance(rule, type) and issubclass(rule, Rule)):
        raise ConfigError(f"{known[kind].value}, announced as rule {kind}, is no subclass of camera_pipeline's Rule")
    return rule


def rule_mistakes(camera: Camera, entry: RuleEntry) -> list[Mistake]:
    """Return all that is wrong with one rule on one camera; paths begin at the rule's own settings."""
    known = _announced()
    if entry.kind not in known:
        return [Mistake(path=("kind",), value=entry.kind, expected=_expected(known), cure=_cure(entry.kind, known))]
    rule = load_rule(entry.kind)
    try:
        settings = rule.settings_type.model_validate(entry.settings)
    except ValidationError as error:
        return translate(error, rule.settings_type)
    return missing_drawings(camera, settings) or rule.check(camera, settings)


def make_rule(camera: Camera, entry: RuleEntry, class_names: Sequence[str]) -> Rule[Any]:
    """Return a rule, ready for scenes.

    Raises:
        ConfigError: there is no such rule, its settings are wrong, or the camera lacks what it needs.
    """
    mistakes = rule_mistakes(camera, entry)
    if mistakes:
        told = "\n".join(f"  {key_path(m.path)} = {m.value}: expected {m.expected}; {m.cure}" for m in mistakes)
        raise ConfigError(f"camera {camera.id}, rule {entry.label}:\n{told}")
    rule = load_rule(entry.kind)
    return rule(camera, rule.settings_type.model_validate(entry.settings), class_names)


@functools.cache  # reads the metadata of every installed package: 20 ms, and thousands of cameras have rules
def _announced() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _expected(known: dict[str, EntryPoint]) -> str:
    return f"one of: {', '.join(sorted(known))}" if known else "an installed rule (none is: install camera-pipeline)"


def _cure(kind: str, known: dict[str, EntryPoint]) -> str:
    close = difflib.get_close_matches(kind, known, n=1)
    return f"did you mean `{close[0]}`?" if close else "correct the name, or install the package that has the rule"


def _watched(class_names: tuple[str, ...], chosen: Sequence[str], camera_id: str) -> NDArray[np.bool_]:
    unknown = sorted(set(chosen) - set(class_names))
    if unknown:
        raise ConfigError(
            f"camera {camera_id}: a rule watches classes {', '.join(unknown)}, which the model does not know; "
            f"use some of {', '.join(class_names)}"
        )
    names = chosen or [name for name in class_names if name not in NOT_VEHICLES]
    return np.array([name in names for name in class_names], np.bool_)
