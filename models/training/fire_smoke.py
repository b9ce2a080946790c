"""Put together what the fire and smoke model learns from and is judged by. Run as a program before `fire_cells.py`.

Hardly any of the labelled fires burns on a road, so a network would learn that whatever is no road is smoke: streets,
yards and vehicles near by are shown besides. Every second road picture is trained on, the others judge, with roads of
other cameras and of sources that training leaves out. The folders it writes are those of `fire_smoke.yaml`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

OTHER_LICENCE: Final = "doanbui_"  # pictures under AGPL-3.0 are left out of training
OTHER_LICENCE_PLATES: Final = "openalpr_"  # likewise
DRAWN_ON: Final = "thanhngan_"  # pictures with their labels drawn in: a network would look for the frames


def road_halves(pictures: list[Path], used: set[str]) -> tuple[list[Path], list[Path]]:
    """Every second road picture in order of name, and the others but for those that training has under another name.

    Args:
        pictures: the road pictures.
        used: names without suffix of those that stand among the labelled fires.
    """
    ordered = sorted(path for path in pictures if not path.name.startswith(OTHER_LICENCE))
    return ordered[::2], [path for path in ordered[1::2] if path.stem not in used]


def add(folder: Path, picture: Path, labels: str) -> None:
    """Link a picture into a folder of YOLO text, with these labels."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    link = folder / "images" / picture.name
    link.unlink(missing_ok=True)
    link.symlink_to(picture.resolve())
    (folder / "labels" / f"{picture.stem}.txt").write_text(labels)


def prepare(shared: Path, target: Path) -> None:
    """Write the folders `train` and `val` of `target`.

    Args:
        shared: the folder that holds the sets `fire`, `vehicles` and `plates`.
        target: the folder to write.
    """
    fires = [
        path
        for path in pictures_of(shared / "fire/train")
        if not path.name.startswith((DRAWN_ON, f"road_{OTHER_LICENCE}"))
    ]
    used = {path.stem.removeprefix("road_") for path in fires}
    all_roads = pictures_of(shared / "vehicles/train")
    roads, kept = road_halves(all_roads, used)
    for path in fires:
        add(target / "train", path, labels_of(path))
    add_roads(target / "train", roads, used)
    near = [path for path in pictures_of(shared / "plates/train") if not path.name.startswith(OTHER_LICENCE_PLATES)]
    add_roads(target / "train", near, set())
    judges = [path for path in pictures_of(shared / "fire/val") if not path.name.startswith(DRAWN_ON)]
    for path in judges:
        add(target / "val", path, labels_of(path))
    others = [path for path in all_roads if path.name.startswith(OTHER_LICENCE)] + pictures_of(shared / "vehicles/val")
    add_roads(target / "val", kept + others, {path.stem.removeprefix("road_") for path in judges})


def pictures_of(folder: Path) -> list[Path]:
    """The pictures of a set, in order of name."""
    return sorted((folder / "images").glob("*.jpg"))


def labels_of(picture: Path) -> str:
    """A picture's labels as they stand in its set."""
    return (picture.parent.parent / "labels" / f"{picture.stem}.txt").read_text()


def add_roads(folder: Path, roads: list[Path], known: set[str]) -> None:
    """Link road pictures into a folder as pictures of nothing, but for those that it has under another name."""
    for path in roads:
        if path.stem not in known:
            add(folder, path, "")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("shared", type=Path, help="folder that holds the sets `fire`, `vehicles` and `plates`")
    parser.add_argument("target", type=Path, help="folder to write")
    options = parser.parse_args()
    prepare(options.shared, options.target)


if __name__ == "__main__":
    main()
