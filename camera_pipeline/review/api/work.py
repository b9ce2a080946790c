"""Routes: the queue, cases, claims, plates, verdicts, evidence."""

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse
from pydantic import AwareDatetime, Field

from camera_pipeline.review import claims, verdicts
from camera_pipeline.review.api.context import Office, TheActor, TheOffice
from camera_pipeline.review.api.forms import (
    CaseLine,
    CaseView,
    CountsView,
    File,
    PlateForm,
    RulingForm,
    Short,
    Text,
    VerdictView,
)
from camera_pipeline.review.audit import Action, note
from camera_pipeline.review.cases import CaseFilter, counts, open_case, queue, seen_case
from camera_pipeline.review.rights import Actor
from camera_pipeline.review.tables import UNDECIDED, Case, CaseStatus
from camera_pipeline.review.verdicts import Ruling
from camera_pipeline.types import EventKind

router = APIRouter(prefix="/api", tags=["work"])

Kind = Literal[EventKind.VIOLATION, EventKind.INCIDENT]
"""What somebody decides on."""
EventId = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def case_filter(
    kind: Kind = EventKind.VIOLATION,
    status: Annotated[list[CaseStatus], Query()] = list(UNDECIDED),  # noqa: B006 - FastAPI copies it
    area: Short | None = None,
    camera_id: Short | None = None,
    type_: Annotated[Short | None, Query(alias="type")] = None,
    class_name: Short | None = None,
    plate: Short | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    least_confidence: Annotated[float | None, Query(ge=0, le=1)] = None,
    due_before: AwareDatetime | None = None,
    mine: bool = False,
) -> CaseFilter:
    """Return the filter that a query describes."""
    return CaseFilter(
        kind=kind,
        statuses=tuple(status),
        area=area,
        camera_id=camera_id,
        type=type_,
        class_name=class_name,
        plate=plate,
        since=since,
        until=until,
        least_confidence=least_confidence,
        due_before=due_before,
        mine=mine,
    )


TheFilter = Annotated[CaseFilter, Depends(case_filter)]


@router.get("/cases")
def list_cases(
    office: TheOffice,
    actor: TheActor,
    wanted: TheFilter,
    page: Annotated[int, Query(ge=0, le=2000)] = 0,
    purpose: Text = "",
) -> list[CaseLine]:
    """Return 50 cases, oldest first; a search for a plate needs a purpose."""
    return [CaseLine.model_validate(case) for case in queue(office.desk, actor, wanted, page=page, purpose=purpose)]


@router.get("/counts")
def count(office: TheOffice, actor: TheActor, kind: Kind = EventKind.VIOLATION) -> CountsView:
    """Return what waits, at a glance."""
    return CountsView.model_validate(counts(office.desk, actor, kind))


@router.post("/claims")
def claim_next(office: TheOffice, actor: TheActor, wanted: TheFilter, after: EventId | None = None) -> CaseLine | None:
    """Claim the first free case that fits; null when there is none."""
    case = claims.claim_next(office.desk, actor, wanted, after)
    return CaseLine.model_validate(case) if case is not None else None


@router.get("/cases/{event_id}")
def show(office: TheOffice, actor: TheActor, event_id: EventId, purpose: Text = "review") -> CaseView:
    """Return a case with its record, the list of its evidence and its verdicts."""
    return _view(office, open_case(office.desk, actor, event_id, purpose))


@router.put("/cases/{event_id}/claim")
def claim(office: TheOffice, actor: TheActor, event_id: EventId) -> CaseLine:
    """Claim a case, or prolong one's claim."""
    return CaseLine.model_validate(claims.claim(office.desk, actor, event_id))


@router.delete("/cases/{event_id}/claim", status_code=204)
def release(office: TheOffice, actor: TheActor, event_id: EventId) -> None:
    """Give a case back."""
    claims.release(office.desk, actor, event_id)


@router.put("/cases/{event_id}/plate")
def correct_plate(office: TheOffice, actor: TheActor, event_id: EventId, form: PlateForm) -> CaseLine:
    """Set the plate of a claimed case."""
    return CaseLine.model_validate(verdicts.correct_plate(office.desk, actor, event_id, form.plate))


@router.post("/cases/{event_id}/verdicts", status_code=201)
def decide(office: TheOffice, actor: TheActor, event_id: EventId, form: RulingForm) -> VerdictView:
    """Decide a claimed case."""
    ruling = Ruling(decision=form.decision, reason=form.reason, note=form.note, law_ref=form.law_ref)
    return VerdictView.model_validate(verdicts.decide(office.desk, actor, event_id, ruling))


@router.delete("/verdicts/{verdict_id}")
def undo(office: TheOffice, actor: TheActor, verdict_id: Annotated[int, Field(ge=1, le=2**31 - 1)]) -> CaseLine:
    """Take back one's own decision in time."""
    return CaseLine.model_validate(verdicts.undo(office.desk, actor, verdict_id))


@router.get("/cases/{event_id}/files/{sha256}", response_class=FileResponse)
def media(office: TheOffice, actor: TheActor, request: Request, event_id: EventId, sha256: Sha256) -> FileResponse:
    """Return one file of a case's evidence."""
    with office.desk.database.reading() as session:
        case = seen_case(session, actor, event_id)
    path, sealed = office.shelf.file(case, sha256)
    if request.headers.get("range", "bytes=0-").startswith("bytes=0-"):  # else a player goes on with what it began
        _note_media(office, actor, case, sealed.name)
    return FileResponse(path, filename=sealed.name, content_disposition_type="inline")


def _note_media(office: Office, actor: Actor, case: Case, name: str) -> None:
    with office.desk.database.writing() as session:
        note(session, office.desk.now(), actor, Action.VIEW_MEDIA, case, details={"file": name})


def _view(office: Office, case: Case) -> CaseView:
    evidence = office.shelf.evidence(case, verify=True)
    with office.desk.database.reading() as session:
        found = verdicts.verdicts_of(session, case.event_id)
    line = CaseLine.model_validate(case).model_dump()
    return CaseView(
        **line,
        plate_read=case.plate_read,
        record=json.loads(case.record),
        files=[File.model_validate(file) for file in evidence.manifest.files] if evidence else [],
        seal=evidence.seal if evidence else "absent",
        verdicts=[VerdictView.model_validate(verdict) for verdict in found],
    )
