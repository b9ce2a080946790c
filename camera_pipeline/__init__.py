"""Road cameras in, traffic events out: RTSP ingest, batched detection, tracking, rules, durable delivery."""

__version__ = "0.1.0"
