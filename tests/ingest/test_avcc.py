"""H.264 out of MP4 and Matroska as a byte stream."""

from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.ingest.avcc import byte_stream, length_size, parameter_sets
from tests.ingest.media import Clip, write

UNITS = st.lists(st.binary(min_size=1, max_size=50), max_size=5)


@settings(deadline=None)
@given(units=UNITS, size=st.sampled_from([1, 2, 4]))
def test_units_after_their_lengths_become_units_after_start_codes(units: list[bytes], size: int) -> None:
    stored = b"".join(len(unit).to_bytes(size, "big") + unit for unit in units)
    assert byte_stream(stored, size) == b"".join(b"\x00\x00\x01" + unit for unit in units)


@settings(deadline=None)
@given(data=st.binary(max_size=80), size=st.sampled_from([0, 1, 2, 4]))
def test_rubbish_is_no_obstacle(data: bytes, size: int) -> None:
    byte_stream(data, size)
    parameter_sets(data)
    length_size(data)


def test_a_byte_stream_is_left_as_it_is() -> None:
    assert byte_stream(b"\x00\x00\x01\x65abc", 0) == b"\x00\x00\x01\x65abc"


@pytest.mark.parametrize(("ending", "size"), [("mp4", 4), ("mkv", 4), ("ts", 0), ("h264", 0)])
def test_real_files_tell_how_they_store_units_and_where_their_parameters_are(
    tmp_path: Path, ending: str, size: int
) -> None:
    with av.open(str(write(tmp_path / f"a.{ending}", Clip(frames=2)))) as container:
        stream = container.streams.video[0]
        extradata = stream.codec_context.extradata
        packet = next(container.demux(stream))
    assert length_size(extradata) == size
    assert b"\x00\x00\x01" in byte_stream(bytes(packet), size)
    if size:
        assert parameter_sets(extradata)[:4] == b"\x00\x00\x01\x67"


@pytest.mark.parametrize("extradata", [None, b"", b"\x01", b"\x00\x00\x00\x01\x67"])
def test_streams_without_a_record_have_start_codes(extradata: bytes | None) -> None:
    assert length_size(extradata) == 0
    assert parameter_sets(extradata) == (extradata or b"")
