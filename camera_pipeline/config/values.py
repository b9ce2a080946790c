"""Values of which all settings are made, and the base of their models. Pure."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Point = tuple[Fraction, Fraction]
Line = Annotated[tuple[Point, ...], Field(min_length=2)]
Polygon = Annotated[tuple[Point, ...], Field(min_length=3)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""Letters, digits, `_ . -`; begins with a letter or digit; at most 64 characters."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("no such time zone; write it as in the tz database, e.g. Asia/Ho_Chi_Minh") from error
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
"""A time zone by its name in the tz database."""


class Settings(BaseModel):
    """Base of everything configurable: closed and frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
