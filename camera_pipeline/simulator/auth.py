"""RTSP authentication, basic and digest with MD5 (RFC 2617, RFC 7616), the two that cameras offer.

Used by the network thread. Passwords are never logged or shown by `repr`.
"""

import hmac
import re
import secrets
import time
from base64 import b64decode
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import md5, sha256

REALM = "camera"
NONCE_LIFETIME_S = 60.0  # short beside a camera's, so that clients must cope with a stale nonce
_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]*))')


class Scheme(StrEnum):
    """How a client proves that it knows the password."""

    BASIC = "basic"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password that every client must give.

    Attributes:
        user: the name.
        password: the secret.
        scheme: how it is proved; `basic` sends it in the clear.
    """

    user: str
    password: str = field(repr=False)
    scheme: Scheme = Scheme.DIGEST


class Authenticator:
    """Judges the Authorization header of requests."""

    def __init__(self, credentials: Credentials, nonce_lifetime_s: float = NONCE_LIFETIME_S) -> None:
        """Take the credentials to ask for.

        Args:
            credentials: of all cameras.
            nonce_lifetime_s: how long a digest nonce is good.
        """
        self._credentials = credentials
        self._lifetime_s = nonce_lifetime_s
        self._key = secrets.token_bytes(16)

    def refusal(self, method: str, header: str | None) -> str | None:
        """Return None where the request may pass, else the WWW-Authenticate header of the 401 answer.

        Args:
            method: of the request.
            header: the value of its Authorization header.
        """
        scheme, _, value = (header or "").partition(" ")
        if scheme.lower() != self._credentials.scheme:
            return self._challenge(stale=False)
        if self._credentials.scheme is Scheme.BASIC:
            return None if self._basic_is_right(value) else self._challenge(stale=False)
        fields = {name.lower(): quoted or bare for name, quoted, bare in _PAIR.findall(value)}
        if not self._digest_is_right(method, fields):
            return self._challenge(stale=False)
        return None if self._fresh(fields["nonce"]) else self._challenge(stale=True)

    def _challenge(self, *, stale: bool) -> str:
        if self._credentials.scheme is Scheme.BASIC:
            return f'Basic realm="{REALM}"'
        return f'Digest realm="{REALM}", nonce="{self._nonce()}", algorithm=MD5' + (", stale=true" if stale else "")

    def _basic_is_right(self, value: str) -> bool:
        try:
            given = b64decode(value, validate=True)
        except ValueError:
            return False
        wanted = f"{self._credentials.user}:{self._credentials.password}".encode()
        return hmac.compare_digest(given, wanted)

    def _digest_is_right(self, method: str, fields: dict[str, str]) -> bool:
        """Check the response (RFC 2617 §3.2.2), and that the nonce is one of ours."""
        nonce = fields.get("nonce", "")
        if not self._ours(nonce) or fields.get("username") != self._credentials.user:
            return False
        secret = _md5(f"{self._credentials.user}:{REALM}:{self._credentials.password}")
        action = _md5(f"{method}:{fields.get('uri', '')}")
        middle = nonce
        if "qop" in fields:
            middle = ":".join([nonce, fields.get("nc", ""), fields.get("cnonce", ""), fields["qop"]])
        wanted = _md5(f"{secret}:{middle}:{action}")
        return hmac.compare_digest(wanted.encode(), fields.get("response", "").encode())

    def _nonce(self) -> str:
        """Return a nonce that carries its own time and proof, so that none need be remembered."""
        issued = f"{time.monotonic():.3f}"
        return f"{issued.encode().hex()}{self._proof(issued)}"

    def _proof(self, issued: str) -> str:
        return hmac.new(self._key, issued.encode(), sha256).hexdigest()[:32]

    def _ours(self, nonce: str) -> bool:
        issued = _issued(nonce)
        return issued is not None and hmac.compare_digest(nonce[-32:].encode(), self._proof(issued).encode())

    def _fresh(self, nonce: str) -> bool:
        return time.monotonic() - float(_issued(nonce) or 0) <= self._lifetime_s


def _issued(nonce: str) -> str | None:
    """Return the time that a nonce states, as text; None where it is none of ours."""
    try:
        text = bytes.fromhex(nonce[:-32]).decode("ascii")
    except ValueError:
        return None
    return text if re.fullmatch(r"\d+\.\d{3}", text) else None


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
