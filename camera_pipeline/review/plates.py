"""Plates as the review keeps them: compact, `30A12345`. Pure."""

import re
from collections.abc import Mapping

from camera_pipeline.errors import InvalidError

_SIGNS = re.compile(r"[\s.\-]")
_COMPACT = re.compile(r"[0-9A-ZĐ]{4,12}")


def compact(text: str) -> str:
    """Return a plate as it is kept, whichever way it was typed.

    >>> compact("30a-123.45")
    '30A12345'

    Raises:
        InvalidError: this cannot be a plate.
    """
    plate = _SIGNS.sub("", text).upper()
    if not _COMPACT.fullmatch(plate):
        raise InvalidError(f"{text[:40]!r} is no plate: expected 4 to 12 letters and digits, such as 30A-123.45")
    return plate


def text_of(plate: object) -> str:
    """Return the text of what was read, as events and manifests carry it; empty where it is unread or absent."""
    text = plate.get("text") if isinstance(plate, Mapping) else None
    return text[:32] if isinstance(text, str) else ""
