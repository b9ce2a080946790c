"""`rehearse`: a camera's rules over kept traces, what changes against another configuration, pictures of each."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from camera_pipeline.cli.live import ConfigArgument
from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.cli.recorded import camera_of
from camera_pipeline.config import Camera, Config
from camera_pipeline.errors import UserError
from camera_pipeline.events.browse import one_line, parse_time
from camera_pipeline.pipeline.rehearsal import Rehearsal, rehearse
from camera_pipeline.pipeline.rehearsal_diff import Change, Compared, alarm_load, compare, count_by_hour
from camera_pipeline.pipeline.rehearsal_sheet import draw_sheets
from camera_pipeline.pipeline.trace_folder import FOLDER, pieces_between

_console = Console(stderr=True)

_LISTED = 40
"""Candidates named one by one; the sheets and the table show the rest."""
_SHORT_S = 3600.0
_SIGNS = {Change.KEPT: " ", Change.ADDED: "+", Change.REMOVED: "-"}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("rehearse")(rehearse_rules)


def rehearse_rules(
    config: ConfigArgument,
    camera: Annotated[str, typer.Option(help="Id of the camera.")],
    since: Annotated[str | None, typer.Option("--from", help="Age (2h, 7d) or time, ISO 8601 with zone.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="The same; frames from then on are left out.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="Configuration to compare with, as a rule the one in use.")
    ] = None,
    traces: Annotated[
        list[Path] | None, typer.Option(help="Traces in order, instead of those kept in the data folder.")
    ] = None,
    footage: Annotated[
        list[Path] | None, typer.Option(help="Footage of that time, for the sheets of pictures.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="Time of the footage's first picture, as in `replay`.")] = None,
    out: Annotated[Path, typer.Option(help="Folder that gets the sheets.")] = Path("rehearsal"),
) -> None:
    """Try a camera's rules on kept traces: what they would tell, and what changes against another configuration.

    Nothing is delivered. Traces are kept where `traces:` stands in the configuration; `replay --trace` makes others.

    Examples:

    `camera-pipeline rehearse new.yaml --camera ql13-north --from 7d --against /etc/camera-pipeline/config.yaml`

    `camera-pipeline rehearse new.yaml --camera junction --traces junction.jsonl.zst --footage junction.mp4`
    """
    set_up_logging(level=logging.WARNING)
    settings, one = camera_of(config, camera)
    other = camera_of(against, camera) if against is not None else None
    between = _moment(since), _moment(until)
    paths = traces or _kept(settings, one, *between)
    with _console.status("rehearsing") as status:
        new = _rehearse(settings, one, paths, between, status)
        old = _rehearse(*other, paths, between, status) if other is not None else None
    compared = compare(new, old)
    for line in _findings(new, old, compared):
        typer.echo(line)
    changed = [each for each in compared if old is None or each.change is not Change.KEPT]
    _draw(changed, (one, old.camera if old is not None else one), footage, out, _moment(start))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)


def _kept(config: Config, camera: Camera, since: datetime | None, until: datetime | None) -> list[Path]:
    folder = config.server.data_dir / FOLDER / camera.id
    paths = pieces_between(folder, since, until)
    if not paths:
        raise UserError(
            f"{folder}: no traces of that time\n    cure: keep them with `traces: {{}}` in the configuration of the "
            "service, name another time, or name files with --traces"
        )
    return paths


def _rehearse(
    config: Config,
    camera: Camera,
    paths: Sequence[Path],
    between: tuple[datetime | None, datetime | None],
    status: Status,
) -> Rehearsal:
    return rehearse(
        config, camera, paths, since=between[0], until=between[1],
        progress=lambda at: status.update(f"rehearsing {at:%Y-%m-%d %H:%M}"),
    )  # fmt: skip


def _findings(new: Rehearsal, old: Rehearsal | None, compared: Sequence[Compared]) -> Iterator[str]:
    changed = [one for one in compared if old is None or one.change is not Change.KEPT]
    yield from (f"{_SIGNS[one.change]} {one_line(one.told.event)}" for one in changed[:_LISTED])
    if len(changed) > _LISTED:
        yield f"  ... and {len(changed) - _LISTED} more"
    yield ""
    yield from _by_hour(compared, new.camera.timezone, alone=old is None)
    yield ""
    yield from _loads(new, old)
    yield f"{new.frames} frames, {new.watched_s / 3600:.2f} h watched"
    if new.watched_s < _SHORT_S:
        yield "less than an hour was watched: take the alarms a day for a guess"
    yield from (f"{path}: its end is missing; what is before it was used" for path in new.cut)


def _by_hour(compared: Sequence[Compared], timezone: str, *, alone: bool) -> Iterator[str]:
    columns = {"told": Change.KEPT} if alone else {change.value: change for change in Change}
    yield f"{'candidates':24s}{'hour':18s}" + "".join(f"{name:>9s}" for name in columns)
    for (kind, hour), counts in count_by_hour(compared, timezone).items():
        yield f"{kind:24s}{hour:%Y-%m-%d %H:00}  " + "".join(f"{counts[change]:9d}" for change in columns.values())
    if not compared:
        yield "none"


def _loads(new: Rehearsal, old: Rehearsal | None) -> Iterator[str]:
    before = {load.kind: load.a_day for load in alarm_load(old)} if old is not None else {}
    yield f"{'alarms a day':24s}" + (f"{'before':>10s}" if old is not None else "") + f"{'now':>10s}{'budget':>10s}"
    for load in alarm_load(new):
        was = f"{before.get(load.kind, 0.0):10.1f}" if old is not None else ""
        over = "   over the budget" if load.a_day > load.budget else ""
        yield f"{load.kind:24s}{was}{load.a_day:10.1f}{load.budget:10d}{over}"


def _draw(
    compared: Sequence[Compared],
    cameras: tuple[Camera, Camera],
    footage: list[Path] | None,
    out: Path,
    start: datetime | None,
) -> None:
    if not compared:
        return
    if not footage:
        typer.echo("no pictures: name footage of that time with --footage to see each of them")
        return
    with _console.status("drawing"):
        sheets = draw_sheets(compared, cameras, footage, out, start=start)
    typer.echo(f"{sheets.shown} of {len(compared)} on {len(sheets.paths)} sheet(s) in {out}")
    if sheets.missing:
        typer.echo(f"{sheets.missing} lie outside of the footage; --start tells when it begins, where it does not say")
