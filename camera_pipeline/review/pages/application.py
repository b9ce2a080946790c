"""Add the pages to the application. Once a process: NiceGUI keeps its pages by module."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from nicegui import ui

from camera_pipeline.review.api.context import Office
from camera_pipeline.review.pages import entrance
from camera_pipeline.review.pages.audit_page import audit_page
from camera_pipeline.review.pages.case_page import case_page
from camera_pipeline.review.pages.frame import visit_of
from camera_pipeline.review.pages.queue_page import queue_page
from camera_pipeline.review.pages.users_page import users_page

_STATIC = Path(__file__).with_name("static")
_ANSWER_S = 15.0  # a busy server shows its page late rather than not at all


def add_pages(app: FastAPI, office: Office) -> None:
    """Add sign-in, queue, cases, audit log and users; NiceGUI serves what the API has no route for."""
    app.include_router(entrance.router)
    app.mount("/static", StaticFiles(directory=_STATIC))

    @ui.page("/", response_timeout=_ANSWER_S)
    async def _queue(request: Request) -> None:
        await queue_page(visit_of(office, request), request)

    @ui.page("/case/{event_id}", response_timeout=_ANSWER_S)
    async def _case(request: Request, event_id: str) -> None:
        await case_page(visit_of(office, request), request, event_id)

    @ui.page("/audit", response_timeout=_ANSWER_S)
    async def _audit(request: Request) -> None:
        await audit_page(visit_of(office, request), request)

    @ui.page("/users", response_timeout=_ANSWER_S)
    async def _users(request: Request) -> None:
        await users_page(visit_of(office, request))

    ui.run_with(app, title="camera-pipeline", tailwind=False, language="vi", show_welcome_message=False, dark=None)
