"""Every screen in each language, mood and size at least once, without a violation that axe-core finds."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .conftest import Open

pytestmark = pytest.mark.browser

DESK, PHONE = (1440, 900), (390, 844)
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
GAUGE = "urn:ngsi-ld:WaterObserved:ruhrort"
SCREENS = {
    "overview": "/",
    "situation": "/situation",
    "thing": f"/situation?select={GAUGE}",
    "past": "/situation?at=2026-11-22T09:30:00Z",
    "alerts": "/alerts",
    "alerts-over": "/alerts?state=all",
    "rules": "/rules",
    "rule": "/rules/new?type=WaterObserved",
    "data": "/data",
    "table": "/data/WaterObserved?q=height%3E1",
    "entity": f"/data/entity?id={GAUGE}",
    "chart": f"/data/chart?s={GAUGE}%7Cheight&span=day",
    "packs": "/packs",
    "pack": "/packs/environment",
    "mapping": "/devices/gauge-ruhrort/mapping",
    "codec": "/devices/gauge-ruhrort/codec",
    "people": "/administration/people/admin",
    "tenants": "/administration/tenants",
    "audit": "/administration/audit",
    "settings": "/administration/settings",
    "health": "/administration/health",
    "devices": "/devices",
    "device": "/devices/gauge-ruhrort",
    "quality": "/quality",
    "administration": "/administration",
    "account": "/account",
    "deliveries": "/deliveries",
    "ways": "/deliveries/ways",
    "write": "/deliveries/new",
    "my-unit": "/my-unit?change=1",
    "interface": "/api",
    "parts": "/parts",
    "fault": "/nothing-here",
}
STRANGERS = {"start": "/", "visitor": "/situation", "sign-in": "/sign-in"}
LOOKS = [("de", "dark", DESK), ("en", "light", PHONE)]


def settled(page: Page, name: str) -> None:
    """Waits for what the screen shows at last."""
    awaited = {
        "situation": "thing-list [role=option]",
        "visitor": "thing-list [role=option]",
        "past": "thing-list [role=option], thing-list .empty",
        "overview": "[data-part=state]",
        "thing": "thing-panel .main-figure",
        "interface": "api-explorer form",
        "parts": "parts-chart canvas",
        "my-unit": ".unit-page h1",
    }
    page.wait_for_selector(awaited.get(name, "main h1"), state="attached")
    page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{v['id']}: {v['help']} {[n['target'] for n in v['nodes']][:4]} {v['nodes'][0].get('failureSummary', '')}"
        for v in found
    ]


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS, ids=lambda v: v if isinstance(v, str) else f"{v[0]}")
def test_every_screen_is_accessible(open_page: Open, language: str, theme: str, size: tuple[int, int]) -> None:
    wrong = {}
    for known, screens in ((True, SCREENS), (False, STRANGERS)):
        page = open_page("/account", language=language, theme=theme, size=size, known=known)
        for name, path in screens.items():
            page.goto(path)
            settled(page, name)
            assert page.locator("html").get_attribute("lang") == language
            width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            found = violations(page) + ([f"scrolls sideways by {width} px"] if width > 0 else [])
            if found:
                wrong[name] = found
        page.context.close()
    assert not wrong


def test_menus_dialogs_and_tables_are_accessible_when_open(open_page: Open) -> None:
    page = open_page(f"/situation?select={GAUGE}")
    settled(page, "thing")
    page.locator("header details.menu summary").last.click()
    assert not violations(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert not violations(page)
    page.keyboard.press("Escape")
    page.locator("details.table summary").click()
    page.wait_for_selector("details.table td")
    assert not violations(page)


def test_the_page_still_works_at_twice_the_size(open_page: Open) -> None:
    for path in ("/situation", "/devices"):
        page = open_page(path, size=(720, 450))
        settled(page, "situation" if path == "/situation" else "devices")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
