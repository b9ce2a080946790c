"""Settings of evidence: the key that seals it, where it goes, how long clips are, how long each class is kept."""

from pathlib import Path

from pydantic import NonNegativeFloat, PositiveFloat

from camera_pipeline.config.values import Settings


class Quota(Settings):
    """How much of one storage class is kept. What is beyond either bound goes, the oldest first."""

    keep_days: PositiveFloat | None = None
    """Older ones go; none: age does not matter."""
    max_gb: PositiveFloat | None = None
    """So much is kept; none: size does not matter."""


class QuotaSettings(Settings):
    """How much is kept of each class. What is `held` for a case has no quota: it is never deleted."""

    video: Quota = Quota(keep_days=30)
    """Ordinary video below `video` in the evidence folder."""
    incident: Quota = Quota(keep_days=90)
    """Evidence of incidents."""
    unreviewed: Quota = Quota(keep_days=400)
    """Evidence of violations that nobody decided about; a fine may be decided on for a year."""
    rejected: Quota = Quota(keep_days=90)
    """Evidence of violations that an officer rejected."""
    confirmed: Quota = Quota(keep_days=1830)
    """Evidence of violations that an officer confirmed."""


class EvidenceSettings(Settings):
    """Sealed evidence of violations and incidents, and the event log. None is made unless `evidence:` stands there."""

    key: Path
    """The server's private key, made by `camera-pipeline evidence key`."""
    folder: Path | None = None
    """Where evidence and event log go; None: `evidence` below `server.data_dir`."""
    store: str | None = None
    """URL that sealed folders move to once they are whole, such as `s3://bucket/evidence`. Credentials and endpoint
    come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` ...). None: they stay in the folder."""
    pre_roll_s: NonNegativeFloat = 4.0
    """Seconds of clip before the act; the clip begins at the key frame before."""
    post_roll_s: NonNegativeFloat = 4.0
    """Seconds of clip after the rule told the act."""
    min_free_gb: NonNegativeFloat = 2.0
    """When less is free on the disk, what may go goes, class by class; if that is too little, no evidence is made."""
    max_gb: PositiveFloat | None = None
    """So much may lie in the folder, or the store; beyond it, what may go goes, class by class. None: no bound."""
    quotas: QuotaSettings = QuotaSettings()
    """How much is kept of each storage class."""
