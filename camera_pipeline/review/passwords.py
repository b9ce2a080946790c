"""Passwords: what is good enough, and how they are kept (Argon2id, the library's defaults after RFC 9106)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from camera_pipeline.errors import InvalidError

_HASHER = PasswordHasher()
_LONGEST = 256  # hashing must not become a way to keep the processor busy
_FEWEST_DIFFERENT = 6  # characters: `aaaaaaaaaaaa` and `121212121212` are no passwords
_COMMON = ("password", "matkhau", "qwerty", "123456", "abcdef", "camera", "iloveyou")
"""What guessers try first; a password must not be one of these with something added."""
_ADDED = 5  # characters beside a common word that make it no stronger
_NOBODY = _HASHER.hash("the password of nobody")


def check_password(password: str, name: str, least: int) -> None:
    """Refuse a password that is easily guessed.

    Raises:
        InvalidError: it is; the message says why, and never holds it.
    """
    plain = password.casefold()
    if not least <= len(password) <= _LONGEST:
        raise InvalidError(f"a password has {least} to {_LONGEST} characters; this one has {len(password)}")
    if len(set(plain)) < _FEWEST_DIFFERENT:
        raise InvalidError(f"a password has at least {_FEWEST_DIFFERENT} different characters")
    if name.casefold() in plain:
        raise InvalidError("a password does not hold the user's name")
    if any(word in plain and len(plain) - len(word) <= _ADDED for word in _COMMON):
        raise InvalidError("this password is one of the first that guessers try; take several words")


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Return whether this is the password; for nobody's (None) it takes as long and is False."""
    try:
        return _HASHER.verify(kept if kept is not None else _NOBODY, password[:_LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Return whether the hash was made with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)
