"""Which articles a violation may fall under, at the time of the act: references for the officer, who decides.

A table is a file (`configs/law/vietnam.yaml`); another country, province or year is another file. Loaded once, then
immutable: any thread may ask.
"""

import functools
import hashlib
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from camera_pipeline.config.settings_file import read_settings
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.law_checks import law_mistakes
from camera_pipeline.events.law_file import LawFile, Period, Reference, clause_of
from camera_pipeline.resources import resource
from camera_pipeline.types import Legal, LegalReference


class LawTable:
    """A law table, ready to be asked.

    Attributes:
        digest: of its file: sha256, first 16 hex digits.
    """

    def __init__(self, law: LawFile, digest: str) -> None:
        self.digest = digest
        self._law = law
        self._zone = ZoneInfo(law.time_zone)
        self._classes = frozenset().union(*law.classes.values())

    @classmethod
    def load(cls, path: Path) -> "LawTable":
        """Return the table in a file.

        Raises:
            ConfigError: the file cannot be read, or holds mistakes: all of them are told.
        """
        law = read_settings(path, LawFile, example="configs/law/vietnam.yaml", check=law_mistakes)
        return cls(law, hashlib.sha256(path.read_bytes()).hexdigest()[:16])

    def legal(
        self,
        rule: str,
        vehicle_class: str,
        occurred_at: datetime,
        excess_kmh: tuple[float, float] | None = None,
    ) -> Legal:
        """Return what an event says of the law: a candidate of a rule, by class and time of the act.

        Of violations that are told apart by a speed's excess over the limit, only those between least and most count.

        No references where the table does not list the rule or does not know the class, as well as where the law has
        no article: other packages bring rules and classes of their own, and their events must not fail for it.
        """
        found = self.slugs(rule) if vehicle_class in self._classes else ()
        slugs = [slug for slug in found if self._law.violations[slug].covers(excess_kmh)]
        return Legal(
            table=self.digest,
            notice_vi=self._law.notice.vi,
            notice_en=self._law.notice.en,
            references=tuple(found for slug in slugs for found in self.candidates(slug, vehicle_class, occurred_at)),
        )

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
        self._check_known("vehicle class", vehicle_class, sorted(self._classes), "classes")
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
            name_vi=law.violations[slug].vi,
            name_en=law.violations[slug].en,
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
        )


@functools.cache  # read once a process: thousands of cameras share it
def load_law(name: str) -> LawTable:
    """Return a law table: a shipped one by its name, or any by the path of its file (`.yaml`).

    Raises:
        ConfigError: there is none of that name, or it holds mistakes.
    """
    if name.endswith((".yaml", ".yml")):
        return LawTable.load(Path(name))
    folder = resource("configs/law")
    path = folder / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder.glob("*.yaml")))
        raise ConfigError(
            f"law = {name}: there is no such law table in {folder}\n    expected: one of: {known}\n"
            "    cure: name one of these, or the path of a file of your own (.yaml)"
        )
    return LawTable.load(path)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
