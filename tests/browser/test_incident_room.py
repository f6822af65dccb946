"""The room of an incident at work: accessible in every tab, live for all who look, and nobody loses what they type."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from .conftest import Open
from .test_screens import violations

pytestmark = pytest.mark.browser

TABS = ("", "/messages", "/log", "/tasks", "/sections", "/handover", "/edit", "/log/verify")
LOOKS = [("de", "light", (1440, 900)), ("en", "dark", (390, 844))]


def incident(page: Page) -> str:
    """The address of one that the demo city works on."""
    page.goto("/incidents")
    link = page.locator("main a[href^='/incidents/0']").first
    link.wait_for(state="attached")
    href = link.get_attribute("href")
    assert href
    return href.partition("?")[0].partition("#")[0]


def fill(page: Page, path: str) -> None:
    """Something in every tab."""
    page.goto(f"{path}/log")
    take = page.get_by_role("button", name="Take the log over")
    if take.count():
        take.click()
    page.get_by_label("What happened, in whole sentences").fill("Water has reached the quay.")
    page.get_by_role("button", name="Keep the entry").click()
    expect(page.get_by_role("status").first).to_contain_text("The entry is kept.")
    for text in ("Seepage at kilometre 2.3", "Sandbags are needed"):
        message(page, path, text)
    page.locator("article.card").first.get_by_label("S3, Operations, to act on").check(force=True)
    page.locator("article.card").first.get_by_role("button", name="Distribute").click()
    expect(page.get_by_role("status").first).to_contain_text("distributed")
    page.goto(f"{path}/tasks")
    page.get_by_label("What is to be done").fill("Walk the dike")
    page.get_by_role("button", name="Give the task").click()
    page.get_by_label("What is decided").fill("Close the gate")
    page.get_by_label("Why").fill("11 m are expected")
    page.get_by_role("button", name="Keep the decision").click()
    page.get_by_label("Ask", exact=True).select_option(index=3)
    page.get_by_label("For what").fill("400 sandbags")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.goto(f"{path}/sections")
    page.get_by_label("Name").last.fill("Homberg")
    page.get_by_role("button", name="Make the section").click()
    page.goto(f"{path}/handover")
    page.get_by_label("What the next shift has to know").fill("Water rises.")
    page.get_by_role("button", name="Hand over and sign").click()


def message(page: Page, path: str, text: str) -> None:
    page.goto(f"{path}/messages")
    page.get_by_label("From", exact=True).fill("HLF 3-1")
    page.locator("textarea#text").fill(text)
    page.get_by_role("button", name="Keep the message").click()
    expect(page.get_by_role("status").first).to_contain_text("The message is kept.")


def test_every_tab_is_accessible_in_both_languages_and_sizes(open_page: Open) -> None:
    first = open_page("/incidents")
    path = incident(first)
    fill(first, path)
    wrong = {}
    for language, theme, size in LOOKS:
        page = open_page(path, language=language, theme=theme, size=size)
        for tab in TABS:
            page.goto(path + tab)
            page.wait_for_selector("main h1")
            if found := violations(page):
                wrong[f"{tab or '/'} {language} {theme}"] = found
            beyond = page.evaluate(
                "document.querySelector('.work').scrollWidth - document.querySelector('.work').clientWidth"
            )
            assert beyond <= 0, f"{tab} is {beyond} px too wide"
    assert not wrong


def test_who_ticks_is_not_disturbed_and_is_told_that_there_is_news(open_page: Open) -> None:
    mine = open_page("/incidents")
    path = incident(mine)
    message(mine, path, "first")
    card = mine.locator("article.card", has_text="first").first
    card.get_by_label("S3, Operations, to act on").check(force=True)
    other = open_page("/incidents")
    message(other, path, "while somebody ticks")
    expect(mine.get_by_role("button", name="Something is new here: show")).to_be_visible()
    expect(card.get_by_label("S3, Operations, to act on")).to_be_checked()
    mine.get_by_role("button", name="Something is new here: show").first.click()
    expect(mine.locator("article.card", has_text="while somebody ticks")).to_be_visible()


def test_a_flash_message_reaches_everybody_in_the_room(open_page: Open) -> None:
    mine, other = open_page("/incidents"), open_page("/incidents")
    path = incident(mine)
    other.goto(path)
    expect(other.locator(".here li")).to_have_count(1)
    mine.goto(f"{path}/messages")
    mine.get_by_label("Flash", exact=True).check(force=True)
    mine.get_by_label("Why it interrupts everybody").fill("A life is at stake")
    mine.get_by_label("From", exact=True).fill("Commander")
    mine.locator("textarea#text").fill("Person in the water")
    mine.get_by_role("button", name="Keep the message").click()
    expect(other.locator(".toast.s4")).to_contain_text("Flash message")
    expect(other.locator("#room-now")).to_contain_text("Person in the water")


def test_a_reason_is_asked_in_a_dialog(open_page: Open) -> None:
    page = open_page("/incidents")
    page.goto(incident(page))
    button = page.locator(".life button[data-opens]").first
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
