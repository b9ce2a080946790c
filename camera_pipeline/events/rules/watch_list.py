"""A plate that somebody looks for: told as soon as it is read, with how well it fits.

    watch list:  61A-123.??   stolen   ──►  read 61A-123.45 on a passing car: one incident, match `partial`

Needs `plates` and a `watch_list` in the configuration. An alarm for a person, who looks at the pictures: plates are
misread, copied and sold on.
"""

from collections.abc import Iterator
from dataclasses import asdict

from camera_pipeline.config import Camera
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import AlarmSettings, Rule
from camera_pipeline.types import EventKind, PlateRead, Scene, Subject, WatchEntry, WatchHit

_CONFIDENCE = {"exact": 0.95, "partial": 0.8, "one_wrong": 0.5}
"""That this is the vehicle somebody looks for; surest first."""


class WatchListRuleSettings(AlarmSettings):
    """Settings of `watch_list`."""


class WatchListHit(Rule[WatchListRuleSettings]):
    """Tells one candidate for each vehicle and entry, and another one should the plate turn out to fit better.

    Details: `wanted`, `reason`, `asked_by` and `valid_until` of the entry; `match` (`exact`, `partial`: wildcards were
    filled in, or `one_wrong`), `wrong` (for `one_wrong`: `position` in the compact plate, what was `read` and what is
    `wanted` there), and the `plate` as it was read. `media_time_s` is the moment of the read.
    """

    kind = EventKind.INCIDENT
    version = "1"
    tells_acts = False
    needs = ("plates", "watch_list")
    settings_type = WatchListRuleSettings

    def __init__(self, camera: Camera, settings: WatchListRuleSettings, class_names: tuple[str, ...]) -> None:
        super().__init__(camera, settings, class_names)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._told: dict[int, dict[WatchEntry, float]] = {}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return the hits among the plates that were read in this scene."""
        for key in histories.ended:
            self._told.pop(key, None)
        if scene.watch is None or not scene.plates:
            return
        vehicles = histories.now
        rows = {track_id: row for row, track_id in enumerate(vehicles.track_id.tolist())}
        for read in scene.plates:
            row = rows.get(read.track_id)
            if row is None:
                continue
            subject, told = self.subject(vehicles, row), self._told.setdefault(int(vehicles.key[row]), {})
            for hit in scene.watch.hits(read, subject.class_name, scene.captured_at):
                confidence = _CONFIDENCE[hit.match]
                if told.get(hit.entry, 0.0) < confidence:
                    told[hit.entry] = confidence
                    yield _candidate(scene, subject, read, hit)


def _candidate(scene: Scene, subject: Subject, read: PlateRead, hit: WatchHit) -> Candidate:
    entry = hit.entry
    return Candidate(
        type="watch_list",
        media_time_s=scene.media_time_s,
        subject=subject,
        confidence=_CONFIDENCE[hit.match],
        mark=f"{subject.track_id} {entry.plate} {entry.asked_by} {entry.reason}",
        details={
            "wanted": entry.plate,
            "reason": entry.reason,
            "asked_by": entry.asked_by,
            "valid_until": entry.ends.isoformat() if entry.ends is not None else None,
            "match": hit.match,
            "wrong": dict(zip(("position", "read", "wanted"), hit.wrong, strict=True)) if hit.wrong else None,
            "plate": asdict(read),
        },
    )
