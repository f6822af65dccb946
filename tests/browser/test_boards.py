"""The desk at night: boards that move by themselves but not under the hand, and everything by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Open
from .test_screens import DESK, PHONE, violations

pytestmark = pytest.mark.browser

DO = """async (values) => {
  const csrf = document.querySelector('command-line').dataset.csrf;
  const answer = await fetch(values.path ?? '/web/command', { method: 'POST', redirect: 'manual',
    headers: { Accept: 'application/json' }, body: new URLSearchParams({ _csrf_token: csrf, ...values.form }) });
  return answer.status;
}"""


def do(page: Page, path: str = "/web/command", **form: str) -> int:
    """Sends a form in the background, as another desk would."""
    status: int = page.evaluate(DO, {"path": path, "form": form})
    return status


def report(page: Page, title: str, **form: str) -> str:
    """Reports an incident; its id."""
    assert do(page, "/incidents/new", title=title, position="51.4554, 6.7279", **({"type": "other"} | form)) == 0
    strip = page.locator(".strip", has_text=title)
    expect(strip).to_be_visible(timeout=8_000)
    return str(strip.get_attribute("data-item"))


@pytest.fixture
def desk(open_page: Open) -> Iterator[Page]:
    page = open_page("/incidents")
    page.wait_for_function("document.querySelectorAll('.tile').length > 20", timeout=30_000)
    yield page


def quiet_unit(page: Page) -> tuple[str, Locator]:
    """A unit that nobody is going to need, made ready: its name and its tile."""
    tile = page.locator(".tile", has_text="GW-Mess 3-7")
    assert do(page, line="GW-Mess 3-7 2") == 200
    expect(tile).to_have_attribute("data-means", "free")
    return "GW-Mess 3-7", tile


def test_a_status_is_given_and_taken_back_by_keyboard_alone(desk: Page) -> None:
    name, tile = quiet_unit(desk)
    desk.keyboard.press("/")
    desk.keyboard.type(f"{name} 6")
    expect(desk.locator("command-line .says.ready")).to_have_text(f"{name} → 6 not ready")
    assert not violations(desk)
    desk.keyboard.press("Enter")
    expect(desk.locator(".deed")).to_contain_text(f"{name} → 6")
    expect(desk.locator("command-line")).to_be_hidden()
    expect(tile).to_have_attribute("data-means", "out")
    assert not violations(desk)
    desk.keyboard.press("Control+z")
    expect(tile).to_have_attribute("data-means", "free")
    expect(desk.locator(".deed")).to_contain_text("Taken back")


def test_a_line_that_means_several_offers_them_and_sends_nothing(desk: Page) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("dlk 6")
    expect(desk.locator("command-line [role=option]").first).to_be_visible()
    before = desk.locator('.tile[data-means="out"]').count()
    desk.keyboard.press("Enter")
    expect(desk.locator(".deed.wrong")).to_contain_text("Several")
    assert desk.locator('.tile[data-means="out"]').count() == before
    desk.keyboard.press("Escape")
    expect(desk.locator("command-line")).to_be_hidden()


def test_arrows_walk_the_board_digits_act_on_the_unit_and_enter_opens(desk: Page) -> None:
    report(desk, "Laterne flackert")
    first = desk.locator(".strip > a").first
    first.focus()
    desk.keyboard.press("End")
    assert desk.evaluate("document.activeElement.closest('.strip') !== null")
    name, tile = quiet_unit(desk)
    tile.locator("button").focus()
    desk.keyboard.press("6")
    expect(tile).to_have_attribute("data-means", "out")
    assert desk.evaluate("document.activeElement.dataset.unit") == tile.get_attribute("data-item")  # the focus stays
    desk.keyboard.press("2")
    expect(tile).to_have_attribute("data-means", "free")
    desk.keyboard.press("Enter")
    expect(desk.locator("dialog#unit-card[open] h2")).to_contain_text(name)
    assert not violations(desk)
    desk.keyboard.press("Escape")


def test_two_desks_see_the_same_without_loading_anew(desk: Page, open_page: Open) -> None:
    other = open_page("/units")
    name, _ = quiet_unit(other)
    assert do(desk, line=f"{name} 5") == 200
    for page in (desk, other):
        expect(page.locator(".speeches")).to_contain_text(name)
    other.locator(".speech", has_text=name).get_by_role("button").click()
    expect(desk.locator(".speeches")).not_to_contain_text(name)
    title = "Ast auf dem Gehweg"
    report(desk, title)
    assert other.locator(".strip").count() == 0


def test_nothing_moves_under_the_hand(desk: Page) -> None:
    title = "Hund im Gleis"
    incident = report(desk, title)
    strip = desk.locator(f'[data-item="{incident}"]')
    strip.hover()
    before = strip.bounding_box()
    assert do(desk, f"/incidents/{incident}/step", step="triage", version="1") == 0
    expect(strip).to_have_class(re.compile("moves"))
    assert strip.bounding_box() == before
    expect(desk.locator("[data-shows]")).to_be_visible()
    desk.keyboard.press(".")
    expect(desk.locator('[data-group="triaged"]').locator(f'[data-item="{incident}"]')).to_be_visible()
    expect(desk.locator("[data-shows]")).to_be_hidden()


@pytest.mark.parametrize(("language", "theme", "size"), [("de", "dark", DESK), ("en", "light", PHONE)])
def test_the_boards_are_accessible_with_something_on_them(
    open_page: Open, language: str, theme: str, size: tuple[int, int]
) -> None:
    page = open_page("/incidents", language=language, theme=theme, size=size)
    page.wait_for_function("document.querySelectorAll('.strip').length > 0", timeout=60_000)
    wrong = {}
    incident = page.locator(".strip").first.get_attribute("data-item")
    for path in (
        "/incidents",
        "/incidents?view=list",
        "/units",
        "/incidents/new?title=Brand",
        f"/incidents/{incident}/dispatch",
    ):
        page.goto(path)
        page.wait_for_selector("main h1")
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found = violations(page) + ([f"scrolls sideways by {width} px"] if width > 0 else [])
        if found:
            wrong[path] = found
    assert not wrong


def test_from_a_call_to_units_on_their_way_in_one_go(desk: Page) -> None:
    desk.keyboard.press(":")
    desk.keyboard.type("new Fire in a container")
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("What happened")).to_have_value("Fire in a container")
    expect(desk.get_by_label("Kind", exact=True)).to_have_value("fire")  # the words say it
    desk.get_by_role("combobox", name="Where").press_sequentially("Ruhrort")
    desk.locator("place-search [role=option]", has_text="Ruhrort").last.wait_for()
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("Position")).not_to_have_value("")
    expect(desk.locator("#same")).to_contain_text(re.compile("Nothing of the last day|note the call there"))
    assert not violations(desk)
    desk.get_by_role("button", name="Report the incident").click()
    desk.get_by_label("What it has to be able to do").fill("HLF")
    desk.get_by_role("button", name="Ask for it").click()
    row = desk.locator(".who-table tbody tr").first
    name = row.locator("strong").inner_text()
    row.get_by_role("button", name=f"Alert {name}").click()
    sent = desk.locator(".sent > li", has_text=name)
    expect(sent.locator(".four .done").first).to_be_visible(timeout=20_000)  # the page hears of the mark by itself
    assert not violations(desk)
    desk.goto("/incidents")
    expect(desk.locator('[data-group="assigned"], [data-group="on-scene"]').first).to_contain_text(
        "Fire in a container"
    )
