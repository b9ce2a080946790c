"""The core types that stages hand to each other. All are frozen, slotted and keyword-only; arrays are checked here.

Coordinates are pixels of the analysed stream's picture (`xyxy`: left, top, right, bottom; origin top left).
`media_time_s` is the time on the stream's own clock since its session began; `captured_at` is wall-clock UTC.
"""

from camera_pipeline.types.event import Coverage, Event, EventKind, Subject, Versions
from camera_pipeline.types.fire import Fire
from camera_pipeline.types.frame import CaptureClock, ClockSource, Damage, Frame, LinkChange, LinkState, PictureHealth
from camera_pipeline.types.legal import Legal, LegalReference, Mark
from camera_pipeline.types.objects import Bool, Detections, Float32, Int64, Tracks
from camera_pipeline.types.plate import PlateRead, PlateView
from camera_pipeline.types.scene import Scene, SignalState
from camera_pipeline.types.watch import PlateWatch, WatchEntry, WatchHit

__all__ = [
    "Bool",
    "CaptureClock",
    "ClockSource",
    "Coverage",
    "Damage",
    "Detections",
    "Event",
    "EventKind",
    "Fire",
    "Float32",
    "Frame",
    "Int64",
    "Legal",
    "LegalReference",
    "LinkChange",
    "LinkState",
    "Mark",
    "PictureHealth",
    "PlateRead",
    "PlateView",
    "PlateWatch",
    "Scene",
    "SignalState",
    "Subject",
    "Tracks",
    "Versions",
    "WatchEntry",
    "WatchHit",
]
