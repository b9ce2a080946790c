"""Take credentials out of anything that people or logs will see. Used wherever a URL or a foreign message is shown."""

import re
from urllib.parse import urlsplit, urlunsplit

_MASK = "***"
_USER_INFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#]*@")
# What follows a key that names a secret, in a query or a message, up to the next separator.
_SECRET_FIELD = re.compile(
    r"(?i)\b(?P<key>(?:[a-z_]*(?:password|passwd|pwd|token|secret|api_?key|auth))\s*[=:]\s*)(?P<value>[^\s&;,'\"]+)"
)


def redact(text: object) -> str:
    """Return the text with user names and passwords of URLs, and values of secret-looking fields, masked.

    >>> redact("cannot open rtsp://admin:p@ss@10.0.0.5:554/live?token=abc&channel=1")
    'cannot open rtsp://***@10.0.0.5:554/live?token=***&channel=1'
    """
    without_user = _USER_INFO.sub(rf"\g<scheme>{_MASK}@", str(text))
    return _SECRET_FIELD.sub(rf"\g<key>{_MASK}", without_user)


def without_credentials(url: str) -> str:
    """Return the URL with its user information removed, not masked: what may be compared or used as a key.

    >>> without_credentials("rtsp://u:p@cam.example:554/a?b=1")
    'rtsp://cam.example:554/a?b=1'
    """
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
