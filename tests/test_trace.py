"""Traces come back with the same bits, and a wrong line is told with its number."""

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import MediaError
from camera_pipeline.observation import Observation
from camera_pipeline.trace import Trace, TraceBlocks, TraceWriter
from camera_pipeline.trace_format import TraceHeader, frame_from_json, frame_to_json
from camera_pipeline.types import (
    CaptureClock,
    ClockSource,
    Damage,
    Detections,
    Fire,
    PictureHealth,
    PlateRead,
    PlateView,
    SignalState,
)

ROOT = Path(__file__).resolve().parent.parent
START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
HEADER = TraceHeader(
    camera_id="junction",
    frame_wh=(1280, 720),
    class_names=("car", "motorcycle"),
    start=START,
    fps=10.0,
    clock=CaptureClock(source=ClockSource.FILE_NAME, uncertainty_s=1.0),
    model="vehicles@0123",
    confidence=(0.4, 0.25),
    fire_every_s=1.0,
)
FOREIGN_HEADER = {
    "trace": 1, "camera_id": "x", "width_px": 640, "height_px": 360, "class_names": ["car"],
    "start": "2026-01-05T09:00:00+07:00", "fps": 10,
}  # fmt: skip
FOREIGN_FRAME = {"media_time_s": 0.5, "xyxy": [[1, 2, 3, 4]], "confidence": [0.5], "class_id": [0]}

finite = st.floats(min_value=-1e4, max_value=1e4, width=32)

fires = st.builds(
    Fire, kind=st.sampled_from(["fire", "smoke"]), confidence=st.floats(0, 1), xyxy=st.tuples(*[finite] * 4)
)


@st.composite
def plate_reads(draw: st.DrawFn) -> PlateRead:
    track_id, looks = draw(st.integers(1, 99)), draw(st.integers(0, 9))
    if draw(st.booleans()):
        return PlateRead(track_id=track_id, reason=draw(st.text(min_size=1)), looks=looks)
    raw = draw(st.text("0123456789ABC", min_size=1, max_size=9))
    sure = tuple(draw(st.lists(st.floats(0, 1), min_size=len(raw), max_size=len(raw))))
    corner = st.tuples(finite, finite)
    view = PlateView(
        frame_index=draw(st.integers(0, 10**6)),
        media_time_s=draw(st.floats(0, 1e6)),
        frame_wh=(1920, 1080),
        vehicle_xyxy=draw(st.tuples(finite, finite, finite, finite)),
        corners=draw(st.tuples(corner, corner, corner, corner)),
    )
    return PlateRead(
        track_id=track_id,
        text=raw,
        raw=raw,
        confidence=sure,
        candidates=tuple(((character, 1.0),) for character in raw),
        edits=((0, "O", "0"),),
        readings=(("car", raw),),
        looks=looks,
        view=draw(st.none() | st.just(view)),
    )


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    count = draw(st.integers(0, 4))
    boxes = draw(st.lists(finite, min_size=4 * count, max_size=4 * count))
    scores = draw(st.lists(st.floats(0, 1, width=32), min_size=count, max_size=count))
    classes = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    health = draw(st.none() | st.builds(PictureHealth, **dict.fromkeys(("brightness", "contrast", "still_s"), finite),
                                        sharpness=finite, shift_px=st.none() | finite))  # fmt: skip
    return Observation(
        session=draw(st.integers(1, 3)),
        index=draw(st.integers(0, 10**6)),
        media_time_s=draw(st.floats(0, 1e6)),
        captured_at=START + timedelta(microseconds=draw(st.integers(0, 10**12))),
        clock=draw(st.sampled_from([HEADER.clock, CaptureClock(source=ClockSource.RTCP, uncertainty_s=0.05)])),
        frame_wh=draw(st.sampled_from([(1280, 720), (640, 360)])),
        detections=Detections(
            xyxy=np.array(boxes, np.float32).reshape(-1, 4),
            confidence=np.array(scores, np.float32),
            class_id=np.array(classes, np.int64),
        ),
        signals=draw(st.dictionaries(st.sampled_from(["north", "east"]), st.sampled_from(SignalState))),
        damage=draw(st.none() | st.sampled_from(Damage)),
        health=health,
        skipped=draw(st.integers(0, 9)),
        dropped=draw(st.integers(0, 9)),
        plates=tuple(draw(st.lists(plate_reads(), max_size=2))),
        fires=draw(st.none() | st.lists(fires, max_size=2).map(tuple)),
    )


@given(observations())
def test_an_observation_comes_back_with_the_same_bits(observation: Observation) -> None:
    text = json.dumps(frame_to_json(observation, HEADER))
    again = frame_from_json(json.loads(text), HEADER, 0)
    assert again.detections.xyxy.tobytes() == observation.detections.xyxy.tobytes()
    assert again.detections.confidence.tobytes() == observation.detections.confidence.tobytes()
    assert again.detections.class_id.tolist() == observation.detections.class_id.tolist()
    for name in ("session", "index", "media_time_s", "captured_at", "clock", "frame_wh", "signals", "damage", "health",
                 "skipped", "dropped", "plates", "fires"):  # fmt: skip
        assert getattr(again, name) == getattr(observation, name), name


@pytest.mark.parametrize("name", ["trace.jsonl", "trace.jsonl.zst"])
def test_a_file_gives_its_header_and_frames_again(tmp_path: Path, name: str) -> None:
    observation = Observation(
        session=1, index=3, media_time_s=0.3, captured_at=START + timedelta(seconds=0.3), clock=HEADER.clock,
        frame_wh=(1280, 720), detections=Detections.empty(), signals={"north": SignalState.RED},
    )  # fmt: skip
    with TraceWriter(tmp_path / name, HEADER) as writer:
        writer.write(observation)
    trace = Trace(tmp_path / name)
    assert trace.header == HEADER
    (again,) = trace
    assert (again.index, again.signals, again.captured_at) == (3, {"north": SignalState.RED}, observation.captured_at)


def test_a_trace_that_was_not_finished_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), TraceWriter(tmp_path / "trace.jsonl", HEADER):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def empty(at_s: float) -> Observation:
    return Observation(
        session=1, index=round(10 * at_s), media_time_s=at_s, captured_at=START + timedelta(seconds=at_s),
        clock=HEADER.clock, frame_wh=(1280, 720), detections=Detections.empty(),
    )  # fmt: skip


def blocks(path: Path, *, count: int = 3, frames: int = 4) -> list[int]:
    """Write a trace in blocks; return how long the file is after each."""
    writer, sizes = TraceBlocks(path, HEADER), []
    for block in range(count):
        for frame in range(frames):
            writer.add(empty(block + frame / 10))
        writer.flush()
        sizes.append(path.stat().st_size)
    writer.add(empty(99.0))  # never flushed
    writer.close()
    return sizes


def test_blocks_are_one_trace_of_all_that_was_flushed(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "a.jsonl.zst"
    blocks(path)
    trace = Trace(path)
    assert [round(one.media_time_s, 1) for one in trace] == [b + f / 10 for b in range(3) for f in range(4)]
    assert (trace.header, trace.is_cut) == (HEADER, False)


@given(share=st.floats(0.0, 1.0))
def test_a_file_that_was_cut_anywhere_is_read_as_far_as_it_goes(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.jsonl.zst"
    sizes = blocks(path)
    length = sizes[0] + round(share * (sizes[-1] - sizes[0]))
    path.write_bytes(path.read_bytes()[:length])
    trace = Trace(path, may_be_cut=True)
    read = len(list(trace))
    assert read >= 4 * sum(size <= length for size in sizes)
    assert read <= 12


def test_a_cut_file_is_an_error_for_whoever_does_not_expect_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(FOREIGN_HEADER)}\n{json.dumps(FOREIGN_FRAME)}\n{json.dumps(FOREIGN_FRAME)[:20]}")
    with pytest.raises(MediaError, match=":3: not a line"):
        list(Trace(path))
    trace = Trace(path, may_be_cut=True)
    assert len(list(trace)) == 1
    assert trace.is_cut


def test_a_block_that_does_not_fit_leaves_the_file_whole(tmp_path: Path) -> None:
    """The kernel limits the file's size, as a full disk would."""
    code = f"""
import resource, signal, sys
from datetime import datetime
from tests.test_trace import HEADER, TraceBlocks, Path, empty
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = TraceBlocks(Path({str(tmp_path / "a.jsonl.zst")!r}), HEADER)
writer.add(empty(0.0)); writer.flush()
size = writer.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, size + 10))
writer.add(empty(1.0))
try:
    writer.flush()
except OSError as error:
    print(error.strerror, writer.path.stat().st_size == size)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() in ("No space left on device True", "File too large True")
    assert len(list(Trace(tmp_path / "a.jsonl.zst"))) == 1


def test_a_trace_of_another_program_needs_only_what_is_required(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl.gz"
    path.write_bytes(gzip.compress(f"{json.dumps(FOREIGN_HEADER)}\n{json.dumps(FOREIGN_FRAME)}\n".encode()))
    (observation,) = Trace(path)
    assert observation.captured_at == datetime(2026, 1, 5, 2, 0, 0, 500_000, tzinfo=UTC)
    assert (observation.session, observation.index, observation.frame_wh) == (1, 0, (640, 360))


@pytest.mark.parametrize(
    ("header", "frame", "words"),
    [
        ({"trace": 2}, {}, ":1: not a line of a trace (trace version 2"),
        ({"start": "2026-01-05T09:00:00"}, {}, "needs a time zone"),
        ({"start": "yesterday"}, {}, ":1:"),
        ({"class_names": None}, {}, ":1:"),
        ({"width_px": "wide"}, {}, ":1:"),
        ({"confidence": [0.1, 0.2]}, {}, "one threshold for each"),
        ({}, {"xyxy": [[1, 2, 3]]}, ":2:"),
        ({}, {"confidence": []}, ":2: not a line of a trace (confidence must be"),
        ({}, {"class_id": [1]}, "class_id must be 0 to 0"),
        ({}, {"xyxy": [[1, 2, 3, float("nan")]]}, "finite"),
        ({}, {"media_time_s": None}, ":2:"),
        ({}, {"signal": {"north": "blue"}}, "'blue' is not a valid SignalState"),
        ({}, {"damage": "burnt"}, "'burnt' is not a valid Damage"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(
    tmp_path: Path, header: dict[str, object], frame: dict[str, object], words: str
) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(f"{json.dumps(FOREIGN_HEADER | header)}\n{json.dumps(FOREIGN_FRAME | frame)}\n")
    with pytest.raises(MediaError) as caught:
        list(Trace(path))
    assert words in str(caught.value)
    assert "cure: " in str(caught.value)


@pytest.mark.parametrize("key", list(FOREIGN_HEADER))
def test_a_header_without_a_required_key_names_it(tmp_path: Path, key: str) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text(json.dumps({name: value for name, value in FOREIGN_HEADER.items() if name != key}) + "\n")
    with pytest.raises(MediaError, match=f"key '{key}' is missing"):
        Trace(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("trace.jsonl", b""), ("trace.jsonl", b"\xff\xfe"), ("trace.jsonl", b"not json\n"), ("trace.jsonl", b"[1]\n"),
        ("trace.jsonl.zst", b"rubbish"), ("trace.jsonl.gz", b"rubbish"),
        ("trace.jsonl.gz", gzip.compress(b"x" * 99)[:20]),
    ],
)  # fmt: skip
def test_a_file_that_is_no_trace_is_refused_in_words(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match="cure: "):
        list(Trace(tmp_path / name))


def test_frames_out_of_order_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in (FOREIGN_HEADER, FOREIGN_FRAME, FOREIGN_FRAME)))
    with pytest.raises(MediaError, match=":3: media_time_s does not increase"):
        list(Trace(path))
