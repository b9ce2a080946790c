"""Traces: the observations of one camera as JSON Lines, so that rules can be run again without video or model.

First a header, then one line a frame; `.zst` files are compressed (`.gz` is read too). Numbers are written so that
reading them back gives the same bits: a trace gives the same events as the footage it was made from.

Other programs need to write only what is required; the keys after it carry what footage tells beside the boxes:

* header: `trace` (1), `camera_id`, `width_px`, `height_px`, `class_names`, `start`, `fps`; then `clock`, `model`,
  `confidence`, `fire_every_s`
* frame: `media_time_s`, `xyxy`, `confidence`, `class_id`; then `signal`, `index`, `session`, `captured_at`,
  `clock`, `frame_wh`, `damage`, `health`, `skipped`, `dropped`, `plates`, `fires`
"""

import errno
import gzip
import io
import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import zstandard

from camera_pipeline.errors import MediaError
from camera_pipeline.observation import Observation
from camera_pipeline.trace_format import TraceHeader, frame_from_json, frame_to_json, header_from_json, header_to_json

_ZSTD_LEVEL = 10  # a tenth of the size of the text, at about 30 MB/s


class TraceWriter:
    """Writes a trace; a context manager. The file appears under its name only when it is complete.

    Args:
        path: the file; `.zst` compresses.
        header: what holds for all frames.
    """

    def __init__(self, path: Path, header: TraceHeader) -> None:
        self._path, self._header = path, header
        self._partial = path.with_name(f".{path.name}.partial")
        self._file = _open_to_write(self._partial, path.suffix)
        self._write(header_to_json(header))

    def write(self, observation: Observation) -> None:
        """Append one frame."""
        self._write(frame_to_json(observation, self._header))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._file.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)

    def _write(self, record: dict[str, Any]) -> None:
        self._file.write(_line(record))


class TraceBlocks:
    """Writes a trace that is never finished, in compressed blocks: whatever ends it, whole blocks can be read.

    Args:
        path: the file, which must not exist; ends in `.zst`.
        header: what holds for all frames.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path, header: TraceHeader) -> None:
        self.path = path
        self._header = header
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb", buffering=0)
        self._lines = [_line(header_to_json(header))]

    def add(self, observation: Observation) -> None:
        """Add one frame to the block."""
        self._lines.append(_line(frame_to_json(observation, self._header)))

    def flush(self) -> None:
        """Write the block.

        Raises:
            OSError: it cannot be written; the file ends with the block before, and this one is lost.
        """
        if not self._lines:
            return
        block = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress("".join(self._lines).encode())
        self._lines.clear()
        whole = self._file.tell()
        try:
            self._write(block)
        except OSError:
            self._file.truncate(whole)
            self._file.seek(whole)
            raise

    def close(self) -> None:
        """Close the file; what was not flushed is lost."""
        self._file.close()

    def _write(self, block: bytes) -> None:
        if self._file.write(block) < len(block):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._file.fileno())


class Trace:
    """A trace on disk.

    Args:
        path: the file.
        may_be_cut: whether a file that ends in the middle is read as far as it goes; else that is an error.

    Attributes:
        header: what holds for all frames.
        is_cut: whether the end was found to be missing; known once the frames were read.

    Raises:
        MediaError: the file cannot be read, or its header is wrong.
    """

    def __init__(self, path: Path, *, may_be_cut: bool = False) -> None:
        self._path, self._may_be_cut = path, may_be_cut
        self.is_cut = False
        lines = self._lines()
        number, first = next(lines, (0, None))
        lines.close()
        if first is None:
            raise MediaError(f"{path}: is empty\n    cure: name a trace written by `replay --trace`")
        self.header = self._parse(number, header_from_json, first)

    def __iter__(self) -> Iterator[Observation]:
        """Yield the frames in order.

        Raises:
            MediaError: a line is wrong; the message names it.
        """
        lines = self._lines()
        next(lines)
        last = (0, -1.0)
        for number, record in lines:
            observation = self._parse(number, frame_from_json, record, self.header, number - 2)
            moment = (observation.session, observation.media_time_s)
            if moment <= last:
                cure = "sort the frames by session and time"
                raise MediaError(f"{self._path}:{number}: media_time_s does not increase\n    cure: {cure}")
            last = moment
            yield observation

    def _lines(self) -> Generator[tuple[int, dict[str, Any]], None, None]:
        number = 0
        try:
            with _open_to_read(self._path) as file:
                for number, line in enumerate(file, 1):
                    if self._may_be_cut and number > 1 and not line.endswith("\n"):
                        self.is_cut = True
                        return
                    yield number, self._parse(number, json.loads, line)
        except (OSError, EOFError, zstandard.ZstdError, UnicodeDecodeError) as error:
            if self._may_be_cut and number > 0 and not isinstance(error, OSError):
                self.is_cut = True
                return
            reason = getattr(error, "strerror", None) or "it is damaged or not a trace"
            raise MediaError(
                f"{self._path}: cannot be read ({reason})\n    cure: check the path and the file"
            ) from error

    def _parse(self, number: int, parse: Any, *arguments: Any) -> Any:
        try:
            return parse(*arguments)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            what = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
            cure = "the format is described in docs/traces.md"
            raise MediaError(f"{self._path}:{number}: not a line of a trace ({what})\n    cure: {cure}") from error


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n"


def _open_to_write(path: Path, suffix: str) -> IO[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".zst":
        compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
        return io.TextIOWrapper(compressor.stream_writer(path.open("wb"), closefd=True), encoding="utf-8")
    return path.open("w", encoding="utf-8")


def _open_to_read(path: Path) -> IO[str]:
    if path.suffix == ".zst":
        return io.TextIOWrapper(
            zstandard.ZstdDecompressor().stream_reader(path.open("rb"), read_across_frames=True), encoding="utf-8"
        )
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")
