"""Read a YAML file with the line of every key, refusing what YAML lets pass silently: duplicate keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from camera_pipeline.config.mistakes import KeyPath, Mistake
from camera_pipeline.errors import ConfigError

_MAX_BYTES = (
    16 * 1024 * 1024
)  # thousands of cameras with their lines stay well below; a video given by mistake does not


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file's content.

    Attributes:
        value: what it says; None for an empty file.
        lines: line number of every key and list item, by path.
        mistakes: duplicate keys.
    """

    value: object
    lines: dict[KeyPath, int]
    mistakes: list[Mistake]


def read_yaml(path: Path) -> YamlFile:
    """Read a file.

    Raises:
        ConfigError: it cannot be read, is no text, or is not YAML.
    """
    text = _text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        at = f"{path}:{where.line + 1}" if where else str(path)
        problem = getattr(error, "problem", None) or str(error) or type(error).__name__
        raise ConfigError(
            f"{at}: not valid YAML ({problem})\n    cure: check indentation, colons and quotes"
        ) from error
    except ValueError as error:  # e.g. a timestamp such as 2026-13-45
        raise ConfigError(f"{path}: not valid YAML ({error})\n    cure: put the value in quotes") from error
    if node is None:
        return YamlFile(None, {}, [])
    lines: dict[KeyPath, int] = {}
    mistakes: list[Mistake] = []
    for key_path, number, duplicate in _walk(node, (), set()):
        if duplicate:
            cure = f"the key stands here twice (line {lines[key_path]} too); keep one"
            mistakes.append(Mistake(path=key_path, value="", expected="each key once", cure=cure))
        lines[key_path] = number
    return YamlFile(value, lines, mistakes)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{path}: larger than {_MAX_BYTES // 1024 // 1024} MiB\n    cure: name a YAML file")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file\n    cure: check the path; examples are in configs/") from error
    except IsADirectoryError as error:
        raise ConfigError(f"{path}: is a folder\n    cure: name a file in it") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text\n    cure: save the file as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})\n    cure: check its permissions") from error


def _walk(node: yaml.Node, path: KeyPath, above: set[int]) -> Iterator[tuple[KeyPath, int, bool]]:
    """Yield path, line and whether the key was seen before, for all keys below a node."""
    if id(node) in above:  # an alias of a node that contains it
        return
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*path, str(key.value))
            yield here, key.start_mark.line + 1, str(key.value) in seen
            seen.add(str(key.value))
            yield from _walk(value, here, above | {id(node)})
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*path, index), item.start_mark.line + 1, False
            yield from _walk(item, (*path, index), above | {id(node)})
