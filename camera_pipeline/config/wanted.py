"""Settings of what is done with plates that were read: who is looked for, and which plates are on two vehicles."""

from pathlib import Path
from typing import Self

from pydantic import NonNegativeFloat, PositiveFloat, model_validator

from camera_pipeline.config.values import Fraction, Name, Settings


class WatchListSettings(Settings):
    """Where the plates stand that somebody looks for; the rule `watch_list` tells them. Read again when they change."""

    file: Path | None = None
    """YAML file, as `configs/watch_lists/example.yaml`."""
    redis_key: str | None = None
    """Key of the server in `redis` that holds the same as JSON; one list for many servers."""

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.file is None and self.redis_key is None:
            raise ValueError("neither file nor redis_key: say where the list is, or leave watch_list out")
        return self


class TravelTime(Settings):
    """How fast a vehicle can get from one camera to another."""

    between: tuple[Name, Name]
    """Two cameras; both ways."""
    least_s: NonNegativeFloat
    """Nobody needs less, not even at night."""

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.between[0] == self.between[1]:
            raise ValueError(f"{self.between[0]} stands here twice; name two cameras")
        return self


class CloneSettings(Settings):
    """When one plate on two cameras cannot be one vehicle: what `camera-pipeline clones` tells."""

    travel_times: tuple[TravelTime, ...] = ()
    """Pairs of cameras; all others are judged by their coordinates and `max_kmh`, where both have them."""
    max_kmh: PositiveFloat = 150.0
    """Nobody is faster along the straight line between two cameras."""
    near_m: NonNegativeFloat = 500.0
    """Cameras closer together see the same vehicle at once, and are not compared."""
    remember_h: PositiveFloat = 6.0
    """So long a plate is remembered."""
    min_confidence: Fraction = 0.9
    """A plate whose weakest character is less sure is not compared: a misread plate is somebody else's."""
