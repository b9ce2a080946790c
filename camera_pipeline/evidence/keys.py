"""Ed25519 keys: the server signs with a file that only its service can read, others verify with the public half.

Keys are PEM files (PKCS #8 and SubjectPublicKeyInfo), so that `openssl pkeyutl` verifies as well. A signature is one
line of text in which every byte counts: `ed25519 KEY_ID SIGNATURE`, the last two in small hexadecimal digits.
"""

import hashlib
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from camera_pipeline.errors import EvidenceKeyError, SealError

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
except ImportError:  # an extra: whoever neither seals nor verifies does without
    _INSTALLED = False
else:
    _INSTALLED = True

_KEY_ID_CHARS = 16  # 64 bits of the public key's sha256: tells a server's keys apart; trust comes from the key itself
_LINE = re.compile(rb"ed25519 ([0-9a-f]{16}) ([0-9a-f]{128})\n")
_FOR_OTHERS = 0o077  # permission bits that a private key must not have
_LARGEST_BYTES = 64 << 10  # a key file has some hundred


class SigningKey:
    """The server's private key.

    Args:
        path: PEM file, mode 0600, owned by the user who runs the service.

    Raises:
        EvidenceKeyError: the file is missing, readable by others, or no Ed25519 key.
    """

    def __init__(self, path: Path) -> None:
        _need_library()
        key = _parsed(path, _read_private(path))
        if not isinstance(key, Ed25519PrivateKey):
            raise EvidenceKeyError(
                f"{path}: is no Ed25519 key\n    cure: make one: camera-pipeline evidence key {path}"
            )
        self._key = key
        self.key_id = _id_of(key.public_key())
        """Names the key in every signature."""

    def sign(self, purpose: bytes, message: bytes) -> bytes:
        """Return the signature line over a message; a signature for one purpose is none for another."""
        return f"ed25519 {self.key_id} {self._key.sign(_signed(purpose, message)).hex()}\n".encode()


class PublicKeys:
    """The public keys that a verifier trusts.

    Args:
        paths: PEM files of public keys.

    Raises:
        EvidenceKeyError: a file is missing or no public Ed25519 key, or there is none at all.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        _need_library()
        if not paths:
            raise EvidenceKeyError("no public key to verify with\n    cure: name the server's: --key evidence.pub")
        self._keys = {_id_of(key): key for key in map(_read_public, paths)}

    def check(self, purpose: bytes, message: bytes, line: bytes) -> None:
        """Return when the line is a trusted key's signature over the message for this purpose.

        Raises:
            SealError: it is not; the text says why.
        """
        match = _LINE.fullmatch(line)
        if match is None:
            raise SealError("is not a signature line as it was written")
        key_id, signature = match[1].decode(), bytes.fromhex(match[2].decode())
        if key_id not in self._keys:
            raise SealError(f"was signed with key {key_id}, which is none of {', '.join(sorted(self._keys))}")
        try:
            self._keys[key_id].verify(signature, _signed(purpose, message))
        except InvalidSignature as error:
            raise SealError("does not match what it signs") from error


def make_key(path: Path) -> str:
    """Make a key pair: `path` (mode 0600) and `path` with the suffix `.pub`.

    Returns:
        The key's id.

    Raises:
        EvidenceKeyError: a key is there already, or the files cannot be written.
    """
    _need_library()
    if path.suffix == ".pub":
        raise EvidenceKeyError(f"{path}: the public key will be called so\n    cure: name it without .pub")
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(path, private, 0o600)
        _write_new(path.with_suffix(".pub"), public, 0o644)
    except FileExistsError as error:
        cure = "a key is never replaced; to change keys, make one under another name and keep the old public key"
        raise EvidenceKeyError(f"{error.filename}: is there already\n    cure: {cure}") from error
    except OSError as error:
        cure = "name a folder that this user may write"
        raise EvidenceKeyError(f"{path}: cannot be written ({error.strerror})\n    cure: {cure}") from error
    return _id_of(key.public_key())


def _need_library() -> None:
    if not _INSTALLED:
        cure = "pip install 'camera-pipeline[evidence]'"
        raise EvidenceKeyError(f"signing and verifying need the package cryptography\n    cure: {cure}")


def _signed(purpose: bytes, message: bytes) -> bytes:
    return b"camera-pipeline " + purpose + b"\0" + message


def _id_of(key: "Ed25519PublicKey") -> str:
    raw = key.public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:_KEY_ID_CHARS]


def _read_private(path: Path) -> bytes:
    """Read a key that nobody else can have read."""
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if state.st_uid != os.geteuid():
                cure = f"chown {os.geteuid()} {path}"
                raise EvidenceKeyError(
                    f"{path}: belongs to user {state.st_uid}, not to the service's\n    cure: {cure}"
                )
            if state.st_mode & _FOR_OTHERS:
                mode = stat.S_IMODE(state.st_mode)
                cure = (
                    f"make a new key, for this one may be known; or, if nobody else can have read it: chmod 600 {path}"
                )
                raise EvidenceKeyError(f"{path}: others may read or change it (mode {mode:04o})\n    cure: {cure}")
            return file.read(_LARGEST_BYTES)
    except OSError as error:
        cure = f"make one: camera-pipeline evidence key {path}"
        raise EvidenceKeyError(f"{path}: cannot be read ({error.strerror})\n    cure: {cure}") from error


def _parsed(path: Path, text: bytes) -> object:
    try:
        return form.load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        cure = f"make one: camera-pipeline evidence key {path}"
        raise EvidenceKeyError(f"{path}: is no private key without password\n    cure: {cure}") from error


def _read_public(path: Path) -> "Ed25519PublicKey":
    try:
        with path.open("rb") as file:
            key = form.load_pem_public_key(file.read(_LARGEST_BYTES))
    except OSError as error:
        raise EvidenceKeyError(f"{path}: cannot be read ({error.strerror})\n    cure: check the path") from error
    except ValueError as error:
        cure = "name the file that ends in .pub"
        raise EvidenceKeyError(f"{path}: is no public key in PEM form\n    cure: {cure}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise EvidenceKeyError(f"{path}: is no Ed25519 key\n    cure: name the file that `evidence key` made")
    return key


def _write_new(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)
