"""Planning as a planner does it: a plan written by keyboard, tried on the map, and no page that axe objects to."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import Open
from .test_screens import PHONE, violations

pytestmark = pytest.mark.browser

ROOT = "/command/settings"
PAGES = (
    ROOT, f"{ROOT}/plans", f"{ROOT}/plans/new", f"{ROOT}/types/of/fire", f"{ROOT}/kinds/of/fire", f"{ROOT}/units",
    f"{ROOT}/agencies", f"{ROOT}/areas/new", f"{ROOT}/barriers", f"{ROOT}/plans/import", f"{ROOT}/coverage",
    f"{ROOT}/roads", f"{ROOT}/duty", f"{ROOT}/try", "/command/escalations",
)  # fmt: skip


def test_a_plan_is_written_by_keyboard_and_tried_on_the_map(open_page: Open) -> None:
    page = open_page(f"{ROOT}/plans/new")
    page.get_by_label("Identifier").fill("browser-fire")
    page.get_by_label("Name, in English").fill("Browser fire")
    page.locator("label.chip", has_text="Fire").first.click()
    rows = page.locator("row-table tbody tr")
    expect(rows).to_have_count(1)
    page.get_by_label("Can do").first.fill("HLF")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(2)
    page.keyboard.type("DLK")
    page.get_by_role("button", name="Another line").click()
    expect(rows).to_have_count(3)
    rows.nth(2).get_by_role("button", name="Remove this line").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice.good")).to_contain_text("Saved")
    expect(page.locator('[name="needs.1.capability"]')).to_have_value("DLK")

    page.goto(f"{ROOT}/try?type=fire&place_lon=6.76&place_lat=51.43&level=1&day=0&time=12:00&severity=")
    expect(page.get_by_text("Browser fire")).to_be_visible()
    table = page.get_by_role("table")
    expect(table).to_contain_text("HLF")
    canvas = page.locator("point-map canvas.maplibregl-canvas")
    expect(page.locator("point-map .maplibregl-marker")).to_be_visible()
    before = page.locator('[name="place_lon"]').input_value()
    canvas.click(position={"x": 40, "y": 60})
    expect(page.locator('[name="place_lon"]')).not_to_have_value(before)


def test_without_script_there_are_spare_lines(open_page: Open) -> None:
    page = open_page(f"{ROOT}/plans/new")
    sent = page.request.get(page.url).text()
    assert sent.count('.capability"') >= 3


@pytest.mark.parametrize("path", PAGES)
def test_no_page_of_planning_is_objected_to(open_page: Open, path: str) -> None:
    page = open_page(path)
    page.wait_for_load_state("networkidle")
    assert not violations(page)


def test_planning_fits_a_phone_in_german(open_page: Open) -> None:
    for path in (ROOT, f"{ROOT}/plans/new", f"{ROOT}/units", f"{ROOT}/coverage", f"{ROOT}/duty"):
        page = open_page(path, language="de", theme="light", size=PHONE)
        page.wait_for_load_state("domcontentloaded")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        assert not violations(page)
