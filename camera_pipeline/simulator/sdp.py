"""The session description that a DESCRIBE is answered with (RFC 8866, RFC 6184 §8.2, RFC 7798 §7.2)."""

from base64 import b64encode
from dataclasses import dataclass

from camera_pipeline.simulator.faults import Codec
from camera_pipeline.simulator.rtp import CLOCK_RATE_HZ, PAYLOAD_TYPE

TRACK = "trackID=0"


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What a client must know before it decodes.

    Attributes:
        codec: of the stream.
        parameter_sets: SPS PPS, or VPS SPS PPS; there may be several of each.
    """

    codec: Codec
    parameter_sets: tuple[bytes, ...]


def describe(path: str, address: str, fmt: StreamFormat, frame_rate: float) -> bytes:
    """Return the session description of one camera.

    Args:
        path: the camera's path, its name to people.
        address: IP address of this server.
        fmt: codec and parameter sets.
        frame_rate: pictures per second, for information.
    """
    family = "IP6" if ":" in address else "IP4"
    encoding = "H264" if fmt.codec is Codec.H264 else "H265"
    lines = [
        "v=0",
        f"o=- 1 1 IN {family} {address}",
        f"s={path}",
        f"c=IN {family} {address}",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {encoding}/{CLOCK_RATE_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} {_format_parameters(fmt)}",
        f"a=framerate:{frame_rate:.3f}",
        f"a=control:{TRACK}",
    ]
    return "".join(line + "\r\n" for line in lines).encode()


def _format_parameters(fmt: StreamFormat) -> str:
    sets = fmt.parameter_sets
    if fmt.codec is Codec.H264:
        sprop = ",".join(b64encode(nal).decode() for nal in sets)
        return f"packetization-mode=1;profile-level-id={sets[0][1:4].hex().upper()};sprop-parameter-sets={sprop}"
    names = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}
    by_name: dict[str, list[str]] = {name: [] for name in names.values()}
    for nal in sets:
        by_name[names[(nal[0] >> 1) & 0x3F]].append(b64encode(nal).decode())
    return ";".join(f"{name}={','.join(values)}" for name, values in by_name.items())
