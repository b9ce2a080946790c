"""The dossier of a case: a PDF for people and courts, and a ZIP with the sealed originals, for whoever verifies.

Its fields are those of Decree 135/2021/NĐ-CP, Article 14.2: unit and user of the device, offender if known, pictures,
measured value, time and place, the act, other information.
"""

import io
import zipfile
from dataclasses import dataclass

from camera_pipeline.errors import InvalidError, MissingError
from camera_pipeline.evidence.manifest import MANIFEST, SIGNATURE, sha256_of
from camera_pipeline.review.audit import Action, note
from camera_pipeline.review.cases import seen_case
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.dossier_pdf import Sheet, draw
from camera_pipeline.review.rights import Actor, Right
from camera_pipeline.review.shelf import Evidence, Shelf
from camera_pipeline.review.tables import Case
from camera_pipeline.review.verdicts import verdicts_of

_NOTE = """HỒ SƠ CHỨNG CỨ / EVIDENCE {event_id}

Thư mục evidence/ là bản gốc đã niêm phong. Kiểm tra (cần khóa công khai của máy chủ, nhận bằng đường khác):
The folder evidence/ holds the sealed originals. To verify (with the server's public key, got by another way):

    camera-pipeline evidence verify evidence --key evidence.pub

sha256 manifest.json: {sha256}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A case that is taken out.

    Attributes:
        case: the case.
        evidence: what was sealed.
        manifest_sha256: of the manifest; the PDF shows it, also as a QR code.
        pdf: the document.
    """

    case: Case
    evidence: Evidence
    manifest_sha256: str
    pdf: bytes

    def zipped(self) -> bytes:
        """Return the ZIP: document, originals with manifest and signature, and how to verify them."""
        names = [MANIFEST, SIGNATURE, *(file.name for file in self.evidence.manifest.files)]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # pictures and clips are compressed already
            archive.writestr("dossier.pdf", self.pdf)
            archive.writestr("VERIFY.txt", _NOTE.format(event_id=self.case.event_id, sha256=self.manifest_sha256))
            for name in names:
                archive.write(self.evidence.folder / name, f"evidence/{self.case.event_id}/{name}")
        return out.getvalue()


def export_dossier(desk: Desk, shelf: Shelf, actor: Actor, event_id: str, purpose: str) -> Dossier:
    """Take a case out; the deed is noted with its purpose.

    Raises:
        MissingError: there is no case that may be seen, or no evidence for it.
        ForbiddenError: no right to export in its area.
        InvalidError: no purpose, or the seal is broken, or no font has Vietnamese letters.
    """
    if not purpose.strip():
        raise InvalidError("an export needs a purpose: it goes into the audit log")
    with desk.database.reading() as session:
        case = seen_case(session, actor, event_id)
        verdicts = [each for each in verdicts_of(session, event_id) if each.undone_at is None]
    actor.require(Right.EXPORT, case.area)
    evidence = shelf.evidence(case, verify=True)
    if evidence is None:
        raise MissingError("there is no evidence for this case yet")
    if evidence.faults:
        raise InvalidError(f"the seal is broken: {'; '.join(evidence.faults)}")
    digest = sha256_of(evidence.folder / MANIFEST)
    sheet = Sheet(
        case=case,
        evidence=evidence,
        manifest_sha256=digest,
        verdict=verdicts[-1] if verdicts else None,
        officer=actor.full_name,
        printed_at=desk.now(),
    )
    dossier = Dossier(case=case, evidence=evidence, manifest_sha256=digest, pdf=draw(sheet))
    with desk.database.writing() as session:
        note(session, desk.now(), actor, Action.EXPORT, case, purpose, {"manifest_sha256": digest})
    return dossier
