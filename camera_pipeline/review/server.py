"""Serve pages and API with uvicorn, by TLS where a certificate is configured."""

import logging

import uvicorn

from camera_pipeline.config import ReviewSettings
from camera_pipeline.review.api.application import build_api
from camera_pipeline.review.api.context import Office
from camera_pipeline.review.pages.application import add_pages

log = logging.getLogger(__name__)
_END_S = 3  # seconds that open requests get when the service ends


def build_server(office: Office, settings: ReviewSettings) -> uvicorn.Server:
    """Return the server; `run` serves until `should_exit` is set, or SIGTERM or Ctrl-C."""
    app = build_api(office)
    add_pages(app, office)
    if settings.host not in ("127.0.0.1", "::1", "localhost") and not office.secure:
        log.warning(
            "review pages on %s are not encrypted: set review.tls_certificate and review.tls_key", settings.host
        )
    log.info("pages at %s://%s:%d", "https" if settings.tls_certificate else "http", settings.host, settings.port)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
            timeout_graceful_shutdown=_END_S,
            log_config=None,
            access_log=False,
            log_level="warning",  # its other lines tell addresses of sockets
            server_header=False,
        )
    )
