"""The parts of a case's page as HTML: pictures, plate, law, facts, history. Pure; what is foreign is escaped."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from camera_pipeline.evidence.manifest import SealedFile
from camera_pipeline.review.pages.frame import Visit
from camera_pipeline.review.pages.shown import deadline, local_time, money, plate
from camera_pipeline.review.shelf import Evidence
from camera_pipeline.review.tables import AuditEntry, Case

_SURE, _WEAK = 0.9, 0.7  # confidence of a character: green, amber, else red


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A case that is looked at.

    Attributes:
        case: the case.
        record: its event, as JSON has it.
        evidence: what lies there for it; None while nothing does.
        history: what was done with it.
        holder: who has claimed it; empty for nobody.
    """

    case: Case
    evidence: Evidence | None
    history: Sequence[AuditEntry]
    holder: str

    @property
    def record(self) -> dict[str, Any]:
        """The event, as JSON has it."""
        return dict(json.loads(self.case.record))

    def address(self, file: SealedFile) -> str:
        """Return where a file is to be had."""
        return f"/api/cases/{self.case.event_id}/files/{file.sha256}"


def title(visit: Visit, opened: Opened) -> str:
    """Return what the case is about, its deadline, and how its seal is."""
    case = opened.case
    seal = opened.evidence.seal if opened.evidence else ""
    badges = [
        f'<span class="badge {case.status}">{visit.say(case.status)}</span>',
        deadline(visit.language, visit.office.desk.now(), case),
    ]
    if seal:
        faults = escape("; ".join(opened.evidence.faults if opened.evidence else ()))
        badges.append(f'<span class="badge {seal}" title="{faults}">{visit.say(f"seal_{seal}")}</span>')
    for word, told in (("not_usable", not case.usable_for_fine), ("noisy", case.over_budget)):
        badges += [f'<span class="badge soon">{visit.say(word)}</span>'] if told else []
    return (
        f'<div class="title"><h1>{escape(visit.say(case.type))}</h1><span>{escape(visit.say(case.class_name))} · '
        f"{escape(case.camera_id)} · {escape(case.area)} · {local_time(case.occurred_at)}</span>{''.join(badges)}</div>"
    )


def stage(visit: Visit, opened: Opened) -> str:
    """Return the large picture, which the thumbnails below it choose."""
    evidence = opened.evidence
    pictures = evidence.pictures() if evidence else []
    if evidence is None or not pictures:
        return f'<div class="stage">{visit.say("no_evidence")}</div><div></div>'
    first = next((file for file in pictures if file.about.get("role") in ("at", "told")), pictures[0])
    clip = evidence.named("clip")
    video = f'<video src="{opened.address(clip)}" preload="metadata" controls hidden></video>' if clip else ""
    return (
        f'<div class="stage"><img src="{opened.address(first)}" alt="{_caption(visit, first)}" draggable="false">'
        f'{video}<span class="hint">{visit.say("zoom_hint")}</span></div>{_strip(visit, opened, pictures, first, clip)}'
    )


def _strip(
    visit: Visit, opened: Opened, pictures: Sequence[SealedFile], first: SealedFile, clip: SealedFile | None
) -> str:
    vehicle = opened.evidence.named("vehicle") if opened.evidence else None
    shown = [*pictures, *([vehicle] if vehicle else [])]
    thumbs = "".join(
        f'<button class="thumb" type="button" data-key="{number}" data-show="{opened.address(file)}" '
        f'data-alt="{_caption(visit, file)}" aria-pressed="{"true" if file is first else "false"}">'
        f'<img src="{opened.address(file)}" alt="">'
        f"<span><kbd>{number}</kbd>{_label(visit, file)}{_offset(opened, file)}</span>"
        f"<span>{_lamps(visit, file)}</span></button>"
        for number, file in enumerate(shown, start=1)
    )
    if clip is not None:
        thumbs += (
            f'<button class="thumb" type="button" data-key="v" data-show="clip" aria-pressed="false">'
            f'<div class="film" aria-hidden="true">▶</div><span><kbd>V</kbd>{visit.say("clip")}</span></button>'
        )
    return f'<div class="strip">{thumbs}</div>'


def _label(visit: Visit, file: SealedFile) -> str:
    return escape(visit.say(str(file.about.get("role") or file.name.partition(".")[0].lstrip("0123456789_"))))


def _caption(visit: Visit, file: SealedFile) -> str:
    return f"{_label(visit, file)} {local_time(_text(file.about.get('captured_at')), millis=True)}".strip()


def _offset(opened: Opened, file: SealedFile) -> str:
    at, act = file.about.get("media_time_s"), opened.record["media_time_s"]
    return f'<span class="soft">{at - act:+.2f} s</span>' if isinstance(at, int | float) else ""


def _lamps(visit: Visit, file: SealedFile) -> str:
    signals = file.about.get("signals")
    if not isinstance(signals, Mapping):
        return "&nbsp;"
    return " ".join(
        f'<i class="lamp {escape(str(state))}"></i>{escape(str(name))}: {escape(visit.say(str(state)))}'
        for name, state in sorted(signals.items())
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def plate_card(visit: Visit, opened: Opened) -> str:
    """Return the plate's picture, what was read, and how sure each character is."""
    evidence, case = opened.evidence, opened.case
    crop = evidence.named("plate") if evidence else None
    read: Mapping[str, Any] = (evidence.plate if evidence else None) or opened.record["details"].get("plate") or {}
    picture = f'<img src="{opened.address(crop)}" alt="{visit.say("plate_crop")}">' if crop else ""
    shown = plate(case.plate) if case.plate else f'<span class="soft">{visit.say("unread")}</span>'
    notes = []
    if case.plate != case.plate_read and case.plate_read:
        notes.append(f"{visit.say('read')}: {plate(case.plate_read)}")
    if read.get("needs_person"):
        notes.append(f'<span class="badge soon">{visit.say("needs_person")}</span>')
    if isinstance(read.get("reason"), str):
        notes.append(escape(read["reason"]))
    return (
        f'<h2>{visit.say("plate_crop")}</h2><div class="platerow">{picture}<div><div class="reading">{shown}</div>'
        f'{_characters(read)}<div class="soft">{" · ".join(notes)}</div></div></div>'
    )


def _characters(read: Mapping[str, Any]) -> str:
    raw, sure, others = read.get("raw"), read.get("confidence"), read.get("candidates")
    if not isinstance(raw, str) or not isinstance(sure, list):
        return ""
    candidates = others if isinstance(others, list) else []
    cells = []
    for index, (character, confidence) in enumerate(zip(raw, sure, strict=False)):
        style = "" if confidence >= _SURE else "weak" if confidence >= _WEAK else "poor"
        other = "".join(str(each[0]) for each in candidates[index]) if index < len(candidates) else ""
        cells.append(
            f'<span class="{style}" title="{confidence:.0%}">{escape(character)}<small>{escape(other)}</small></span>'
        )
    return f'<div class="chars">{"".join(cells)}</div>'


def law_card(visit: Visit, opened: Opened) -> str:
    """Return the articles that the act may fall under, at the time of the act, to choose from."""
    legal = opened.record.get("legal")
    if not legal or not legal["references"]:
        return f'<h2>{visit.say("law")}</h2><span class="soft">{visit.say("no_law")}</span>'
    language = visit.language.value
    items = "".join(
        f'<label><input type="radio" name="law" value="{escape(each["ref"])}"{" checked" if not index else ""}>'
        f"<b>{escape(each[f'name_{language}'])}</b><div>{escape(each['ref'])} · {escape(each['decree'])} "
        f'<span class="soft">({escape(each["wording"])}, {escape(each["mark"])})</span></div>'
        f'<div class="fine">{visit.say("fine")} {money(*each["fine_vnd"])}'
        f"{' · ' + visit.say('points', n=each['points']) if each['points'] else ''}</div></label>"
        for index, each in enumerate(legal["references"])
    )
    notice = escape(legal[f"notice_{language}"])
    return f'<h2>{visit.say("law")}</h2><div class="law">{items}</div><div class="soft">{notice}</div>'


def facts_card(visit: Visit, opened: Opened) -> str:
    """Return what the event states beside: confidence, clock, versions, and the rule's own facts."""
    record = opened.record
    clock = record["clock"]
    uncertainty = clock["uncertainty_s"]
    facts = {
        visit.say("time"): local_time(record["occurred_at"], millis=True),
        visit.say("clock"): f"{clock['source']} ± {uncertainty:g} s" if uncertainty is not None else clock["source"],
        visit.say("confidence"): f"{record['confidence']:.0%}",
        visit.say("limitation"): local_time(opened.case.limitation_ends_at)[:10],
        **{name: value for name, value in record["details"].items() if isinstance(value, str | int | float)},
        "config": record["versions"]["config"],
        "model": record["versions"]["model"],
        "id": record["event_id"],
    }
    rows = "".join(
        f"<dt>{escape(str(name))}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items() if value
    )
    return f'<h2>{visit.say("facts")}</h2><dl class="facts">{rows}</dl>'


def export_card(visit: Visit, opened: Opened) -> str:
    """Return the form that takes the dossier out; the purpose goes into the audit log."""
    address = f"/api/cases/{opened.case.event_id}/dossier"
    buttons = "".join(
        f'<button class="act" type="submit" formaction="{address}.{kind}">{kind.upper()}</button>'
        for kind in ("pdf", "zip")
    )
    return (
        f'<h2>{visit.say("export")}</h2><form class="fix" method="get"><input name="purpose" required maxlength="400" '
        f'placeholder="{visit.say("purpose")}" aria-label="{visit.say("purpose")}" style="text-transform:none">'
        f"{buttons}</form>"
    )


def history_card(visit: Visit, opened: Opened) -> str:
    """Return who did what with the case."""
    rows = "".join(
        f"<div><span>{escape(visit.say(entry.action))} · {escape(entry.user_name)}"
        f' <span class="soft">{escape(_what(visit, entry))}</span></span>'
        f'<span class="soft">{local_time(entry.at)}</span></div>'
        for entry in opened.history
    )
    return f'<h2>{visit.say("history")}</h2><div class="history">{rows or "-"}</div>'


def _what(visit: Visit, entry: AuditEntry) -> str:
    details = entry.details
    if "before" in details:
        return f"{details['before'] or '-'} → {details['plate']}"
    return visit.say(details["reason"]) if details.get("reason") else ""
