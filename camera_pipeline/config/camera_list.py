"""Read a province's cameras from a spreadsheet saved as CSV: one row a camera, one column a key of the camera.

Columns are named like the scalar keys of a camera (`id`, `url`, `area`, `latitude`, `analyse_fps` ...). Lines, zones,
lanes, signals, calibrations and rules are drawn per camera and stay in the YAML file, under the same id.
"""

import csv
import difflib
from pathlib import Path

from camera_pipeline.config.model import Camera
from camera_pipeline.errors import ConfigError

_SHAPES = {"lines", "zones", "lanes", "signals", "calibration", "rules"}
COLUMNS = tuple(name for name in Camera.model_fields if name not in _SHAPES)


def read_camera_list(path: Path) -> list[dict[str, str]]:
    """Return one mapping a row, without its empty cells.

    The separator may be a comma, semicolon or tab; a byte-order mark (spreadsheets write one) is passed over.

    Raises:
        ConfigError: the file cannot be read, a column is unknown or missing, or a row has no or a doubled id.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        cure = "check the path, and save the sheet as CSV in UTF-8"
        raise ConfigError(f"{path}: cannot be read ({reason})\n    cure: {cure}") from error
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    rows = csv.DictReader(text.splitlines(), delimiter=separator, strict=True)
    problems = _column_problems(path, [(name or "").strip() for name in rows.fieldnames or ()])
    cameras = [] if problems else _cameras(path, rows, problems)
    if problems:
        raise ConfigError("\n".join([f"{path}: {len(problems)} mistake(s)", *problems]))
    return cameras


def _column_problems(path: Path, names: list[str]) -> list[str]:
    if "id" not in names:
        return [f"{path}:1: no column `id`\n    cure: name the columns in the first row, one of them `id`"]
    problems = []
    for name in names:
        if name not in COLUMNS:
            close = difflib.get_close_matches(name, COLUMNS, n=1)
            cure = f"did you mean `{close[0]}`?" if close else f"use one of: {', '.join(COLUMNS)}"
            problems.append(f"{path}:1: unknown column `{name}`\n    cure: {cure}")
    return problems


def _cameras(path: Path, rows: "csv.DictReader[str]", problems: list[str]) -> list[dict[str, str]]:
    cameras, line_of = [], dict[str, int]()
    try:
        for row in rows:
            cells = {key.strip(): (value or "").strip() for key, value in row.items() if isinstance(key, str)}
            camera_id = cells.get("id", "")
            if None in row:
                problems.append(
                    f"{path}:{rows.line_num}: more cells than columns\n    cure: put text with separators in quotes"
                )
            elif not camera_id:
                problems.append(f"{path}:{rows.line_num}: no id\n    cure: give the camera an id, or remove the row")
            elif camera_id in line_of:
                first = line_of[camera_id]
                problems.append(
                    f"{path}:{rows.line_num}: id {camera_id} also stands in line {first}\n    cure: rename one"
                )
            line_of.setdefault(camera_id, rows.line_num)
            cameras.append({key: value for key, value in cells.items() if value})
    except csv.Error as error:
        problems.append(f"{path}:{rows.line_num}: {error}\n    cure: save the sheet as CSV again")
    return cameras
