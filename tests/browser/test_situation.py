"""The situation at work: by keyboard, by link, live, in the past, with its evidence."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import LiveCity

from .conftest import PASSWORD, Open

pytestmark = pytest.mark.browser
DAYS = 8

GAUGE = "urn:ngsi-ld:WaterObserved:ruhrort"


def list_of(page: Page) -> None:
    """The list of things is there; what is wrong may stand before it."""
    page.wait_for_selector("thing-list [role=option]", state="attached")
    if page.locator("thing-list").is_hidden():
        page.get_by_role("tab", name="Things").click()
    page.wait_for_selector("thing-list [role=option]")


def test_signing_in_by_keyboard_only(open_page: Open) -> None:
    page = open_page("/sign-in?next=/devices", known=False)
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong.")
    expect(page.get_by_label("Name")).to_have_value("admin")
    page.keyboard.type(PASSWORD)  # the password has the focus now
    page.keyboard.press("Enter")
    page.wait_for_url("**/devices")


def test_the_whole_situation_by_keyboard(open_page: Open) -> None:
    page = open_page("/situation")
    list_of(page)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("rhein ruhrort")
    expect(page.locator("thing-list [role=option]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("thing-panel h2")).to_have_text("Rhein, Ruhrort")
    page.keyboard.press("Escape")
    expect(page.locator("thing-panel h2")).to_have_count(0)
    expect(page.locator("thing-list [role=option]").first).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(page.locator("#search")).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/devices")


def test_arrows_walk_the_list(open_page: Open) -> None:
    page = open_page("/situation?sort=name")
    list_of(page)
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    options = page.locator("thing-list [role=option]")
    expect(options.nth(3)).to_be_focused()
    page.keyboard.press("End")
    expect(options.last).to_be_focused()
    page.keyboard.press("Home")
    expect(options.first).to_be_focused()


def test_a_link_shows_the_same_to_somebody_else(open_page: Open) -> None:
    page = open_page("/situation")
    list_of(page)
    page.locator("thing-list [role=option]", has_text="Rhein, Ruhrort").click()
    expect(page.locator("thing-panel h2")).to_have_text("Rhein, Ruhrort")
    page.locator(".layers input[value=NoiseLevelObserved]").check()
    page.wait_for_url(lambda url: "@" in url and "layers=" in url and "select=" in url)
    other = open_page(page.url, language="de")
    expect(other.locator("thing-panel h2")).to_have_text("Rhein, Ruhrort")
    expect(other.locator(".layers input[value=NoiseLevelObserved]")).to_be_checked()


def test_a_figure_has_its_unit_age_past_and_evidence(open_page: Open) -> None:
    page = open_page(f"/situation?select={GAUGE}")
    panel = page.locator("thing-panel")
    expect(panel.locator(".main-figure .unit")).to_have_text("m")
    expect(panel.locator(".main-figure .meta")).to_contain_text("measured")
    past = panel.locator("section", has=page.get_by_role("button", name="7 days"))
    expect(past.locator("city-chart canvas")).to_be_visible()
    past.get_by_role("button", name="7 days").click()
    past.locator("details.table summary").click()
    expect(past.locator("details.table tbody tr").first).to_be_visible()
    panel.get_by_role("button", name="Show the raw message").click()
    expect(panel.locator("pre.raw")).to_contain_text("height")


def test_a_panel_that_is_read_keeps_its_chart_when_new_figures_come(open_page: Open, demo: LiveCity) -> None:
    page = open_page(f"/situation?select={GAUGE}")
    panel = page.locator("thing-panel")
    past = panel.locator("section", has=page.get_by_role("button", name="7 days"))
    canvas = past.locator("city-chart canvas").element_handle()
    assert canvas
    soon = datetime.now(UTC) + timedelta(seconds=5)  # newer than what the demo tells meanwhile
    height = {"type": "Property", "value": 4.99, "unitCode": "MTR", "observedAt": f"{soon:%Y-%m-%dT%H:%M:%SZ}"}
    demo.http.patch(f"/ngsi-ld/v1/entities/{GAUGE}/attrs", json={"height": height}).raise_for_status()
    expect(panel.locator(".main-figure .value")).to_have_text("4.99")
    assert canvas.evaluate("canvas => canvas.isConnected")


def test_a_change_arrives_where_it_belongs(open_page: Open, demo: LiveCity) -> None:
    page = open_page("/situation?sort=name")
    list_of(page)
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    created = demo.http.post(
        "/ngsi-ld/v1/entities",
        json={
            "id": "urn:ngsi-ld:WaterObserved:browser",
            "type": "WaterObserved",
            "name": {"type": "Property", "value": "AA from the browser test"},
            "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.76, 51.43]}},
            "height": {"type": "Property", "value": 4.0, "unitCode": "MTR", "observedAt": "2026-11-22T09:00:00Z"},
        },
    )
    assert created.status_code == 201, created.text
    news = page.locator("thing-list .news")
    expect(news).to_be_visible()  # the list does not move by itself
    expect(page.locator("thing-list [role=option]", has_text="AA from")).to_have_count(0)
    row = page.locator("thing-list [role=option]", has_text="AA from")
    while not row.count():  # what came first may be news of something else in the city
        expect(news).to_be_visible()
        news.click()
    expect(row.locator(".value")).to_have_text("4.00m")
    demo.http.patch(
        "/ngsi-ld/v1/entities/urn:ngsi-ld:WaterObserved:browser/attrs",
        json={"height": {"type": "Property", "value": 9.5, "unitCode": "MTR", "observedAt": "2026-11-22T09:01:00Z"}},
    )
    expect(row.locator(".value")).to_have_text("9.50m")
    expect(row).to_have_attribute("data-state", "3")
    demo.http.delete("/ngsi-ld/v1/entities/urn:ngsi-ld:WaterObserved:browser")


def test_layers_states_and_section_filter_list_and_map_alike(open_page: Open) -> None:
    page = open_page("/situation")
    list_of(page)
    all_of_them = page.locator("thing-list .count").first.inner_text()
    page.locator(".layers input[value=OffStreetParking]").uncheck()
    expect(page.locator("thing-list .count").first).not_to_have_text(all_of_them)
    expect(page.locator("thing-list [role=option]", has_text="Car park")).to_have_count(0)
    if (incidents := page.locator(".layers input[value=Incident]")).count():
        incidents.uncheck()  # one of them may be critical
    page.locator("thing-list .states button").nth(4).click()
    expect(page.locator("thing-list .empty")).to_contain_text("Nothing matches")


def test_a_moment_of_the_past_is_read_only(open_page: Open) -> None:
    page = open_page("/situation")
    list_of(page)
    page.get_by_role("button", name="Look at another time").click()
    time = page.get_by_label("Time of day")
    assert re.fullmatch(r"[0-2]\d:[0-5]\d", time.input_value())
    time.fill("9:05")
    page.get_by_label("Day", exact=True).fill("2026-11-21")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**/situation?at=2026-11-21T08:05:00Z*")  # winter time in Duisburg
    expect(page.locator("time-slider")).to_contain_text("read only")
    expect(page.locator("#live")).to_have_attribute("data-state", "past")
    page.locator("time-slider").get_by_role("button", name="Now").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_being_offline_is_said(open_page: Open) -> None:
    page = open_page("/account")
    page.route("**/web/live*", lambda route: route.abort())
    page.goto("/situation")
    expect(page.locator("#live")).to_have_attribute("data-state", "offline")
    expect(page.locator("#live")).to_contain_text("Offline")


def test_the_list_is_a_sheet_on_a_phone(open_page: Open) -> None:
    page = open_page("/situation", size=(390, 844))
    list_of_hidden = page.locator("situation-side .handle")
    expect(list_of_hidden).to_have_attribute("aria-expanded", "false")
    list_of_hidden.click()
    list_of(page)
    page.locator("thing-list [role=option]").first.click()
    expect(page.locator("thing-panel h2")).to_be_visible()
    page.get_by_role("button", name="Close (Esc)").click()
    expect(page.locator("thing-panel h2")).to_have_count(0)


def test_a_phone_shows_the_map_and_a_link_the_whole_thing(open_page: Open) -> None:
    page = open_page(f"/situation?select={GAUGE}", size=(390, 844))
    expect(page.locator("thing-panel h2")).to_be_in_viewport()
    expect(page.locator("thing-panel .main-figure")).to_be_in_viewport()
    assert page.locator(".layers").get_attribute("open") is None
    assert page.evaluate("document.querySelector('.work').scrollTop") == 0


def test_the_map_draws_offline(open_page: Open, demo: LiveCity) -> None:
    page = open_page("/situation")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    list_of(page)
    page.wait_for_selector(".maplibregl-ctrl-scale")
    page.evaluate("document.querySelector('city-map').ready")
    assert all(url.startswith((demo.url, "data:", "blob:")) for url in asked), asked
    assert "OpenStreetMap" in page.locator(".maplibregl-ctrl-attrib").inner_text() or "OpenStreetMap" in json.dumps(
        page.locator(".maplibregl-ctrl-attrib").inner_html()
    )


def test_devices_are_found_as_one_types(open_page: Open) -> None:
    page = open_page("/devices")
    page.get_by_label("Search", exact=True).fill("ruhrort")
    page.wait_for_url("**q=ruhrort**")
    expect(page.locator("#devices tbody tr").first).to_contain_text("uhrort")


def test_an_operation_is_tried_in_the_page(open_page: Open) -> None:
    page = open_page("/api")
    page.wait_for_selector("api-explorer form")
    page.locator("api-explorer .fields input[name=type]").fill("WaterObserved")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("api-explorer .badge")).to_contain_text("200")
    expect(page.locator("api-explorer pre").first).to_contain_text("urn:ngsi-ld:WaterObserved")
