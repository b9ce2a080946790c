"""`plates`: the number plates in pictures, and how many are right where the truth is known."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from typer.core import TyperGroup

from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.config import DetectorSettings, PlateSettings
from camera_pipeline.detect.plate_answers import table as table_of
from camera_pipeline.pipeline.plate_evaluation import PlateEvaluation, known_plates
from camera_pipeline.pipeline.plate_pictures import PictureRead, pictures_in, plate_pictures
from camera_pipeline.pipeline.snapshots import first_picture

_console = Console(stderr=True)


class _ReadByDefault(TyperGroup):
    """`plates PICTURE...` reads; other words are names of commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # the context is click's or typer's own, by version
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["read", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="plates", help="Read number plates in pictures, and measure it.", no_args_is_help=True, cls=_ReadByDefault
)

FinderOption = Annotated[str, typer.Option(help="Model that finds plates: a name, or a manifest.")]
ReaderOption = Annotated[str, typer.Option(help="Model that reads characters: a name, or a manifest.")]


@app.command("read")
def read(
    files: Annotated[list[Path], typer.Argument(help="Pictures, or folders of pictures.")],
    finder: FinderOption = "plates",
    reader: ReaderOption = "plate_text",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a vehicle instead of a table.")] = False,
) -> None:
    """Read the plates of the vehicles in pictures, or say why they are unread. The word `read` may be left out.

    Example: `camera-pipeline plates gate.jpg photos/`
    """
    set_up_logging(level=logging.WARNING)
    looking = plate_pictures(_settings(finder, reader))
    table = Table("picture", "vehicle", "plate", "reading", "least sure", "unread because", box=None)
    for path in track(pictures_in(files), "reading", console=_console):
        for one in looking.read(first_picture(path)):
            if as_json:
                typer.echo(json.dumps(_plain(path, one), ensure_ascii=False))
            else:
                table.add_row(path.name, *_row(one))
    if not as_json:
        Console(width=None if Console().is_terminal else 200).print(table)


@app.command("evaluate")
def evaluate(
    data: Annotated[Path, typer.Option(help="Folder of whole pictures, or of folders of them.")],
    truth: Annotated[
        Path | None,
        typer.Option(help="CSV: file (relative to it), text, perhaps lines. Default: text.csv in the folder."),
    ] = None,
    finder: FinderOption = "plates",
    reader: ReaderOption = "plate_text",
    sheet: Annotated[Path | None, typer.Option(help="PNG that gets what was wrong or unread, to look at.")] = None,
) -> None:
    """Measure on whole pictures how many plates are read right: vehicles, plates, characters and grammar together.

    Crops of plates are measured by `models evaluate plate_text`.

    Example: `camera-pipeline plates evaluate --data gate_pictures --truth gate_pictures/text.csv`
    """
    set_up_logging(level=logging.WARNING)
    plates = known_plates(data, truth or data / "text.csv")
    evaluation = PlateEvaluation(_settings(finder, reader))
    answered = [evaluation.read(plate) for plate in track(plates, "reading", console=_console)]
    typer.echo(
        f"{len(plates)} picture(s); an answer must be {evaluation.least} sure\n{table_of(answered, evaluation.least)}"
    )
    if sheet is not None:
        evaluation.write_sheet(sheet)
        typer.echo(f"wrong and unread ones: {sheet}")


def _settings(finder: str, reader: str) -> PlateSettings:
    return PlateSettings(finder=DetectorSettings(model=finder), reader=DetectorSettings(model=reader))


def _row(one: PictureRead) -> list[str]:
    plate = one.plate
    return [
        one.class_name,
        plate.display or "",
        f"{plate.readings[0][0]}{', needs a person' if plate.needs_person else ''}" if plate.readings else "",
        f"{min(plate.confidence):.2f}" if plate.confidence else "",
        plate.reason or "",
    ]


def _plain(path: Path, one: PictureRead) -> dict[str, object]:
    plate = asdict(one.plate)
    for unknown in ("track_id", "view"):  # a picture has neither
        del plate[unknown]
    return {
        "file": str(path),
        "class": one.class_name,
        "xyxy": [round(edge, 1) for edge in one.xyxy.tolist()],
        "corners": None if one.corners is None else one.corners.round(1).tolist(),
        "plate": plate,
    }
