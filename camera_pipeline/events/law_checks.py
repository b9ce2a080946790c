"""What a law table may hold wrongly although each value alone is well formed. Called once, when a table is loaded."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from camera_pipeline.config.mistakes import KeyPath, Mistake
from camera_pipeline.events.law_file import Decree, LawFile, Reference, clause_of

_Places = list[tuple[KeyPath, Reference]]


def law_mistakes(law: LawFile) -> list[Mistake]:
    """Return everything in the table that contradicts itself or names what is not there."""
    places = list(_references(law))
    found = [mistake for number, decree in law.decrees.items() for mistake in _period_mistakes(number, decree, law)]
    found += _unknown_names(law)
    found += [mistake for path, reference in places for mistake in _reference_mistakes(path, reference, law)]
    return found + list(_differing_points(places, law)) + list(_unused(places, law))


def _references(law: LawFile) -> Iterator[tuple[KeyPath, Reference]]:
    for slug, violation in law.violations.items():
        for vehicle, references in violation.references.items():
            for index, reference in enumerate(references):
                yield ("violations", slug, "references", vehicle, index), reference


def _period_mistakes(number: str, decree: Decree, law: LawFile) -> Iterator[Mistake]:
    path: KeyPath = ("decrees", number, "periods")
    for index, period in enumerate(decree.periods):
        if period.source not in law.sources:
            yield _unknown((*path, index, "source"), period.source, "sources", law.sources)
        if period.ends is not None and period.ends <= period.starts:
            expected = f"a day after {period.starts}"
            yield Mistake(path=(*path, index, "ends"), value=str(period.ends), expected=expected, cure="mend the dates")
    for index, (before, after) in enumerate(pairwise(decree.periods), 1):
        if before.ends == after.starts:
            continue
        overlaps = before.ends is None or before.ends > after.starts
        expected = f"no {'overlap with' if overlaps else 'gap after'} the period before, which ends {before.ends}"
        cure = "let each period start on the day on which the one before ends"
        yield Mistake(path=(*path, index, "starts"), value=str(after.starts), expected=expected, cure=cure)


def _unknown_names(law: LawFile) -> Iterator[Mistake]:
    for rule, slugs in law.rules.items():
        for index, slug in enumerate(slugs):
            if slug not in law.violations:
                yield _unknown(("rules", rule, index), slug, "violations", law.violations)
    for slug, violation in law.violations.items():
        for vehicle in violation.references:
            if vehicle not in law.classes:
                yield _unknown(("violations", slug, "references", vehicle), vehicle, "classes", law.classes)


def _reference_mistakes(path: KeyPath, reference: Reference, law: LawFile) -> Iterator[Mistake]:
    number = law.decree_of(reference)
    if number not in law.decrees:
        yield _unknown((*path, "decree"), number, "decrees", law.decrees)
    elif clause_of(reference.ref) not in law.decrees[number].fines_vnd:
        expected = f"an article whose clause has a fine in decrees.{number}.fines_vnd"
        cure = f"add the fine of {clause_of(reference.ref)} there, or mend the article"
        yield Mistake(path=(*path, "ref"), value=reference.ref, expected=expected, cure=cure)


def _differing_points(places: _Places, law: LawFile) -> Iterator[Mistake]:
    first: dict[tuple[str, str], int] = {}
    for path, reference in places:
        points = first.setdefault((law.decree_of(reference), reference.ref), reference.points)
        if points != reference.points:
            expected = f"{points}, as elsewhere for {reference.ref}"
            cure = "an article takes the same points wherever it stands: mend one of them"
            yield Mistake(path=(*path, "points"), value=str(reference.points), expected=expected, cure=cure)


def _unused(places: _Places, law: LawFile) -> Iterator[Mistake]:
    refs = {(law.decree_of(reference), reference.ref) for _, reference in places}
    clauses = {(number, clause_of(ref)) for number, ref in refs}
    cure = "mend the number, or remove the line"
    for number, decree in law.decrees.items():
        for clause in decree.fines_vnd:
            if (number, clause) not in clauses:
                path: KeyPath = ("decrees", number, "fines_vnd", clause)
                yield Mistake(path=path, value="", expected="a clause that a violation names", cure=cure)
        for index, period in enumerate(decree.periods):
            for ref in period.reworded:
                if (number, ref) not in refs:
                    path = ("decrees", number, "periods", index, "reworded", ref)
                    yield Mistake(path=path, value="", expected="an article that a violation names", cure=cure)


def _unknown(path: KeyPath, value: str, where: str, known: Iterable[str]) -> Mistake:
    expected = f"one of: {', '.join(known)}"
    return Mistake(path=path, value=value, expected=expected, cure=f"mend the name, or add it to `{where}`")
