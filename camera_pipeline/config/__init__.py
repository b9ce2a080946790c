"""What can be configured (`model.py`), and how it is read from files with every mistake told at once (`file.py`)."""

from camera_pipeline.config.evidence import EvidenceSettings, Quota, QuotaSettings
from camera_pipeline.config.file import load_config
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.config.model import (
    Camera,
    CameraDefaults,
    Config,
    DetectorSettings,
    FireSettings,
    PlateSettings,
    RedisSettings,
    RuleEntry,
    ServerSettings,
    TraceSettings,
    Transport,
)
from camera_pipeline.config.reviewing import ReviewSettings
from camera_pipeline.config.shapes import Box, CameraCalibration, Lane, MarkedPoint, MarkedPoints, Signal
from camera_pipeline.config.values import Line, Point, Polygon, Settings
from camera_pipeline.config.wanted import CloneSettings, TravelTime, WatchListSettings

__all__ = [
    "Box",
    "Camera",
    "CameraCalibration",
    "CameraDefaults",
    "CloneSettings",
    "Config",
    "DetectorSettings",
    "EvidenceSettings",
    "FireSettings",
    "Lane",
    "Line",
    "MarkedPoint",
    "MarkedPoints",
    "Mistake",
    "PlateSettings",
    "Point",
    "Polygon",
    "Quota",
    "QuotaSettings",
    "RedisSettings",
    "ReviewSettings",
    "RuleEntry",
    "ServerSettings",
    "Settings",
    "Signal",
    "TraceSettings",
    "Transport",
    "TravelTime",
    "WatchListSettings",
    "load_config",
]
