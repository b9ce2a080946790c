"""Reads the plates of all cameras' vehicles in one batch, between tracker and rules. Called by the main loop only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from camera_pipeline.detect.plate_follower import Wanted
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.observation import Observation
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.line import CameraLine, Outcome
from camera_pipeline.types import Frame, Tracks


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame that was looked at.

    Attributes:
        frame: the frame.
        observation: what is to be seen in it.
        line: its camera's line.
        native: returns its picture at the camera's best resolution, where that is not the frame's own.
    """

    frame: Frame
    observation: Observation
    line: CameraLine
    native: Callable[[Frame], Picture | None] | None = None

    def want(self, tracks: Tracks) -> list[Wanted]:
        """Return the looks to take at it."""
        if self.line.plates is None:
            return []
        native = self.native
        return self.line.plates.want(tracks, self.frame, None if native is None else lambda: native(self.frame))


def advance(seen: Sequence[Seen], looker: PlateLooker | None) -> list[Outcome]:
    """Move the lines of frames on: track, read plates, apply rules.

    Args:
        seen: at most one frame of each camera.
        looker: reads plates; None: nobody does.

    Returns:
        the outcome of every frame, in order.

    Raises:
        InferenceError: a network failed.
    """
    if looker is None:
        return [one.line.advance(one.observation) for one in seen]
    tracked = [one.line.follow(one.observation) for one in seen]
    wanted = [one.want(tracks) for one, tracks in zip(seen, tracked, strict=True)]
    looks = iter(looker.look([want.crop for own in wanted for want in own]))
    outcomes = []
    for one, tracks, own in zip(seen, tracked, wanted, strict=True):
        found = [next(looks) for _ in own]
        plates = one.line.plates.take(own, found, one.frame) if one.line.plates is not None else ()
        outcomes.append(one.line.conclude(replace(one.observation, plates=plates), tracks))
    return outcomes
