"""Recorded files served as RTSP cameras in real time, with faults on request.

For rehearsing a deployment without cameras and for tests; called by the command line and by tests only.

| thread | one per | does |
|---|---|---|
| `camera PATH` | camera | demuxes, paces, re-encodes if it must, makes RTP packets (`camera.py`) |
| `simulator network` | simulator | all sockets: RTSP, RTP, RTCP (`server.py` and what it calls) |
| the caller's | | starts, stops, injects faults (`simulator.py`) |
"""

from camera_pipeline.simulator.auth import Credentials, Scheme
from camera_pipeline.simulator.camera import Camera
from camera_pipeline.simulator.command import serve, simulator_of
from camera_pipeline.simulator.faults import GRAMMAR, Codec, Fault, FaultKind, parse_fault
from camera_pipeline.simulator.simulator import DEFAULT_PORT, Simulator

__all__ = [
    "DEFAULT_PORT",
    "GRAMMAR",
    "Camera",
    "Codec",
    "Credentials",
    "Fault",
    "FaultKind",
    "Scheme",
    "Simulator",
    "parse_fault",
    "serve",
    "simulator_of",
]
