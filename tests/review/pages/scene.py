"""A review to look at: cases with evidence cut from the sample video, sealed as the pipeline seals it, and people."""

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import av
import cv2
import numpy as np

from camera_pipeline.events.record import from_json, to_json
from camera_pipeline.evidence.keys import SigningKey, make_key
from camera_pipeline.evidence.seal import draft_of, seal
from camera_pipeline.resources import resource
from camera_pipeline.review.accounts import add_first_administrator, add_user, change_own_password
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.rights import ALL_AREAS, Role
from camera_pipeline.review.sign_in import sign_in
from camera_pipeline.types import Event
from tests.review.kit import PASSWORD

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "junction.events.jsonl"
ROLES = {"lan": Role.OFFICER, "minh": Role.OFFICER, "hoa": Role.SUPERVISOR, "an": Role.AUDITOR, "vy": Role.VIEWER}
_OFFSETS = {"1_before": -0.8, "2_at": 0.0, "3_after": 0.8}
_ROLE = {"1_before": "before", "2_at": "at", "3_after": "after"}
_PLATE_WH = (120, 34)


@dataclass(frozen=True)
class Scene:
    """What was laid out.

    Attributes:
        events: violations, oldest first; the first two have evidence.
        public_key: of the server that sealed it.
    """

    events: list[Event]
    public_key: Path


def lay_out(desk: Desk, root: Path, count: int = 12, *, people: bool = True) -> Scene:
    """Fill a desk with people and cases, and the folder `root` with evidence."""
    make_key(root.parent / "evidence.key")
    if people:
        _people(desk)
    now = desk.now()
    golden = [from_json(line) for line in GOLDEN.read_bytes().splitlines() if b'"violation"' in line]
    events = []
    for number in range(count):
        event = golden[number % len(golden)]
        ages = (11.2, 8.4, 7.6, 3.5)
        event = replace(
            event,
            event_id=str(uuid5(NAMESPACE_URL, f"{event.event_id}/{number}")),
            area="dong-da" if number % 3 else "ba-dinh",
            occurred_at=now - timedelta(days=ages[number % 4], minutes=-number),
        )
        events.append(event)
    events.sort(key=lambda event: event.occurred_at)
    for event in events:
        take_in(desk, event)
    for event in events[:3]:
        _evidence(event, root, root.parent / "evidence.key")
    return Scene(events, root.parent / "evidence.pub")


def _people(desk: Desk) -> None:
    add_first_administrator(desk, "root", PASSWORD)
    root = sign_in(desk, "root", PASSWORD, "test")[1]
    for name, role in ROLES.items():
        add_user(
            desk,
            root,
            name,
            {"lan": "Nguyễn Thị Lan"}.get(name, name.title()),
            f"first {PASSWORD}",
            [(role, ALL_AREAS)],
        )
        new = sign_in(desk, name, f"first {PASSWORD}", "test")[1]
        change_own_password(desk, new, f"first {PASSWORD}", PASSWORD)


def _evidence(event: Event, root: Path, key: Path) -> None:
    target = root / event.occurred_at.astimezone(UTC).strftime("%Y-%m-%d") / event.camera_id / event.event_id
    draft = draft_of(target)
    draft.mkdir(parents=True)
    assert event.subject
    about: dict[str, dict[str, object]] = {}
    for stem, offset in _OFFSETS.items():
        picture = _frame(event.media_time_s + offset)
        facts: dict[str, object] = {
            "role": _ROLE[stem],
            "media_time_s": round(event.media_time_s + offset, 3),
            "captured_at": (event.occurred_at + timedelta(seconds=offset)).isoformat(),
            "signals": {"approach": "red"},
        }
        cv2.imwrite(str(draft / f"{stem}.png"), picture)
        drawn = picture.copy()
        if stem == "2_at":
            left, top, right, bottom = (round(value) for value in event.subject.xyxy)
            vehicle = picture[max(0, top) : bottom, max(0, left) : right]
            cv2.imwrite(str(draft / "vehicle.png"), vehicle)
            cv2.rectangle(drawn, (left, top), (right, bottom), (0, 200, 255), 2)
        cv2.imwrite(str(draft / f"{stem}.jpg"), drawn)
        about |= {f"{stem}.png": facts, f"{stem}.jpg": {**facts, "drawn_on": f"{stem}.png"}}
    cv2.imwrite(str(draft / "plate.png"), _plate_picture("30A12345"))
    about |= {"plate.png": {"role": "plate"}, "vehicle.png": {"role": "vehicle"}}
    shutil.copy(resource("sample_videos/junction.mp4"), draft / "clip.mp4")
    read = {
        "text": "30A12345",
        "raw": "30A12345",
        "confidence": [0.99, 0.98, 0.99, 0.97, 0.82, 0.95, 0.61, 0.99],
        "candidates": [[], [], [], [], [["7", 0.1]], [], [["6", 0.3]], []],
        "needs_person": False,
    }
    seal(
        draft,
        target,
        event=json.loads(to_json(event)),
        facts={"plate": read, "missing": {}},
        about=about,
        server="edge-1",
        key=SigningKey(key),
        now=datetime.now(UTC),
    )


def _frame(at_s: float) -> np.ndarray:
    with av.open(str(resource("sample_videos/junction.mp4"))) as video:
        stream = video.streams.video[0]
        video.seek(int(max(0.0, at_s - 1.0) * av.time_base))
        for frame in video.decode(stream):
            if frame.time is not None and frame.time >= at_s:
                return np.asarray(frame.to_ndarray(format="bgr24"))
    raise AssertionError(f"the sample video ends before {at_s}")


def _plate_picture(text: str) -> np.ndarray:
    picture = np.full((_PLATE_WH[1], _PLATE_WH[0], 3), 235, np.uint8)
    cv2.putText(picture, text, (4, 25), cv2.FONT_HERSHEY_DUPLEX, 0.72, (30, 30, 30), 1, cv2.LINE_AA)
    return picture
