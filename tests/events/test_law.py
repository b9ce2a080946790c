"""The law table: what ships is well formed and answers by the time of the act; what is wrong is told with its cure."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.law import LawTable, load_law
from camera_pipeline.events.law_file import LawFile, clause_of
from camera_pipeline.types import LegalReference, Mark

ROOT = Path(__file__).resolve().parents[2]
VIETNAM = ROOT / "configs" / "law" / "vietnam.yaml"
LAW = LawFile.model_validate(yaml.safe_load(VIETNAM.read_text(encoding="utf-8")))
TABLE = LawTable.load(VIETNAM)
HANOI = timezone(timedelta(hours=7))
AS_MADE = datetime(2026, 1, 5, 9, tzinfo=HANOI)
AMENDED = datetime(2026, 9, 1, 9, tzinfo=HANOI)
REFERENCES = [
    (slug, vehicle, reference)
    for slug, violation in LAW.violations.items()
    for vehicle, references in violation.references.items()
    for reference in references
]


def briefly(references: tuple[LegalReference, ...]) -> list[tuple[str, int, int, int]]:
    return [(each.ref, *each.fine_vnd, each.points) for each in references]


@pytest.mark.parametrize("path", sorted((ROOT / "configs" / "law").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_table_loads(path: Path) -> None:
    LawTable.load(path)


@pytest.mark.parametrize(
    ("slug", "vehicle", "reference"), REFERENCES, ids=lambda value: str(getattr(value, "ref", value))
)
def test_every_reference_and_amount_has_the_form_of_the_decree(slug: str, vehicle: str, reference: Any) -> None:
    assert re.fullmatch(r"\d{1,2}\.\d{1,2}(\.[a-zđ])?", reference.ref)
    low, high = LAW.decrees[LAW.decree_of(reference)].fines_vnd[clause_of(reference.ref)]
    assert 100_000 <= low < high <= 75_000_000  # the highest a province may impose
    assert low % 50_000 == high % 50_000 == 0
    assert reference.points in (0, 2, 4, 6, 8, 10)
    article = int(reference.ref.partition(".")[0])
    if reference.decree:
        return
    of_class = {
        "car": {6, 12, 13},
        "truck": {21, 34},
        "motorcycle": {7, 12, 14},
        "special_machine": {8},
        "bicycle": {9},
        "pedestrian": {10},
    }
    assert article in of_class[vehicle]
    assert not (reference.points and vehicle in ("special_machine", "bicycle", "pedestrian")), "they lose no points"


@pytest.mark.parametrize(
    ("slug", "vehicle", "expected"),
    [
        ("red_light", "car", [("6.9.b", 18_000_000, 20_000_000, 4)]),
        ("red_light", "bus", [("6.9.b", 18_000_000, 20_000_000, 4)]),
        ("red_light", "motorcycle", [("7.7.c", 4_000_000, 6_000_000, 4)]),
        ("red_light", "bicycle", [("9.2.đ", 150_000, 250_000, 0)]),
        ("stop_line", "car", [("6.1.a", 400_000, 600_000, 0)]),
        ("wrong_way", "motorcycle", [("7.7.a", 4_000_000, 6_000_000, 2)]),
        ("wrong_lane", "truck", [("6.5.b", 4_000_000, 6_000_000, 2)]),
        ("speed_35", "car", [("6.7.a", 12_000_000, 14_000_000, 6)]),
        ("truck_hours", "truck", [("21.6.d", 5_000_000, 7_000_000, 2)]),
        ("truck_hours", "car", []),
        ("no_helmet", "car", []),
        ("riders_3pax", "motorcycle", [("7.3.b", 600_000, 800_000, 2)]),
        ("illegal_uturn", "car", [("6.4.k", 2_000_000, 3_000_000, 0), ("6.4.i", 2_000_000, 3_000_000, 0)]),
    ],
)
@pytest.mark.parametrize("occurred_at", [AS_MADE, AMENDED], ids=["as made", "amended"])
def test_an_act_gets_the_articles_of_its_class_in_both_periods(
    slug: str, vehicle: str, expected: list[tuple[str, int, int, int]], occurred_at: datetime
) -> None:
    assert briefly(TABLE.candidates(slug, vehicle, occurred_at)) == expected


@pytest.mark.parametrize(
    ("occurred_at", "wording"),
    [
        ("2024-12-31T23:59:59.999999+07:00", None),
        ("2025-01-01T00:00:00+07:00", "as made"),
        ("2026-08-14T23:59:59.999999+07:00", "as made"),
        ("2026-08-14T16:59:59.999999+00:00", "as made"),
        ("2026-08-14T17:00:00+00:00", "as amended by Decree 238/2026/NĐ-CP"),
        ("2026-08-15T00:00:00+07:00", "as amended by Decree 238/2026/NĐ-CP"),
        ("2030-01-01T00:00:00+07:00", "as amended by Decree 238/2026/NĐ-CP"),
    ],
)
def test_the_wording_changes_at_local_midnight(occurred_at: str, wording: str | None) -> None:
    found = TABLE.candidates("red_light", "car", datetime.fromisoformat(occurred_at))
    assert [each.wording for each in found] == ([wording] if wording else [])


def test_an_article_of_a_later_decree_counts_from_its_own_day() -> None:
    assert not TABLE.candidates("level_crossing", "car", datetime(2026, 5, 14, 23, 59, tzinfo=HANOI))
    (found,) = TABLE.candidates("level_crossing", "car", datetime(2026, 5, 15, tzinfo=HANOI))
    assert (found.decree, found.suspension_months, found.mark) == ("81/2026/NĐ-CP", (1, 3), Mark.SECONDARY)


def test_a_reference_is_no_surer_than_its_period() -> None:
    marks = [TABLE.candidates("red_light", "car", when)[0].mark for when in (AS_MADE, AMENDED)]
    assert marks == [Mark.VERIFIED, Mark.SECONDARY]
    (inferred,) = TABLE.candidates("on_pavement", "bicycle", AS_MADE)
    assert inferred.mark is Mark.INFERRED


def test_what_the_amendment_reworded_is_told_only_in_its_period() -> None:
    made, amended = (TABLE.candidates("plate_obscured", "car", when)[0] for when in (AS_MADE, AMENDED))
    assert made.note == ""
    assert "enforcement cameras" in amended.note


@pytest.mark.parametrize(
    ("occurred_at", "ends"),
    [
        ("2026-01-05T09:00:00+07:00", date(2027, 1, 5)),
        ("2026-01-05T18:00:00+00:00", date(2027, 1, 6)),
        ("2028-02-29T12:00:00+07:00", date(2029, 2, 28)),
    ],
)
def test_the_limitation_ends_one_year_after_the_local_day_of_the_act(occurred_at: str, ends: date) -> None:
    assert TABLE.candidates("red_light", "car", datetime.fromisoformat(occurred_at))[0].limitation_ends_on == ends


def test_what_an_event_says_of_the_law_names_the_act_twice_and_that_an_officer_decides() -> None:
    legal = TABLE.legal("red_light", "car", AS_MADE)
    assert "officer decides" in legal.notice_en
    assert "Người có thẩm quyền" in legal.notice_vi
    (found,) = legal.references
    assert (found.ref, found.name_en) == ("6.9.b", "Running a red light")
    assert found.name_vi.startswith("Không chấp hành hiệu lệnh")
    assert found.source.startswith("Decree 168/2024")
    assert legal.emergency_or_escort is None


@pytest.mark.parametrize(
    ("rule", "vehicle", "slugs"),
    [
        ("illegal_stop", "car", ["stop_park_minor", "stop_park_junction", "stop_park_bridge"]),
        ("forbidden_vehicle", "truck", ["forbidden_area", "truck_hours", "motorway_forbidden"]),
        ("red_light", "tram", []),
        ("rule_of_a_province", "car", []),
        ("no_helmet", "car", []),
    ],
)
def test_a_rule_refers_to_all_that_it_may_have_found_and_to_nothing_where_the_table_is_silent(
    rule: str, vehicle: str, slugs: list[str]
) -> None:
    legal = TABLE.legal(rule, vehicle, AS_MADE)
    assert list(dict.fromkeys(each.slug for each in legal.references)) == slugs
    assert legal.notice_en


def test_a_table_is_found_by_its_name_or_path_and_told_apart_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text(SMALL, encoding="utf-8")
    named, own = load_law("vietnam"), load_law(str(tmp_path / "elsewhere.yaml"))
    assert named.digest == TABLE.digest != own.digest
    with pytest.raises(ConfigError, match=r"atlantis(.|\n)*expected: one of: vietnam(.|\n)*cure: "):
        load_law("atlantis")


def test_every_vehicle_of_the_shipped_detector_and_every_violation_rule_is_known() -> None:
    for vehicle in set(read_manifest(ROOT / "models" / "vehicles.yaml").classes) - {"person", "traffic_light"}:
        assert TABLE.candidates("red_light", vehicle, AS_MADE)
    for rule in ("red_light", "stop_line", "wrong_way"):
        assert TABLE.slugs(rule) == (rule,)
    assert TABLE.slugs("congestion") == ()


@pytest.mark.parametrize(
    ("slug", "vehicle", "told"),
    [("red_light", "tram", "no vehicle class tram"), ("red_lihgt", "car", "no violation red_lihgt")],
)
def test_an_unknown_name_is_told_with_its_cure_instead_of_passing_as_no_article(
    slug: str, vehicle: str, told: str
) -> None:
    with pytest.raises(ConfigError, match=rf"{told}(.|\n)*expected: (.|\n)*cure: "):
        TABLE.candidates(slug, vehicle, AS_MADE)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        TABLE.candidates("red_light", "car", AS_MADE.replace(tzinfo=None))


@given(st.timedeltas(timedelta(0), timedelta(days=5000)))
def test_no_instant_since_the_decree_is_without_wording_and_the_zone_of_asking_is_indifferent(later: timedelta) -> None:
    when = datetime(2025, 1, 1, tzinfo=HANOI) + later
    found = TABLE.candidates("red_light", "motorcycle", when)
    assert len(found) == 1
    assert found == TABLE.candidates("red_light", "motorcycle", when.astimezone(UTC))


# --- other tables, and mistakes

SMALL = """\
country: Elsewhere
time_zone: Asia/Tokyo
limitation_years: 2
notice: {vi: Người có thẩm quyền quyết định., en: An officer decides.}
sources: {gazette: The gazette}
classes: {car: [car, bus]}
rules: {red_light: [red_light]}
decrees:
  1/2030:
    periods:
      - {wording: as made, starts: 2030-01-01, ends: 2031-01-01, mark: verified, source: gazette}
      - {wording: as amended, starts: 2031-01-01, mark: verified, source: gazette}
    fines_vnd: {"5.1": [1_000, 2_000]}
violations:
  red_light:
    vi: Vượt đèn đỏ
    en: Red light
    references:
      car: [{ref: 5.1.a, points: 3, mark: verified}, {ref: "5.1", points: 2, mark: inferred}]
"""


def load(tmp_path: Path, text: str) -> LawTable:
    path = tmp_path / "elsewhere.yaml"
    path.write_text(text, encoding="utf-8")
    return LawTable.load(path)


def test_another_province_or_year_is_another_file(tmp_path: Path) -> None:
    table = load(tmp_path, SMALL)
    at_midnight = datetime.fromisoformat("2030-12-31T15:00:00+00:00")  # midnight in Tokyo
    found = table.candidates("red_light", "bus", at_midnight)
    assert briefly(found) == [("5.1.a", 1000, 2000, 3), ("5.1", 1000, 2000, 2)]
    assert {each.wording for each in found} == {"as amended"}
    assert found[0].limitation_ends_on == date(2033, 1, 1)


def swap(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert text.count(old) >= 1
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("change", "line", "told"),
    [
        (swap("starts: 2031-01-01", "starts: 2031-02-01"), 12, "no gap after the period before"),
        (swap("starts: 2031-01-01", "starts: 2030-12-01"), 12, "no overlap with the period before"),
        (swap(", ends: 2031-01-01", ""), 12, "no overlap with the period before"),
        (swap("ends: 2031-01-01", "ends: 2029-01-01"), 11, "a day after 2030-01-01"),
        (swap("starts: 2030-01-01", "starts: soon"), 11, "date"),
        (swap("source: gazette", "source: gazete"), 11, "one of: gazette"),
        (swap("mark: verified", "mark: maybe"), 11, "'verified', 'secondary' or 'inferred'"),
        (swap("[1_000, 2_000]", "[2_000, 1_000]"), 13, "the lower one first"),
        (swap("[1_000, 2_000]", "[cheap, 2_000]"), 13, "integer"),
        (swap('"5.1": [', '"7.1": [1_000, 2_000], "5.1": ['), 13, "a clause that a violation names"),
        (swap("ref: 5.1.a", "ref: 5.1.a.b"), 19, "article.clause.point"),
        (swap("ref: 5.1.a", "ref: 5.1"), 19, "string"),
        (swap("ref: 5.1.a", "ref: 6.1.a"), 19, "whose clause has a fine"),
        (swap("ref: 5.1.a, points: 3", "ref: '5.1', points: 3"), 19, "3, as elsewhere for 5.1"),
        (swap("points: 3", "points: 13"), 19, "less than or equal to 12"),
        (swap("points: 3", "point: 3"), 19, "did you mean `points`"),
        (swap("points: 3", "decree: 2/2030, points: 3"), 19, "one of: 1/2030"),
        (swap("car: [{ref", "cart: [{ref"), 19, "one of: car"),
        (swap("rules: {red_light: [red_light]}", "rules: {red_light: [red_lamp]}"), 7, "one of: red_light"),
        (swap("    en: Red light\n", ""), 15, "add `en`"),
        (swap("time_zone: Asia/Tokyo", "time_zone: Tokio"), 2, "no such time zone"),
        (swap("limitation_years: 2", "limitation_years: 0"), 3, "greater than 0"),
        (swap("country: Elsewhere", "country: Elsewhere\ncountry: Else"), 2, "each key once"),
        (
            swap(
                "mark: verified, source: gazette}\n    f",
                "mark: verified, source: gazette, reworded: {9.9.z: x}}\n    f",
            ),
            12,
            "an article",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_told_with_its_line_and_cure(
    tmp_path: Path, change: Callable[[str], str], line: int, told: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, change(SMALL))
    message = str(error.value)
    assert f"elsewhere.yaml:{line}: " in message
    assert told in message
    assert "cure: " in message


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = SMALL.replace("starts: 2031-01-01", "starts: 2031-02-01").replace("ref: 5.1.a", "ref: 6.1.a")
    with pytest.raises(ConfigError, match="2 mistakes"):
        load(tmp_path, text)


@pytest.mark.parametrize("text", ["", "- a list\n", "just words\n"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="cure: start from"):
        load(tmp_path, text)
