"""The forms of Vietnamese plates, as data: what may stand in each place, and what a plate's colours mean.

Source: Circular 79/2024/TT-BCA and the circulars before it, whose plates still circulate; Circular 169/2021/TT-BQP for
military plates. Pure data; any thread.

A form is its display form with a symbol in each place: `@@` local code, `a` series letter, `b` second letter, `#`
digit, `+` digit 1 to 9, `u` and `v` the letters of a military unit; a capital stands for itself, ` -.` are printed or
implied.
"""

from dataclasses import dataclass

SEPARATORS = " -."
FIRST_LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
SECOND_LETTERS = "ABCDEFGHKLMNPRSTUVXYZ"  # the union of new motorbikes (G, no R) and old mopeds (R, no G)
STATE_LETTERS = "ABCDEFGHKLM"  # on blue plates
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
LEGAL = {
    "@": DIGITS,
    "#": DIGITS,
    "+": DIGITS[1:],
    "a": FIRST_LETTERS,
    "b": SECOND_LETTERS,
    "u": "ABCDHKNPQTV",
    "v": LETTERS,
}

# Units as one press list has them: a hint, not a rule.
_UNITS = """
AA AB AC AD AT AN AV AP BB BC BH BK BL BP BS BT BV CA CB CH CM CP CC CV DB HA HB HC HD HE HH HL HN HQ HT KA KB KC KD
KK KN KP KT KV ND PA PC PK PM PP PQ PT PX PY QA QB QH TC TH TK TM TN TT VB VK VT
"""
MILITARY_UNITS = frozenset(_UNITS.split())


@dataclass(frozen=True)
class Form:
    """One way to write a plate. `first_row` is the number of characters above on two lines, None where unknown."""

    kind: str
    display: str
    first_row: int | None = None

    @property
    def slots(self) -> str:
        """The form in compact writing: one symbol for each character."""
        return compact_of(self.display)


def compact_of(display: str) -> str:
    """Return a display form without separators, with Đ written D."""
    return "".join(c for c in display.replace("Đ", "D") if c not in SEPARATORS)


SPECIAL_SERIES = {
    "KT": "military business",
    "LD": "foreign-invested",
    "DA": "project",
    "HC": "restricted range",
    "CD": "special-purpose machine",
    "RM": "trailer",
    "R": "trailer, legacy",
    "MK": "tractor, legacy",
    "TĐ": "pilot vehicle, legacy",
    "MĐ": "electric, legacy",
    "LB": "economic zone Lao Bảo",
    "CT": "economic zone Cầu Treo",
}
DIPLOMATIC_SERIES = ("NG", "QT", "NN", "CV")

FORMS = (
    *(Form("diplomatic", f"@@-###-{series}-{order}") for series in DIPLOMATIC_SERIES for order in ("##", "###")),
    *(Form("diplomatic", f"@@-{series} ###-##") for series in DIPLOMATIC_SERIES),
    *(Form("temporary", f"T@@-{order}", 3) for order in ("###.##", "####")),
    *(Form("electric motorbike", f"@@-MĐ+ {order}", 5) for order in ("###.##", "####")),
    *(
        Form(kind, f"@@{series}-{order}", 2 + len(series))
        for series, kind in SPECIAL_SERIES.items()
        for order in ("###.##", "####")
    ),
    *(Form("car", f"@@a-{order}", 3) for order in ("###.##", "####", "###")),
    Form("motorbike", "@@-ab ###.##", 4),
    Form("old moped", "@@-ab ####", 4),
    *(Form("old motorbike", f"@@-a+ {order}", 4) for order in ("###.##", "####")),
    Form("military", "uv-##-##", 2),
    Form("military", "uv ###", 2),
)

MOTORBIKES = frozenset({"motorbike", "old motorbike", "old moped", "electric motorbike"})

COLOURS = {
    ("white", "black"): "private or organisation",
    ("yellow", "black"): "commercial transport",
    ("blue", "white"): "Party, State or police",
    ("red", "white"): "military",
    ("white", "red"): "diplomatic, NG or QT",
    ("yellow", "red"): "economic zone, legacy",
}
