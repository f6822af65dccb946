"""A crew with a phone: its order comes up by itself, is read when it is seen, and answered with one tap."""

from __future__ import annotations

import time
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.conftest import LiveCity

from .conftest import Open
from .test_screens import RULES

pytestmark = pytest.mark.browser

API = "/command-centre/v1"
PHONE = (390, 844)


def board(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text("It appears here by itself.")).to_be_visible()


def alarm(demo: LiveCity, unit: str) -> dict[str, Any]:
    place = {"address": "Hafenstr. 1", "location": {"type": "Point", "coordinates": [6.73, 51.45]}}
    given = {"type": "fire", "title": "Kitchen", "place": place}
    made: dict[str, Any] = demo.http.post(f"{API}/incidents", json=given).json()["incident"]
    body = {"units": [unit], "deviation": "as the test wants"}
    demo.http.post(f"{API}/incidents/{made['id']}/assignments", json=body).raise_for_status()
    return made


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]


def test_an_order_comes_up_by_itself_and_is_accepted_with_one_tap(demo: LiveCity, open_page: Open) -> None:
    page = open_page("/my-unit?change=1", size=PHONE)
    demo.until(lambda: demo.get(f"{API}/units"), "the demo's units")
    board(page, "LF 21-1")
    begun = time.monotonic()
    alarm(demo, "lf-21-1")
    expect(page.locator(".order.waiting")).to_contain_text("Hafenstr. 1")
    assert time.monotonic() - begun < 5
    held = demo.until(
        lambda: (a := demo.get(f"{API}/units/lf-21-1")["assignment"]) and a["readAt"] and a, "that it was read"
    )
    assert held["receivedAt"] and held["state"] == "read", "it is before somebody's eyes"
    assert violations(page) == []
    page.get_by_role("button", name="Accept").tap()
    expect(page.locator(".order")).not_to_have_class("waiting")
    expect(page.get_by_role("button", name="Accept")).to_have_count(0)
    assert demo.get(f"{API}/units/lf-21-1")["assignment"]["state"] == "accepted"
    page.get_by_role("button", name="5 wants to speak").tap()
    expect(page.get_by_text("waits for an answer")).to_be_visible()


def test_a_decline_that_is_being_typed_stays_while_the_page_is_drawn_anew(demo: LiveCity, open_page: Open) -> None:
    page = open_page("/my-unit?change=1", size=PHONE, language="en", theme="light")
    board(page, "LF 22-1")
    alarm(demo, "lf-22-1")
    page.locator(".decline summary").tap()
    page.get_by_label("Other reason").fill("Flat tyre")
    demo.http.post(f"{API}/units/lf-22-1/statuses", json={"status": "1"}).raise_for_status()
    expect(page.locator(".status h2 b")).to_have_text("1")
    expect(page.get_by_label("Other reason")).to_have_value("Flat tyre")
    assert violations(page) == []
    page.locator(".decline form button").tap()
    expect(page.get_by_text("No order.")).to_be_visible()
    news = demo.get(f"{API}/news", limit=1000)["news"]
    assert any(n["what"] == "assignment.declined" and n["detail"].get("reason") == "Flat tyre" for n in news)


def test_a_line_that_is_cut_is_said_and_taken_up_again(demo: LiveCity, open_page: Open) -> None:
    page = open_page("/my-unit?change=1", size=PHONE)
    board(page, "LF 23-1")
    page.route("**/my-unit/now*", lambda route: route.abort())
    expect(page.get_by_text("No connection")).to_be_visible()
    page.unroute("**/my-unit/now*")
    alarm(demo, "lf-23-1")
    expect(page.locator(".order")).to_contain_text("Hafenstr. 1")
    expect(page.get_by_text("No connection")).to_have_count(0)
