"""One act, one event: which candidates describe an act that was told already, or that another rule tells better.

Used by the engine. Memory is bounded: a few hundred acts, and those that last until they end.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.rule import Rule
from camera_pipeline.geometry import overlap

SAME_MOMENT_S = 0.5
"""Two acts of one type within this time ..."""
SAME_PLACE_IOU = 0.5
"""... whose boxes overlap so far are one vehicle seen under two ids: no two vehicles stand in one place."""
_REMEMBERED = 256  # acts; a busy junction makes some ten a minute, and acts compete within one or two minutes


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """A candidate with the rule that gave it.

    Attributes:
        priority: place of the rule in the camera's list; the first rule wins.
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


class ActLedger:
    """Acts that were told, and those that still last."""

    def __init__(self) -> None:
        self._told: deque[Sighting] = deque(maxlen=_REMEMBERED)
        self._open: dict[tuple[str, str, int | None, float], Sighting] = {}

    def admit(self, sightings: Iterable[Sighting]) -> list[tuple[Sighting, tuple[str, ...]]]:
        """Return the sightings of one frame that become events, each with the other types that describe its act."""
        admitted: list[tuple[Sighting, list[str]]] = []
        for sighting in sorted(sightings, key=lambda one: one.priority):
            if sighting.candidate.phase == "end":
                if self._open.pop(sighting.act, None) is not None:
                    admitted.append((sighting, []))
                continue
            better = next((also for one, also in admitted if _same_act(one, sighting)), None)
            if better is not None:
                better.append(sighting.candidate.type)
            elif not self._is_known(sighting):
                admitted.append((sighting, self._told_by_lesser_rules(sighting)))
                self._remember(sighting)
        return [(sighting, tuple(sorted(set(also)))) for sighting, also in admitted]

    def close_all(self) -> list[Sighting]:
        """Forget everything, for a new session; return the acts that lasted."""
        lasting = list(self._open.values())
        self._open.clear()
        self._told.clear()
        return lasting

    def _remember(self, sighting: Sighting) -> None:
        self._told.append(sighting)
        if sighting.candidate.phase == "onset":
            self._open[sighting.act] = sighting

    def _is_known(self, sighting: Sighting) -> bool:
        return any(
            _is_repeated(told, sighting) or (told.priority < sighting.priority and _same_act(told, sighting))
            for told in self._told
        )

    def _told_by_lesser_rules(self, sighting: Sighting) -> list[str]:
        return [told.candidate.type for told in self._told if _same_act(told, sighting)]


def _same_act(first: Sighting, second: Sighting) -> bool:
    one, other = first.candidate, second.candidate
    related = other.type in first.rule.same_act or one.type in second.rule.same_act
    same_vehicle = one.vehicle is not None and one.vehicle == other.vehicle
    overlaps = one.act_s <= second.seen_s and other.act_s <= first.seen_s
    return related and same_vehicle and overlaps


def _is_repeated(told: Sighting, sighting: Sighting) -> bool:
    """The same rule told it before: of the same vehicle, or of one in the same place at the same moment."""
    one, other = told.candidate, sighting.candidate
    at_once = abs(one.act_s - other.act_s) <= SAME_MOMENT_S
    if told.label != sighting.label or one.type != other.type or one.phase != other.phase or not at_once:
        return False
    if one.subject is None or other.subject is None:
        return one.subject is other.subject
    same_place = overlap(one.subject.xyxy, [other.subject.xyxy])[0] >= SAME_PLACE_IOU
    return one.vehicle == other.vehicle or bool(same_place)
