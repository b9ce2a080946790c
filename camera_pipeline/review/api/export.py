"""Routes: a case taken out as PDF or ZIP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from camera_pipeline.review.api.context import TheActor, TheOffice
from camera_pipeline.review.api.work import EventId
from camera_pipeline.review.dossier import export_dossier

router = APIRouter(prefix="/api", tags=["export"])
Purpose = Annotated[str, Query(min_length=1, max_length=400, pattern=r"^[^\x00]*$")]


@router.get("/cases/{event_id}/dossier.pdf", response_class=Response)
def dossier_pdf(office: TheOffice, actor: TheActor, event_id: EventId, purpose: Purpose) -> Response:
    """Return the dossier of a case, in Vietnamese."""
    pdf = export_dossier(office.desk, office.shelf, actor, event_id, purpose).pdf
    return _download(pdf, "application/pdf", f"{event_id}.pdf")


@router.get("/cases/{event_id}/dossier.zip", response_class=Response)
def dossier_zip(office: TheOffice, actor: TheActor, event_id: EventId, purpose: Purpose) -> Response:
    """Return the dossier with the sealed originals, manifest and signature, and how to verify them."""
    content = export_dossier(office.desk, office.shelf, actor, event_id, purpose).zipped()
    return _download(content, "application/zip", f"{event_id}.zip")


def _download(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
