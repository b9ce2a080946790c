"""The page of a case: look, correct, decide, go on, by keys alone."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from html import escape

from fastapi import Request
from nicegui import ui

from camera_pipeline.review import claims
from camera_pipeline.review.cases import history, open_case, people
from camera_pipeline.review.pages import case_parts as parts
from camera_pipeline.review.pages.case_parts import Opened
from camera_pipeline.review.pages.frame import Visit, button, html, top_bar
from camera_pipeline.review.pages.queue_page import case_address, filter_of
from camera_pipeline.review.rights import Actor, Right
from camera_pipeline.review.tables import UNDECIDED
from camera_pipeline.review.verdicts import Decision, RejectReason, Ruling, correct_plate, decide, undo

_KEEP_S = 60.0  # the claim is prolonged so often while the page is open
_CHOSEN_LAW = 'document.querySelector("input[name=law]:checked")?.value || ""'
_NOTE = 'document.querySelector(".panel.open textarea")?.value || ""'
Click = Callable[[], Awaitable[None]]


class CasePage:
    """One case before one person.

    Args:
        visit: who looks.
        event_id: which case.
        query: filters of the queue, kept for the next case; `undo` is the decision that was just made.
    """

    def __init__(self, visit: Visit, event_id: str, query: dict[str, str]) -> None:
        self._visit = visit
        self._desk = visit.office.desk
        self._event_id = event_id
        self._query = query

    async def draw(self) -> None:
        """Draw the page; nothing but the bar when the case must not be seen."""
        top_bar(self._visit, "")
        opened = await self._visit.do(self._load)
        if opened is None:
            return
        with ui.element("main").classes("case"):
            with ui.element("section").classes("scene"):
                html(parts.title(self._visit, opened) + parts.stage(self._visit, opened))
            with ui.element("section").classes("side"):
                self._cards(opened)
                self._acts(opened)

    def _load(self, actor: Actor) -> Opened:
        case = open_case(self._desk, actor, self._event_id)
        held = case.claimed_until is not None and case.claimed_until > self._desk.now()
        return Opened(
            case=case,
            evidence=self._visit.office.shelf.evidence(case, verify=True),
            history=history(self._desk, self._event_id),
            holder=people(self._desk, [case]).get(case.claimed_by or 0, "") if held else "",
        )

    def _cards(self, opened: Opened) -> None:
        with ui.element("div").classes("cards"):
            with ui.element("div").classes("card"):
                html(parts.plate_card(self._visit, opened))
                if self._is_mine(opened):
                    self._plate_field(opened)
            cards = [parts.law_card, parts.facts_card, parts.history_card]
            if opened.evidence is not None and self._visit.actor.may(Right.EXPORT, opened.case.area):
                cards.append(parts.export_card)
            for card in cards:
                html(f'<div class="card">{card(self._visit, opened)}</div>')

    def _plate_field(self, opened: Opened) -> None:
        async def save() -> None:
            text = await ui.run_javascript('document.getElementById("plate").value')
            if await self._visit.do(lambda actor: correct_plate(self._desk, actor, self._event_id, str(text))):
                ui.navigate.reload()

        with ui.element("div").classes("fix"):
            label = self._visit.say("correct")
            html(
                f'<input id="plate" data-key="p" maxlength="20" aria-label="{label}" autocomplete="off" '
                f'value="{opened.case.plate}"><kbd>P</kbd>'
            )
            button(self._visit.say("save"), "w", save)
        ui.add_head_html(
            "<script>document.addEventListener('keydown', (e) => { if (e.target.id === 'plate' && e.key === 'Enter') "
            "document.querySelector('[data-key=w]').click(); });</script>"
        )

    def _is_mine(self, opened: Opened) -> bool:
        return opened.case.status in UNDECIDED and claims.is_held(self._desk, self._visit.actor, opened.case)

    def _acts(self, opened: Opened) -> None:
        may = self._visit.actor.may(Right.DECIDE, opened.case.area)
        with ui.element("div").classes("acts"):
            self._undo_bar()
            if may and self._is_mine(opened):
                self._decisions()
                ui.timer(_KEEP_S, self._keep, immediate=False)
            elif may and opened.case.status in UNDECIDED and not opened.holder:
                button(self._visit.say("claim"), "c", self._claim, "main wide")
            elif opened.holder:
                html(f'<div class="wide soft">{self._visit.say("held_by", name=escape(opened.holder))}</div>')
            if may:
                button(self._visit.say("next"), "n", self._next, "wide")

    def _decisions(self) -> None:
        say = self._visit.say
        button(say("confirm"), "c", self._deciding(Decision.CONFIRM), "good wide")
        for word, key, panel, style in (("reject", "r", "reasons", "bad"), ("return", "s", "second", "")):
            html(
                f'<button class="act {style}" type="button" data-key="{key}" data-open="{panel}">'
                f"{say(word)} <kbd>{key.upper()}</kbd></button>"
            )
        with ui.element("div").classes("panel wide").props('id="reasons"'):
            with ui.element("div").classes("grid2"):
                for number, reason in enumerate(RejectReason, start=1):
                    button(say(reason), str(number), self._deciding(Decision.REJECT, reason))
            html(f'<textarea aria-label="{say("note")}" placeholder="{say("note")}" maxlength="1000"></textarea>')
        with ui.element("div").classes("panel wide").props('id="second" data-focus="1"'):
            html(f'<textarea aria-label="{say("note")}" placeholder="{say("note")}" maxlength="1000"></textarea>')
            button(say("return"), "enter", self._deciding(Decision.RETURN), "main")

    def _deciding(self, decision: Decision, reason: RejectReason | None = None) -> Click:
        async def act() -> None:
            note = str(await ui.run_javascript(_NOTE)) if decision is not Decision.CONFIRM else ""
            law = str(await ui.run_javascript(_CHOSEN_LAW)) if decision is Decision.CONFIRM else ""
            ruling = Ruling(decision=decision, reason=reason, note=note, law_ref=law)
            verdict = await self._visit.do(lambda actor: decide(self._desk, actor, self._event_id, ruling))
            if verdict is not None:
                await self._go_on(verdict.id)

        return act

    async def _go_on(self, verdict_id: int | None) -> None:
        wanted = filter_of(self._query)
        case = await self._visit.do(lambda actor: claims.claim_next(self._desk, actor, wanted, self._event_id))
        kept = {name: value for name, value in self._query.items() if name != "undo"}
        address = case_address(case.event_id if case else self._event_id, kept)
        if verdict_id is not None:
            address += f"{'&' if '?' in address else '?'}undo={verdict_id}"
        ui.navigate.to(address if case or verdict_id is not None else "/")

    async def _next(self) -> None:
        def give_back(actor: Actor) -> None:
            if self._holds(actor):
                claims.release(self._desk, actor, self._event_id)

        await self._visit.do(give_back)
        await self._go_on(None)

    def _holds(self, actor: Actor) -> bool:
        return claims.holds(self._desk, actor, self._event_id)

    async def _claim(self) -> None:
        if await self._visit.do(lambda actor: claims.claim(self._desk, actor, self._event_id)):
            ui.navigate.reload()

    async def _keep(self) -> None:
        if await self._visit.do(lambda actor: claims.keep(self._desk, actor, self._event_id)) is False:
            ui.notify(self._visit.say("lost"), type="warning", position="top")

    def _undo_bar(self) -> None:
        number = self._query.get("undo", "")
        if not number.isdecimal():
            return

        async def take_back() -> None:
            case = await self._visit.do(lambda actor: undo(self._desk, actor, int(number)))
            if case is not None:
                kept = {name: value for name, value in self._query.items() if name != "undo"}
                ui.navigate.to(case_address(case.event_id, kept))

        with ui.element("div").classes("undo") as bar:
            html(f"<span>{self._visit.say('saved')}</span><span class='grow'></span>")
            button(self._visit.say("undo"), "u", take_back)
        ui.timer(timedelta(seconds=self._desk.settings.undo_s).total_seconds(), bar.delete, once=True)


async def case_page(visit: Visit, request: Request, event_id: str) -> None:
    """Draw the page of a case."""
    await CasePage(visit, event_id, dict(request.query_params)).draw()
