"""The dossier: what is in it, who gets it, and that what comes out verifies."""

import io
import zipfile
from pathlib import Path

import pytest

from camera_pipeline.clock import SystemClock
from camera_pipeline.errors import ForbiddenError, InvalidError, MissingError
from camera_pipeline.evidence.keys import PublicKeys
from camera_pipeline.evidence.manifest import MANIFEST, sha256_of
from camera_pipeline.evidence.verify import verify_folder
from camera_pipeline.review.audit import AuditFilter, read_audit
from camera_pipeline.review.database import Database
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.dossier import export_dossier
from camera_pipeline.review.rights import Role
from camera_pipeline.review.shelf import Shelf
from tests.review.kit import SETTINGS, SOUTH, actor, person
from tests.review.pages.scene import Scene, lay_out


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Shelf, Scene]:
    """A desk with three cases that have evidence from the sample video."""
    folder = tmp_path_factory.mktemp("dossier")
    desk = Desk(database=Database(f"sqlite:///{folder / 'review.sqlite'}"), clock=SystemClock(), settings=SETTINGS)
    desk.database.migrate()
    scene = lay_out(desk, folder / "evidence", count=4, people=False)
    return desk, Shelf(folder / "evidence", [scene.public_key]), scene


def test_what_comes_out_verifies_with_the_public_key_alone(laid: tuple[Desk, Shelf, Scene], tmp_path: Path) -> None:
    desk, shelf, scene = laid
    lan = person(desk, "lan", Role.OFFICER)
    event_id = scene.events[0].event_id
    dossier = export_dossier(desk, shelf, lan, event_id, "appeal 17/2026")
    assert dossier.pdf.startswith(b"%PDF-")
    with zipfile.ZipFile(io.BytesIO(dossier.zipped())) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "evidence" / event_id
    assert verify_folder(folder, PublicKeys([scene.public_key])) == []
    assert sha256_of(folder / MANIFEST) in (tmp_path / "VERIFY.txt").read_text()
    (entry,) = read_audit(desk, person(desk, "an", Role.AUDITOR), AuditFilter(user_name="lan"))
    assert (entry.action, entry.purpose) == ("export", "appeal 17/2026")
    assert entry.details == {"manifest_sha256": dossier.manifest_sha256}


@pytest.mark.parametrize(
    ("role", "area", "purpose", "case", "error"),
    [
        (Role.OFFICER, "*", " ", 0, InvalidError),
        (Role.VIEWER, "*", "appeal", 0, ForbiddenError),
        (Role.AUDITOR, "*", "appeal", 0, ForbiddenError),
        (Role.OFFICER, SOUTH, "appeal", 0, MissingError),
        (Role.OFFICER, "*", "appeal", 3, MissingError),
    ],
)
def test_what_cannot_be_taken_out(
    laid: tuple[Desk, Shelf, Scene], role: Role, area: str, purpose: str, case: int, error: type[Exception]
) -> None:
    desk, shelf, scene = laid
    with pytest.raises(error):
        export_dossier(desk, shelf, actor(role, area), scene.events[case].event_id, purpose)


def test_a_broken_seal_is_not_taken_out(laid: tuple[Desk, Shelf, Scene]) -> None:
    desk, shelf, scene = laid
    event = scene.events[2]
    day = event.occurred_at.strftime("%Y-%m-%d")
    folder = scene.public_key.parent / "evidence" / day / event.camera_id / event.event_id
    (folder / "clip.mp4").write_bytes(b"another clip")
    with pytest.raises(InvalidError, match=r"the seal is broken: clip\.mp4"):
        export_dossier(desk, shelf, actor(Role.OFFICER), event.event_id, "appeal")
