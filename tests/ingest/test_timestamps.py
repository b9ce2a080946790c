"""Which time stamps are believed, and what capture time is made of them."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import StreamBrokenError
from camera_pipeline.ingest.timestamps import CaptureTime, TimestampValidator, Verdict
from camera_pipeline.types import CaptureClock, ClockSource

TICK = Fraction(1, 90_000)
STEP = 3600  # ticks: 25 pictures a second
START = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)
KEEP, DROP, RESTART = Verdict.KEEP, Verdict.DROP, Verdict.RESTART


@pytest.mark.parametrize(
    ("stamps", "verdicts"),
    [
        # (pts, dts) of packets; what becomes of each
        ([(0, 0), (STEP, STEP), (2 * STEP, 2 * STEP)], [KEEP, KEEP, KEEP]),
        ([(None, None), (STEP, STEP)], [KEEP, KEEP]),  # FFmpeg gives the first key frame of RTSP no stamps
        ([(None, None), (3 * STEP, None), (STEP, 0), (2 * STEP, STEP)], [KEEP, KEEP, KEEP, KEEP]),  # B-frames
        ([(0, 0), (None, None), (STEP, STEP)], [KEEP, DROP, KEEP]),
        ([(0, 0), (STEP, STEP), (STEP, STEP), (2 * STEP, 2 * STEP)], [KEEP, KEEP, DROP, KEEP]),
        ([(2 * STEP, 2 * STEP), (STEP, STEP), (3 * STEP, 3 * STEP)], [KEEP, DROP, KEEP]),
        ([(0, 0), (90_000 * 4, 90_000 * 4)], [KEEP, KEEP]),  # a hole of 4 s
        ([(0, 0), (90_000 * 6, 90_000 * 6)], [KEEP, RESTART]),
        ([(90_000 * 9, 90_000 * 9), (0, 0)], [KEEP, RESTART]),
        ([(2**32, 2**32), (0, 0)], [KEEP, RESTART]),  # a wrap that nobody unwrapped is a new beginning
    ],
)
def test_packets_are_judged_by_their_decoding_time(
    stamps: list[tuple[int | None, int | None]], verdicts: list[Verdict]
) -> None:
    validator = TimestampValidator(TICK)
    assert [validator.judge(pts, dts) for pts, dts in stamps] == verdicts
    assert validator.dropped == verdicts.count(DROP)


@pytest.mark.parametrize("bad", [(None, None), (0, 0)])
def test_a_stream_of_bad_stamps_is_broken(bad: tuple[int | None, int | None]) -> None:
    validator = TimestampValidator(TICK)
    validator.judge(STEP, STEP)
    assert [validator.judge(*bad) for _ in range(60)] == [DROP] * 60
    with pytest.raises(StreamBrokenError, match=r"61 packets in a row had .*restart the camera"):
        validator.judge(*bad)


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(-(10**7), 10**7))), max_size=50))
def test_kept_decoding_times_always_advance(dts_list: list[tuple[int | None]]) -> None:
    validator = TimestampValidator(TICK)
    last: int | None = None
    for (dts,) in dts_list:
        verdict = validator.judge(dts, dts)
        if verdict is RESTART:
            return
        if verdict is KEEP and dts is not None:
            assert last is None or dts > last
            last = dts


def wall(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def live(delays_s: list[float], period_s: float = 0.04) -> CaptureTime:
    """Packets that came out when their successor began to arrive, each so late."""
    capture = CaptureTime()
    for number, delay_s in enumerate(delays_s):
        capture.arrived(number * period_s, wall((number + 1) * period_s + delay_s))
    return capture


def test_nothing_is_known_before_the_first_packet() -> None:
    with pytest.raises(ValueError, match="no packet"):
        CaptureTime().at(0.0)


def test_without_reports_the_time_is_that_of_arrival_less_a_usual_delay() -> None:
    captured_at, clock = live([0.2] * 50).at(1.0)
    assert abs((captured_at - wall(1.0)).total_seconds()) < 0.01
    assert clock == CaptureClock(source=ClockSource.ARRIVAL, uncertainty_s=0.5)


@given(st.lists(st.floats(0.0, 0.4), min_size=20, max_size=60))
def test_jitter_of_arrival_stays_within_the_stated_uncertainty(jitter_s: list[float]) -> None:
    capture = live([0.1 + extra for extra in jitter_s])
    captured_at, clock = capture.at(0.8)
    assert abs((captured_at - wall(0.8)).total_seconds()) <= clock.uncertainty_s


def test_a_camera_clock_that_drifts_is_followed() -> None:
    capture = CaptureTime()
    drift = 1.001  # media time runs 0.1 % slow: 1.2 s in twenty minutes
    for number in range(20 * 60 * 5):
        true_s = number / 5
        capture.arrived(true_s / drift, wall(true_s + 0.4))
    captured_at, clock = capture.at(1199.8 / drift)
    assert abs((captured_at - wall(1199.8)).total_seconds()) < clock.uncertainty_s


def test_reports_are_better_than_arrival_once_two_packets_agree() -> None:
    capture = live([0.3] * 3)
    capture.reported(0.08, wall(0.12).timestamp())  # the first after a report may carry its successor's time
    assert capture.at(0.08)[1].source is ClockSource.ARRIVAL
    capture.reported(0.12, wall(0.12).timestamp())
    assert capture.at(0.12)[1].source is ClockSource.ARRIVAL
    capture.reported(0.16, wall(0.16).timestamp())
    captured_at, clock = capture.at(0.5)
    assert clock == CaptureClock(source=ClockSource.RTCP, uncertainty_s=0.1)
    assert abs((captured_at - wall(0.5)).total_seconds()) < 0.001


def reported(offset_s: float, capture: CaptureTime, from_s: float = 0.0) -> None:
    for media_time_s in (from_s, from_s + 0.04):
        capture.reported(media_time_s, wall(media_time_s + offset_s).timestamp())


@pytest.mark.parametrize("offset_s", [3600.0, -3600.0, -47_721.86, 5.0, -5.0])
def test_a_camera_whose_clock_is_not_set_is_not_believed(offset_s: float, caplog: pytest.LogCaptureFixture) -> None:
    capture = live([0.2] * 5)
    reported(offset_s, capture)
    captured_at, clock = capture.at(1.0)
    assert clock.source is ClockSource.ARRIVAL
    assert abs((captured_at - wall(1.0)).total_seconds()) < 0.5
    capture.at(2.0)
    assert [record.levelname for record in caplog.records] == ["WARNING"], "said once"
    assert "NTP" in caplog.text


def test_a_small_jump_of_the_reports_raises_the_uncertainty_for_a_while() -> None:
    capture = live([0.2] * 50)
    reported(0.0, capture)
    assert capture.at(1.0)[1].uncertainty_s == 0.1
    reported(-0.4, capture, from_s=2.0)
    assert capture.at(2.5)[1].uncertainty_s == 0.5
    for count in range(1, 6):
        reported(-0.4 + count * 0.003, capture, from_s=2.0 + 5 * count)
    assert capture.at(40.0)[1].uncertainty_s < 0.13


def test_the_time_never_goes_back_when_the_source_changes() -> None:
    capture = live([0.9] * 50)  # arrival says 0.7 s too late
    before, _ = capture.at(1.0)
    reported(0.0, capture)
    after, clock = capture.at(1.04)
    assert after == before
    assert clock.source is ClockSource.RTCP
    assert clock.uncertainty_s == pytest.approx(0.1 + 0.66, abs=0.01)
    assert capture.at(2.0)[1].uncertainty_s == 0.1, "later pictures have their own time"


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0, 2)), min_size=2, max_size=30))
def test_capture_times_of_a_session_never_go_back(course: list[tuple[float, float]]) -> None:
    capture, last = CaptureTime(), None
    for number, (report_offset_s, delay_s) in enumerate(course):
        capture.arrived(number * 0.2, wall(number * 0.2 + delay_s))
        reported(report_offset_s, capture, from_s=number * 0.2)
        captured_at, clock = capture.at(number * 0.2)
        assert last is None or captured_at >= last
        assert clock.uncertainty_s >= 0.1
        last = captured_at
