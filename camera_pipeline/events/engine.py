"""Feeds scenes to a camera's rules and makes events of what they see. One engine a camera; main loop's thread only."""

import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

from camera_pipeline.config import Camera, Settings
from camera_pipeline.events.acts import ActLedger, Sighting
from camera_pipeline.events.alarm_budget import TYPE as BUDGET_EXCEEDED
from camera_pipeline.events.alarm_budget import AlarmBudgets
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.event_maker import EventMaker
from camera_pipeline.events.history import Histories
from camera_pipeline.events.law import LawTable
from camera_pipeline.events.rule import AlarmSettings, VehicleSettings, make_rule
from camera_pipeline.types import Coverage, Event, LinkChange, Scene, Versions

log = logging.getLogger(__name__)


class RuleEngine:
    """The rules of one camera. The same scenes give the same events, byte for byte.

    Args:
        camera: the camera; where several of its rules describe one act, the gravest tells it (`Rule.same_act`).
        class_names: name of every class id of the detector.
        pipeline_version: version of this package.
        config_version: digest of the camera's configuration.
        model_version: name and digest of the detector.
        law: what events of violations are referred to; None: they carry no references.

    Raises:
        ConfigError: a rule is unknown, its settings are wrong, or the camera lacks what it needs.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        class_names: tuple[str, ...],
        pipeline_version: str,
        config_version: str,
        model_version: str,
        law: LawTable | None = None,
    ) -> None:
        versions = Versions(pipeline=pipeline_version, config=config_version, rule="", model=model_version)
        self._rules = [(entry.label, make_rule(camera, entry, class_names)) for entry in camera.rules]
        self._maker = EventMaker(camera, versions, law)
        self._camera_id = camera.id
        self._budgets = AlarmBudgets(camera.timezone)
        self._ledger = ActLedger(entry.kind for entry in camera.rules)
        self._histories = Histories(camera)
        self._last: Scene | None = None

    def update(self, scene: Scene, coverage: Coverage) -> list[Event]:
        """Look at the next scene and return what happened, most important rule first.

        Args:
            scene: the next scene of this camera. A new session or picture size makes all rules start afresh.
            coverage: what became of the frames of the last minute.
        """
        events = self._begin(scene, coverage) if self._is_fresh(scene) else []
        self._last = scene
        if scene.damage is None:
            self._histories.update(scene)
            self._ledger.follow(self._histories, scene.media_time_s)
        else:
            self._maker.note_damage(scene.media_time_s)
        seen = (
            Sighting(priority, label, rule, candidate, scene.media_time_s)
            for priority, (label, rule) in enumerate(self._rules)
            if scene.damage is None or rule.sees_damaged
            for candidate in rule.update(scene, self._histories)
        )
        return events + self._told(seen, scene, coverage)

    def close(self, coverage: Coverage) -> list[Event]:
        """Return what rules have held back, and what waited for a graver candidate, when no further scene comes.

        What lasts is not ended by it: it may go on in the next piece of footage.
        """
        last = self._last
        if last is None:
            return []
        held = (
            Sighting(priority, label, rule, candidate, last.media_time_s)
            for priority, (label, rule) in enumerate(self._rules)
            for candidate in rule.close()
        )
        return self._told(held, last, coverage) + self._due(math.inf)

    def link_changed(self, change: LinkChange, coverage: Coverage) -> list[Event]:
        """Return the event of a camera that came or went. Never silent, whatever rules are configured."""
        media_time_s = self._last.media_time_s if self._last is not None else 0.0
        return [self._maker.make_link_event(change, media_time_s, coverage)]

    def _told(self, sightings: Iterable[Sighting], scene: Scene, coverage: Coverage) -> list[Event]:
        """Return the events of one scene."""
        seen = [one for one in sightings if self._is_seen_well(one.candidate, one.rule.settings)]
        for act in self._ledger.add(one for one in seen if one.rule.tells_acts):
            act.event = self._maker.make(act.sighting, scene, coverage)
        others = [one for one in seen if not one.rule.tells_acts]
        return self._due(scene.media_time_s) + [
            told for one in others for told in self._spend(one, self._maker.make(one, scene, coverage))
        ]

    def _is_seen_well(self, candidate: Candidate, settings: Settings) -> bool:
        """Whether the candidate's vehicle was seen often and clearly enough; an end belongs to what was told."""
        if candidate.vehicle is None or candidate.phase == "end" or not isinstance(settings, VehicleSettings):
            return True
        seen = self._histories.quality(candidate.vehicle)
        if seen is None or (seen.looks >= settings.min_looks and seen.confidence >= settings.min_confidence):
            return True
        log.info(
            "camera %s: %s at %.1f s is not told: vehicle seen in %d frames (min_looks %d), confidence %.2f "
            "(min_confidence %.2f)",
            self._camera_id, candidate.type, candidate.media_time_s,
            seen.looks, settings.min_looks, seen.confidence, settings.min_confidence,
        )  # fmt: skip
        return False

    def _due(self, now_s: float) -> list[Event]:
        acts = self._ledger.due(now_s)
        return [
            told
            for act in acts
            if act.event is not None
            for told in self._spend(act.sighting, replace(act.event, also=tuple(sorted(act.also))))
        ]

    def _spend(self, sighting: Sighting, event: Event) -> Iterator[Event]:
        settings = sighting.rule.settings
        if not isinstance(settings, AlarmSettings):
            yield event
            return
        for told in self._budgets.spend(event, sighting.label, settings.alarms_a_day):
            if told.type == BUDGET_EXCEEDED:
                log.warning("camera %s: %s", self._camera_id, told.details["message"])
            yield told

    def _is_fresh(self, scene: Scene) -> bool:
        last = self._last
        return last is None or last.session != scene.session or last.frame_wh != scene.frame_wh

    def _begin(self, scene: Scene, coverage: Coverage) -> list[Event]:
        """Start afresh. What lasted ends with the last scene: nobody can say that it still goes on."""
        ended = self.close(coverage)
        for sighting in self._ledger.close_all():
            ended += self._spend(sighting, self._interrupted(sighting, coverage))
        self._histories.reset()
        for _, rule in self._rules:
            rule.reset()
        self._maker.begin_session(scene)
        return ended

    def _interrupted(self, sighting: Sighting, coverage: Coverage) -> Event:
        last = self._last
        if last is None:
            raise AssertionError("an act lasts although no scene was seen")
        end = replace(
            sighting.candidate,
            phase="end",
            media_time_s=last.media_time_s,
            began_s=sighting.candidate.act_s,
            details={"duration_s": last.media_time_s - sighting.candidate.act_s, "interrupted": True},
        )
        return self._maker.make(replace(sighting, candidate=end), last, coverage)
