"""Damaged pictures: found where they are, and nowhere else; the measurement behind the thresholds."""

import itertools
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera_pipeline.ingest.damage import DamageMeter
from camera_pipeline.ingest.sampler import FrameSampler
from camera_pipeline.picture import Picture
from camera_pipeline.types import Damage
from tests.ingest.media import CONTAINERS, Clip, Encoded, damaged_packet, road, write

UInt8 = NDArray[np.uint8]
WH = (640, 360)
KEY = 25


def yuv(image: UInt8) -> UInt8:
    """Return planes stacked as OpenCV stacks them, uint8 (H * 3 / 2, W)."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420), np.uint8)


def judged(*planes: UInt8) -> list[Damage | None]:
    meter = DamageMeter()
    pictures = [Picture(av.VideoFrame.from_ndarray(np.ascontiguousarray(plane), format="yuv420p")) for plane in planes]
    return [meter.judge(picture, picture.small_luma(), 0.2 * number) for number, picture in enumerate(pictures)]


def filled(share: float, luma: int, chroma: int) -> UInt8:
    planes = yuv(road(WH)).copy()
    height = WH[1]
    rows = int(share * height)
    planes[height - rows : height] = luma
    for first in (height, height * 5 // 4):
        planes[first + (height - rows) // 4 : first + height // 4] = chroma
    return planes


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
@pytest.mark.parametrize(("luma", "chroma"), [(128, 128), (0, 0)], ids=["grey", "green"])
def test_what_decoders_fill_with_is_found(share: float, luma: int, chroma: int) -> None:
    assert judged(filled(share, luma, chroma)) == [Damage.GREY]


@pytest.mark.parametrize("last_good", [0.2, 0.5, 0.8])
def test_rows_drawn_out_of_the_last_good_one_are_found(last_good: float) -> None:
    planes = yuv(road(WH)).copy()
    row = int(last_good * WH[1])
    planes[row : WH[1]] = planes[row]
    assert judged(planes) == [Damage.SMEARED]


def shaded(low: int, high: int) -> UInt8:
    return np.repeat(np.linspace(low, high, WH[0], dtype=np.uint8)[None, :, None], WH[1], 0).repeat(3, 2)


def colour_bars() -> UInt8:
    colours = [(235, 235, 235), (235, 235, 16), (16, 235, 235), (16, 235, 16), (235, 16, 235), (235, 16, 16)]
    return np.repeat(np.array(colours, np.uint8), WH[0] // 6 + 1, 0)[None, : WH[0]].repeat(WH[1], 0)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(road(WH), id="a road"),
        pytest.param(np.zeros((*WH[::-1], 3), np.uint8), id="black"),
        pytest.param(np.full((*WH[::-1], 3), 255, np.uint8), id="white"),
        pytest.param(np.full((*WH[::-1], 3), 90, np.uint8), id="plain grey, but not the decoder's"),
        pytest.param(shaded(0, 255), id="a shade from black to white"),
        pytest.param(shaded(100, 140), id="fog"),
        pytest.param(colour_bars(), id="colour bars"),
        pytest.param(np.full((*WH[::-1], 3), (0, 200, 0), np.uint8), id="a green screen"),
        pytest.param(np.asarray(cv2.GaussianBlur(road(WH), (31, 31), 0)), id="out of focus"),
    ],
)
def test_odd_pictures_are_not_taken_for_damaged_ones(image: UInt8) -> None:
    assert judged(*[yuv(image)] * 3) == [None] * 3


def test_another_scene_is_not_taken_for_damage() -> None:
    assert judged(yuv(road(WH)), yuv(np.ascontiguousarray(road(WH)[::-1, ::-1]))) == [None, None]


def test_another_picture_size_begins_anew() -> None:
    assert judged(yuv(road(WH)), yuv(road((320, 192)))) == [None, None]


def blocky(strength: float, seed: int = 0) -> UInt8:
    """Another scene, with steps on the grid of blocks."""
    levels = np.random.default_rng(seed).normal(0, strength, (WH[1] // 8, WH[0] // 8)).repeat(8, 0).repeat(8, 1)
    return yuv(np.clip(road(WH)[::-1, ::-1] + levels[..., None], 0, 255).astype(np.uint8))


SCENES = {"w": yuv(road(WH)), "b": blocky(12), "B": blocky(40)}


@pytest.mark.parametrize(
    ("scenes", "group_s", "found"),
    [
        pytest.param("wwbww", 1.0, "..!..", id="one group broken"),
        pytest.param("wwbbbww", 1.0, "..!!!..", id="three groups broken"),
        pytest.param("wbwbwbwbwbwb", 1.0, ".!.!.!.!.!.!", id="every other group broken"),
        pytest.param("wwbbbbbb", 1.0, "..!!!...", id="another scene for good"),
        pytest.param("wwbbbbbbbb", 0.5, "..!!!!!!..", id="for good, frequent key frames"),
        pytest.param("wwbbbb", 4.0, "..!!..", id="for good, rare key frames"),
        pytest.param("wwbbbbbwBw", 1.0, "..!!!...!.", id="rubble in the new scene"),
        pytest.param("wwbbbbwwbb", 1.0, "..!!!.....", id="day again, night again"),
    ],
)
def test_what_comes_back_behind_every_key_frame_becomes_the_usual(scenes: str, group_s: float, found: str) -> None:
    meter = DamageMeter()
    outcome = ""
    for number, scene in enumerate(scenes):
        picture = Picture(av.VideoFrame.from_ndarray(SCENES[scene], format="yuv420p"))
        meter.renew(number * group_s)
        outcome += "." if meter.judge(picture, picture.small_luma(), number * group_s) is None else "!"
    assert outcome == found


def test_only_a_key_frame_can_tell_rubble_from_a_new_scene() -> None:
    assert judged(SCENES["w"], *[SCENES["b"]] * 50) == [None, *[Damage.SMEARED] * 50]


@pytest.mark.parametrize(("age_s", "found"), [(0.2, True), (0.8, True), (1.0, False), (60.0, False)])
def test_a_band_says_something_only_where_the_last_look_was_a_moment_ago(age_s: float, found: bool) -> None:
    whole, broken = road(WH), road(WH).copy()
    rows = slice(WH[1] // 2, WH[1] // 2 + WH[1] // 6)
    y, x = np.mgrid[rows, : WH[0]]
    broken[rows] = (127 + 120 * np.sin((x + y) / 3))[..., None]
    meter = DamageMeter()
    pictures = [Picture(av.VideoFrame.from_ndarray(yuv(image), format="yuv420p")) for image in (whole, broken)]
    outcomes = [meter.judge(pic, pic.small_luma(), t) for pic, t in zip(pictures, (0.0, age_s), strict=True)]
    assert outcomes == [None, Damage.SMEARED if found else None]


@pytest.mark.parametrize("pixel_format", ["yuv444p", "nv12", "yuv420p10le", "rgb24", "gray"])
def test_every_pixel_format_can_be_judged(pixel_format: str) -> None:
    picture = Picture(av.VideoFrame.from_ndarray(road(WH), format="rgb24").reformat(format=pixel_format, threads=1))
    assert DamageMeter().judge(picture, picture.small_luma(), 0.0) is None


@pytest.mark.parametrize("ending", CONTAINERS)
def test_no_whole_recording_is_taken_for_damaged(tmp_path: Path, ending: str) -> None:
    meter = DamageMeter()
    with av.open(str(write(tmp_path / f"a.{ending}", Clip(b_frames=2)))) as container:
        pictures = [Picture(frame) for frame in container.decode(video=0)]
    times_s = [number / 25 for number in range(50)]
    judged = [meter.judge(picture, picture.small_luma(), t) for picture, t in zip(pictures, times_s, strict=True)]
    assert judged == [None] * 50


@pytest.mark.parametrize("kind", ["part lost", "bits flipped"])
def test_a_broken_h265_key_frame_is_found_although_the_decoder_says_nothing(tmp_path: Path, kind: str) -> None:
    encoded = Encoded.of(write(tmp_path / "a.h265", Clip(frames=50, wh=WH)))
    assert encoded.codec == "hevc"
    outcomes = found_and_share(encoded, kind, key=True, seeds=range(4))
    large = [found for found, share in outcomes if share > 0.2]
    assert large
    assert sum(large) >= 0.7 * len(large)


@pytest.mark.slow
@pytest.mark.timeout(600)  # decodes some thousand pictures
@pytest.mark.parametrize("entry_points", [True, False])
def test_rates_on_real_road_video_damaged_in_many_ways(
    shared_data: Path, tmp_path: Path, entry_points: bool, record_testsuite_property: Callable[[str, object], None]
) -> None:
    outcomes = []
    for name in ("junction_cars.mp4", "nepal_lanes_dusk.mp4", "congestion_overpass.mp4"):
        encoded = Encoded.of(reencoded(shared_data / "clips" / name, tmp_path / "x.h265", entry_points=entry_points))
        for kind in ("end lost", "part lost", "bits flipped"):
            outcomes += found_and_share(encoded, kind, key=True, seeds=range(12))
    large = [found for found, share in outcomes if share > 0.2]
    record_testsuite_property("pictures damaged by more than 20 %", len(large))
    record_testsuite_property("of these found", sum(large) / len(large))
    assert len(large) > 100
    assert sum(large) / len(large) > 0.7, "of single pictures; `FrameMaker` keeps what it found until a key frame"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_real_clip_is_taken_for_damaged(shared_data: Path) -> None:
    for path in sorted((shared_data / "clips").iterdir()):
        meter, sampler = DamageMeter(), FrameSampler(5)
        with av.open(str(path)) as container:
            for frame in itertools.islice(container.decode(video=0), 200):
                if frame.time is not None and sampler.takes(frame.time):
                    picture = Picture(frame)
                    assert meter.judge(picture, picture.small_luma(), frame.time) is None, (path.name, frame.time)


def reencoded(source: Path, target: Path, *, entry_points: bool) -> Path:
    """Encode the first two seconds of a clip as H.265 with a key frame every second, as cameras do.

    With entry points FFmpeg hears of some losses; many cameras write none.
    """
    parameters = f"keyint={KEY}:scenecut=0:bframes=0:wpp={int(entry_points)}:pools=1:frame-threads=1:log-level=none"
    with av.open(str(source)) as container, av.open(str(target), "w", format="hevc") as output:
        options = {"preset": "ultrafast", "x265-params": parameters}
        first = container.streams.video[0]
        stream = output.add_stream("libx265", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        for number, frame in zip(range(2 * KEY), container.decode(video=0), strict=False):
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, 25), 0
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return target


def found_and_share(encoded: Encoded, kind: str, *, key: bool, seeds: range) -> list[tuple[bool, float]]:
    """Damage a packet, and return for every fifth picture from it on: was it found, and how much is wrong."""
    whole = {frame.pts: Picture(frame) for frame in encoded.decode()}
    result = []
    for seed in seeds:
        rng = random.Random(f"{kind} {seed}")
        hit = KEY if key else rng.randrange(KEY + 1, KEY + 15)
        meter = DamageMeter()
        for number in range(0, hit, 5):
            meter.judge(whole[number], whole[number].small_luma(), number / 25)
        for frame in encoded.decode({hit: damaged_packet(encoded.packets[hit], kind, rng)}):
            if frame.pts is None or frame.pts < hit or (frame.pts - hit) % 5:
                continue
            picture = Picture(frame)
            small = picture.small_luma()
            share = float(np.mean(cv2.absdiff(small, whole[frame.pts].small_luma()) > 24))
            result.append((meter.judge(picture, small, frame.pts / 25) is not None, share))
    return result
