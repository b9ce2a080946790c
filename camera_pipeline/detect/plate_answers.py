"""What was said of pictures whose plate is known: right, wrong or unread, by rows, height and light. Pure.

Called by `plates evaluate`, never while cameras are watched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

CONFIDENCES: Final = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
HEIGHT_BANDS_PX: Final = (0, 16, 24, 32, 48, 64, 96)
"""Lower ends; of the plate that was found, between its upper and its lower edge."""
LIGHT_BANDS: Final = {"dark": (0, 70), "dim": (70, 110), "bright": (110, 256)}
"""From, and below: mean brightness of the whole picture, 0..255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What stands on one plate, and how sure that is.

    Attributes:
        text: the answer when nobody asks how sure it is; None where there is none at any confidence.
        raw: characters as read.
        least: confidence of the weakest character, 0..1.
        height_px: of the plate.
    """

    text: str | None
    raw: str
    least: float
    height_px: float


class Counts(NamedTuple):
    """Pictures."""

    right: int
    wrong: int
    unread: int

    def __str__(self) -> str:
        """In words, with how many of all are right and how many of the answers are wrong."""
        share, of_answers = self.right / max(1, sum(self)), self.wrong / max(1, self.right + self.wrong)
        return f"{self.right:6} {self.wrong:6} {self.unread:7} {share:9.1%} {of_answers:9.1%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A picture with a known plate.

    Attributes:
        truth: its text, compact.
        rows: printed rows; None where nobody says.
        light: mean brightness of the picture, 0..255.
        readings: of all vehicles in it on which characters were read, the surest first.
    """

    truth: str
    rows: int | None
    light: float
    readings: tuple[Reading, ...]

    def verdict(self, least: float) -> str:
        """Return `right`, `wrong` or `unread`: every plate that is told must be the known one."""
        told = {reading.text for reading in self.readings if reading.text is not None and reading.least >= least}
        if not told:
            return "unread"
        return "right" if told == {self.truth} else "wrong"

    def height_px(self) -> float | None:
        """Return the height of the surest plate; None where no characters were read."""
        return self.readings[0].height_px if self.readings else None


def count(answered: Sequence[Answered], least: float) -> Counts:
    """Return how pictures go when the weakest character must be so sure."""
    verdicts = [one.verdict(least) for one in answered]
    return Counts(*(verdicts.count(name) for name in Counts._fields))


def character_errors(answered: Sequence[Answered]) -> tuple[int, int]:
    """Return wrong, missing and added characters, and true ones, over the pictures in which characters were read."""
    read = [one for one in answered if one.readings]
    return sum(edits(one.readings[0].raw, one.truth) for one in read), sum(len(one.truth) for one in read)


def edits(read: str, true: str) -> int:
    """Return how many characters must be changed, added or taken away (Levenshtein's distance)."""
    row = list(range(len(true) + 1))
    for i, own in enumerate(read, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(true, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (own != other))
    return row[-1]


def table(answered: Sequence[Answered], least: float) -> str:
    """Return all figures as lines of text.

    Args:
        answered: pictures with known plates.
        least: the confidence of the weakest character that the configuration asks for.
    """
    lines = [f"{'':22} right  wrong  unread  of these  of answers", f"{'all':20} {count(answered, least)}"]
    groups = sorted({group for one in answered for group in _groups(one)})
    lines += [f"{name[-1]:20} {count([one for one in answered if name in _groups(one)], least)}" for name in groups]
    lines += [f"at least {confidence:4.2f} sure   {count(answered, confidence)}" for confidence in CONFIDENCES]
    wrong, of = character_errors(answered)
    read = sum(bool(one.readings) for one in answered)
    return "\n".join(
        [*lines, f"characters wrong: {wrong} of {of} ({wrong / max(1, of):.1%}), where any were read ({read})"]
    )


def _groups(one: Answered) -> Iterator[tuple[int, float, str]]:
    """Yield the groups a picture is counted in, each with what orders it: kind, then value."""
    if one.rows is not None:
        yield 0, one.rows, f"{one.rows} row(s)"
    height_px = one.height_px()
    if height_px is None:
        yield 1, -1, "no characters read"
    else:
        low = max(low for low in HEIGHT_BANDS_PX if low <= height_px)
        yield 1, low, f"plate from {low} px"
    name, (darkest, _) = next((name, band) for name, band in LIGHT_BANDS.items() if one.light < band[1])
    yield 2, darkest, f"{name} picture"
