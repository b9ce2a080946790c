"""What the law may call an act: references for the officer, who decides. Carried by events of violations."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Mark(StrEnum):
    """How sure a statement is, surest first."""

    VERIFIED = "verified"
    """Seen in the decree's text."""
    SECONDARY = "secondary"
    """Seen only in a secondary source."""
    INFERRED = "inferred"
    """Nobody's statement but the table's."""

    def weaker(self, other: "Mark") -> "Mark":
        """Return the less sure of the two."""
        order = list(Mark)
        return max(self, other, key=order.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalReference:
    """An article that an act may fall under. A suggestion: see the notice beside it.

    Attributes:
        slug: the violation.
        name_vi: the violation's name, Vietnamese.
        name_en: the violation's name, English.
        decree: number of the decree.
        wording: which wording of the decree was in force.
        ref: `article.clause.point`.
        fine_vnd: lowest and highest fine for an individual, VND.
        points: licence points taken.
        suspension_months: fewest and most months without licence; null where the article has none.
        mark: how sure the reference is, at the time of the act; `verified`: article and wording were both seen in the
            decree's text.
        source: where the wording was read.
        note: conditions and what the wording changed; may be empty.
        limitation_ends_on: anniversary of the act on which the statute of limitation ends, in the table's time zone.
    """

    slug: str
    name_vi: str
    name_en: str
    decree: str
    wording: str
    ref: str
    fine_vnd: tuple[int, int]
    points: int
    suspension_months: tuple[int, int] | None
    mark: Mark
    source: str
    note: str
    limitation_ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Legal:
    """What an act may fall under, by a law table. An officer decides.

    Attributes:
        table: digest of the law table that was asked (sha256, first 16 hex digits).
        notice_vi: says that an officer decides, Vietnamese.
        notice_en: the same, English.
        references: articles that the act may fall under; none where the law has none for the class or the time.
        emergency_or_escort: whether the vehicle was on emergency duty or under escort. The officer's field: always null
            when the pipeline writes it, since nobody guesses it from a picture.
    """

    table: str
    notice_vi: str
    notice_en: str
    references: tuple[LegalReference, ...]
    emergency_or_escort: bool | None = None
