"""Repairs inside a form: what a reader confuses, put right only where the form leaves no legal reading.

Pure; any thread. Each repair is an `Edit`. `R` is never mapped away, and `J` or `W` in a letter's place is never
mended: no table has them.
"""

from dataclasses import dataclass

from camera_pipeline.detect.plate_series import DIGITS, LEGAL
from camera_pipeline.plate_characters import AT_DIGIT, AT_LETTER

MAX_EDITS = 2  # a text with more faults is to be read again; even so most numbers of 7 to 9 digits can be mended


@dataclass(frozen=True)
class Edit:
    """One character changed: `position` in the compact text as read (0 is the first)."""

    position: int
    was: str
    now: str


def repaired(text: str, slots: str) -> tuple[str, tuple[Edit, ...]] | None:
    """Return the text as the form allows it and the edits it took (none for a legal text), or None."""
    if len(text) != len(slots):
        return None
    fitted = ""
    edits = []
    for position, (was, slot) in enumerate(zip(text, slots, strict=True)):
        now = _fit(was, LEGAL.get(slot, slot))
        if now is None:
            return None
        if now != was:
            edits.append(Edit(position, was, now))
        fitted += now
    return (fitted, tuple(edits)) if len(edits) <= MAX_EDITS else None


def _fit(character: str, legal: str) -> str | None:
    if character in legal:
        return character
    table = AT_DIGIT if legal[0] in DIGITS else AT_LETTER
    mended = table.get(character)
    return mended if mended and mended in legal else None
