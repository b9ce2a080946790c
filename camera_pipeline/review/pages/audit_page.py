"""The audit log for auditors: who saw and did what, when, from where, and what for."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from html import escape
from urllib.parse import urlencode

from fastapi import Request

from camera_pipeline.review.audit import Action, AuditFilter, read_audit
from camera_pipeline.review.pages.frame import Visit, html, top_bar
from camera_pipeline.review.pages.shown import day, local_time
from camera_pipeline.review.tables import AuditEntry

_PAGE = 100
_COLUMNS = ("time", "officer", "address", "action", "area", "case", "purpose", "facts")


def audit_filter(query: Mapping[str, str]) -> AuditFilter:
    """Return the filter that the form describes; what makes no sense is left out."""
    action = None
    with suppress(ValueError):
        action = Action(query.get("action", ""))
    return AuditFilter(
        user_name=query.get("user_name", "").strip()[:64] or None,
        action=action,
        event_id=query.get("event_id", "").strip()[:64] or None,
        since=day(query.get("since")),
        until=day(query.get("until")),
    )


async def audit_page(visit: Visit, request: Request) -> None:
    """Draw the page."""
    top_bar(visit, "audit")
    query = dict(request.query_params)
    before = int(query["before"][:9]) if query.get("before", "").isdecimal() else None
    wanted = audit_filter(query)
    entries = await visit.do(lambda actor: read_audit(visit.office.desk, actor, wanted, before_id=before, limit=_PAGE))
    if entries is not None:
        html(_form(visit, query) + _table(visit, entries) + _older(visit, query, entries))


def _form(visit: Visit, query: Mapping[str, str]) -> str:
    options = "".join(
        f'<option value="{action}"{" selected" if query.get("action") == action else ""}>{visit.say(action)}</option>'
        for action in Action
    )
    fields = "".join(
        f'<label>{visit.say(word)}<input type="{kind}" name="{name}" value="{escape(query.get(name, ""))}"></label>'
        for name, word, kind in (
            ("user_name", "officer", "text"),
            ("event_id", "case", "text"),
            ("since", "since", "date"),
            ("until", "until", "date"),
        )
    )
    return (
        f'<form class="filters" method="get" action="/audit"><label>{visit.say("action")}<select name="action">'
        f'<option value="">{visit.say("all")}</option>{options}</select></label>{fields}'
        f'<button class="act" type="submit">{visit.say("filter")}</button></form>'
    )


def _table(visit: Visit, entries: Sequence[AuditEntry]) -> str:
    heads = "".join(f"<th>{visit.say(word)}</th>" for word in _COLUMNS)
    rows = "".join(_row(visit, entry) for entry in entries)
    return f'<div class="list"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(visit: Visit, entry: AuditEntry) -> str:
    facts = json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
    case = f'<a href="/case/{escape(entry.event_id)}">{escape(entry.event_id[:8])}</a>' if entry.event_id else ""
    texts = (local_time(entry.at), entry.user_name, entry.client, visit.say(entry.action), entry.area)
    cells = "".join(f"<td>{escape(text)}</td>" for text in texts)
    return f'<tr>{cells}<td>{case}</td><td>{escape(entry.purpose)}</td><td class="soft">{escape(facts[:160])}</td></tr>'


def _older(visit: Visit, query: Mapping[str, str], entries: Sequence[AuditEntry]) -> str:
    if len(entries) < _PAGE:
        return ""
    address = "/audit?" + urlencode({**query, "before": entries[-1].id})
    link = f'<a class="act" data-key="arrowright" href="{escape(address)}">{visit.say("older")} →</a>'
    return f'<div class="pages">{link}</div>'
