"""The event log of a server: what happened, line by line, so that nothing can be taken out or put in unseen.

    log/2026-03.jsonl     lines of that month; the chain goes on from file to file
    log/head.json         where the log stands, written after every append
    log/heads.jsonl       where it stood every hour

Survives SIGKILL and loss of power at any moment: lines reach the disk before the head does, and a line that was torn in
the writing is cut off at the next start, for nobody was told that it was there. Any thread may append.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from camera_pipeline.clock import Clock
from camera_pipeline.errors import EvidenceError, SealError
from camera_pipeline.evidence.keys import SigningKey
from camera_pipeline.evidence.log_line import (
    NO_HASH,
    Head,
    LogLine,
    hash_of,
    read_head,
    read_line,
    sign_head,
    sign_line,
    stamp,
)
from camera_pipeline.evidence.safe_files import replace_synced, sync_folder

HEAD, HEADS = "head.json", "heads.jsonl"
LOG = "log"
"""The folder that the log has below the evidence folder."""
_TAIL_BYTES = 8 << 20  # more than any server logs in the half minute that evidence can be under way


class EventLog:
    """Appends to the event log of a server; one process at a time has it open.

    Args:
        folder: made when missing.
        server: id of this server.
        key: signs every line and head.
        clock: wall clock.

    Raises:
        EvidenceError: the folder cannot be written.
    """

    def __init__(self, folder: Path, *, server: str, key: SigningKey, clock: Clock) -> None:
        self.folder = folder
        self.recent: tuple[LogLine, ...] = ()
        """The last lines, as they stood when the log was opened."""
        self.broken = ""
        """Why the log is not as it was left; empty when it is. Stands in the log as well."""
        self._server, self._key, self._clock = server, key, clock
        self._lock = threading.Lock()
        self._seq, self._prev, self.outbox = -1, NO_HASH, 0
        with self._lock, _in_words(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._month = max((path.stem for path in log_files(folder)), default="")
            for path in (*log_files(folder), folder / HEADS):
                _cut_torn_end(path)
            self.broken = self._take_up()
        self.append("opened", [{"broken": self.broken}])

    def append(self, kind: str, bodies: Sequence[Mapping[str, object]], *, outbox: Sequence[int] | None = None) -> None:
        """Write lines; they are on the disk when this returns. Whoever dies meanwhile leaves the first few of them.

        Args:
            kind: of all these lines.
            bodies: JSON values.
            outbox: how far the outbox is logged with each of them; None: as before.

        Raises:
            EvidenceError: they cannot be written.
        """
        with self._lock, _in_words(self.folder):
            seq, prev, lines = self._seq, self._prev, []
            at = stamp(self._clock.now())
            for body, reached in zip(bodies, outbox or [self.outbox] * len(bodies), strict=True):
                line = LogLine(seq=seq + 1, prev=prev, at=at, kind=kind, body=dict(body), outbox=reached)
                lines.append(sign_line(line, self._key))
                seq, prev = seq + 1, hash_of(lines[-1])
            self._month = max(self._month, at[:7])  # a clock that was set back must not break the order of the files
            _append_synced(self.folder / f"{self._month}.jsonl", b"".join(line + b"\n" for line in lines))
            self._seq, self._prev = seq, prev
            self.outbox = outbox[-1] if outbox else self.outbox
            replace_synced(self.folder / HEAD, self._head() + b"\n")

    def note_head(self) -> bytes:
        """Write where the log stands among the heads of every hour, and return it, signed.

        Raises:
            EvidenceError: it cannot be written.
        """
        with self._lock, _in_words(self.folder):
            head = self._head()
            _append_synced(self.folder / HEADS, head + b"\n")
        return head

    def _head(self) -> bytes:
        head = Head(server=self._server, seq=self._seq, hash=self._prev, at=stamp(self._clock.now()))
        return sign_head(head, self._key)

    def _take_up(self) -> str:
        """Go on from the last line; return what is wrong with the end of the log, or nothing.

        Signatures are left to who verifies: after a change of keys the service knows only the new one.
        """
        tail = _last_lines(self.folder)
        if tail:
            self._prev = hash_of(tail[-1])
        try:
            self.recent = tuple(read_line(content) for content in tail)
        except SealError as error:
            return f"a line of the last file {error}"
        if self.recent:
            self._seq, self.outbox = self.recent[-1].seq, self.recent[-1].outbox
        return self._against_head({line.seq: hash_of(content) for line, content in zip(self.recent, tail, strict=True)})

    def _against_head(self, hashes: Mapping[int, str]) -> str:
        try:
            head = read_head((self.folder / HEAD).read_bytes().removesuffix(b"\n"))
        except FileNotFoundError:
            return "the head is missing" if hashes else ""
        except SealError as error:
            return f"the head {error}"
        if head.seq > self._seq:
            return f"cut: the head stands at line {head.seq}, the log ends at line {self._seq}"
        if hashes.get(head.seq, head.hash) != head.hash:
            return f"line {head.seq} is another than the head's"
        return ""


def log_files(folder: Path) -> list[Path]:
    """Return the files that hold lines, oldest first."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].jsonl"))


def bodies(folder: Path, kind: str) -> Iterator[dict[str, object]]:
    """Yield the bodies of all lines of a kind, oldest first, passing over what is no line.

    Raises:
        EvidenceError: the log cannot be read.
    """
    mark = f'"kind":"{kind}"'.encode()
    with _in_words(folder):
        for path in log_files(folder):
            with path.open("rb") as file:
                for content in file:
                    if mark in content and (line := _line_or_none(content)) is not None and line.kind == kind:
                        yield line.body


def _line_or_none(content: bytes) -> LogLine | None:
    with suppress(SealError):
        return read_line(content.removesuffix(b"\n"))
    return None


def _last_lines(folder: Path) -> list[bytes]:
    """Return the last lines of the last file that has any, without their line breaks."""
    for path in reversed(log_files(folder)):
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().splitlines(keepends=True)
        whole = lines[1:] if size > _TAIL_BYTES else lines  # reading began amid a line
        if whole:
            return [line.removesuffix(b"\n") for line in whole]
    return []


def _cut_torn_end(path: Path) -> bool:
    """Cut off a line without line break, which was torn when the service died; return whether there was one."""
    if not path.exists():
        return False
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        end = file.read()
        if not end or end.endswith(b"\n"):
            return False
        file.truncate(size - len(end) + end.rfind(b"\n") + 1)
        os.fsync(file.fileno())
    return True


def _append_synced(path: Path, content: bytes) -> None:
    """Append all of it or nothing; it is on the disk when this returns."""
    is_new = not path.exists()
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            written = 0
            while written < len(content):
                written += file.write(content[written:])
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise
    if is_new:
        sync_folder(path.parent)


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = "free space on the disk, or let the service's user write there"
        raise EvidenceError(f"{folder}: the event log cannot be written ({error})\n    cure: {cure}") from error
