"""Evidence of recorded footage: the very frames the rule saw, all that belongs to them, and what is said if not."""

import logging
from pathlib import Path

import av
import numpy as np
import pytest

from camera_pipeline.config import Camera, Config, DetectorSettings, EvidenceSettings, RuleEntry
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.evidence.keys import PublicKeys
from camera_pipeline.evidence.tree import verify_paths
from camera_pipeline.pipeline.replay import ReplayOutput, ReplaySummary, replay_footage
from camera_pipeline.types import Event, EventKind, PlateRead, PlateView
from tests.detect.networks import write_model, yolov8
from tests.ingest.live_kit import SIZE_WH, read_number, write_clip
from tests.pipeline.evidence_kit import TRACK, Replayed, act, box_at, image_of, replayed
from tests.pipeline.scenes import START

SHOTS = ("1_before.png", "2_at.png", "3_after.png")
PLATE = PlateRead(
    track_id=TRACK,
    text="51G54321",
    raw="51G54321",
    confidence=(0.9,) * 8,
    view=PlateView(
        frame_index=24,
        media_time_s=0.96,
        frame_wh=SIZE_WH,
        vehicle_xyxy=(40.0, 70.0, 120.0, 150.0),
        corners=((60.0, 120.0), (90.0, 121.0), (90.0, 131.0), (60.0, 130.0)),
    ),
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("footage") / "clip.mp4", frames=100)


@pytest.fixture
def made(clip: Path, tmp_path: Path, key_path: Path) -> Replayed:
    return replayed(clip, tmp_path / "evidence", key_path, {2.4: act(2.017)}, plates={1.0: PLATE})


@pytest.mark.parametrize(
    ("suffix", "codec", "b_frames"),
    [("mp4", "libx264", 0), ("mp4", "libx264", 2), ("mkv", "libx264", 2), ("ts", "libx264", 0), ("mp4", "libx265", 2)],
)
def test_pictures_are_those_of_the_analysis_pixel_for_pixel(
    tmp_path: Path, key_path: Path, suffix: str, codec: str, b_frames: int
) -> None:
    footage = write_clip(tmp_path / f"clip.{suffix}", frames=100, codec=codec, b_frames=b_frames)
    made = replayed(footage, tmp_path / "evidence", key_path, {2.4: act(2.017)})
    for name in SHOTS:
        about = made.about(name)
        picture = image_of(made.folder / name)
        assert np.array_equal(picture, made.analysed[about["frame_index"]])
        assert read_number(picture[..., 0]) == round(25 * about["media_time_s"])


def test_pictures_stand_in_order_before_at_and_after_the_act(made: Replayed) -> None:
    times_s = [made.about(name)["media_time_s"] for name in SHOTS]
    assert times_s == pytest.approx([1.04, 2.0, 2.4], abs=0.05)
    for name in SHOTS:
        about = made.about(name)
        assert about["signals"] == {"approach": "red"}
        assert about["xyxy"] == pytest.approx(box_at(about["media_time_s"]), abs=0.02)
        assert about["captured_at"] == about["picture_captured_at"]


def test_only_copies_are_drawn_on(made: Replayed) -> None:
    for name in SHOTS:
        copy = f"{name[:-4]}.jpg"
        assert made.about(copy)["drawn_on"] == name
        difference = image_of(made.folder / copy).astype(int) - image_of(made.folder / name)
        left, top, right, bottom = (round(edge) for edge in made.about(name)["xyxy"])
        assert np.abs(difference[top - 2 : top + 2, left:right]).max() > 60  # the box
        assert np.abs(difference[bottom + 5 :]).mean() < 15  # below it JPEG's own losses


def test_vehicle_and_plate_are_cut_out_of_the_pictures_they_were_seen_in(made: Replayed) -> None:
    for name, index in (("vehicle.png", made.about("2_at.png")["frame_index"]), ("plate.png", 24)):
        about = made.about(name)
        left, top, right, bottom = about["region"]
        assert about["frame_index"] == index
        assert np.array_equal(image_of(made.folder / name), made.analysed[index][top:bottom, left:right])
    assert made.about("plate.png")["corners"] == [[60.0, 120.0], [90.0, 121.0], [90.0, 131.0], [60.0, 130.0]]


def test_the_clip_has_the_packets_from_the_key_frame_before_the_pre_roll_to_the_post_roll(
    made: Replayed, clip: Path
) -> None:
    span = made.manifest["facts"]["clip"]
    assert span["asked_s"] == pytest.approx([1.017, 2.9], abs=0.05)
    assert span["media_time_s"] == pytest.approx([1.0, 2.88], abs=0.05)  # key frames lie at whole seconds
    with av.open(str(made.folder / "clip.mp4")) as cut, av.open(str(clip)) as whole:
        shown = [frame.to_ndarray() for frame in cut.decode(video=0)]
        source = [frame.to_ndarray() for frame in whole.decode(video=0)]
    first, last = (round(25 * edge_s) for edge_s in span["media_time_s"])
    assert len(shown) == last - first + 1
    assert all(np.array_equal(*pair) for pair in zip(shown, source[first : last + 1], strict=True))


def test_the_manifest_says_what_the_record_does_not(made: Replayed) -> None:
    facts = made.manifest["facts"]
    assert facts["coordinates"] == {"latitude": 21.03, "longitude": 105.85}
    assert facts["lane"] == {"name": "approach", "direction": [[0.5, 1.0], [0.5, 0.0]]}
    assert facts["rules"][0]["settings"] == {"signal": "approach", "entry_line": "stop_line"}
    assert (facts["plate"]["raw"], facts["plate"]["text"], len(facts["plate"]["confidence"])) == (
        "51G54321",
        "51G54321",
        8,
    )
    assert facts["missing"] == {}
    event = made.manifest["event"]
    assert made.folder == made.root / event["occurred_at"][:10] / event["camera_id"] / event["event_id"]
    assert {"versions", "coverage", "clock", "area"} <= event.keys()


def test_what_was_made_is_whole(made: Replayed, keys: PublicKeys) -> None:
    assert verify_paths([made.root], keys).faults == []
    assert (made.evidence.sealed, made.evidence.unsealed) == (1, 0)


def test_an_incident_has_one_picture_and_a_clip(clip: Path, tmp_path: Path, key_path: Path) -> None:
    jam = act(2.0, kind=EventKind.INCIDENT, type="congestion")
    made = replayed(clip, tmp_path / "evidence", key_path, {2.4: jam})
    names = {path.name for path in made.folder.iterdir()}
    assert names == {"1_at.png", "1_at.jpg", "vehicle.png", "clip.mp4", "manifest.json", "manifest.sig"}


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        pytest.param({0.1: act(0.0)}, {"before"}, id="an act in the first frame"),
        pytest.param({3.95: act(3.96)}, {"after"}, id="an act in the last frame"),
        pytest.param({3.9: act(0.5)}, {"before", "at", "after"}, id="an act whose packets were gone when it was told"),
    ],
)
def test_what_is_missing_is_named_with_the_reason(
    clip: Path, tmp_path: Path, key_path: Path, told: dict[float, Event], missing: set[str]
) -> None:
    camera = Camera(id="junction", analyse_fps=25.0, ring_s=3.0)
    made = replayed(clip, tmp_path / "evidence", key_path, told, camera=camera)
    assert made.manifest["facts"]["missing"].keys() == missing
    assert all(made.manifest["facts"]["missing"].values())
    shown = {file["about"]["role"] for file in made.manifest["files"]} & {"before", "at", "after", "told"}
    assert shown == ({"before", "at", "after"} - missing or {"told"})


def test_events_that_rules_held_back_to_the_end_have_evidence(clip: Path, tmp_path: Path, key_path: Path) -> None:
    made = replayed(clip, tmp_path / "evidence", key_path, {}, held_back=(act(2.0),))
    assert {"1_before.png", "2_at.png", "3_after.png"} <= {path.name for path in made.folder.iterdir()}


@pytest.mark.parametrize(
    "event",
    [act(2.0, kind=EventKind.SIGHTING), act(2.0, kind=EventKind.HEALTH), act(2.0, phase="end")],
    ids=["sighting", "health", "the end of what lasts"],
)
def test_other_events_get_none(clip: Path, tmp_path: Path, key_path: Path, event: Event) -> None:
    assert replayed(clip, tmp_path / "evidence", key_path, {2.4: event}).evidence.sealed == 0


def test_a_plate_whose_picture_is_gone_is_named(clip: Path, tmp_path: Path, key_path: Path) -> None:
    camera = Camera(id="junction", analyse_fps=12.5, ring_s=2.0)
    made = replayed(clip, tmp_path / "evidence", key_path, {3.4: act(3.2)}, plates={1.0: PLATE}, camera=camera)
    assert "plate" in made.manifest["facts"]["missing"]
    assert made.manifest["facts"]["plate"]["text"] == "51G54321"


def test_raw_streams_have_no_evidence_and_it_is_said(
    tmp_path: Path, key_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    footage = write_clip(tmp_path / "clip.h264", frames=50)
    with caplog.at_level(logging.WARNING):
        made = replayed(footage, tmp_path / "evidence", key_path, {1.4: act(1.0)})
    assert (made.evidence.sealed, made.evidence.unsealed) == (0, 1)
    assert "no picture of it is left in the camera's packets" in caplog.text


def test_a_folder_that_cannot_be_written_costs_the_evidence_alone(
    clip: Path, tmp_path: Path, key_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "evidence").write_text("in the way")
    made = replayed(clip, tmp_path / "evidence", key_path, {2.4: act(2.0)})
    assert made.evidence.unsealed == 1
    assert "cure: free space on the disk" in caplog.text


def whole_replay(clip: Path, folder: Path, evidence: EvidenceSettings | None) -> ReplaySummary:
    """Replay with a network that sees a car standing, and the rule about that."""
    folder.mkdir()
    model = write_model(folder, yolov8([(8.0, 4.0, 24.0, 20.0, 0, 0.9)]), {"format": "yolov8"})
    camera = Camera(
        id="junction",
        analyse_fps=12.5,
        zones={"road": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))},
        rules=(RuleEntry(kind="stopped_vehicle", zones=["road"], min_s=1.0),),
    )
    config = Config(cameras=(camera,), evidence=evidence)
    detector = Detector(load_model(DetectorSettings(model=str(model))))
    return replay_footage(config, camera, [clip], detector, start=START, output=ReplayOutput(folder=folder / "out"))


def test_a_replay_with_evidence_tells_the_same_events_and_leaves_a_verified_folder(
    clip: Path, tmp_path: Path, key_path: Path, keys: PublicKeys
) -> None:
    plain = whole_replay(clip, tmp_path / "plain", None)
    proven = whole_replay(clip, tmp_path / "proven", EvidenceSettings(key=key_path, pre_roll_s=1.0, post_roll_s=0.5))
    records = [(tmp_path / name / "out" / "events.jsonl").read_bytes() for name in ("plain", "proven")]
    assert records[0] == records[1] != b""
    assert (plain.sealed, proven.sealed, proven.unsealed) == (0, len(plain.events), 0)
    report = verify_paths([tmp_path / "proven" / "out" / "evidence"], keys)
    assert (len(report.folders), report.faults) == (proven.sealed, [])
