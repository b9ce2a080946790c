"""Mistakes in a configuration: where each stands, what is there, what was expected, and the cure.

All mistakes of a file are collected and reported at once, so that nobody mends a file one error at a time.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from camera_pipeline.errors import ConfigError
from camera_pipeline.redact import redact

KeyPath = tuple[str | int, ...]
_MAX_SHOWN = 80  # characters of a value; more hides the message


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake.

    Attributes:
        path: keys from the top of the file to the value.
        value: what stands there, as text, without credentials; empty when nothing does.
        expected: what should stand there.
        cure: what to do.
    """

    path: KeyPath
    value: str
    expected: str
    cure: str

    def text(self, file: str, lines: Mapping[KeyPath, int]) -> str:
        """Return the mistake for people, with the file and, where known, the line."""
        line = _line_of(self.path, lines)
        where = f"{file}:{line}" if line else file
        shown = f" = {self.value}" if self.value else ""
        return f"{where}: {key_path(self.path)}{shown}\n    expected: {self.expected}\n    cure: {self.cure}"


def key_path(path: Sequence[str | int]) -> str:
    """Return a path as people write it.

    >>> key_path(("cameras", 2, "lines", "stop_line", 0, 1))
    'cameras[2].lines.stop_line[0][1]'
    """
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".") or "(whole file)"


def shown(value: object) -> str:
    """Return a value for a message: short, and without credentials."""
    text = redact(value if isinstance(value, str) else repr(value))
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def mistakes_error(file: str, mistakes: Iterable[Mistake], lines: Mapping[KeyPath, int]) -> ConfigError:
    """Return one error that tells all mistakes, in the order of the file."""
    ordered = sorted(mistakes, key=lambda mistake: (_line_of(mistake.path, lines), key_path(mistake.path)))
    count = f"{len(ordered)} mistake{'s' if len(ordered) != 1 else ''}"
    return ConfigError("\n".join([f"{file}: {count}", *(mistake.text(file, lines) for mistake in ordered)]))


def translate(error: ValidationError, model: type[BaseModel], prefix: KeyPath = ()) -> list[Mistake]:
    """Return what a model refused, in the words of this project.

    Args:
        error: what the model raised.
        model: the model; its fields serve to suggest a key for a misspelt one.
        prefix: path of the checked value within the file.
    """
    details = error.errors(include_url=False)
    places = [detail["loc"] for detail in details]
    return [_mistake(detail, model, prefix) for detail in details if not _follows_from_another(detail, places)]


def _follows_from_another(detail: ErrorDetails, places: list[tuple[int | str, ...]]) -> bool:
    """A list that counts as too short only because one of its items is wrong is no mistake of its own."""
    length = len(detail["loc"])
    return detail["type"] == "too_short" and any(len(p) > length and p[:length] == detail["loc"] for p in places)


def _mistake(detail: ErrorDetails, model: type[BaseModel], prefix: KeyPath) -> Mistake:
    kind, path = detail["type"], prefix + tuple(detail["loc"])
    if kind == "extra_forbidden":
        return _unknown_key(path, tuple(detail["loc"]), model)
    if kind == "missing":
        return Mistake(path=path, value="", expected="a value: this key is required", cure=f"add `{path[-1]}`")
    expected = _sentence(detail)
    return Mistake(path=path, value=shown(detail["input"]), expected=expected, cure=_cure(kind, detail))


def _unknown_key(path: KeyPath, location: KeyPath, model: type[BaseModel]) -> Mistake:
    known = sorted(_fields_at(model, location[:-1]))
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    cure = f"did you mean `{close[0]}`? Else remove the key" if close else "remove the key"
    return Mistake(path=path, value="", expected=f"one of: {', '.join(known)}", cure=cure)


def _fields_at(model: type[BaseModel], location: KeyPath) -> set[str]:
    """Return the keys known at a place, found by walking the annotations of models and containers."""
    annotation: Any = model
    for key in location:
        fields = getattr(annotation, "model_fields", None)
        annotation = fields[key].annotation if fields and key in fields else annotation
        if fields is None or not isinstance(key, str):
            annotation = _model_in(annotation)
    return set(getattr(_model_in(annotation), "model_fields", ()))


def _model_in(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def _sentence(detail: ErrorDetails) -> str:
    if detail["type"] == "string_pattern_mismatch":
        return "a plain name"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return message[:1].lower() + message[1:] if message else "another value"


def _cure(kind: str, detail: ErrorDetails) -> str:
    if kind in ("less_than_equal", "greater_than_equal") and detail.get("ctx", {}).get("le", 1) == 1:
        if "le" in detail.get("ctx", {}):
            return "points are fractions of the frame: divide pixels by the frame's width or height"
        return "use a value within the range"
    cures = {
        "enum": "use one of the values above",
        "float_parsing": "write a number without unit",
        "float_type": "write a number without unit",
        "int_parsing": "write a whole number without unit",
        "bool_parsing": "write true or false",
        "tuple_type": "write a list, e.g. [[0.1, 0.5], [0.6, 0.5]]",
        "dict_type": "write `name: value` pairs below the key",
        "string_pattern_mismatch": "use letters, digits, `_`, `.` and `-` only, at most 64",
        "string_type": "write text; put it in quotes if YAML reads it as something else",
        "too_short": "add the points that are missing",
        "value_error": "change it as said",
    }
    return cures.get(kind, "change the value")


def _line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int:
    """Return the line of the value, or of the nearest thing above it; 0 where nothing is known."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0
