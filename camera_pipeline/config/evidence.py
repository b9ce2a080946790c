"""Settings of evidence: the key that seals it, where it goes, how long clips are."""

from pathlib import Path

from pydantic import NonNegativeFloat

from camera_pipeline.config.values import Settings


class EvidenceSettings(Settings):
    """Sealed evidence of violations and incidents, and the event log. None is made unless `evidence:` stands there."""

    key: Path
    """The server's private key, made by `camera-pipeline evidence key`."""
    folder: Path | None = None
    """Where evidence and event log go; None: `evidence` below `server.data_dir`."""
    pre_roll_s: NonNegativeFloat = 4.0
    """Seconds of clip before the act; the clip begins at the key frame before."""
    post_roll_s: NonNegativeFloat = 4.0
    """Seconds of clip after the rule told the act."""
