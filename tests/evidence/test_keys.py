"""Keys: made once, private, refused when others can read them; a signature in which every byte counts."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import EvidenceKeyError, SealError
from camera_pipeline.evidence import keys as keys_module
from camera_pipeline.evidence.keys import PublicKeys, SigningKey, make_key


def test_only_the_owner_can_read_the_private_key_and_everybody_the_public_one(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_key(tmp_path / "new" / "evidence.key")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert modes == {"evidence.key": 0o600, "evidence.pub": 0o644}


def test_an_existing_key_is_never_replaced(key_path: Path) -> None:
    before = key_path.read_bytes()
    with pytest.raises(EvidenceKeyError, match=r"is there already\n.*cure: a key is never replaced"):
        make_key(key_path)
    assert key_path.read_bytes() == before


def test_a_private_key_called_like_a_public_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceKeyError, match=r"without \.pub"):
        make_key(tmp_path / "evidence.pub")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o602, 0o777])
def test_a_private_key_that_others_can_touch_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "evidence.key"
    make_key(path)
    path.chmod(mode)
    with pytest.raises(EvidenceKeyError, match=rf"mode {mode:04o}\)\n.*cure: make a new key.*chmod 600"):
        SigningKey(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_private_key_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evidence.key"
    make_key(path)
    os.chown(path, 12345, -1)
    with pytest.raises(EvidenceKeyError, match="belongs to user 12345"):
        SigningKey(path)


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def test_files_that_are_no_such_keys_are_refused_in_words(tmp_path: Path) -> None:
    rubbish, other = tmp_path / "rubbish", tmp_path / "p256.key"
    rubbish.write_bytes(b"no key")
    rubbish.chmod(0o600)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(other))
    openssl("pkey", "-in", str(other), "-pubout", "-out", str(tmp_path / "p256.pub"))
    other.chmod(0o600)
    for path, words in ((rubbish, "no private key"), (tmp_path / "none", "cannot be read"), (other, "no Ed25519")):
        with pytest.raises(EvidenceKeyError, match=words):
            SigningKey(path)
    for path, words in (
        (rubbish, "no public key"),
        (tmp_path / "none", "cannot be read"),
        (tmp_path / "p256.pub", "no Ed25519"),
    ):
        with pytest.raises(EvidenceKeyError, match=words):
            PublicKeys([path])
    with pytest.raises(EvidenceKeyError, match="no public key to verify with"):
        PublicKeys([])


def test_without_the_library_the_message_says_what_to_install(key_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_module, "_INSTALLED", False)
    with pytest.raises(EvidenceKeyError, match=r"pip install 'camera-pipeline\[evidence\]'"):
        SigningKey(key_path)


@given(message=st.binary(max_size=64))
def test_what_was_signed_verifies_and_for_no_other_purpose(key: SigningKey, keys: PublicKeys, message: bytes) -> None:
    line = key.sign(b"one", message)
    keys.check(b"one", message, line)
    with pytest.raises(SealError, match="does not match"):
        keys.check(b"two", message, line)
    with pytest.raises(SealError, match="does not match"):
        keys.check(b"one", message + b"x", line)


def test_every_flipped_bit_of_a_signature_line_is_found(key: SigningKey, keys: PublicKeys) -> None:
    line = key.sign(b"one", b"message")
    for place in range(len(line) * 8):
        changed = bytearray(line)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(SealError):
            keys.check(b"one", b"message", bytes(changed))


def test_the_signature_of_another_key_is_told_by_its_id(tmp_path: Path, keys: PublicKeys, key: SigningKey) -> None:
    key_id = make_key(tmp_path / "other.key")
    with pytest.raises(SealError, match=f"key {key_id}, which is none of {key.key_id}"):
        keys.check(b"one", b"message", SigningKey(tmp_path / "other.key").sign(b"one", b"message"))


def test_openssl_verifies_a_signature_as_well(tmp_path: Path, key: SigningKey, key_path: Path) -> None:
    (tmp_path / "message").write_bytes(b"camera-pipeline one\0text")
    (tmp_path / "signature").write_bytes(bytes.fromhex(key.sign(b"one", b"text").split()[2].decode()))
    public = str(key_path.with_suffix(".pub"))
    files = ("-in", str(tmp_path / "message"), "-sigfile", str(tmp_path / "signature"))
    openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", public, *files)
