"""The flood drill in seven real browsers: two operators, a liaison and three agencies work it from the first alert to a
closed, reviewed incident, the control leads, each sees only what they may, and the log can be checked without the city.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.journeys.conftest import LiveCity, first_link

from .conftest import expected
from .desks import Desk, invite
from .exported import check, whatever_is_done_to_it_is_found

pytestmark = pytest.mark.browser

PEOPLE = {
    "olga": "operator@city",
    "omar": "operator@city",
    "lena": "operator@city/staff",  # the liaison in the crisis staff
    "frida": "operator@city/fire",
    "paul": "operator@city/police",
    "uwe": "operator@city/utility",
}
TITLE = "The Rhine comes over the promenade"
SECRET = "A diver of the police is missing."


@pytest.fixture
def desk(demo: LiveCity, chromium: Browser) -> Iterator[Callable[[], Desk]]:
    """Opens a browser of its own; whatever a page complains of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_() -> Desk:
        context = chromium.new_context(
            base_url=demo.url, locale="en-GB", viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" and not expected(m.text) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Desk(page)

    yield open_
    for context in contexts:
        context.close()
    assert not complaints


def test_a_flood_is_worked_from_the_first_alert_to_the_review(
    demo: LiveCity, desk: Callable[[], Desk], tmp_path: Path
) -> None:
    links = invite(demo, PEOPLE)
    control = desk()
    control.sign_in(first_link(demo))
    begin(control)
    seats = {name: desk() for name in PEOPLE}
    for name, seat in seats.items():
        seat.sign_in(links[name])
        seat.take_part()
    olga, omar, lena, frida, paul, uwe = seats.values()
    assert "Walkers" in control.go("/drills/1").content()
    assert "Walkers" not in paul.go("/drills/1").content(), "what is to come, only the control knows"

    boards = [seat.go("/incidents") for seat in (frida, paul)]
    path = from_the_alert(olga)
    for board in boards:
        expect(board.locator(".strip", has_text=TITLE)).to_contain_text("EXERCISE")
    assert [name for name, seat in seats.items() if seat.sees(path)] == ["olga", "omar", "lena", "frida", "paul"]
    triage(olga, path)
    takes_part(olga, path, "Crisis staff", False)
    assert not lena.sees(path) and paul.sees(path)
    takes_part(olga, path, "Crisis staff", True)
    assert lena.sees(path) and not uwe.sees(path)

    send_a_unit(frida, path)
    keep_the_log(olga, path)
    distribute(control, omar, paul, path)
    ask(frida, uwe, path)
    give_a_task(olga, paul, path)
    hand_over(olga, omar, path)
    other = walkers(control, paul)
    assert [name for name, seat in seats.items() if not seat.sees(other)] == ["lena", "uwe"]

    for seat in (uwe, lena):
        assert SECRET not in seat.go(f"{path}/log").content()
        expect(seat.page.get_by_text("Not for your agency.").first).to_be_visible()
    expect(paul.go(f"{path}/log").get_by_text(SECRET)).to_be_visible()

    arrives(frida, path)
    close(omar, path)
    review(omar, path)
    end(control)
    noted = frida.go(f"{path}/log").locator("li.entry .seq").first.get_attribute("title")
    assert noted
    log = omar.export(path, tmp_path / "whole.jsonl")
    assert SECRET in log.read_text()
    theirs = uwe.export(path, tmp_path / "theirs.jsonl")
    assert SECRET not in theirs.read_text()
    for file in (log, theirs):
        assert check(file, noted) == (0, "")
    whatever_is_done_to_it_is_found(log, noted, tmp_path)


def begin(control: Desk) -> None:
    page = control.page
    page.goto("/drills")
    scenario = page.locator("article.scenario", has_text="Flood of the Rhine")
    scenario.get_by_role("button", name="Start the drill").click()
    page.wait_for_selector("#drill", timeout=60_000)
    control.drill = True
    control.marked()


def from_the_alert(seat: Desk) -> str:
    """The river's forecast raises an alert by itself; it becomes an incident: its address."""
    page = seat.go("/alerts")
    alert = page.get_by_role("link", name="Flood expected")
    expect(alert.first).to_be_visible(timeout=60_000)
    alert.first.click()
    page.get_by_role("link", name="Make it an incident").click()
    page.get_by_label("What happened").fill(TITLE)
    page.get_by_label("Kind", exact=True).select_option("flood")
    page.get_by_label("Position").fill("51.4558, 6.7347")
    seat.press("Report the incident")
    found = re.search(r"/incidents/\w[\w-]*", page.url)
    assert found, page.url
    return found[0]


def state(seat: Desk, path: str, word: str) -> None:
    expect(seat.go(path).locator(".state-badge")).to_have_text(re.compile(word, re.IGNORECASE))


def triage(seat: Desk, path: str) -> None:
    seat.go(path)
    seat.press("Assess", within=".life")
    state(seat, path, "assessed|triaged")


def takes_part(seat: Desk, path: str, agency: str, does: bool) -> None:
    page = seat.go(f"{path}/edit")
    page.get_by_label(agency).set_checked(does)
    seat.press("Save")
    assert (agency in page.locator(".facts").first.inner_text()) == does


def send_a_unit(seat: Desk, path: str) -> None:
    """What is needed, who goes; the simulated crew hears of it over MQTT and answers by itself."""
    page = seat.go(f"{path}/dispatch")
    page.get_by_label("What it has to be able to do").fill("HLF")
    seat.press("Ask for it")
    row = page.locator(".who-table tbody tr", has_text="HLF").first
    name = row.locator("strong").inner_text()
    row.get_by_role("button", name=f"Alert {name}").click()
    sent = page.locator(".sent > li", has_text=name)
    expect(sent.locator(".four .done")).to_have_count(4, timeout=40_000)  # sent, received, read, accepted


def arrives(seat: Desk, path: str) -> None:
    """The crew says by radio that it is there, where its device has not said so before."""
    if seat.go(path).locator(".life").get_by_role("button", name="Units are on scene").count():
        seat.press("Units are on scene", within=".life")
    state(seat, path, "on scene")


def keep_the_log(seat: Desk, path: str) -> None:
    page = seat.go(f"{path}/log")
    seat.press("Take the log over")
    page.get_by_label("What happened, in whole sentences").fill("Water has reached the quay.")
    seat.press("Keep the entry")
    seat.told("The entry is kept.")
    page.get_by_label("What happened, in whole sentences").fill(SECRET)
    page.get_by_label("Only", exact=True).check()
    page.locator('[name="reader.police"]').check()
    page.locator('[name="reader.fire"]').check()
    seat.press("Keep the entry")
    seat.told("The entry is kept.")


def distribute(control: Desk, officer: Desk, other: Desk, path: str) -> None:
    """The district government writes; the Sichter alone says who acts on it."""
    page = officer.go(f"{path}/staff")
    post = page.locator(".staff-list > li", has_text="Message officer")
    post.locator("summary").first.click()
    with page.expect_navigation():
        post.get_by_role("button", name="I take it").click()
    waiting = "#messages-waiting article.card:has-text('Bezirksregierung')"
    card, there = officer.go(f"{path}/messages").locator(waiting), other.go(f"{path}/messages")
    now(control, "A situation report is asked for")
    for page in (officer.page, there):
        expect(page.locator(waiting)).to_be_visible()  # comes by itself
    expect(there.get_by_role("button", name="Distribute")).to_have_count(0)
    card.get_by_label("S3, Operations, to act on").check(force=True)
    card.get_by_role("button", name="Distribute").click()
    officer.told("distributed")
    expect(there.locator(waiting)).to_have_count(0)  # goes by itself, too


def now(control: Desk, title: str) -> None:
    """The control brings something in before its time."""
    page = control.go("/drills/1")
    with page.expect_navigation():
        page.locator(".injects > li", has_text=title).get_by_role("button", name="Now").click()
    expect(page.locator(".injects > li.done", has_text=title)).to_be_visible()


def ask(asking: Desk, asked: Desk, path: str) -> None:
    """Whoever is asked takes part from then on."""
    page = asking.go(f"{path}/tasks")
    page.get_by_label("Ask", exact=True).select_option("utility")
    page.get_by_label("For what").fill("Emergency power for the pumping station")
    page.get_by_role("button", name="Ask", exact=True).click()
    request = "article.card:has-text('Emergency power')"
    expect(page.locator(request)).to_be_visible()
    assert asked.sees(path)
    answer = asked.go(f"{path}/tasks").locator(request)
    answer.get_by_label("Words to it").fill("250 kVA in forty minutes")
    answer.locator("button[value=offered]").click()
    for value in ("accepted", "arrived"):
        page.locator(f"{request} button[value={value}]").click()
        expect(page.locator(f"{request} button[value={value}]")).to_have_count(0)
    expect(asked.page.locator(f"{request} .badge.good")).to_be_visible()


def give_a_task(giver: Desk, doer: Desk, path: str) -> None:
    page = giver.go(f"{path}/tasks")
    page.get_by_label("What is to be done").fill("Close the promenade")
    giver.press("Give the task")
    task = "article.card:has-text('Close the promenade')"
    there = doer.go(f"{path}/tasks").locator(task)
    there.get_by_label("Note").fill("Closed at both ends")
    there.get_by_role("button", name="Done").click()
    expect(page.locator(f"{task} .badge.good")).to_be_visible()  # the giver hears of it by themselves


def hand_over(giver: Desk, taker: Desk, path: str) -> None:
    page = taker.go(f"{path}/handover")
    giver.go(f"{path}/handover").get_by_label("What the next shift has to know").fill("Water rises.")
    giver.press("Hand over and sign")
    expect(page.locator("article.card", has_text="Water rises.")).to_be_visible()
    taker.press("Take over and sign")
    expect(page.locator("article.card .badge.good")).to_be_visible()
    expect(taker.go(f"{path}/log").get_by_role("heading", name="New entry")).to_be_visible()  # keeps the log now


def walkers(control: Desk, seat: Desk) -> str:
    """Something else happens, of which only the fire service and the police are told: its address."""
    board = seat.go("/incidents")
    now(control, "Walkers on the flooded promenade")
    strip = board.locator(".strip", has_text="Spaziergänger")
    expect(strip).to_be_visible()
    return f"/incidents/{strip.get_attribute('data-item')}"


def close(seat: Desk, path: str) -> None:
    for step in ("Contained", "Resolved", "Close"):
        if step == "Close":
            release(seat, path)  # nothing is closed while somebody is at work in it
        seat.go(path)
        seat.press(step, within=".life")
    state(seat, path, "closed")


def release(seat: Desk, path: str) -> None:
    """The units of an incident are free for others again."""
    page = seat.go(f"{path}/dispatch")
    for _ in range(page.locator(".sent details.back").count()):
        back = page.locator(".sent details.back").first
        back.locator("summary").click()
        back.get_by_label("Reason").fill("All is done")
        with page.expect_navigation():
            back.locator("button[value=withdraw]").click()


def review(seat: Desk, path: str) -> None:
    page = seat.go(f"{path}/review")
    page.get_by_label("What happened", exact=True).fill("The promenade was closed late")
    page.get_by_label("What to change").fill("Close it at 8.5 m")
    page.get_by_label("Who sees to it").fill("Public order office")
    page.get_by_label("Until").fill("2031-01-31")
    seat.press("Keep the finding")
    expect(page.locator(".findings")).to_contain_text("Close it at 8.5 m")
    seat.press("Reviewed")
    state(seat, path, "reviewed")


def end(control: Desk) -> None:
    control.go("/drills/1")
    control.press("End the drill")
    page = control.page
    expect(page.locator("#drill")).to_contain_text("ended after")
    expect(page.locator("#drill tr", has_text=TITLE)).to_contain_text(re.compile("reviewed", re.IGNORECASE))
