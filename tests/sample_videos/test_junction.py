"""The sample clip and its truth file agree with each other and with what the pictures show."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

Truth = dict[str, Any]
Pictures = dict[int, npt.NDArray[np.uint8]]

MAX_BYTES = 6_000_000
PROVINCE = r"(1[1-24-9]|2[0-9]|3[0-9]|4[0137-9]|[5-7][0-9]|8[0-68-9]|9[02-5]|9[7-9])"
LETTER = "[A-HK-NPSTUVXYZ]"
CAR_PLATE = re.compile(rf"{PROVINCE}{LETTER}\d{{5}}")
MOTORCYCLE_PLATE = re.compile(rf"{PROVINCE}{LETTER}([1-9]|[A-HK-NPRSTUVXYZ])\d{{5}}")
LIT_LEVEL = 110  # a burning lamp's strongest channel in the decoded picture
SIGNAL_SETTLES_S = 0.1


def acts_of(truth: Truth, kind: str) -> list[dict[str, Any]]:
    return [act for act in truth["acts"] if act["kind"] == kind]


def colour_at(truth: Truth, time_s: float) -> str:
    return next(
        str(phase["colour"]) for phase in truth["signal"]["approach"] if phase["from_s"] <= time_s < phase["to_s"]
    )


def test_the_clip_has_the_promised_size_rate_length_and_weight(clip: Path, truth: Truth) -> None:
    assert clip.stat().st_size < MAX_BYTES
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height, stream.average_rate) == (1280, 720, 15)
        times = sorted(
            float(packet.pts * packet.time_base) for packet in container.demux(stream) if packet.pts is not None
        )
    assert len(times) == truth["video"]["frames"]
    assert 60 <= len(times) / 15 <= 90
    assert np.allclose(np.diff(times), 1 / 15, atol=1e-3)


def test_key_frames_come_at_least_every_two_seconds(clip: Path) -> None:
    with av.open(str(clip)) as container:
        packets = [p for p in container.demux(video=0) if p.pts is not None]
    key_times = sorted(float(p.pts * p.time_base) for p in packets if p.is_keyframe)
    assert key_times[0] == 0.0
    assert max(b - a for a, b in pairwise(key_times)) <= 2.0 + 1e-6


def test_there_is_a_frame_of_boxes_for_each_picture(truth: Truth, true_boxes: list[Truth]) -> None:
    assert len(true_boxes) == truth["video"]["frames"]
    assert [row["time_s"] for row in true_boxes] == [round(i / 15, 4) for i in range(len(true_boxes))]


def test_boxes_lie_in_the_frame_and_name_vehicles_of_the_truth(truth: Truth, true_boxes: list[Truth]) -> None:
    classes = {vehicle["id"]: truth["class_names"].index(vehicle["class"]) for vehicle in truth["vehicles"]}
    for row in true_boxes:
        names = [box[0] for box in row["boxes"]]
        assert len(names) == len(set(names))
        for name, class_id, x0, y0, x1, y1, share in row["boxes"]:
            assert 0 <= x0 < x1 <= 1280
            assert 0 <= y0 < y1 <= 720
            assert 0 < share <= 1
            assert class_id == classes.get(name, truth["class_names"].index("traffic_light"))


def test_every_class_but_none_other_is_in_the_picture(truth: Truth) -> None:
    kinds = Counter(vehicle["class"] for vehicle in truth["vehicles"])
    assert set(kinds) == {"bicycle", "car", "motorcycle", "bus", "truck", "person"}
    assert kinds["motorcycle"] >= 25
    assert kinds["car"] >= 15
    assert sum(kinds.values()) >= 25


def test_plates_are_legal_and_belong_to_one_vehicle_each(truth: Truth) -> None:
    texts = []
    for vehicle in truth["vehicles"]:
        plate = vehicle["plate"]
        if vehicle["class"] in ("person", "bicycle"):
            assert plate is None
            continue
        pattern = MOTORCYCLE_PLATE if vehicle["class"] == "motorcycle" else CAR_PLATE
        assert pattern.fullmatch(plate["text"]), plate
        assert re.sub(r"[-.]", "", "".join(plate["rows"])) == plate["text"]
        assert (plate["layout"] == "two_line") == (len(plate["rows"]) == 2)
        texts.append(plate["text"])
    assert len(texts) == len(set(texts))
    assert {v["plate"]["layout"] for v in truth["vehicles"] if v["class"] == "car"} == {"one_line", "two_line"}


def test_the_signal_plan_covers_the_clip_in_the_order_green_amber_red(truth: Truth) -> None:
    follows = {"green": "amber", "amber": "red", "red": "green"}
    for phases in truth["signal"].values():
        assert phases[0]["from_s"] == 0.0
        assert phases[-1]["to_s"] == pytest.approx(truth["video"]["duration_s"])
        for before, after in pairwise(phases):
            assert before["to_s"] == after["from_s"]
            assert after["colour"] == follows[before["colour"]]


def test_lamps_in_the_pictures_burn_as_the_plan_says(truth: Truth, pictures: Pictures) -> None:
    strongest = {"red": 0, "amber": 0, "green": 1}
    for index, picture in pictures.items():
        lit = colour_at(truth, index / 15 + SIGNAL_SETTLES_S)
        if lit != colour_at(truth, max(0.0, index / 15 - SIGNAL_SETTLES_S)):
            continue
        for head, lamps in truth["geometry"]["lamps"].items():
            means = {colour: lamp_mean(picture, box) for colour, box in lamps.items()}
            assert max(means, key=lambda c: float(means[c].max())) == lit, (index, head)
            red, green, blue = (float(v) for v in means[lit])
            assert int(np.argmax(means[lit])) == strongest[lit], (index, head, lit)
            assert (red, green, blue)[strongest[lit]] > LIT_LEVEL
            assert (green > 0.55 * red) == (lit != "red"), (index, head, lit)


def lamp_mean(picture: npt.NDArray[np.uint8], box: list[float]) -> npt.NDArray[np.float64]:
    """Return the mean RGB of the middle half of a lamp's box."""
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    inset_x, inset_y = (x1 - x0) / 4, (y1 - y0) / 4
    part = picture[round(y0 + inset_y) : round(y1 - inset_y) + 1, round(x0 + inset_x) : round(x1 - inset_x) + 1]
    return np.asarray(part.reshape(-1, 3).mean(axis=0), np.float64)


def test_something_stands_out_from_the_road_where_a_box_says_so(pictures: Pictures, true_boxes: list[Truth]) -> None:
    """The median over the clip is the empty road; large, unhidden users cover it inside their true boxes."""
    empty = np.median(np.stack(list(pictures.values())), axis=0)
    seen = 0
    for index, picture in pictures.items():
        changed = np.abs(picture.astype(float) - empty).max(axis=2) > 24
        for name, class_id, x0, y0, x1, y1, share in true_boxes[index]["boxes"]:
            if class_id == 6 or share < 0.9 or y1 - y0 < 40 or name.startswith(("van stopped", "waiting")):
                continue
            seen += 1
            assert changed[y0:y1, x0:x1].mean() > 0.15, (index, name)
    assert seen > 40


def test_acts_name_vehicles_of_the_truth_and_lie_in_the_clip(truth: Truth) -> None:
    known = {vehicle["id"]: vehicle for vehicle in truth["vehicles"]}
    for act in truth["acts"]:
        vehicle = known[act["vehicle"]]
        for key, time_s in act.items():
            if key.endswith("_s"):
                assert 0 <= time_s <= truth["video"]["duration_s"] + 0.5, (act, key)
                assert vehicle["first_seen_s"] - 0.1 <= time_s
        if act["kind"] != "stop_before_line":
            assert act["note"]


def test_the_promised_acts_are_there(truth: Truth) -> None:
    kinds = {vehicle["id"]: vehicle["class"] for vehicle in truth["vehicles"]}
    runs = [kinds[act["vehicle"]] for act in acts_of(truth, "red_light")]
    assert len(runs) >= 2
    assert {"car", "motorcycle"} <= set(runs)
    assert [len(acts_of(truth, kind)) for kind in ("stop_line", "wrong_way", "stopped_vehicle")] == [1, 1, 1]
    for near_miss in ("amber_crossing", "stop_before_line", "clearing_on_red", "right_turn_on_red"):
        assert acts_of(truth, near_miss)
        assert not any(act["is_violation"] for act in acts_of(truth, near_miss))


def test_crossing_times_agree_with_the_signal_at_front_and_at_anchor(truth: Truth) -> None:
    wanted = {
        "red_light": "red",
        "stop_line": "red",
        "amber_crossing": "amber",
        "clearing_on_red": "green",
        "right_turn_on_red": "red",
    }
    for act in truth["acts"]:
        colour = wanted.get(act["kind"])
        if colour is None:
            continue
        for point in ("front", "anchor"):
            assert act[f"{point}_signal"] == colour == colour_at(truth, act[f"{point}_crosses_s"]), act


def test_runners_enter_the_junction_and_the_one_over_the_line_waits_for_green(truth: Truth) -> None:
    for act in acts_of(truth, "red_light"):
        assert 0 < act["anchor_enters_junction_s"] - act["anchor_crosses_s"] < 5
    (waiting,) = acts_of(truth, "stop_line")
    assert colour_at(truth, waiting["stands_to_s"]) == "green"
    assert waiting["anchor_enters_junction_s"] > waiting["stands_to_s"] > waiting["stands_from_s"] + 5
    for act in acts_of(truth, "right_turn_on_red"):
        assert act["anchor_leaves_right_s"] > act["anchor_crosses_s"]
    (bus,) = acts_of(truth, "clearing_on_red")
    assert bus["front_crosses_s"] < bus["anchor_crosses_s"] < 11


def test_the_stopped_vehicle_stands_longer_than_the_default_limit(truth: Truth) -> None:
    (act,) = acts_of(truth, "stopped_vehicle")
    assert act["stands_to_s"] - act["stands_from_s"] > 45


def test_the_wrong_way_rider_moves_down_the_picture_in_the_lane(truth: Truth) -> None:
    (act,) = acts_of(truth, "wrong_way")
    path = next(vehicle["path"] for vehicle in truth["vehicles"] if vehicle["id"] == act["vehicle"])
    heights = [y for time_s, _, y in path if act["from_s"] <= time_s <= act["to_s"]]
    assert len(heights) >= 3
    assert all(b > a for a, b in pairwise(heights))
    assert act["to_s"] - act["from_s"] > 1.5


def test_lines_zones_and_lamps_lie_in_the_frame(truth: Truth) -> None:
    geometry = truth["geometry"]
    ways = {name: way for name, way in geometry.items() if name not in ("allowed_direction", "lamps")}
    points = np.array([point for way in ways.values() for point in way])
    assert points.min() >= 0
    assert points.max() <= 1
    for lamps in geometry["lamps"].values():
        for x0, y0, x1, y1 in lamps.values():
            assert 0 < x0 < x1 < 1
            assert 0 < y0 < y1 < 1
