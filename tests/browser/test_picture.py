"""The common picture as people draw on it: by mouse and by keyboard, live beside them, and nobody overwritten."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open
from .test_incident_room import incident
from .test_screens import violations

pytestmark = pytest.mark.browser


def opened(page: Page, path: str) -> Page:
    page.goto(f"{path}/picture")
    page.locator(".picture-layer[data-drawn]").wait_for(state="attached")
    page.get_by_text("Draw", exact=True).or_(page.get_by_text("Zeichnen", exact=True)).wait_for()
    return page


def place(page: Page, x: float, y: float) -> None:
    """Clicks the map at a part of its width and height."""
    box = page.locator("city-map canvas.maplibregl-canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def choose(page: Page, kind: str, shape: str) -> None:
    page.locator(".draw-menu summary").click()
    page.locator(f".draw-menu button[data-kind='{kind}'][data-shape='{shape}']").click()


def test_what_one_draws_the_others_see_at_once(open_page: Open) -> None:
    mine = open_page("/incidents")
    path = incident(mine)
    opened(mine, path)
    other = opened(open_page("/incidents"), path)
    choose(mine, "hazard", "Polygon")
    for x, y in ((0.3, 0.3), (0.5, 0.3), (0.4, 0.5)):
        place(mine, x, y)
    mine.get_by_role("button", name="Done").click()
    mine.get_by_label("Name").fill("Smoke over the school")
    began = time.monotonic()
    mine.get_by_role("button", name="Save").click()
    expect(other.locator(".picture-list")).to_contain_text("Smoke over the school")
    assert time.monotonic() - began < 10
    row = mine.locator(".picture-list .row", has_text="Smoke over the school")
    expect(row).to_have_attribute("aria-pressed", "true")

    # The other takes it away while this one changes its words: who comes second is told, and chooses.
    mine.get_by_role("button", name="Words").click()
    mine.get_by_label("Name").fill("Smoke over two schools")
    other.locator(".picture-list .row", has_text="Smoke over the school").click()
    other.get_by_role("button", name="Take away").click()
    expect(other.get_by_text("Taken away.")).to_be_visible()
    mine.get_by_role("button", name="Save").click()
    expect(mine.get_by_role("alert")).to_contain_text("changed this drawing in the meantime")
    expect(mine.locator(".both")).to_contain_text("Smoke over two schools")
    mine.get_by_role("button", name="Save mine over it").click()
    expect(other.locator(".picture-list")).to_contain_text("Smoke over two schools")


def test_a_sign_is_found_by_typing_and_set_by_keyboard(open_page: Open) -> None:
    page = open_page("/incidents")
    opened(page, incident(page))
    choose(page, "sign", "Point")
    page.get_by_label("Find a sign").fill("staging")
    expect(page.locator("sign-palette button")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_text("press Enter for the middle of the map")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Assembly north")
    page.keyboard.press("Enter")
    row = page.locator(".picture-list .row", has_text="Assembly north")
    expect(row).to_contain_text("Staging area")
    page.get_by_text("What it was").click()
    expect(page.locator(".versions li")).to_have_count(1)
    choose(page, "route", "LineString")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Click along the line")).to_have_count(0)


@pytest.mark.parametrize("suffix", ["/picture", "/report", "/review"])
def test_its_pages_are_accessible(open_page: Open, suffix: str) -> None:
    wrong = {}
    for language, theme, size in (("de", "light", (1440, 900)), ("en", "dark", (390, 844))):
        page = open_page("/incidents", language=language, theme=theme, size=size)
        page.goto(incident(page) + suffix)
        page.wait_for_timeout(800)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), f"{suffix} scrolls sideways"
        if found := violations(page):
            wrong[language, theme] = found
    assert not wrong


def test_reviews_and_links_are_accessible(open_page: Open) -> None:
    wrong = {}
    for path in ("/review", "/deliveries/tak"):
        for language, theme, size in (("de", "dark", (1440, 900)), ("en", "light", (390, 844))):
            page = open_page(path, language=language, theme=theme, size=size)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), f"{path} scrolls sideways"
            if found := violations(page):
                wrong[path, language] = found
    assert not wrong
