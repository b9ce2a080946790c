"""From characters to plates: every legal reading of a text, repaired only where none is legal as it stands.

Pure; any thread. A country's grammar is announced as an entry point of the group `camera_pipeline.plate_grammars`.
"""

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Literal, Protocol

from camera_pipeline.detect.plate_province import PROVINCES, Province
from camera_pipeline.detect.plate_repair import Edit, repaired
from camera_pipeline.detect.plate_series import (
    COLOURS,
    FORMS,
    MILITARY_UNITS,
    MOTORBIKES,
    SEPARATORS,
    STATE_LETTERS,
    Form,
)
from camera_pipeline.errors import ConfigError
from camera_pipeline.plate_characters import compact_text

GROUP = "camera_pipeline.plate_grammars"
NEVER_MENDED = "JW"


@dataclass(frozen=True)
class PlateEvidence:
    """What is known beside the text; None where it is not. `first_row` is the number of characters in the upper row."""

    vehicle_class: str | None = None
    layout: Literal["one_line", "two_line"] | None = None
    first_row: int | None = None
    background: str | None = None
    text_colour: str | None = None


NOTHING_KNOWN = PlateEvidence()


@dataclass(frozen=True)
class PlateParse:
    """One reading. `against` has a sentence for each piece of evidence that speaks against it."""

    kind: str
    compact: str
    display: str
    province: Province | None
    edits: tuple[Edit, ...] = ()
    against: tuple[str, ...] = ()


class PlateGrammar(Protocol):
    """The plates of one country."""

    def parses(self, text: str, evidence: PlateEvidence = NOTHING_KNOWN) -> tuple[PlateParse, ...]:
        """Return all readings of a text, the best supported first; none if it is no plate."""

    def flags(self, text: str) -> tuple[str, ...]:
        """Return a sentence for each character that stands where it cannot and is not to be mended."""


class VietnamesePlates:
    """The plates of Vietnam: civil, special, military, diplomatic and temporary, current and legacy."""

    def parses(self, text: str, evidence: PlateEvidence = NOTHING_KNOWN) -> tuple[PlateParse, ...]:
        """Return all readings of a text, those with the least evidence against them first.

        A legal text is never repaired; on a red background nothing is repaired into a civil plate.
        """
        read = compact_text(text)
        found = [parse for form in FORMS if (parse := _parse(read, form, evidence))]
        legal = [parse for parse in found if not parse.edits]
        mended = [parse for parse in found if evidence.background != "red" or parse.kind == "military"]
        return tuple(sorted(legal or mended, key=lambda parse: (len(parse.against), len(parse.edits))))

    def flags(self, text: str) -> tuple[str, ...]:
        """Return a sentence for each J or W in a place where a civil form has a series letter."""
        read = compact_text(text)
        places = {
            position
            for form in FORMS
            if len(form.slots) == len(read)
            for position, slot in enumerate(form.slots)
            if slot in "ab" and read[position] in NEVER_MENDED and _legal_but_for(read, position, form)
        }
        return tuple(
            f"{read[place]} at place {place}: no plate has this letter, read it again" for place in sorted(places)
        )


def load_grammar(name: str) -> PlateGrammar:
    """Return the announced grammar of that name.

    Raises:
        ConfigError: no installed package announces it.
    """
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        have = ", ".join(sorted(known)) or "none"
        raise ConfigError(f"plate grammar `{name}` is not known (known: {have}): correct it or install its package")
    grammar: PlateGrammar = known[name].load()()
    return grammar


def _parse(read: str, form: Form, evidence: PlateEvidence) -> PlateParse | None:
    fitted = repaired(read, form.slots)
    if fitted is None:
        return None
    compact, edits = fitted
    at = form.slots.find("@@")
    province = PROVINCES.get(compact[at : at + 2]) if at >= 0 else None
    if at >= 0 and province is None:
        return None
    return PlateParse(form.kind, compact, _display(compact, form), province, edits, _against(compact, form, evidence))


def _display(compact: str, form: Form) -> str:
    characters = iter(compact)
    shown = ""
    for symbol in form.display:
        if symbol in SEPARATORS:
            shown += symbol
        else:
            character = next(characters)
            shown += symbol if symbol == "Đ" else character
    return shown


def _legal_but_for(read: str, position: int, form: Form) -> bool:
    return _parse(read[:position] + "A" + read[position + 1 :], form, NOTHING_KNOWN) is not None


def _against(compact: str, form: Form, evidence: PlateEvidence) -> tuple[str, ...]:
    small = form.kind in MOTORBIKES
    military = form.kind == "military"
    meant = COLOURS.get((evidence.background or "", evidence.text_colour or ""))
    told = {
        "the vehicle is a motorcycle": evidence.vehicle_class == "motorcycle" and form.kind == "car",
        "the vehicle is no motorcycle": evidence.vehicle_class not in (None, "motorcycle") and small,
        "a motorbike's plate has two lines": evidence.layout == "one_line" and small,
        "the rows are split elsewhere": None not in (evidence.first_row, form.first_row)
        and evidence.first_row != form.first_row,
        "a red background is military": evidence.background == "red" and not military,
        "a military plate is red": evidence.background not in (None, "red") and military,
        "red letters on white are diplomatic": meant == COLOURS["white", "red"] and form.kind != "diplomatic",
        "blue plates have letters A to M": evidence.background == "blue"
        and form.slots[2:3] == "a"
        and compact[2] not in STATE_LETTERS,
        "not a unit on the known list": military and compact[:2] not in MILITARY_UNITS,
    }
    return tuple(reason for reason, holds in told.items() if holds)
