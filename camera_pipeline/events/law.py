"""Which articles a violation may fall under, at the time of the act: references for the officer, who decides.

A table is a file (`configs/law/vietnam.yaml`); another country, province or year is another file. Loaded once, then
immutable: any thread may ask.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from camera_pipeline.config.mistakes import Mistake, mistakes_error, shown, translate
from camera_pipeline.config.yaml_file import read_yaml
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.law_checks import law_mistakes
from camera_pipeline.events.law_file import Bilingual, LawFile, Mark, Period, Reference, clause_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalReference:
    """An article that an act may fall under. A suggestion: see `notice`.

    Attributes:
        slug: the violation.
        name: the violation's name.
        decree: number of the decree.
        wording: which wording of the decree was in force.
        ref: `article.clause.point`.
        fine_vnd: lowest and highest fine for an individual, VND.
        points: licence points taken.
        suspension_months: fewest and most months without licence; None where the article has none.
        mark: how sure the reference is, at the time of the act.
        source: where the wording was read.
        note: conditions and what the wording changed; may be empty.
        limitation_ends_on: anniversary of the act on which the statute of limitation ends, in the table's time zone.
        notice: says that an officer decides.
    """

    slug: str
    name: Bilingual
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
    notice: Bilingual

    @property
    def verified(self) -> bool:
        """Whether article and wording were both seen in the decree's text."""
        return self.mark is Mark.VERIFIED


class LawTable:
    """A law table, ready to be asked."""

    def __init__(self, law: LawFile) -> None:
        self._law = law
        self._zone = ZoneInfo(law.time_zone)

    @classmethod
    def load(cls, path: Path) -> "LawTable":
        """Return the table in a file.

        Raises:
            ConfigError: the file cannot be read, or holds mistakes: all of them are told.
        """
        file = read_yaml(path)
        mistakes = list(file.mistakes)
        if not isinstance(file.value, dict):
            cure = "start from configs/law/vietnam.yaml"
            mistakes.append(Mistake(path=(), value=shown(file.value), expected="`name: value` pairs", cure=cure))
            raise mistakes_error(str(path), mistakes, file.lines)
        try:
            law = LawFile.model_validate(file.value)
        except ValidationError as error:
            raise mistakes_error(str(path), mistakes + translate(error, LawFile), file.lines) from error
        mistakes += law_mistakes(law)
        if mistakes:
            raise mistakes_error(str(path), mistakes, file.lines)
        return cls(law)

    def slugs(self, rule: str) -> tuple[str, ...]:
        """Return the violations that a rule may find; none for incidents and for rules that the table does not know."""
        return self._law.rules.get(rule, ())

    def candidates(self, slug: str, vehicle_class: str, occurred_at: datetime) -> tuple[LegalReference, ...]:
        """Return what an act may fall under, in the order of the table.

        Args:
            slug: the violation.
            vehicle_class: what the detector saw, e.g. `truck`.
            occurred_at: time of the act, with zone.

        Returns:
            References; none where the law has no article for the class, or no wording in force at that time.

        Raises:
            ConfigError: the table does not know the violation or the class.
            ValueError: `occurred_at` has no zone.
        """
        if occurred_at.tzinfo is None:
            raise ValueError("occurred_at has no time zone")
        self._check_known("violation", slug, list(self._law.violations), "violations")
        self._check_known("vehicle class", vehicle_class, sorted(set().union(*self._law.classes.values())), "classes")
        day = occurred_at.astimezone(self._zone).date()
        return tuple(
            self._legal_reference(slug, reference, period, day)
            for legal_class, references in self._law.violations[slug].references.items()
            if vehicle_class in self._law.classes[legal_class]
            for reference in references
            if (period := self._in_force(reference, day)) is not None
        )

    def _check_known(self, what: str, name: str, known: list[str], where: str) -> None:
        if name not in known:
            raise ConfigError(
                f"law table of {self._law.country}: no {what} {name}\n"
                f"    expected: one of: {', '.join(known)}\n"
                f"    cure: mend the name, or add it to the table's `{where}`"
            )

    def _in_force(self, reference: Reference, day: date) -> Period | None:
        periods = self._law.decrees[self._law.decree_of(reference)].periods
        held = (each for each in periods if each.starts <= day and (each.ends is None or day < each.ends))
        return next(held, None)

    def _legal_reference(self, slug: str, reference: Reference, period: Period, day: date) -> LegalReference:
        law, number = self._law, self._law.decree_of(reference)
        return LegalReference(
            slug=slug,
            name=Bilingual(vi=law.violations[slug].vi, en=law.violations[slug].en),
            decree=number,
            wording=period.wording,
            ref=reference.ref,
            fine_vnd=law.decrees[number].fines_vnd[clause_of(reference.ref)],
            points=reference.points,
            suspension_months=reference.suspension_months,
            mark=reference.mark.weaker(period.mark),
            source=law.sources[period.source],
            note="; ".join(filter(None, (reference.note, period.reworded.get(reference.ref, "")))),
            limitation_ends_on=_years_later(day, law.limitation_years),
            notice=law.notice,
        )


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
