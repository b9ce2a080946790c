"""Sealing: what the manifest says, the same bytes for the same content, and whole or absent whatever dies."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from camera_pipeline.errors import EvidenceError, SealError
from camera_pipeline.evidence.keys import PublicKeys, SigningKey
from camera_pipeline.evidence.manifest import MANIFEST, canonical, read_manifest
from camera_pipeline.evidence.seal import draft_of
from camera_pipeline.evidence.verify import checked_manifest, verify_folder
from tests.evidence.folders import EVENT, FILES, seal_sample


def test_the_manifest_states_event_facts_and_every_file(sealed: Path, keys: PublicKeys) -> None:
    manifest = checked_manifest(sealed, keys)
    assert manifest.event == EVENT
    assert manifest.server == "edge-1"
    assert manifest.sealed_at == "2026-03-04T07:16:00.000Z"
    assert manifest.facts == {"camera": {"latitude": 10.98}}
    assert {file.name: file.size_bytes for file in manifest.files} == {n: len(c) for n, c in FILES.items()}
    assert manifest.files[0].about == {"role": "before"}


def test_the_manifest_is_canonical_and_the_same_content_gives_the_same_bytes(
    tmp_path: Path, sealed: Path, key: SigningKey
) -> None:
    content = (sealed / MANIFEST).read_bytes()
    assert content == canonical(json.loads(content)) + b"\n"
    again = seal_sample(tmp_path / "again", key, dict(reversed(FILES.items())))
    assert (again / MANIFEST).read_bytes() == content


def test_a_sealed_folder_is_never_replaced(sealed: Path, key: SigningKey, keys: PublicKeys) -> None:
    with pytest.raises(EvidenceError, match="cannot be sealed"):
        seal_sample(sealed, key, {"other": b"other"})
    assert verify_folder(sealed, keys) == []


def test_a_disk_that_is_full_is_told_and_leaves_no_sealed_folder(tmp_path: Path, key: SigningKey) -> None:
    draft = draft_of(tmp_path / "sealed")
    draft.mkdir()
    (draft / MANIFEST).symlink_to("/dev/full")
    with pytest.raises(EvidenceError, match="No space left"):
        seal_sample_into_existing(tmp_path / "sealed", key)
    assert not (tmp_path / "sealed").exists()


def seal_sample_into_existing(target: Path, key: SigningKey) -> None:
    from camera_pipeline.evidence.seal import seal
    from tests.evidence.folders import NOW

    seal(draft_of(target), target, event=EVENT, facts={}, about={}, server="edge-1", key=key, now=NOW)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b'{"format":2}', "of form 2"), (b"{}", "of form None"), (b"[]", "no manifest"), (b"\xff", "no manifest")],
)
def test_a_manifest_of_another_form_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(SealError, match=words):
        read_manifest(content)


_SEAL_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
from camera_pipeline.evidence.keys import SigningKey
from tests.evidence.folders import seal_sample
key = SigningKey(Path(sys.argv[2]))
print("ready", flush=True)
for number in count():
    seal_sample(Path(sys.argv[1]) / str(number), key, {f"{n}.png": bytes(5000) for n in range(4)})
"""


@pytest.mark.slow
def test_a_folder_that_has_its_name_is_whole_wherever_the_service_is_killed(
    tmp_path: Path, key_path: Path, keys: PublicKeys
) -> None:
    chance, sealed = Random(7), 0
    for life in range(8):
        root = tmp_path / str(life)
        command = [sys.executable, "-c", _SEAL_FOR_EVER, str(root), str(key_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(chance.uniform(0.02, 0.15))
            os.kill(process.pid, signal.SIGKILL)
        for folder in root.iterdir():
            if not folder.name.startswith("."):
                assert verify_folder(folder, keys) == []
                sealed += 1
    assert sealed > 0
