"""What a law table holds, as its file has it: typed, closed, frozen. `law.py` reads the file and answers from it."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, PositiveInt

from camera_pipeline.config.values import Name, Settings, Zone
from camera_pipeline.types import Mark


def _article_form(text: str) -> str:
    numbers = text.split(".")
    point = numbers.pop() if len(numbers) == 3 else "a"
    if len(numbers) != 2 or not all(number.isdecimal() for number in numbers) or len(point) != 1 or not point.islower():
        raise ValueError("article.clause.point in quotes, e.g. '6.9.b'; the point may be missing")
    return text


def _range_form(pair: tuple[int, int]) -> tuple[int, int]:
    if not 0 < pair[0] < pair[1]:
        raise ValueError("two positive numbers, the lower one first")
    return pair


ArticleRef = Annotated[str, AfterValidator(_article_form)]
"""`article.clause.point`, e.g. `6.9.b`: article 6, clause 9, point b."""
Range = Annotated[tuple[int, int], AfterValidator(_range_form)]
"""Lower and upper bound."""
Text = Annotated[str, Field(min_length=1)]


class Bilingual(Settings):
    """The same words twice."""

    vi: Text
    """Vietnamese."""
    en: Text
    """English."""


class Period(Settings):
    """A span of time in which a decree has one wording."""

    wording: Text
    """Which wording, e.g. `as made`."""
    starts: date
    """First day."""
    ends: date | None = None
    """The day after the last; none: still in force."""
    mark: Mark
    """How sure the decree's statements are in this period."""
    source: str
    """Where this wording was read; one of `sources`."""
    reworded: dict[ArticleRef, Text] = Field(default_factory=dict)
    """What this wording says differently from the one before, by article."""


class Decree(Settings):
    """A decree: its periods and the fines of its clauses."""

    periods: tuple[Period, ...] = Field(min_length=1)
    """In order, each beginning where the one before ends."""
    fines_vnd: dict[ArticleRef, Range]
    """Fine for an individual in VND, by `article.clause`."""


class Reference(Settings):
    """An article that a violation may fall under."""

    ref: ArticleRef
    """The article."""
    decree: str = ""
    """Its decree, one of `decrees`; empty: the first."""
    points: int = Field(default=0, ge=0, le=12)
    """Licence points taken."""
    suspension_months: Range | None = None
    """Months without licence, where the article says so."""
    mark: Mark
    """How sure it is that the violation falls under this article."""
    note: str = ""
    """When the article applies only under a condition."""


class Violation(Bilingual):
    """A violation and what it may fall under."""

    references: dict[str, Annotated[tuple[Reference, ...], Field(min_length=1)]] = Field(min_length=1)
    """By vehicle class of the law, one of `classes`."""
    excess_kmh: Range | None = None
    """For speeds: from and below which excess over the limit, km/h."""

    def covers(self, excess_kmh: tuple[float, float] | None) -> bool:
        """Whether a speed that exceeded its limit by something between two values may fall under it."""
        if excess_kmh is None or self.excess_kmh is None:
            return True
        return excess_kmh[0] < self.excess_kmh[1] and excess_kmh[1] >= self.excess_kmh[0]


class LawFile(Settings):
    """A whole file."""

    country: Text
    """Country or province whose law it is."""
    time_zone: Zone
    """Periods begin and end at midnight here."""
    limitation_years: PositiveInt
    """Years from the act within which it may be punished."""
    notice: Bilingual
    """Says, beside every reference, who decides."""
    sources: dict[Name, Text]
    """Where the table's statements were read."""
    classes: dict[Name, tuple[Name, ...]]
    """Detected classes by vehicle class of the law."""
    rules: dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]]
    """Violations that a rule may find, by rule type."""
    decrees: dict[Text, Decree] = Field(min_length=1)
    """By number."""
    violations: dict[Name, Violation]
    """By slug."""

    def decree_of(self, reference: Reference) -> str:
        """Return the number of a reference's decree."""
        return reference.decree or next(iter(self.decrees))


def clause_of(ref: str) -> str:
    """Return `article.clause` of a reference.

    >>> clause_of("6.9.b")
    '6.9'
    """
    return ".".join(ref.split(".")[:2])
