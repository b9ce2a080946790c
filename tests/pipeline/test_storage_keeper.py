"""Keeping evidence by its legal weight: logged before it goes, never what is held, harmless when there is no room."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from os import geteuid
from pathlib import Path
from typing import Any

import pytest

from camera_pipeline.config import EvidenceSettings, Quota, QuotaSettings
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.record import from_json
from camera_pipeline.evidence.event_log import bodies
from camera_pipeline.evidence.keys import PublicKeys, SigningKey
from camera_pipeline.evidence.manifest import MANIFEST, sha256_of
from camera_pipeline.evidence.tree import verify_paths
from camera_pipeline.pipeline.log_keeper import LogKeeper
from camera_pipeline.pipeline.storage_keeper import StorageKeeper
from tests.evidence.folders import seal_sample
from tests.evidence.test_storage_class import GOOD
from tests.ingest.live_kit import write_clip
from tests.pipeline.evidence_kit import act, replayed
from tests.redis_server import RedisServer

NAMES = ("unreviewed", "rejected", "confirmed", "held")


class Clock:
    """A clock that is fifty days ahead: what is made now is so old by it."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=50)

    def monotonic_s(self) -> float:
        return 0.0


class Kept:
    """An evidence folder with one piece of each class, its log, and who keeps it."""

    def __init__(self, root: Path, outbox: Outbox, redis: RedisServer, key: SigningKey, **settings: Any) -> None:
        self.root, self.outbox = root, outbox
        self.log = LogKeeper(root / "log", server="edge-1", key=key, outbox=outbox, redis=redis.settings, clock=Clock())
        chosen = EvidenceSettings(key="unused.key", **{"min_free_gb": 0.0, **settings})
        self.keeper = StorageKeeper(
            chosen, root, server="edge-1", keeper=self.log, outbox=outbox, redis=redis.settings, clock=Clock()
        )
        for name in NAMES:
            folder = seal_sample(root / "2026-03-04" / "junction" / name, key)
            body = {"path": f"2026-03-04/junction/{name}", "manifest_sha256": sha256_of(folder / MANIFEST)}
            self.log.write("evidence", body)
            if name != "unreviewed":
                self.decide(name, name)

    def decide(self, name: str, storage_class: str) -> None:
        """Put a class file as an officer's pages do."""
        path = self.root / "2026-03-04" / "junction" / f"{name}.class.json"
        path.write_text(json.dumps({**GOOD, "class": storage_class}))

    def left(self) -> set[str]:
        """Return what is still there."""
        return {path.parent.name for path in self.root.glob(f"*/*/*/{MANIFEST}")}

    def logged(self, kind: str) -> list[dict[str, object]]:
        """Return what the log says."""
        return list(bodies(self.root / "log", kind))

    def health(self) -> list[tuple[str, str]]:
        """Return health events, as type and phase."""
        events = [from_json(row.record) for row in self.outbox.after(0, 100)]
        return [(event.type, event.phase) for event in events]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(Outbox(tmp_path / "outbox.sqlite")) as opened:
        yield opened


def test_what_is_old_goes_with_a_signed_line_that_says_why(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, keys: PublicKeys
) -> None:
    quotas = QuotaSettings(rejected=Quota(keep_days=10), confirmed=Quota(keep_days=200))
    kept = Kept(tmp_path / "evidence", outbox, redis_server, key, quotas=quotas)
    kept.keeper.sweep()
    assert kept.left() == {"unreviewed", "confirmed", "held"}
    (line,) = kept.logged("deleted")
    assert (line["path"], line["class"], line["by"]) == (
        "2026-03-04/junction/rejected", "rejected", "camera-pipeline on edge-1",
    )  # fmt: skip
    assert "older than the 10 days" in str(line["reason"])
    assert verify_paths([kept.root], keys).faults == []


def test_what_is_held_stays_whatever_is_asked_for(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, keys: PublicKeys
) -> None:
    kept = Kept(tmp_path / "evidence", outbox, redis_server, key, max_gb=1e-9)
    kept.keeper.sweep()
    assert kept.left() == {"held"}
    assert [line["class"] for line in kept.logged("deleted")] == ["unreviewed", "rejected", "confirmed"]
    assert verify_paths([kept.root], keys).faults == []


def test_every_decision_is_logged_once_also_over_restarts(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey
) -> None:
    kept = Kept(tmp_path / "evidence", outbox, redis_server, key)
    kept.keeper.sweep()
    kept.keeper.sweep()
    again = StorageKeeper(
        EvidenceSettings(key="unused.key", min_free_gb=0.0),  # type: ignore[arg-type] # a path
        kept.root, server="edge-1", keeper=kept.log, outbox=outbox, redis=redis_server.settings, clock=Clock(),
    )  # fmt: skip
    kept.decide("held", "confirmed")
    again.sweep()
    said = [(str(line["path"]).rpartition("/")[2], line["class"]) for line in kept.logged("class")]
    assert sorted(said) == [
        ("confirmed", "confirmed"), ("held", "confirmed"), ("held", "held"), ("rejected", "rejected"),
    ]  # fmt: skip


def say(redis: RedisServer, event_id: str, decision: str, at: str, **changes: object) -> None:
    """Publish a verdict as the review does."""
    verdict = {"event_id": event_id, "decision": decision, "officer": "lan", "reason": "", "decided_at": at, **changes}
    redis.client().xadd("cam:verdicts", {"verdict": json.dumps(verdict)})


def test_verdicts_change_classes_but_not_what_is_held_or_was_decided_later(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey
) -> None:
    kept = Kept(tmp_path / "evidence", outbox, redis_server, key)
    say(redis_server, "unreviewed", "confirm", "2026-03-05T00:00:00Z")
    say(redis_server, "unreviewed", "reject", "2026-03-06T00:00:00Z", reason="unclear")
    say(redis_server, "rejected", "return", "2026-03-06T00:00:00Z")
    say(redis_server, "confirmed", "reject", "2026-03-01T00:00:00Z")  # before the class file that is there
    say(redis_server, "held", "reject", "2026-03-06T00:00:00Z")
    say(redis_server, "of another server", "confirm", "2026-03-06T00:00:00Z")
    redis_server.client().xadd("cam:verdicts", {"verdict": "{"})
    for _ in range(2):
        kept.keeper.sweep()
    classes = {one.path.rpartition("/")[2]: one.storage_class.value for one in kept.keeper._store.stored()[0]}
    assert classes == {"unreviewed": "rejected", "rejected": "unreviewed", "confirmed": "confirmed", "held": "held"}
    (line,) = [line for line in kept.logged("class") if str(line["path"]).endswith("/unreviewed")]
    assert (line["class"], line["by"], line["reason"]) == ("rejected", "lan", "reject: unclear")


def test_verdicts_wait_for_redis_and_the_rest_goes_on(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(tmp_path / "evidence", outbox, redis_server, key)
    redis_server.kill()
    kept.keeper.sweep()
    assert "verdicts cannot be read" in caplog.text
    assert len(kept.logged("class")) == 3
    redis_server.start()
    say(redis_server, "unreviewed", "confirm", "2026-03-05T00:00:00Z")
    kept.keeper.sweep()
    assert kept.logged("class")[-1]["class"] == "confirmed"


def test_a_deletion_that_cannot_be_logged_is_not_made(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept(tmp_path / "evidence", outbox, redis_server, key, max_gb=1e-9)
    shutil.rmtree(kept.root / "log")
    (kept.root / "log").write_text("in the way")
    kept.keeper.sweep()
    kept.keeper.sweep()
    assert kept.left() == set(NAMES)
    assert caplog.text.count("evidence is not kept as it should be") == 1


def test_too_little_room_is_told_once_and_its_end_too(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path / "evidence", outbox, redis_server, key, min_free_gb=1e9)
    kept.keeper.sweep()
    kept.keeper.sweep()
    assert kept.left() == {"held"}
    assert "GB are free" in kept.keeper.room_fault()
    assert not kept.keeper._wanted.is_set()  # or it would sweep again and again
    monkeypatch.setattr(kept.keeper, "_settings", EvidenceSettings(key="unused.key", min_free_gb=0.0))  # type: ignore[arg-type]
    kept.keeper.sweep()
    assert kept.health() == [("evidence_storage_full", "onset"), ("evidence_storage_full", "end")]
    assert kept.left() == {"held"}


def test_sealed_folders_move_to_a_store_and_are_kept_there(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, keys: PublicKeys, s3: str
) -> None:
    url = f"{s3}/{tmp_path.name}"
    quotas = QuotaSettings(rejected=Quota(keep_days=10))
    kept = Kept(tmp_path / "evidence", outbox, redis_server, key, store=url, quotas=quotas)
    kept.keeper.sweep()
    assert kept.left() == set()
    assert verify_paths([kept.root], keys).faults == []  # the log knows where they are
    there = {one.path.rpartition("/")[2]: one.storage_class for one in kept.keeper._store.stored()[0]}
    assert there == {"unreviewed": "unreviewed", "confirmed": "confirmed", "held": "held"}
    assert (len(kept.logged("moved")), len(kept.logged("deleted"))) == (4, 1)


def test_a_store_that_is_away_costs_nothing(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, s3: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    kept = Kept(tmp_path / "evidence", outbox, redis_server, key, store=f"{s3}-that-is-away/x")
    kept.keeper.sweep()
    assert kept.left() == set(NAMES)
    assert "evidence is not kept as it should be" in caplog.text


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of its own."""
    folder.mkdir()
    if geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow mounting")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_costs_new_evidence_alone_and_harms_nothing_that_is_there(
    tmp_path: Path, key_path: Path, keys: PublicKeys, caplog: pytest.LogCaptureFixture
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", frames=100)
    with small_disk(tmp_path / "disk", "4m") as disk:
        root = disk / "evidence"
        first = replayed(clip, root, key_path, {2.4: act(2.0, event_id="first")})
        assert first.evidence.sealed == 1
        (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free - 200_000))
        second = replayed(clip, root, key_path, {2.4: act(2.0, event_id="second")})
        assert second.evidence.unsealed == 1
        assert "No space left on device" in caplog.text
        report = verify_paths([root], keys)
        assert ([folder.name for folder in report.folders], report.faults) == (["first"], [])
        assert list(root.glob("*/*/.*")) == []  # nothing half made is left
        (disk / "ballast").unlink()
        third = replayed(clip, root, key_path, {2.4: act(2.0, event_id="third")})
        assert third.evidence.sealed == 1


def test_room_is_made_on_a_disk_that_fills_and_the_alarm_ends(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, keys: PublicKeys
) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        kept = Kept(disk / "evidence", outbox, redis_server, key, min_free_gb=0.001)
        (kept.root / "video").mkdir()
        (kept.root / "video" / "morning.mkv").write_bytes(bytes(700_000))
        (disk / "ballast").write_bytes(bytes(400_000))
        assert kept.keeper.room_fault()
        kept.keeper.sweep()
        assert kept.keeper.room_fault() == ""
        assert not (kept.root / "video" / "morning.mkv").exists()
        assert kept.left() == set(NAMES)  # the video was enough
        (disk / "ballast").write_bytes(bytes(1_500_000))
        kept.keeper.sweep()
        assert kept.left() == {"held"}
        assert kept.health() == [("evidence_storage_full", "onset")]
        (disk / "ballast").unlink()
        kept.keeper.sweep()
        assert kept.health()[-1] == ("evidence_storage_full", "end")
        assert verify_paths([kept.root], keys).faults == []
