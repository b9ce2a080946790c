"""The queue: counts and deadlines at a glance, filters as a plain form, the next case by one key."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from camera_pipeline.review.cases import PAGE, CaseFilter, Counts, counts, distinct_values, people, queue
from camera_pipeline.review.claims import claim_next
from camera_pipeline.review.pages.frame import Visit, button, html, top_bar
from camera_pipeline.review.pages.shown import day, deadline, local_time, plate
from camera_pipeline.review.rights import Actor, Right
from camera_pipeline.review.tables import UNDECIDED, Case, CaseStatus
from camera_pipeline.types import EventKind

_STATUSES = {"undecided": UNDECIDED, **{status.value: (status,) for status in CaseStatus}}
_CLASSES = ("car", "motorcycle", "bus", "truck", "bicycle", "person")
_TEXTS = ("area", "camera_id", "type", "class_name", "plate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the page shows."""

    cases: list[Case]
    names: dict[int, str]
    counts: Counts
    values: Mapping[str, object]


def filter_of(query: Mapping[str, str]) -> CaseFilter:
    """Return the filter that the form describes; what makes no sense is left out, for links are also typed."""
    least = None
    with suppress(ValueError):
        least = min(1.0, max(0.0, float(query.get("least", "")) / 100))
    return CaseFilter(
        kind=EventKind.INCIDENT if query.get("kind") == EventKind.INCIDENT else EventKind.VIOLATION,
        statuses=_STATUSES.get(query.get("status", ""), UNDECIDED),
        since=day(query.get("since")),
        until=day(query.get("until")),
        least_confidence=least,
        mine=query.get("mine") == "on",
        **{name: text[:64] for name in _TEXTS if (text := query.get(name, "").strip())},  # type: ignore[arg-type]
    )


async def queue_page(visit: Visit, request: Request) -> None:
    """Draw the page."""
    top_bar(visit, "queue")
    query = dict(request.query_params)
    wanted = filter_of(query)
    page = int(query["page"]) if query.get("page", "").isdecimal() else 0
    desk = visit.office.desk

    def load(actor: Actor) -> Found:
        cases = queue(desk, actor, wanted, page=page, purpose=query.get("purpose", ""))
        return Found(
            cases=cases,
            names=people(desk, cases),
            counts=counts(desk, actor, wanted.kind),
            values=distinct_values(desk, actor),
        )

    found = await visit.do(load)
    if found is None:
        _filters(visit, query, {})
        return
    _tiles(visit, found.counts)
    _filters(visit, query, found.values)
    html(_table(visit, found) + _turning(visit, query, page, len(found.cases)))
    if visit.actor.has(Right.DECIDE):
        _next_button(visit, wanted)


def case_address(event_id: str, query: Mapping[str, str]) -> str:
    """Return the page of a case, which keeps the filters for the next one."""
    kept = {name: value for name, value in query.items() if value and name not in ("page", "undo")}
    return f"/case/{event_id}" + (f"?{urlencode(kept)}" if kept else "")


def _next_button(visit: Visit, wanted: CaseFilter) -> None:
    query = dict(ui.context.client.request.query_params)

    async def take() -> None:
        case = await visit.do(lambda actor: claim_next(visit.office.desk, actor, wanted))
        if case is not None:
            ui.navigate.to(case_address(case.event_id, query))
        else:
            ui.notify(visit.say("empty"), position="top")

    with ui.element("div").style("position:fixed; right:16px; top:54px"):
        button(visit.say("next"), "n", take, "main")


def _tiles(visit: Visit, found: Counts) -> None:
    tiles = "".join(
        f'<div class="tile {name}"><b>{getattr(found, name)}</b>{visit.say(name)}</div>'
        for name in ("waiting", "overdue", "soon", "second_look", "claimed")
    )
    html(f'<div class="tiles">{tiles}</div>')


def _filters(visit: Visit, query: Mapping[str, str], values: Mapping[str, object]) -> None:
    def choice(name: str, word: str, options: Mapping[str, str]) -> str:
        chosen = query.get(name, "")
        items = "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
            for value, label in options.items()
        )
        return f'<label>{visit.say(word)}<select name="{name}">{items}</select></label>'

    def field(name: str, word: str, kind: str, extra: str = "") -> str:
        return (
            f'<label>{visit.say(word)}<input type="{kind}" name="{name}" '
            f'value="{escape(query.get(name, ""))}" {extra}></label>'
        )

    def known(name: str) -> dict[str, str]:
        found = values.get(name, ())
        assert isinstance(found, list | tuple)  # noqa: S101 - of `distinct_values`
        return {"": visit.say("all"), **{each: visit.say(each) if name == "type" else each for each in found}}

    checked = "checked" if query.get("mine") == "on" else ""
    parts = (
        choice("kind", "kind", {kind: visit.say(kind) for kind in ("violation", "incident")}),
        choice("status", "status", {name: visit.say(name) for name in _STATUSES}),
        choice("type", "type", known("type")),
        choice("area", "area", known("area")),
        choice("camera_id", "camera", known("camera_id")),
        choice("class_name", "class", {"": visit.say("all"), **{name: visit.say(name) for name in _CLASSES}}),
        field("since", "since", "date"),
        field("until", "until", "date"),
        field("least", "at_least", "number", 'min="0" max="100" placeholder="%"'),
        field("plate", "plate", "text", 'data-key="/" maxlength="20"'),
        field("purpose", "purpose", "text", 'maxlength="200"'),
        f'<label class="check"><input type="checkbox" name="mine" {checked}>{visit.say("mine")}</label>',
        f'<button class="act" type="submit">{visit.say("filter")}</button>',
        f'<a class="act" href="/">{visit.say("clear")}</a>',
    )
    html(f'<form class="filters" method="get" action="/">{"".join(parts)}</form>')


def _table(visit: Visit, found: Found) -> str:
    words = ("due", "time", "type", "class", "plate", "camera", "area", "confidence", "status")
    heads = "".join(f'<th class="{"number" if word == "confidence" else ""}">{visit.say(word)}</th>' for word in words)
    rows = "".join(_row(visit, case, found.names) for case in found.cases)
    rows = rows or f'<tr><td colspan="{len(words)}" class="soft">{visit.say("empty")}</td></tr>'
    return f'<div class="list"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(visit: Visit, case: Case, names: Mapping[int, str]) -> str:
    now = visit.office.desk.now()
    held = case.claimed_by is not None and case.claimed_until is not None and case.claimed_until > now
    status = f'<span class="badge {case.status}">{visit.say(case.status)}</span>'
    status += f' <span class="soft">{escape(names.get(case.claimed_by or 0, ""))}</span>' if held else ""
    notes = [
        visit.say(word)
        for word, told in (("not_usable", not case.usable_for_fine), ("noisy", case.over_budget))
        if told
    ]
    address = escape(case_address(case.event_id, dict(ui.context.client.request.query_params)))
    shown = (
        f'<span class="plate">{plate(case.plate)}</span>'
        if case.plate
        else f'<span class="soft">{visit.say("unread")}</span>'
    )
    return (
        f"<tr><td>{deadline(visit.language, now, case)}</td><td>{local_time(case.occurred_at)}</td>"
        f'<td><a href="{address}">{escape(visit.say(case.type))}</a></td><td>{escape(visit.say(case.class_name))}</td>'
        f"<td>{shown}</td><td>{escape(case.camera_id)}</td><td>{escape(case.area)}</td>"
        f'<td class="number">{case.confidence:.0%}</td><td>{status}'
        f' <span class="soft">{escape(", ".join(notes))}</span></td></tr>'
    )


def _turning(visit: Visit, query: Mapping[str, str], page: int, shown: int) -> str:
    def link(number: int, sign: str, key: str) -> str:
        address = "/?" + urlencode({**query, "page": number})
        label = f"{visit.say('page')} {number + 1}"
        return f'<a class="act" href="{escape(address)}" data-key="{key}" aria-label="{label}">{sign}</a>'

    back = link(page - 1, "←", "arrowleft") if page else ""
    on = link(page + 1, "→", "arrowright") if shown == PAGE else ""
    return f'<div class="pages">{back}<span class="soft">{visit.say("page")} {page + 1}</span>{on}</div>'
