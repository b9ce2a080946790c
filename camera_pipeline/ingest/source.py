"""What a source of video is: the one seam between footage and everything behind it."""

from collections.abc import Generator
from typing import Protocol

from camera_pipeline.types import Frame


class Source(Protocol):
    """Yields the frames of one camera in the order of their media time, until the footage ends.

    The generator holds the file or connection open and closes it when it ends, is closed, or is collected.
    """

    def frames(self) -> Generator[Frame]:
        """Yield the frames to analyse.

        Raises:
            MediaError: recorded footage cannot be used.
            SessionError: a live session ended.
        """
