"""Somebody at a browser of their own, as part of many who work on the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import LiveCity

from .conftest import PASSWORD


class Desk:
    """Somebody at a browser of their own. On the ground for drills each page that they open says EXERCISE."""

    def __init__(self, page: Page) -> None:
        self.page, self.drill = page, False

    def sign_in(self, link: str) -> None:
        self.page.goto(link)
        self.page.get_by_label("New password").fill(PASSWORD)
        self.page.get_by_label("The same again").fill(PASSWORD)
        self.page.get_by_role("button", name="Set password and sign in").click()
        self.page.wait_for_selector("nav.rail")

    def take_part(self) -> None:
        self.page.goto("/drills")
        self.page.get_by_role("button", name="Take part").click()
        self.drill = True
        self.marked()

    def go(self, path: str) -> Page:
        self.page.goto(path)
        self.marked()
        return self.page

    def marked(self) -> None:
        assert self.drill
        expect(self.page.locator(".drill-stripe")).to_contain_text("EXERCISE")

    def press(self, name: str, *, within: str = "main") -> None:
        """A button of a form, and the page that comes of it."""
        with self.page.expect_navigation():
            self.page.locator(within).get_by_role("button", name=name).first.click()
        self.marked()

    def told(self, text: str) -> None:
        expect(self.page.get_by_role("status").filter(has_text=text).first).to_be_visible()

    def sees(self, path: str) -> bool:
        """Whether an incident is there for them: on its address, and on their board."""
        status = self.page.request.get(path).status
        assert status in (200, 404)
        board = path.rpartition("/")[2] in self.page.request.get("/incidents").text()
        assert board == (status == 200), "the address and the board say the same"
        return board

    def export(self, path: str, file: Path) -> Path:
        """The log of an incident, as they take it along."""
        page = self.go(f"{path}/log")
        with page.expect_download() as download:
            page.get_by_role("link", name="Take it along").click()
        download.value.save_as(file)
        return file


def invite(city: LiveCity, people: Mapping[str, str]) -> dict[str, str]:
    """Everybody is added as an administrator does it on the command line; their one-time links, without host."""

    def add(who: tuple[str, str]) -> tuple[str, str]:
        name, role = who
        said = city.command("user", "add", name, "--role", role, "--title", name.title())
        found = re.search(r"/sign-in/link/\w+", said)
        assert found, said
        return name, found[0]

    with ThreadPoolExecutor(2) as several:
        return dict(several.map(add, people.items()))
