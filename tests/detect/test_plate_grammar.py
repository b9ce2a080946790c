"""Vietnamese plates: every row of the tables, all readings, and repairs that say what they did. All plates made up."""

import doctest
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.plate_grammar import PlateEvidence, VietnamesePlates, load_grammar
from camera_pipeline.detect.plate_province import PROVINCES
from camera_pipeline.detect.plate_repair import MAX_EDITS
from camera_pipeline.detect.plate_series import COLOURS, FORMS, LEGAL, MILITARY_UNITS, Form, compact_of
from camera_pipeline.errors import ConfigError
from camera_pipeline.plate_characters import AT_DIGIT, AT_LETTER, compact_text

ROOT = Path(__file__).resolve().parents[2]
PLATES = VietnamesePlates()
UNASSIGNED = ("00", "10", "13", "42", "44", "45", "46", "87", "91", "96")


@st.composite
def legal_plates(draw: st.DrawFn) -> tuple[Form, str]:
    form = draw(st.sampled_from(FORMS))
    display = form.display.replace("@@", draw(st.sampled_from(sorted(PROVINCES))))
    return form, "".join(draw(st.sampled_from(LEGAL[c])) if c in LEGAL else c for c in display)


def readings(text: str, **known: object) -> list[tuple[str, str]]:
    return [(parse.kind, parse.display) for parse in PLATES.parses(text, PlateEvidence(**known))]  # type: ignore[arg-type]


def test_there_are_eighty_one_local_codes() -> None:
    assert len(PROVINCES) == 81
    assert set(PROVINCES) == {str(code) for code in range(11, 100)} - set(UNASSIGNED)


@pytest.mark.parametrize("code", sorted(PROVINCES))
def test_every_local_code_is_read(code: str) -> None:
    parse = PLATES.parses(f"{code}A12345")[0]
    assert parse.display == f"{code}A-123.45"
    assert parse.province == PROVINCES[code]


@pytest.mark.parametrize("code", UNASSIGNED)
def test_a_code_that_was_never_given_out_is_refused(code: str) -> None:
    assert PLATES.parses(f"{code}A12345") == ()


@pytest.mark.parametrize(
    ("code", "then", "now"),
    [
        ("61", "Bình Dương", "TP.HCM"),
        ("72", "Bà Rịa-Vũng Tàu", "TP.HCM"),
        ("33", "Hà Nội", "Hà Nội"),
        ("23", "Hà Giang", "Tuyên Quang"),
        ("80", "Cục CSGT", "Cục CSGT"),
        ("97", "Bắc Kạn", "Thái Nguyên"),
    ],
)
def test_a_code_tells_the_province_then_and_now(code: str, then: str, now: str) -> None:
    assert (PROVINCES[code].then, PROVINCES[code].now) == (then, now)


def test_ho_chi_minh_city_has_thirteen_codes_and_there_are_thirty_four_provinces_now() -> None:
    assert sum(province.now == "TP.HCM" for province in PROVINCES.values()) == 13
    assert len({province.now for province in PROVINCES.values()} - {"Cục CSGT"}) == 34


@pytest.mark.parametrize(
    ("kind", "display"),
    [
        ("car", "61A-123.45"),
        ("car", "61A-1234"),
        ("car", "61A-123"),
        ("motorbike", "61-AB 123.45"),
        ("motorbike", "61-AR 123.45"),
        ("motorbike", "61-AG 123.45"),
        ("old motorbike", "59-X1 123.45"),
        ("old motorbike", "61-F1 1234"),
        ("old moped", "61-AA 1234"),
        ("electric motorbike", "29-MĐ1 123.45"),
        ("trailer, legacy", "61R-012.34"),
        ("trailer", "61RM-012.34"),
        ("military business", "61KT-123.45"),
        ("foreign-invested", "61LD-123.45"),
        ("project", "61DA-1234"),
        ("restricted range", "61HC-123.45"),
        ("special-purpose machine", "61CD-123.45"),
        ("tractor, legacy", "61MK-123.45"),
        ("pilot vehicle, legacy", "61TĐ-123.45"),
        ("electric, legacy", "61MĐ-123.45"),
        ("economic zone Lao Bảo", "74LB-123.45"),
        ("economic zone Cầu Treo", "38CT-123.45"),
        ("temporary", "T61-123.45"),
        ("temporary", "T61-1234"),
        ("diplomatic", "80-441-NG-02"),
        ("diplomatic", "80-441-QT-02"),
        ("diplomatic", "80-441-NN-002"),
        ("diplomatic", "80-441-CV-02"),
        ("diplomatic", "80-NG 441-02"),
        ("military", "AT-12-34"),
        ("military", "AT 123"),
    ],
)
def test_every_series_is_read_from_its_compact_form(kind: str, display: str) -> None:
    found = PLATES.parses(compact_of(display))
    assert (kind, display) in [(parse.kind, parse.display) for parse in found]
    assert all(not parse.edits for parse in found)


@pytest.mark.parametrize("unit", sorted(MILITARY_UNITS))
def test_every_known_military_unit_is_read_on_red(unit: str) -> None:
    parse = PLATES.parses(f"{unit}1234", PlateEvidence(background="red", text_colour="white"))[0]
    assert (parse.kind, parse.against) == ("military", ())


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("61A12345", ["car", "old motorbike"]),
        ("61LD12345", ["foreign-invested", "motorbike"]),
        ("61CD12345", ["special-purpose machine", "motorbike"]),
        ("80NN16806", ["diplomatic", "motorbike"]),
    ],
)
def test_an_ambiguous_text_has_all_its_readings(text: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in readings(text)] == kinds


@pytest.mark.parametrize(
    ("known", "first", "against"),
    [
        ({"vehicle_class": "car"}, "car", "the vehicle is no motorcycle"),
        ({"vehicle_class": "motorcycle"}, "old motorbike", "the vehicle is a motorcycle"),
        ({"first_row": 4}, "old motorbike", "the rows are split elsewhere"),
        ({"first_row": 3}, "car", "the rows are split elsewhere"),
        ({"layout": "one_line"}, "car", "a motorbike's plate has two lines"),
    ],
)
def test_evidence_orders_the_readings_and_keeps_them_all(known: dict[str, object], first: str, against: str) -> None:
    found = PLATES.parses("61A12345", PlateEvidence(**known))  # type: ignore[arg-type]
    assert [found[0].kind, found[0].against, len(found)] == [first, (), 2]
    assert found[1].against == (against,)


@pytest.mark.parametrize(
    ("text", "known", "against"),
    [
        ("61V1234", {"background": "blue"}, "blue plates have letters A to M"),
        ("61V1234", {"background": "white", "text_colour": "red"}, "red letters on white are diplomatic"),
        ("61V1234", {"background": "red"}, "a red background is military"),
        ("AT1234", {"background": "white"}, "a military plate is red"),
        ("AZ1234", {"background": "red"}, "not a unit on the known list"),
    ],
)
def test_a_colour_that_does_not_fit_is_told(text: str, known: dict[str, str], against: str) -> None:
    assert [parse.against for parse in PLATES.parses(text, PlateEvidence(**known))] == [(against,)]  # type: ignore[arg-type]


@pytest.mark.parametrize("pair", [("white", "black"), ("yellow", "black"), ("blue", "white"), ("yellow", "red")])
def test_a_fitting_civil_colour_speaks_against_nothing(pair: tuple[str, str]) -> None:
    assert pair in COLOURS
    assert PLATES.parses("61A1234", PlateEvidence(background=pair[0], text_colour=pair[1]))[0].against == ()


@pytest.mark.parametrize(("was", "now"), sorted(AT_DIGIT.items()))
def test_a_letter_in_a_digits_place_is_mended_and_told(was: str, now: str) -> None:
    parse = PLATES.parses(f"61A123{was}5", PlateEvidence(vehicle_class="car"))[0]
    assert (parse.compact, [(e.position, e.was, e.now) for e in parse.edits]) == (f"61A123{now}5", [(6, was, now)])


@pytest.mark.parametrize(("was", "now"), sorted(AT_LETTER.items()))
def test_a_digit_in_a_letters_place_is_mended_and_told(was: str, now: str) -> None:
    parse = PLATES.parses(f"61{was}12345", PlateEvidence(vehicle_class="car"))[0]
    assert (parse.compact, [(e.position, e.was, e.now) for e in parse.edits]) == (f"61{now}12345", [(2, was, now)])


@pytest.mark.parametrize("letter", "JW")
def test_j_and_w_in_a_letters_place_are_flagged_and_never_mended(letter: str) -> None:
    assert PLATES.parses(f"61{letter}12345") == ()
    assert PLATES.flags(f"61{letter}12345")[0].startswith(f"{letter} at place 2")
    assert PLATES.flags("61A12345") == ()


def test_r_is_never_mapped_away() -> None:
    assert "R" not in AT_DIGIT | AT_LETTER
    assert readings("61R12345") == [("trailer, legacy", "61R-123.45")]
    assert readings("61RA12345") == []


@pytest.mark.parametrize("text", ["", "C00D", "AUDI", "0912345678", "HELLO WORLD", "61A1234567", "1111", "ĐĐĐ", "ß²61"])
def test_what_is_no_plate_has_no_reading(text: str) -> None:
    assert PLATES.parses(text) == ()


@given(legal_plates())
def test_every_legal_plate_goes_to_compact_and_back(plate: tuple[Form, str]) -> None:
    form, display = plate
    for text in (display, compact_of(display), display.lower()):
        found = PLATES.parses(text)
        assert (form.kind, display) in [(parse.kind, parse.display) for parse in found]
        assert all(compact_of(parse.display) == parse.compact == compact_text(text) for parse in found)
        assert all(not parse.edits for parse in found), "a legal text is never repaired"


@given(st.text("ABDIJOQRWZ0123456789", min_size=5, max_size=10))
def test_no_illegal_letter_comes_out_and_no_change_is_silent(text: str) -> None:
    for parse in PLATES.parses(text):
        if parse.kind not in ("military", "diplomatic"):
            assert not set(parse.compact) & set("IJOQW")
        changed = [(i, was, now) for i, (was, now) in enumerate(zip(text, parse.compact, strict=True)) if was != now]
        assert changed == [(edit.position, edit.was, edit.now) for edit in parse.edits]
        assert len(changed) <= MAX_EDITS


@given(st.text("ABDIOZ0123456789", min_size=5, max_size=10))
def test_on_red_nothing_is_repaired_into_a_civil_plate(text: str) -> None:
    for parse in PLATES.parses(text, PlateEvidence(background="red")):
        assert parse.kind == "military" or not parse.edits


@pytest.fixture
def announced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that announces a grammar, with what this project's own metadata says."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]
    points = declared["camera_pipeline.plate_grammars"] | {"elsewhere": "elsewhere_plates:Elsewhere"}
    package = tmp_path / "elsewhere_plates-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere-plates\nVersion: 1\n")
    lines = "\n".join(f"{name} = {value}" for name, value in points.items())
    (package / "entry_points.txt").write_text(f"[camera_pipeline.plate_grammars]\n{lines}\n")
    (tmp_path / "elsewhere_plates.py").write_text(
        "class Elsewhere:\n    def parses(self, text, evidence=None):\n        return ()\n"
        "    def flags(self, text):\n        return ()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("announced")
def test_vietnams_grammar_and_that_of_another_package_are_loaded_by_name() -> None:
    assert isinstance(load_grammar("vietnam"), VietnamesePlates)
    assert load_grammar("elsewhere").parses("61A12345") == ()


@pytest.mark.usefixtures("announced")
def test_an_unknown_grammar_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"`mars` is not known \(known: elsewhere, vietnam\)"):
        load_grammar("mars")


def test_the_examples_of_the_documentation_are_true() -> None:
    result = doctest.testfile(str(ROOT / "docs/plates.md"), module_relative=False)
    assert result.attempted > 5
    assert result.failed == 0
