"""Draw a dossier as a PDF in Vietnamese: A4, fields, pictures, hashes, the manifest's hash as a QR code."""

import io
import json
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from camera_pipeline.errors import InvalidError
from camera_pipeline.review.pages.shown import local_time, money, plate
from camera_pipeline.review.pages.words import Language, say
from camera_pipeline.review.shelf import Evidence
from camera_pipeline.review.tables import Case, VerdictRow

_FONTS = (
    ("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf"),
    ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"),
)
_WIDTH = A4[0] - 36 * mm
_UNKNOWN = "Chưa xác định"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What the document says.

    Attributes:
        case: the case.
        evidence: its pictures and files.
        manifest_sha256: of the manifest.
        verdict: the latest decision that stands; None for none.
        officer: who takes the dossier out.
        printed_at: when.
    """

    case: Case
    evidence: Evidence
    manifest_sha256: str
    verdict: VerdictRow | None
    officer: str
    printed_at: datetime


def draw(sheet: Sheet) -> bytes:
    """Return the document.

    Raises:
        InvalidError: no font with Vietnamese letters is installed.
    """
    _load_fonts()
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=16 * mm,
        title=f"Hồ sơ {sheet.case.event_id}",
        author="camera-pipeline",
    )
    document.build([*_head(sheet), *_pictures(sheet), *_files(sheet)])
    return out.getvalue()


def _load_fonts() -> None:
    for regular, bold in _FONTS:
        if Path(regular).is_file() and Path(bold).is_file():
            pdfmetrics.registerFont(TTFont("Text", regular))
            pdfmetrics.registerFont(TTFont("Bold", bold))
            return
    raise InvalidError("no font with Vietnamese letters is installed: install Debian's fonts-noto-core")


def _style(size: float, *, bold: bool = False, **more: Any) -> ParagraphStyle:
    return ParagraphStyle("", fontName="Bold" if bold else "Text", fontSize=size, leading=size * 1.35, **more)


def _head(sheet: Sheet) -> list[Flowable]:
    title = Paragraph("HỒ SƠ KẾT QUẢ GHI THU BẰNG PHƯƠNG TIỆN KỸ THUẬT NGHIỆP VỤ", _style(13, bold=True))
    rows = [
        [Paragraph(label, _style(9, textColor=colors.HexColor("#52606d"))), Paragraph(escape(value), _style(9.5))]
        for label, value in fields(sheet).items()
    ]
    table = Table(rows, colWidths=[44 * mm, _WIDTH - 44 * mm - 34 * mm])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)]))
    both = Table([[table, _qr(sheet.manifest_sha256)]], colWidths=[_WIDTH - 34 * mm, 34 * mm])
    both.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return [title, Spacer(0, 4 * mm), both, Spacer(0, 3 * mm)]


def fields(sheet: Sheet) -> dict[str, str]:
    """Return the fields of the document, by their Vietnamese names."""
    case, record = sheet.case, json.loads(sheet.case.record)
    clock, place = record["clock"], sheet.evidence.manifest.facts.get("coordinates")
    where = f" ({place['latitude']}, {place['longitude']})" if isinstance(place, dict) else ""
    uncertainty = "không rõ" if clock["uncertainty_s"] is None else f"± {clock['uncertainty_s']:g} s"
    speed = record["details"].get("speed_kmh")
    return {
        "Đơn vị, người sử dụng thiết bị": f"{sheet.evidence.manifest.server} - {sheet.officer}",
        "Người vi phạm": _UNKNOWN,
        "Phương tiện": say(Language.VI, case.class_name),
        "Biển số": (plate(case.plate) or _UNKNOWN)
        + (f" (máy đọc: {plate(case.plate_read)})" if case.plate_read else ""),
        "Thời gian": f"{local_time(case.occurred_at)} (giờ Việt Nam), sai số {uncertainty}",
        "Địa điểm": f"{case.area}, camera {case.camera_id}{where}",
        "Hành vi": say(Language.VI, case.type),
        "Giá trị đo": f"{speed:g} km/h" if isinstance(speed, int | float) else "Không có",
        "Căn cứ": _law(sheet, record),
        "Quyết định": _verdict(sheet),
        "Thông tin khác": f"cấu hình {record['versions']['config']}, mô hình {record['versions']['model']}, "
        f"độ tin cậy {record['confidence']:.0%}",
        "Lập lúc": local_time(sheet.printed_at),
    }


def _law(sheet: Sheet, record: dict[str, Any]) -> str:
    references = (record.get("legal") or {}).get("references") or []
    chosen = [each for each in references if sheet.verdict and each["ref"] == sheet.verdict.law_ref] or references[:1]
    return "; ".join(
        f"{each['ref']} {each['decree']}: {each['name_vi']}, {money(*each['fine_vnd'])}" for each in chosen
    )


def _verdict(sheet: Sheet) -> str:
    if sheet.verdict is None:
        return "Chưa quyết định"
    reason = f" - {say(Language.VI, sheet.verdict.reason)}" if sheet.verdict.reason else ""
    return f"{say(Language.VI, sheet.verdict.decision)}{reason}, {local_time(sheet.verdict.decided_at)}"


def _qr(text: str) -> Drawing:
    code = QrCodeWidget(text, barLevel="M")
    left, bottom, right, top = code.getBounds()
    side = 32 * mm
    drawing = Drawing(side, side, transform=[side / (right - left), 0, 0, side / (top - bottom), 0, 0])
    drawing.add(code)
    return drawing


def _pictures(sheet: Sheet) -> list[Flowable]:
    flow: list[Flowable] = []
    shown = [*sheet.evidence.pictures(), *filter(None, (sheet.evidence.named("plate"),))]
    for file in shown:
        role = say(Language.VI, str(file.about.get("role", "")))
        at = file.about.get("captured_at")
        caption = f"{role} {local_time(at, millis=True) if isinstance(at, str) else ''} · sha256 {file.sha256[:16]}…"
        height = 20 * mm if file.about.get("role") == "plate" else 74 * mm
        flow += [
            Image(str(sheet.evidence.folder / file.name), width=_WIDTH, height=height, kind="proportional"),
            Paragraph(escape(caption), _style(8, alignment=1)),
            Spacer(0, 2 * mm),
        ]
    return flow


def _files(sheet: Sheet) -> list[Flowable]:
    small = _style(7)
    rows = [[Paragraph(text, _style(8, bold=True)) for text in ("Tệp", "Kích thước", "sha256")]]
    rows += [
        [Paragraph(escape(text), small) for text in (file.name, str(file.size_bytes), file.sha256)]
        for file in sheet.evidence.manifest.files
    ]
    table = Table(rows, colWidths=[32 * mm, 24 * mm, _WIDTH - 56 * mm], repeatRows=1)
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#c0c8d0"))]))
    seal = "Bản kê (manifest.json) sha256, cũng trong mã QR: " + sheet.manifest_sha256
    signed = Paragraph("Người lập (ký, ghi rõ họ tên)<br/><br/><br/>" + escape(sheet.officer), _style(9.5, alignment=2))
    heading = Paragraph("Các tệp đã niêm phong", _style(10, bold=True))
    return [heading, table, Spacer(0, 2 * mm), Paragraph(seal, small), Spacer(0, 6 * mm), signed]
