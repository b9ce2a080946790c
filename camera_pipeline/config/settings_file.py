"""A YAML file, or a value from elsewhere, as a closed model: all mistakes at once, with file, line, key and cure."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from camera_pipeline.config.mistakes import KeyPath, Mistake, mistakes_error, shown, translate
from camera_pipeline.config.values import Settings
from camera_pipeline.config.yaml_file import read_yaml

S = TypeVar("S", bound=Settings)
Check = Callable[[S], Iterable[Mistake]]


def read_settings(path: Path, model: type[S], *, example: str, check: Check[S] | None = None) -> S:
    """Return what a file holds.

    Args:
        path: the file.
        model: what it must hold.
        example: a file to start from, for who gave another kind of file.
        check: what may be wrong although each value alone is well formed.

    Raises:
        ConfigError: the file cannot be read, or holds mistakes: all of them are told.
    """
    file = read_yaml(path)
    return as_settings(
        file.value, model, str(path), example=example, check=check, twice=file.mistakes, lines=file.lines
    )


def as_settings(
    value: object,
    model: type[S],
    source: str,
    *,
    example: str,
    check: Check[S] | None = None,
    twice: Iterable[Mistake] = (),
    lines: Mapping[KeyPath, int] | None = None,
) -> S:
    """Return a value as a model.

    Args:
        value: as YAML or JSON gave it.
        model: what it must hold.
        source: where it comes from, for the message.
        example: as of `read_settings`.
        check: as of `read_settings`.
        twice: keys that stand there twice.
        lines: line of every key, where there are lines.

    Raises:
        ConfigError: it holds mistakes: all of them are told.
    """
    mistakes, places = list(twice), lines or {}
    if not isinstance(value, dict):
        cure = f"start from {example}"
        mistakes.append(Mistake(path=(), value=shown(value), expected="`name: value` pairs", cure=cure))
        raise mistakes_error(source, mistakes, places)
    try:
        settings = model.model_validate(value)
    except ValidationError as error:
        raise mistakes_error(source, mistakes + translate(error, model), places) from error
    mistakes += check(settings) if check is not None else ()
    if mistakes:
        raise mistakes_error(source, mistakes, places)
    return settings
