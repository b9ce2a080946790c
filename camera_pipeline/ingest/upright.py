"""Turn pictures upright whose file says that the camera was mounted turned. Runs on the thread that decodes."""

import av
from av.filter import Graph

_FILTERS = {90: ("transpose=cclock",), 180: ("hflip", "vflip"), 270: ("transpose=clock",)}
"""Filters for each counterclockwise turn, in degrees, of FFmpeg's display matrix; they move samples, nothing else."""


class Upright:
    """Turns the pictures of one file by multiples of 90°; passes on those that need no turn."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._kind: tuple[int, int, int, str] | None = None

    @property
    def has_turned(self) -> bool:
        """Whether a picture was turned so far."""
        return self._graph is not None

    def turn(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return the picture as it is meant to be seen; `key_frame` is kept."""
        angle = frame.rotation % 360
        if angle not in _FILTERS:
            return frame
        kind = (angle, frame.width, frame.height, frame.format.name)
        if self._graph is None or kind != self._kind:
            self._graph, self._kind = _graph(frame, _FILTERS[angle]), kind
        self._graph.push(frame)
        return self._graph.vpull()


def _graph(frame: av.VideoFrame, filters: tuple[str, ...]) -> Graph:
    graph = Graph()
    nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)]
    for text in filters:
        name, _, args = text.partition("=")
        nodes.append(graph.add(name, args))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    return graph
