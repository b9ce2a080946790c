"""What FFmpeg says is heard, put in measure, and freed of credentials."""

import logging
import threading

import av
import pytest

from camera_pipeline.ingest.ffmpeg_log import ffmpeg_messages


def say(text: str, level: int = av.logging.WARNING) -> None:
    av.logging.log(level, "test", text + "\n")


@pytest.mark.parametrize(
    ("text", "is_damage"),
    [
        ("RTP: missed 3 packets", True),
        ("error while decoding MB 19 7, bytestream -10", True),
        ("concealing 600 DC, 600 AC, 600 MV errors in P frame", True),
        ("Could not find ref with POC 7", True),
        ("Skipping invalid undecodable NALU: 1", True),
        ("cabac decode of qscale diff failed at 3 4: out of range", True),
        ("The cu_qp_delta 27 is outside the valid range [-26, 25].", True),
        ("Verifying checksum for frame with POC 25: mismatching md5 c0ffee != 0ddba11", True),
        ("max delay reached. need to consume packet", False),
        ("deprecated pixel format used, make sure you did set range correctly", False),
        ("mmco: unref short failure", False),
        ("UDP timeout, retrying with TCP", False),
    ],
)
def test_words_about_missing_data_are_told_from_others(text: str, is_damage: bool) -> None:
    with ffmpeg_messages("cam") as messages:
        say(text)
        assert messages.heard_damage() is is_damage
        assert not messages.heard_damage(), "each message is heard once"


def test_the_same_message_twice_is_damage_twice() -> None:
    with ffmpeg_messages("cam") as messages:
        for _ in range(3):
            say("RTP: missed 1 packets")
            assert messages.heard_damage()


def test_a_camera_hears_only_its_own_thread() -> None:
    with ffmpeg_messages("cam") as messages:
        other = threading.Thread(target=say, args=("RTP: missed 1 packets",))
        other.start()
        other.join()
        assert not messages.heard_damage()


def test_a_repeated_message_is_logged_three_times_whatever_its_numbers(caplog: pytest.LogCaptureFixture) -> None:
    with ffmpeg_messages("cam-7") as messages:
        for number in range(100):
            say(f"error while decoding MB {number} 7, bytestream -{number}")
            messages.heard_damage()
    assert len(caplog.records) == 3
    assert all(record.message.startswith("cam-7: error while decoding") for record in caplog.records)
    assert "no longer shown" in caplog.records[-1].message


def test_many_kinds_of_messages_cannot_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with ffmpeg_messages("cam") as messages:
        for number in range(500):
            say("strange " + "x" * number)
            messages.heard_damage()
    assert len(caplog.records) == 50


def test_credentials_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ffmpeg_messages("cam") as messages:
        say("rtsp://admin:p4ss@10.0.0.5/live: Server returned 401")
        messages.heard_damage()
    assert "p4ss" not in caplog.text
    assert "10.0.0.5" in caplog.text
