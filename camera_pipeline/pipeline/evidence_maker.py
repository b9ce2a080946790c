"""Make evidence: decode the very frames that the rule saw, draw on copies, cut the clip, seal. On the evidence thread.

1_before.png 2_at.png 3_after.png     as decoded, lossless
1_before.jpg 2_at.jpg 3_after.jpg     copies with signals, track and times drawn on them
vehicle.png                           the vehicle as it is in `at`
plate.png                             its plate, from the picture that it was read from
clip.mp4                              the packets as they came from the camera, not encoded anew
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import av
import cv2

from camera_pipeline.clock import Clock
from camera_pipeline.config import Camera
from camera_pipeline.errors import EvidenceError
from camera_pipeline.events.record import to_json
from camera_pipeline.evidence.keys import SigningKey
from camera_pipeline.evidence.log_line import stamp
from camera_pipeline.evidence.place import place_of
from camera_pipeline.evidence.seal import draft_of, seal
from camera_pipeline.geometry import Region, box_points, to_pixels
from camera_pipeline.ingest.packet_ring import Kept
from camera_pipeline.pipeline.annotate import Image
from camera_pipeline.pipeline.evidence_footage import Footage
from camera_pipeline.pipeline.evidence_picture import around, box_of, drawn, plate_region, write_image
from camera_pipeline.pipeline.evidence_plan import Box, Moment, Plan

CLIP, VEHICLE, PLATE = "clip.mp4", "vehicle.png", "plate.png"
_GONE = "its picture is no longer in the camera's packets"

About = dict[str, dict[str, object]]
"""What each file shows, by name."""


class EvidenceMaker:
    """Makes sealed folders.

    Args:
        root: folder that they go below.
        server: id of this server.
        key: signs them.
        clock: wall clock.
    """

    def __init__(self, root: Path, *, server: str, key: SigningKey, clock: Clock) -> None:
        self._root, self._server, self._key, self._clock = root, server, key, clock

    def make(self, plan: Plan, camera: Camera, footage: Footage) -> str:
        """Make the evidence of an event.

        Args:
            plan: what it has to show.
            camera: the camera that saw it, as it was configured then.
            footage: the camera's pictures.

        Returns:
            sha256 of the manifest.

        Raises:
            EvidenceError: it cannot be written, or no picture of the event is left.
        """
        target = self._root / place_of(plan.event)
        draft = draft_of(target)
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            about, missing = _write_pictures(draft, plan, camera, footage)
            clip = _write_clip(draft, plan, footage)
            manifest = seal(
                draft,
                target,
                event=json.loads(to_json(plan.event)),
                facts={**_facts(plan, camera), "clip": clip, "missing": missing},
                about={**about, CLIP: clip},
                server=self._server,
                key=self._key,
                now=self._clock.now(),
            )
        except (OSError, av.FFmpegError, cv2.error) as error:
            cure = "free space on the disk, or mend what the message names"
            raise EvidenceError(f"{target}: evidence cannot be written ({error})\n    cure: {cure}") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)  # gone already when it was sealed
        return hashlib.sha256(manifest).hexdigest()


def _write_pictures(draft: Path, plan: Plan, camera: Camera, footage: Footage) -> tuple[About, dict[str, str]]:
    """Write originals, drawn copies and cut-outs; return what each shows, and what is missing, with the reason."""
    about: About = {}
    missing = dict(plan.missing)
    for number, (role, moment) in enumerate(plan.shots.items(), 1):
        kept = footage.picture(moment)
        if kept is None:
            missing[role] = _GONE
            continue
        box = box_of(plan, moment, (kept.picture.width_px, kept.picture.height_px))
        about |= _write_shot(draft, number, _shows(role, moment, kept, box), kept, drawn(kept, plan, moment, camera))
        if role in ("at", "told") and box is not None:
            about[VEHICLE] = _cut(draft / VEHICLE, kept, moment, "vehicle", around(box))
    if not about:
        raise EvidenceError(
            f"{place_of(plan.event)}: no picture of it is left in the camera's packets\n"
            "    cure: raise ring_s of the camera, or see why the service was too slow"
        )
    return about | _write_plate(draft, plan, footage, missing), missing


def _write_shot(draft: Path, number: int, shows: dict[str, object], kept: Kept, copy: Image) -> About:
    name = f"{number}_{shows['role']}"
    write_image(draft / f"{name}.png", kept.picture.bgr())
    write_image(draft / f"{name}.jpg", copy)
    return {f"{name}.png": shows, f"{name}.jpg": {**shows, "drawn_on": f"{name}.png"}}


def _write_plate(draft: Path, plan: Plan, footage: Footage, missing: dict[str, str]) -> About:
    """Cut the plate out of the picture that it was read from; a plate that nobody read is not missing."""
    view = plan.plate.view if plan.plate is not None else None
    if view is None:
        return {}
    kept = footage.picture(plan.plate_shot) if plan.plate_shot is not None else None
    if kept is None or plan.plate_shot is None:
        missing["plate"] = _GONE
        return {}
    cut = _cut(draft / PLATE, kept, plan.plate_shot, "plate", plate_region(view))
    return {PLATE: cut | {"corners": view.corners}}


def _cut(path: Path, kept: Kept, moment: Moment, role: str, region: tuple[int, int, int, int]) -> dict[str, object]:
    write_image(path, kept.picture.region_bgr(*region))
    return {**_shows(role, moment, kept, None), "region": list(region)}


def _write_clip(draft: Path, plan: Plan, footage: Footage) -> dict[str, object]:
    """Write the clip, and return what it shows; a codec that fits no file costs the clip, not the pictures."""
    path = draft / CLIP
    asked: dict[str, object] = {"role": "clip", "asked_s": _rounded((plan.start_s, plan.end_s))}
    try:
        span_s = footage.clip(plan, path)
    except (av.FFmpegError, ValueError) as error:
        path.unlink(missing_ok=True)
        return {**asked, "missing": f"the packets cannot be put into a file ({error})"}
    if span_s is None:
        return {**asked, "missing": "the camera's packets of that time are gone"}
    return {**asked, "media_time_s": _rounded(span_s)}


def _rounded(span_s: tuple[float, float]) -> list[float]:
    return [round(edge_s, 6) for edge_s in span_s]


def _shows(role: str, moment: Moment, kept: Kept, box: Box | None) -> dict[str, object]:
    return {
        "role": role,
        "session": moment.session,
        "frame_index": moment.index,
        "media_time_s": round(moment.media_time_s, 6),
        "captured_at": stamp(moment.captured_at),
        "picture_captured_at": stamp(datetime.fromtimestamp(kept.captured_s, UTC)),
        "signals": {name: state.value for name, state in moment.signals.items()},
        "xyxy": None if box is None else [round(edge, 2) for edge in box],
    }


def _facts(plan: Plan, camera: Camera) -> dict[str, object]:
    kinds = (plan.event.type, *plan.event.also)
    rules = [rule for rule in camera.rules if rule.kind in kinds or rule.label in kinds]
    return {
        "coordinates": {"latitude": camera.latitude, "longitude": camera.longitude},
        "lane": _lane(plan, camera),
        "rules": [{"kind": rule.kind, "name": rule.label, "settings": rule.settings} for rule in rules],
        "plate": asdict(plan.plate) if plan.plate is not None else None,
    }


def _lane(plan: Plan, camera: Camera) -> Mapping[str, object] | None:
    """Return the lane that the vehicle was in at the act, and the direction of travel there."""
    at, subject = plan.shots.get("at"), plan.event.subject
    if at is None or subject is None:
        return None
    wheels = box_points([at.boxes.get(subject.track_id, subject.xyxy)])
    for name, lane in camera.lanes.items():
        if Region.of(to_pixels(lane.polygon, at.frame_wh)).contains(wheels)[0]:
            return {"name": name, "direction": [list(point) for point in lane.direction]}
    return None
