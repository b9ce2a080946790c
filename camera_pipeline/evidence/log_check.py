"""Verify an event log with nothing but its folder and public keys: every line, the chain, and where it should stand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from camera_pipeline.errors import SealError
from camera_pipeline.evidence.event_log import HEAD, HEADS, log_files
from camera_pipeline.evidence.keys import PublicKeys
from camera_pipeline.evidence.log_line import NO_HASH, Head, LogLine, check_signature, hash_of, read_head, read_line
from camera_pipeline.evidence.safe_files import beside_of
from camera_pipeline.evidence.verify import Fault

_GONE = ("deleted", "moved")
"""Kinds of lines that say that a folder is rightly no longer there."""


@dataclass(slots=True)
class LogReport:
    """What was verified.

    Attributes:
        lines: lines read.
        sealed: sha256 of the manifest of every folder that the log says is there, by its path in the log.
        faults: everything that is not as it was written.
    """

    lines: int = 0
    sealed: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def verify_log(folder: Path, keys: PublicKeys, witnesses: Iterable[Head] = ()) -> LogReport:
    """Verify the event log in a folder.

    Args:
        folder: as the service wrote it.
        keys: the public keys to trust.
        witnesses: heads that were kept elsewhere; the log must pass through them.
    """
    report = LogReport()
    heads = [*_heads(folder, keys, report), *((head, folder) for head in witnesses)]
    chain = _Chain(folder, keys, report)
    hashes: dict[int, str] = {head.seq: "" for head, _ in heads}
    for path in log_files(folder):
        with path.open("rb") as file:
            for number, content in enumerate(file, 1):
                chain.take(path, number, content, hashes)
    for head, path in heads:
        if head.seq > chain.seq:
            report.faults.append(
                Fault(path, f"the log was cut: it stood at line {head.seq} at {head.at} and ends at line {chain.seq}")
            )
        elif hashes[head.seq] != head.hash:
            report.faults.append(Fault(path, f"line {head.seq} of the log is another than at {head.at}"))
    known = {folder / HEAD, folder / HEADS, beside_of(folder / HEAD), *log_files(folder)}
    report.faults += [Fault(path, "was added") for path in sorted(set(folder.iterdir()) - known)]
    return report


def _heads(folder: Path, keys: PublicKeys, report: LogReport) -> Iterator[tuple[Head, Path]]:
    """Yield the heads that were written beside the log."""
    if not (folder / HEAD).is_file():
        report.faults.append(Fault(folder / HEAD, "is missing: nobody can tell whether the log's end was cut off"))
    for name in (HEAD, HEADS):
        path = folder / name
        for content in path.read_bytes().splitlines(keepends=True) if path.is_file() else ():
            try:
                yield trusted_head(content, keys), path
            except SealError as error:
                report.faults.append(Fault(path, f"a head {error}"))


def trusted_head(content: bytes, keys: PublicKeys) -> Head:
    """Return a head whose signature holds.

    Args:
        content: one line of a file of heads, or what was published.
        keys: the public keys to trust.

    Raises:
        SealError: it is no head, or its signature does not hold.
    """
    head = read_head(content.removesuffix(b"\n"))
    check_signature(head, keys)
    return head


class _Chain:
    """Where the verifier stands in the chain."""

    def __init__(self, folder: Path, keys: PublicKeys, report: LogReport) -> None:
        self.seq = -1
        self._prev = NO_HASH
        self._folder, self._keys, self._report = folder, keys, report

    def take(self, path: Path, number: int, content: bytes, hashes: dict[int, str]) -> None:
        """Judge the next line, and go on from it whatever it is; note its hash where a head wants it."""
        self._report.lines += 1
        bare = content.removesuffix(b"\n")
        try:
            line = read_line(bare)
            check_signature(line, self._keys)
        except SealError as error:
            self._report.faults.append(Fault(path, f"line {number} {error}"))
            self.seq, self._prev = self.seq + 1, hash_of(bare)
            return
        for what in self._against_chain(line, whole=content.endswith(b"\n")):
            self._report.faults.append(Fault(path, f"line {number} {what}"))
        self.seq, self._prev = line.seq, hash_of(bare)
        if line.seq in hashes:
            hashes[line.seq] = self._prev
        if line.kind == "evidence":
            self._report.sealed[str(line.body.get("path"))] = str(line.body.get("manifest_sha256"))
        elif line.kind in _GONE:
            self._report.sealed.pop(str(line.body.get("path")), None)

    def _against_chain(self, line: LogLine, *, whole: bool) -> Iterator[str]:
        expected = self.seq + 1
        if line.seq > expected:
            yield f"is number {line.seq} of the log: {line.seq - expected} line(s) before it are missing"
        elif line.seq < expected:
            yield f"is number {line.seq} of the log, but number {expected} is due"
        elif line.prev != self._prev:
            yield "does not hold the hash of the line before it: that line is another than it was"
        if not whole:
            yield "has no line break"
        if line.kind == "opened" and line.body.get("broken"):
            yield f"says that the service found the log broken at its start: {line.body['broken']}"
