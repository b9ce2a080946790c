"""Plates of whole pictures against their known texts, by everything that reads them: what `plates evaluate` does."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import PlateSettings
from camera_pipeline.detect.plate_answers import Answered, Reading
from camera_pipeline.detect.tiles import write_tiles
from camera_pipeline.errors import UserError
from camera_pipeline.pipeline.plate_pictures import PictureRead, plate_pictures
from camera_pipeline.pipeline.snapshots import first_picture
from camera_pipeline.plate_characters import compact_text

Image = NDArray[np.uint8]
TILE_WH, CAPTION_PX, COLUMNS, TILES = (380, 285), 22, 4, 40
FOUND, TEXT = (0, 200, 0), (255, 255, 255)  # BGR


@dataclass(frozen=True, slots=True)
class KnownPlate:
    """A picture and the plate in it: compact text, and printed rows where they are told."""

    picture: Path
    text: str
    rows: int | None


def known_plates(data: Path, table: Path) -> list[KnownPlate]:
    """Read the texts of the pictures in a folder, or in folders within it.

    Args:
        data: the folder.
        table: CSV with the columns `file` (relative to the table), `text`, and perhaps `lines`.

    Raises:
        UserError: it is no such table, or names no picture in the folder.
    """
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        told = [
            KnownPlate(
                table.parent / row["file"], compact_text(row["text"]), int(row["lines"]) if "lines" in row else None
            )
            for row in rows
        ]
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        cure = "name a CSV file with the columns file (relative to it), text, and perhaps lines"
        raise UserError(f"{table}: is no table of plates ({error})\n    cure: {cure}") from error
    folder = data.resolve()
    own = [plate for plate in told if folder in plate.picture.resolve().parents]
    if not own:
        raise UserError(f"{table}: names no picture in {data}\n    cure: name the folder that its files lie in")
    return own


class PlateEvaluation:
    """Reads pictures whose plates are known.

    Args:
        settings: how plates are read.

    Raises:
        ModelError: a model cannot be used.
    """

    def __init__(self, settings: PlateSettings) -> None:
        self.least = settings.character_confidence
        self._looking = plate_pictures(settings.model_copy(update={"character_confidence": 0.0}))
        self._tiles: list[Image] = []

    def read(self, plate: KnownPlate) -> Answered:
        """Read a picture.

        Raises:
            MediaError: it cannot be read.
            InferenceError: a network failed.
        """
        image = first_picture(plate.picture)
        found = self._looking.read(image)
        readings = sorted(_readings(found), key=lambda reading: -reading.least)
        light = float(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).mean())
        answered = Answered(truth=plate.text, rows=plate.rows, light=light, readings=tuple(readings))
        verdict = answered.verdict(self.least)
        if verdict != "right" and len(self._tiles) < TILES:
            self._tiles.append(_tile(image, plate, found, verdict))
        return answered

    def write_sheet(self, path: Path) -> None:
        """Write the pictures that were answered wrong or left unread as one PNG.

        Raises:
            MediaError: it cannot be written.
        """
        write_tiles(path, self._tiles, _blank(), COLUMNS)


def _readings(found: list[PictureRead]) -> Iterator[Reading]:
    for one in found:
        if one.corners is not None and one.plate.raw:
            sides = one.corners[[3, 2]] - one.corners[[0, 1]]
            height_px = float(np.hypot(*sides.T).mean())
            plate = one.plate
            yield Reading(text=plate.text, raw=plate.raw, least=min(plate.confidence), height_px=height_px)


def _blank() -> Image:
    return np.zeros((TILE_WH[1] + CAPTION_PX, TILE_WH[0], 3), np.uint8)


def _tile(image: Image, plate: KnownPlate, found: list[PictureRead], verdict: str) -> Image:
    drawn = image.copy()
    for one in found:
        if one.corners is not None:
            cv2.polylines(drawn, [one.corners.round().astype(np.int32)], isClosed=True, color=FOUND, thickness=1)
    tile = _blank()
    tile[: TILE_WH[1]] = cv2.resize(drawn, TILE_WH, interpolation=cv2.INTER_AREA)
    said = [one.plate.raw or one.plate.reason or "" for one in found]
    caption = f"{plate.picture.stem} {verdict} {plate.text} / {', '.join(said)}"
    cv2.putText(tile, caption, (4, TILE_WH[1] + 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, TEXT, 1, cv2.LINE_AA)
    return tile
