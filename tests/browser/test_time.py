"""The situation through time, and the tools beside it: slider, playing, measuring, districts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open

pytestmark = pytest.mark.browser


def ready(page: Page) -> None:
    page.wait_for_selector("thing-list [role=option]", state="attached")
    expect(page.locator("#live")).to_have_attribute("data-state", re.compile("live|past"))


def test_the_slider_moves_the_whole_situation_by_keyboard(open_page: Open) -> None:
    page = open_page("/situation")
    ready(page)
    slider = page.get_by_role("slider", name="Moment")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#live")).to_have_attribute("data-state", "past")
    page.wait_for_url("**at=20**")
    assert slider.get_attribute("aria-valuetext") != "Now"
    page.keyboard.press("End")
    expect(page.locator("#live")).to_have_attribute("data-state", "live")
    page.wait_for_url(lambda url: "at=" not in url)


def test_the_past_plays_and_stops_where_it_is_read(open_page: Open) -> None:
    page = open_page("/situation")
    ready(page)
    page.get_by_role("button", name="600×").click()
    page.get_by_role("button", name="Play").click()
    label = page.locator("time-slider .label strong")
    expect(label).not_to_have_text("Now")
    first = label.inner_text()
    expect(label).not_to_have_text(first)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.wait_for_url("**at=20**")
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def test_distance_and_area_are_measured_by_keyboard(open_page: Open) -> None:
    page = open_page("/situation?@6.76,51.43,13")
    ready(page)
    page.get_by_role("button", name="Measure distance and area").click()
    expect(page.locator(".measure")).to_contain_text("first point")
    for key in ("ArrowRight", "ArrowUp"):
        page.keyboard.press("Enter")
        for _ in range(2):
            page.keyboard.press(key)
            page.wait_for_timeout(500)  # the map glides
    page.keyboard.press("Enter")
    expect(page.locator(".measure")).to_contain_text("Distance")
    expect(page.locator(".measure")).to_contain_text(re.compile(r"(ha|km²|m²)"))
    page.keyboard.press("Escape")
    expect(page.locator(".measure")).to_have_count(0)


def test_a_district_filters_list_and_map_and_stands_in_the_address(open_page: Open) -> None:
    page = open_page("/situation?list=things")
    ready(page)
    count = page.locator("thing-list .count")
    before = count.inner_text()
    page.get_by_label("District").select_option("Rheinhausen")
    expect(count).not_to_have_text(before)
    page.wait_for_url("**district=Rheinhausen**")
    other = open_page(page.url)
    ready(other)
    expect(other.get_by_label("District")).to_have_value("Rheinhausen")


def test_the_way_to_the_view_is_copied(open_page: Open) -> None:
    page = open_page("/situation")
    ready(page)
    page.get_by_role("button", name="Copy the link to this view").click()
    expect(page.locator(".toast")).to_be_visible()


def test_a_stranger_reads_what_is_open_without_a_script(open_page: Open) -> None:
    page = open_page("/", known=False)
    expect(page.locator("h1")).to_contain_text("live")
    assert page.locator("script[src]").count() == 0
    expect(page.locator("svg.public-map circle").first).to_be_attached()
    page.get_by_role("link", name="Open the live map").first.click()
    page.wait_for_url("**/situation**")


def test_the_word_that_this_is_a_demo_goes_for_the_session(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_role("button", name="Do not show this any more today").click()
    page.wait_for_load_state()
    expect(page.locator(".demo")).to_have_count(0)
