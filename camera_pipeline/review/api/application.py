"""Put the REST API together, behind its guard."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from camera_pipeline import __version__
from camera_pipeline.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    MissingError,
    ReviewError,
    SignInError,
)
from camera_pipeline.review.api import export, oversight, sessions, work
from camera_pipeline.review.api.context import Office
from camera_pipeline.review.api.guard import Guard

_STATUS: dict[type[ReviewError], int] = {
    SignInError: 401,
    ForbiddenError: 403,
    MissingError: 404,
    ConflictError: 409,
    InvalidError: 422,
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"description": kind.__doc__ or ""} for kind, status in _STATUS.items() if status != 422
}


def build_api(office: Office) -> FastAPI:
    """Return the application; pages are added to it by `pages/`."""
    api = FastAPI(
        title="camera-pipeline review",
        version=__version__,
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=_ANSWERS,
    )
    api.state.office = office
    for router in (sessions.router, work.router, export.router, oversight.router):
        api.include_router(router)
    api.add_api_route("/healthz", _healthy, include_in_schema=False)
    api.add_exception_handler(ReviewError, _refuse)
    settings = office.desk.settings
    api.add_middleware(Guard, desk=office.desk, origin=settings.origin, secure=office.secure)
    return api


def _healthy() -> dict[str, str]:
    return {"status": "good"}


def _refuse(_request: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    return JSONResponse({"detail": str(error)}, status)
