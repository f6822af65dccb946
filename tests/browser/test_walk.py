"""An operator's walk: see an alert, open its evidence, go back to when it began, acknowledge it, change the rule behind
it, try that on the past week, switch it on. And alerts that come while somebody works."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import LiveCity

from .conftest import Open

pytestmark = pytest.mark.browser
DAYS = 8

RULE = "Much water in the brook"


def moment(seconds: float = 0) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def gauge(demo: LiveCity, name: str, height: float) -> str:
    """A gauge of the test's own, with one level."""
    entity = f"urn:ngsi-ld:WaterObserved:{name}"
    body = {
        "id": entity,
        "type": "WaterObserved",
        "name": {"type": "Property", "value": f"Brook {name}"},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.76, 51.43]}},
        "height": {"type": "Property", "value": height, "unitCode": "MTR", "observedAt": moment(-5)},
    }
    demo.http.post("/ngsi-ld/v1/entityOperations/upsert", json=[body]).raise_for_status()
    return entity


def level(demo: LiveCity, entity: str, height: float) -> None:
    told = {"type": "Property", "value": height, "unitCode": "MTR", "observedAt": moment()}
    demo.http.patch(f"/ngsi-ld/v1/entities/{entity}/attrs", json={"height": told}).raise_for_status()


def write_rule(page: Page, name: str, above: str, severity: str = "major") -> None:
    page.goto("/rules/new")
    page.locator("#type").select_option("WaterObserved")
    page.wait_for_selector("#attr option[value=height]", state="attached")
    page.locator("#attr").select_option("height")
    page.locator("#value").fill(above)
    page.locator("#severity").select_option(severity)
    page.get_by_label("Name, in German").fill(name)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/rules/own.*")


def switch(page: Page) -> None:
    page.get_by_role("switch", name="The rule is watching").click()
    page.wait_for_load_state()


def test_from_an_alert_to_its_beginning_and_to_a_better_rule(open_page: Open, demo: LiveCity) -> None:
    page = open_page("/account")
    write_rule(page, RULE, "11.5")
    if page.get_by_role("switch").get_attribute("aria-checked") == "false":
        switch(page)
    entity = gauge(demo, "walk", 3.0)
    level(demo, entity, 12.25)

    # see an alert
    page.goto("/")
    row = page.locator("[data-part=alerts] a", has_text="Brook walk").first
    expect(row).to_be_visible(timeout=15_000)
    expect(page.locator(".state h1")).to_contain_text("open")
    # open its evidence
    row.click()
    page.wait_for_url("**/alerts/*")
    expect(page.locator("h1")).to_contain_text(RULE)
    expect(page.get_by_role("table").first).to_contain_text("12.25")
    alert = page.url
    # go back in time to when it began
    page.get_by_role("link", name="Show the map when it began").click()
    page.wait_for_url("**/situation?at=**")
    expect(page.locator("time-slider")).to_contain_text("read only")
    expect(page.locator("thing-panel h2")).to_have_text("Brook walk")
    expect(page.locator("thing-panel .main-figure .value")).to_have_text("12.25")
    expect(page.locator("alert-list [role=option]", has_text=RULE)).to_have_count(1)
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    # acknowledge it, where it is seen
    page.locator("thing-panel").get_by_role("button", name="Acknowledge").click()
    expect(page.locator("thing-panel .alarm")).to_contain_text("acknowledged by")
    expect(page.locator("alert-list [role=option]", has_text=RULE)).to_contain_text("dmin")
    # change the rule
    page.goto(alert)
    page.get_by_role("link", name="Open the rule").click()
    page.locator("#value").fill("12")
    # try it on last week
    page.get_by_role("button", name="Last week").click()
    expect(page.locator("#trial")).to_contain_text(re.compile(r"\d"), timeout=60_000)
    # switch it on
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    expect(page.locator(".page-head")).to_contain_text("version 2")
    switch(page)
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "false")
    switch(page)
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true")


def test_an_alert_that_comes_is_told_on_every_screen(open_page: Open, demo: LiveCity) -> None:
    page = open_page("/account")
    write_rule(page, "Water over all marks", "14", severity="critical")
    if page.get_by_role("switch").get_attribute("aria-checked") == "false":
        switch(page)
    entity = gauge(demo, "toast", 3.0)
    elsewhere = open_page("/devices")
    expect(elsewhere.locator("#sound")).not_to_be_checked()
    map_ = open_page("/situation")
    map_.wait_for_selector("thing-list [role=option]", state="attached")
    map_.wait_for_timeout(500)
    level(demo, entity, 14.5)
    expect(elsewhere.locator(".toast.s4")).to_contain_text("Water over all marks", timeout=15_000)
    expect(elsewhere.locator("#waiting")).to_be_visible()
    row = map_.locator("alert-list [role=option]", has_text="Water over all marks")
    news = map_.locator("alert-list .news")
    expect(row.or_(news).first).to_be_visible()
    if news.is_visible():  # others were being read: they do not move
        news.click()
    expect(row).to_have_count(1)
    elsewhere.locator(".toast.s4 a").click()
    elsewhere.wait_for_url("**/alerts/*")
    expect(elsewhere.locator("h1")).to_contain_text("Water over all marks")


def test_what_is_typed_while_the_sentence_is_drawn_anew_stays(open_page: Open, demo: LiveCity) -> None:
    page = open_page("/rules/new")
    page.locator("#value").wait_for()
    slow = {"offline": False, "latency": 900, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.locator("#type").select_option("WaterObserved")
    page.locator("#value").fill("14.25")
    page.wait_for_timeout(300)  # the first answer is still on its way when the next question leaves
    page.locator("#severity").select_option("critical")
    page.wait_for_timeout(3000)
    expect(page.locator("#value")).to_have_value("14.25")
    expect(page.locator("#severity")).to_have_value("critical")
    expect(page.locator("#type")).to_have_value("WaterObserved")
