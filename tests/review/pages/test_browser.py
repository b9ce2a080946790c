"""An officer's work in a real browser, with keys alone; screenshots of every page lie in the folder `screens*`."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.review.kit import PASSWORD
from tests.review.pages.conftest import Site, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SERIOUS = {"serious", "critical"}


def is_ours(url: str, site: Site) -> bool:
    """The pages work where there is no other network."""
    return url.startswith((site.url, "data:", "blob:"))


def connected(page: Page) -> None:
    """Wait until clicks reach the server."""
    page.wait_for_function("window.socket && window.socket.connected")


def test_an_officer_claims_looks_corrects_confirms_undoes_and_rejects(site: Site, chromium: Browser) -> None:
    errors: list[str] = []
    with chromium.new_context() as context:
        page = sign_in(context, site, "lan")
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: errors.extend([] if is_ours(request.url, site) else [request.url]))
        page.screenshot(path=site.screens / "queue.png")
        connected(page)
        page.keyboard.press("n")
        page.wait_for_url("**/case/**")
        first = site.scene.events[0].event_id
        assert first in page.url
        page.wait_for_selector(".stage img")
        assert page.inner_text(".badge.whole")
        connected(page)
        page.screenshot(path=site.screens / "case.png")

        page.hover(".stage img")
        page.mouse.wheel(0, -300)
        assert "scale(1.25)" in (page.get_attribute(".stage img", "style") or "")
        page.keyboard.press("3")
        assert page.get_attribute('[data-key="3"]', "aria-pressed") == "true"
        page.keyboard.press("v")
        page.wait_for_function("document.querySelector('.stage video').currentTime > 0")
        page.screenshot(path=site.screens / "clip.png")

        page.keyboard.press("p")
        page.keyboard.press("Control+A")
        page.keyboard.type("30a-999.99")
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelector('.reading')?.innerText === '30A-999.99'")
        connected(page)
        page.keyboard.press("c")
        page.wait_for_url("**undo=1")
        assert site.scene.events[1].event_id in page.url
        connected(page)
        page.screenshot(path=site.screens / "undo.png")
        page.keyboard.press("u")
        page.wait_for_url(f"**/case/{first}")
        page.wait_for_selector(".stage img")
        connected(page)
        page.keyboard.press("r")
        page.screenshot(path=site.screens / "reject.png")
        page.keyboard.press("1")
        page.wait_for_url("**undo=2")
    assert errors == []


def test_a_second_officer_cannot_take_the_case(site: Site, chromium: Browser) -> None:
    event_id = site.scene.events[2].event_id
    with chromium.new_context() as mine, chromium.new_context() as others:
        lan = sign_in(mine, site, "lan")
        lan.goto(f"{site.url}/case/{event_id}")
        connected(lan)
        lan.keyboard.press("c")
        lan.wait_for_selector("#reasons", state="attached")
        minh = sign_in(others, site, "minh")
        minh.goto(f"{site.url}/case/{event_id}")
        minh.wait_for_selector(".stage")
        assert "Nguyễn Thị Lan" in minh.inner_text(".acts")
        assert minh.query_selector("#reasons") is None
        minh.screenshot(path=site.screens / "held.png")


def test_who_only_looks_has_nothing_to_press(site: Site, chromium: Browser) -> None:
    with chromium.new_context() as context:
        page = sign_in(context, site, "vy")
        assert page.query_selector('[data-key="n"]') is None
        page.goto(f"{site.url}/case/{site.scene.events[1].event_id}")
        page.wait_for_selector(".stage")
        assert page.query_selector(".acts .act") is None


def test_an_administrator_adds_a_user_and_an_auditor_sees_it(site: Site, chromium: Browser) -> None:
    with chromium.new_context() as context, chromium.new_context() as other:
        page = sign_in(context, site, "root")
        page.goto(f"{site.url}/users")
        connected(page)
        for name, text in (
            ("name", "binh"),
            ("full_name", "Bình"),
            ("password", PASSWORD),
            ("grants", "viewer:dong-da"),
        ):
            page.fill(f"#{name}", text)
        page.click('[data-key="a"]')
        page.wait_for_function("document.querySelector('table').innerText.includes('viewer:dong-da')")
        page.screenshot(path=site.screens / "users.png")
        auditor = sign_in(other, site, "an")
        auditor.goto(f"{site.url}/audit?action=user_added")
        auditor.wait_for_selector("table")
        assert "binh" in auditor.inner_text("tbody")
        auditor.goto(f"{site.url}/audit")
        auditor.wait_for_selector("table")
        auditor.screenshot(path=site.screens / "audit.png")


def test_pages_without_rights_show_nothing(site: Site, chromium: Browser) -> None:
    with chromium.new_context() as context:
        page = sign_in(context, site, "vy")
        for path in ("/audit", "/users"):
            page.goto(f"{site.url}{path}")
            page.wait_for_selector("header")
            assert page.query_selector("table") is None


def test_a_wrong_password_is_told_on_the_page(site: Site, chromium: Browser) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(site.url)
        page.fill("#name", "lan")
        page.fill("#password", "wrong")
        page.click("button[type=submit]")
        page.wait_for_selector("[role=alert]")
        page.screenshot(path=site.screens / "sign_in.png")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_serious_faults_of_accessibility(site: Site, chromium: Browser, theme: str) -> None:
    with chromium.new_context() as context:
        cookies = {"theme": theme, "language": "en" if theme == "dark" else "vi"}
        context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])
        page = sign_in(context, site, "lan")
        for name, path in (("queue", "/"), ("case", f"/case/{site.scene.events[1].event_id}")):
            page.goto(f"{site.url}{path}")
            page.wait_for_selector(".list, .stage")
            connected(page)
            page.screenshot(path=site.screens / f"{name}_{theme}.png")
            found = Axe().run(page).response["violations"]
            faults = [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in SERIOUS]
            assert faults == [], name
