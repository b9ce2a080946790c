"""Settings that name something drawn on the camera, and the check that it is there. Used by rules' settings models."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from camera_pipeline.config import Camera, Settings
from camera_pipeline.config.mistakes import KeyPath, Mistake
from camera_pipeline.config.values import Name


@dataclass(frozen=True, slots=True)
class Drawn:
    """Marks a setting as the name of something drawn on the camera; `collection` is the camera's field."""

    collection: str


LineName = Annotated[Name, Drawn("lines")]
ZoneName = Annotated[Name, Drawn("zones")]
LaneName = Annotated[Name, Drawn("lanes")]
SignalName = Annotated[Name, Drawn("signals")]


def missing_drawings(camera: Camera, settings: Settings) -> list[Mistake]:
    """Return one mistake for each name in the settings that is not drawn on the camera."""
    return [
        _mistake(path, name, collection, sorted(getattr(camera, collection)))
        for path, name, collection in _names(settings)
        if name not in getattr(camera, collection)
    ]


def needs(settings_type: type[Settings]) -> tuple[str, ...]:
    """Return what a rule with these settings cannot do without: `lines`, `zones`, `lanes`, `signals`."""
    needed = {
        drawn.collection
        for field in settings_type.model_fields.values()
        if (drawn := _drawn(field.annotation, field.metadata)) is not None and (field.is_required() or field.default)
    }
    return tuple(sorted(needed))


def _names(settings: Settings) -> Iterator[tuple[KeyPath, str, str]]:
    for key, field in type(settings).model_fields.items():
        drawn, value = _drawn(field.annotation, field.metadata), getattr(settings, key)
        if isinstance(value, Mapping):
            for inner, item in value.items():
                named = _names(item) if isinstance(item, Settings) else ()
                yield from (((key, inner, *path), name, collection) for path, name, collection in named)
            continue
        if drawn is None or value is None:
            continue
        if isinstance(value, str):
            yield (key,), value, drawn.collection
        else:
            yield from (((key, index), name, drawn.collection) for index, name in enumerate(value))


def _drawn(annotation: Any, metadata: list[Any]) -> Drawn | None:
    """Return the mark of a field, also where it stands inside `| None` or `tuple[..., ...]`."""
    own = next((mark for mark in metadata if isinstance(mark, Drawn)), None)
    inner = (_drawn(part, list(getattr(part, "__metadata__", ()))) for part in get_args(annotation))
    return own or next((mark for mark in inner if mark is not None), None)


def _mistake(path: KeyPath, name: str, collection: str, known: list[str]) -> Mistake:
    close = difflib.get_close_matches(name, known, n=1)
    kind = collection.removesuffix("s")
    cure = f"did you mean `{close[0]}`?" if close else f"draw `{name}` under the camera's `{collection}:`"
    listed = f"one of: {', '.join(known)}" if known else "it has none"
    return Mistake(path=path, value=name, expected=f"the name of a {kind} of this camera ({listed})", cure=cure)
