"""One act, one event: which candidates describe an act that was told already, or that another rule tells better.

    solid_line ●┄┄┄ waits ┄┄┄┐                 a lesser candidate waits for a graver one of the same act,
    wrong_way        ●───────┴─► wrong_way,    which then tells the act and names the lesser one
                                 also solid_line

Used by the engine. Memory is bounded: a few hundred acts, and those that last until they end.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import Rule
from camera_pipeline.events.same_vehicle import ToldVehicles
from camera_pipeline.geometry import overlap
from camera_pipeline.types import Event, EventKind

SAME_MOMENT_S = 0.5
"""Two acts of one type within this time ..."""
SAME_PLACE_IOU = 0.5
"""... whose boxes overlap so far are one vehicle seen under two ids: no two vehicles stand in one place."""
PATIENCE_S = 5.0
"""A candidate waits so long for a graver one: lanes and directions are judged over two seconds. Nobody waits for a
violation; incidents and whatever lasts are told at once."""
_REMEMBERED = 256  # acts; a busy junction makes some ten a minute, and acts compete within one or two minutes


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A candidate with the rule that gave it.

    Attributes:
        priority: place of the rule in the camera's list; decides where the rules themselves do not.
        label: the rule's name on the camera.
        rule: the rule.
        candidate: what it saw.
        seen_s: media time at which it was told; the act lasted at least until then.
    """

    priority: int
    label: str
    rule: Rule[Any]
    candidate: Candidate
    seen_s: float

    @property
    def act(self) -> tuple[str, str, int | None, float]:
        """What onset and end of one act have in common."""
        return self.label, self.candidate.type, self.candidate.vehicle, self.candidate.act_s

    def outranks(self, other: "Sighting") -> bool:
        """Whether this one tells an act that both describe."""
        yields = other.candidate.type in self.rule.same_act
        is_yielded = self.candidate.type in other.rule.same_act
        return self.priority < other.priority if yields == is_yielded else is_yielded


@dataclass(slots=True, eq=False)
class Act:
    """What becomes one event.

    Attributes:
        sighting: what tells it.
        due_s: media time from which it is told.
        also: other types that describe it.
        event: made by the engine when the act was seen.
    """

    sighting: Sighting
    due_s: float
    also: set[str] = field(default_factory=set)
    event: Event | None = None


class ActLedger:
    """Acts that wait to be told, that were told, and those that still last.

    Args:
        types: types of the rules on this camera; nobody waits for one that is not there.
    """

    def __init__(self, types: Iterable[str] = ()) -> None:
        self._types = frozenset(types)
        self._waiting: list[Act] = []
        self._told: deque[Act] = deque(maxlen=_REMEMBERED)
        self._open: dict[tuple[str, str, int | None, float], Sighting] = {}
        self._vehicles = ToldVehicles()

    def follow(self, histories: Histories, now_s: float) -> None:
        """Keep track of the vehicles whose acts are known; call once a frame, before `add`."""
        self._vehicles.update(histories, now_s)

    def add(self, sightings: Iterable[Sighting]) -> list[Act]:
        """Return the new acts among the sightings of one frame; `due` tells them."""
        new = [self._place(sighting) for sighting in sorted(sightings, key=lambda one: one.priority)]
        return [act for act in new if act is not None]

    def due(self, now_s: float) -> Iterator[Act]:
        """Return the acts that are to be told now."""
        due = [act for act in self._waiting if act.due_s <= now_s]
        self._waiting = [act for act in self._waiting if act.due_s > now_s]
        self._told.extend(act for act in due if act.sighting.candidate.phase != "end")
        yield from due

    def close_all(self) -> list[Sighting]:
        """Forget everything, for a new session, after `due`; return the acts that lasted."""
        lasting = list(self._open.values())
        self._open.clear()
        self._told.clear()
        self._waiting.clear()
        self._vehicles = ToldVehicles()
        return lasting

    def _place(self, sighting: Sighting) -> Act | None:
        """Return a new act; None for one that is known, that a graver candidate tells, or that ends untold."""
        if sighting.candidate.phase == "end":
            return self._wait(Act(sighting, sighting.seen_s)) if self._open.pop(sighting.act, None) else None
        if any(self._is_repeated(act.sighting, sighting) for act in (*self._told, *self._waiting)):
            return None
        kin = [act for act in self._waiting if self._is_same_act(act.sighting, sighting)]
        told = [act for act in self._told if self._is_same_act(act.sighting, sighting)]
        for act in kin:
            if act.sighting.outranks(sighting):
                act.also.add(sighting.candidate.type)
                return None
        if any(act.sighting.outranks(sighting) for act in told):
            return None
        return self._begin(sighting, kin, told)

    def _begin(self, sighting: Sighting, lesser: list[Act], told: list[Act]) -> Act:
        """Begin an act; lesser candidates that wait are told with it, those that were told are named."""
        waits = not self._types.isdisjoint(sighting.rule.same_act) and sighting.rule.kind is EventKind.VIOLATION
        act = Act(sighting, sighting.seen_s + PATIENCE_S * (waits and sighting.candidate.phase == "instant"))
        for other in (*lesser, *told):
            act.also |= {other.sighting.candidate.type, *other.also}
        for other in lesser:
            self._waiting.remove(other)
            self._open.pop(other.sighting.act, None)
        if sighting.candidate.phase == "onset":
            self._open[sighting.act] = sighting
        self._vehicles.remember(sighting.candidate.vehicle)
        return self._wait(act)

    def _wait(self, act: Act) -> Act:
        self._waiting.append(act)
        return act

    def _is_same_vehicle(self, one: Candidate, other: Candidate) -> bool:
        if one.vehicle is None or other.vehicle is None:
            return False
        return self._vehicles.root(one.vehicle) == self._vehicles.root(other.vehicle)

    def _is_same_act(self, first: Sighting, second: Sighting) -> bool:
        one, other = first.candidate, second.candidate
        related = other.type in first.rule.same_act or one.type in second.rule.same_act
        overlaps = one.act_s <= second.seen_s and other.act_s <= first.seen_s
        return related and overlaps and self._is_same_vehicle(one, other)

    def _is_repeated(self, known: Sighting, sighting: Sighting) -> bool:
        """The rule told it before: of the vehicle, of one in its place at the moment, or before its track broke."""
        one, other = known.candidate, sighting.candidate
        if known.label != sighting.label or one.type != other.type or one.phase != other.phase:
            return False
        at_once = abs(one.act_s - other.act_s) <= SAME_MOMENT_S
        if one.subject is None or other.subject is None:
            return at_once and one.subject is other.subject
        same_vehicle = self._is_same_vehicle(one, other)
        if same_vehicle or not at_once:
            return same_vehicle and (at_once or (one.vehicle != other.vehicle and one.phase == "instant"))
        return bool(overlap(one.subject.xyxy, [other.subject.xyxy])[0] >= SAME_PLACE_IOU)
