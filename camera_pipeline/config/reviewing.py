"""Settings of the pages where officers decide: where they are served, their database, how long a claim holds."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, model_validator

from camera_pipeline.config.values import Settings

Port = Annotated[int, Field(ge=1, le=65535)]


class ReviewSettings(Settings):
    """The review pages and their REST API: `camera-pipeline review`."""

    database: SecretStr | None = None
    """SQLAlchemy URL of the database, such as `postgresql+psycopg://review:${REVIEW_PASSWORD}@db/review`; None: SQLite,
    `review.sqlite` in `server.data_dir`."""
    host: str = "127.0.0.1"
    """Address to listen on. Other machines reach the pages only by TLS: with `tls_certificate`, or behind a proxy."""
    port: Port = 8460
    """Port to listen on."""
    tls_certificate: Path | None = None
    """PEM file of the certificate chain; with `tls_key` the pages are served by HTTPS."""
    tls_key: Path | None = None
    """PEM file of its private key."""
    origin: str | None = None
    """What officers type into the browser, such as `https://review.example`, where a proxy stands before the pages.
    Requests that change something are taken from pages of this origin only; None: of the address listened on."""
    evidence_keys: tuple[Path, ...] = ()
    """Public keys (`.pub`) of the servers whose evidence is shown; none: its seal is told as not checked."""
    claim_min: PositiveFloat = 10.0
    """Minutes for which a case belongs to the officer who took it; goes on while its page is open."""
    undo_s: PositiveFloat = 60.0
    """Seconds for which an officer may take a decision back; so long it is told to nobody."""
    idle_min: PositiveFloat = 30.0
    """Minutes without a request after which one must sign in again."""
    session_h: PositiveFloat = 12.0
    """Hours after which one must sign in again in any case."""
    password_length: Annotated[int, Field(ge=8, le=128)] = 12
    """Fewest characters of a password."""
    attempts: PositiveInt = 5
    """Wrong passwords in a row after which the account is locked."""
    locked_min: PositiveFloat = 15.0
    """Minutes for which it is."""

    @model_validator(mode="after")
    def _has_both_halves(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together: name both, or neither")
        return self
