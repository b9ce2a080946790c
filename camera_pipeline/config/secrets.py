"""Fill `${NAME}`, `${NAME:-default}` and `${file:/path}` into addresses; refuse a password written in the file."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from camera_pipeline.config.mistakes import KeyPath, Mistake, shown

_PLACE = re.compile(r"\$\{(?:file:(?P<file>[^}]*)|(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?)\}")
_USER_INFO = re.compile(r"//([^/?#]*)@")


def fill_secrets(text: str, path: KeyPath, environ: Mapping[str, str]) -> tuple[str, list[Mistake]]:
    """Return the text with its places filled in, and what was wrong.

    Between `//` and `@` values are percent-encoded (RFC 3986 §3.2.1), so that a password may hold any character; a
    place that stands there alone may hold `user:password`.

    Args:
        text: an address as it stands in the file.
        path: where it stands.
        environ: the environment.
    """
    mistakes = [*_literal_password(text, path)]
    first, last = _user_info(text)

    def fill(place: re.Match[str]) -> str:
        file = place["file"]
        value = environ.get(place["name"], place["default"]) if file is None else _from_file(file)
        if value is None:
            mistakes.append(_unfilled(place, path))
        if not value or not first <= place.start() < last:
            return value or ""
        return quote(value, safe=":" if place.span() == (first, last) else "")

    return _PLACE.sub(fill, text), mistakes


def _user_info(text: str) -> tuple[int, int]:
    """Return where user and password begin and end; an empty span where there are none."""
    masked = _PLACE.sub(lambda place: "_" * len(place[0]), text)
    found = _USER_INFO.search(masked)
    return found.span(1) if found else (0, 0)


def _from_file(name: str) -> str | None:
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _unfilled(place: re.Match[str], path: KeyPath) -> Mistake:
    if place["file"] is not None:
        expected, cure = "a readable text file", f"create {place['file']}, or mend its path"
    else:
        expected, cure = "an environment variable that is set", f"set {place['name']} before the start"
    return Mistake(path=path, value=place[0], expected=expected, cure=cure)


def _literal_password(text: str, path: KeyPath) -> list[Mistake]:
    """A password is literal when something other than a place stands between `:` and `@` of the address."""
    try:
        user_info = urlsplit(_PLACE.sub("", text)).netloc.rpartition("@")[0]
    except ValueError:
        return []  # not an address at all; whoever opens it says so
    if not user_info.partition(":")[2]:
        return []
    cure = "write ${NAME} in its place and set NAME in the environment, or ${file:/path}"
    return [Mistake(path=path, value=shown(text), expected="no password in the configuration", cure=cure)]
