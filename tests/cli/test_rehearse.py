"""`rehearse` as a person meets it."""

from pathlib import Path

import pytest

from tests.cli.test_commands import run

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "configs" / "demo.yaml"
TRACE = ROOT / "tests" / "golden" / "junction.trace.jsonl.zst"
Said = pytest.CaptureFixture[str]


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """The demonstration's configuration with a stop line drawn where vehicles wait."""
    text, line = DEMO.read_text(), "[[0.3684, 0.5535], [0.7312, 0.5465]]"
    assert line in text
    path = tmp_path / "moved.yaml"
    path.write_text(text.replace(line, "[[0.3484, 0.6335], [0.7712, 0.6265]]"))
    return path


def test_what_a_moved_line_adds_is_told_by_kind_and_hour_with_the_load_a_day(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, moved: Path
) -> None:
    assert run(monkeypatch, "rehearse", moved, "--camera", "junction", "--traces", TRACE, "--against", DEMO) == 0
    said = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[-3:] for line in said.splitlines() if " 07:00 " in line}
    assert rows["red_light"] == ["3", "0", "0"]
    assert rows["stop_line"] == ["1", "3", "0"]
    assert len([line for line in said.splitlines() if line.startswith("+ ") and "stop_line" in line]) == 3
    assert "over the budget" in said
    assert "less than an hour was watched" in said
    assert "no pictures: name footage" in said


def test_alone_it_tells_what_the_rules_would(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    assert run(monkeypatch, "rehearse", DEMO, "--camera", "junction", "--traces", TRACE) == 0
    said = capsys.readouterr().out
    assert "told" in said
    assert "added" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--camera", "junction"], ["no traces of that time", "cure: keep them with `traces: {}`"]),
        (["--camera", "juntcion"], ["no camera juntcion"]),
        (["--camera", "junction", "--traces", "nowhere.zst"], ["nowhere.zst", "cure:"]),
        (["--camera", "junction", "--from", "yesterday"], ["'yesterday' is no time"]),
        (
            ["--camera", "junction", "--traces", str(TRACE), "--to", "2020-01-01T00:00:00+07:00"],
            ["no frame of that time"],
        ),
        (["--camera", "junction", "--traces", str(TRACE), "--footage", "nowhere.mp4"], ["nowhere.mp4"]),
    ],
)
def test_a_mistake_is_told_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, tmp_path: Path, arguments: list[str], words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "rehearse", DEMO, *arguments) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    for word in words:
        assert word in said
