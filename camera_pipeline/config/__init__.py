"""What can be configured (`model.py`), and how it is read from files with every mistake told at once (`file.py`)."""

from camera_pipeline.config.file import load_config
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.config.model import (
    Box,
    Camera,
    CameraDefaults,
    Config,
    DetectorSettings,
    FireSettings,
    Lane,
    Line,
    PlateSettings,
    Point,
    Polygon,
    RedisSettings,
    RuleEntry,
    ServerSettings,
    Settings,
    Signal,
    TraceSettings,
    Transport,
)

__all__ = [
    "Box",
    "Camera",
    "CameraDefaults",
    "Config",
    "DetectorSettings",
    "FireSettings",
    "Lane",
    "Line",
    "Mistake",
    "PlateSettings",
    "Point",
    "Polygon",
    "RedisSettings",
    "RuleEntry",
    "ServerSettings",
    "Settings",
    "Signal",
    "TraceSettings",
    "Transport",
    "load_config",
]
