"""An RTSP server that is not ours: GStreamer's. Run with the system's Python (`/usr/bin/python3`), as a process.

Arguments: JSON on the command line, e.g. {"codec": "h264", "width": 320, "height": 240, "fps": 15, "auth": "digest"}.
Prints one line `ready PORT` when it serves `rtsp://127.0.0.1:PORT/cam`. Lines on standard input: `quit`.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

ENCODERS = {
    "h264": "openh264enc gop-size={gop} ! rtph264pay name=pay0 pt=96 config-interval=1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max={gop} ! rtph265pay name=pay0 pt=96 "
    "config-interval=1",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}


def launch_line(options: dict) -> str:
    fps, width, height = options.get("fps", 15), options.get("width", 320), options.get("height", 240)
    encoder = ENCODERS[options.get("codec", "h264")].format(gop=options.get("gop", fps))
    if "file" in options:
        source = (
            f"filesrc location={options['file']} ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1"
        )
        return f"( {source} )"
    caps = f"video/x-raw,format=I420,width={width},height={height},framerate={fps}/1"
    return f"( videotestsrc is-live=true pattern={options.get('pattern', 'ball')} ! {caps} ! {encoder} )"


def protect(server: GstRtspServer.RTSPServer, factory: GstRtspServer.RTSPMediaFactory, method: str) -> None:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest("cam", "s3cret", token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic("cam", "s3cret"), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_role("user")
    permissions.add_permission_for_role("user", "media.factory.access", True)
    permissions.add_permission_for_role("user", "media.factory.construct", True)
    factory.set_permissions(permissions)


def main() -> None:
    options = json.loads(sys.argv[1])
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch_line(options))
    factory.set_shared(True)
    if options.get("auth"):
        protect(server, factory, options["auth"])
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    print("ready", server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()


if __name__ == "__main__":
    main()
