"""A real Chromium before a real city with its demo: signed in as people do, by the first start's one-time link."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.journeys.conftest import LiveCity, run_city

expect.set_options(timeout=20_000)  # two busy cores; whatever is wrong is wrong after that, too
PASSWORD = "gelbe Boje am Strom"
ARGUMENTS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader"),
    *("--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, or the one that RHINECLOUD_CHROMIUM names, or Playwright's own.

    For a module and no longer: Playwright keeps an event loop running, beside which no other test can run one.
    """
    path = os.environ.get("RHINECLOUD_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as play:
        if path is None and not Path(play.chromium.executable_path).exists():
            pytest.skip("no Chromium is here (install it, or name it in RHINECLOUD_CHROMIUM)")
        browser = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCity]:
    """With the past that comes at once; a file that looks further back says so (`DAYS`)."""
    data = tmp_path_factory.mktemp("browser") / "data"
    data.mkdir()
    (data / "rhinecloud.toml").write_text(f"demo_days = {getattr(request.module, 'DAYS', 3)}\n")
    with run_city(data) as city:
        city.until(lambda: len(city.get("/web/things")["rows"]) > 20, "the demo city's things")
        yield city


@pytest.fixture(scope="module")
def session(demo: LiveCity, chromium: Browser) -> list[Any]:
    """The cookies of a signed-in administrator."""
    link = re.search(r"/sign-in/link/\w+", demo.data.with_suffix(".log").read_text())
    assert link
    with chromium.new_context(base_url=demo.url, locale="en-GB") as context:
        page = context.new_page()
        page.goto(link[0])
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same again").fill(PASSWORD)
        page.get_by_role("button", name="Set password and sign in").click()
        page.wait_for_selector("nav.rail")
        return [c for c in context.cookies() if c["name"] == "rhinecloud_session"]


Open = Callable[..., Page]


def expected(complaint: str) -> bool:
    """What tests provoke: pages that are not there, lines that are cut, requests whose place a newer one takes."""
    provoked = ("status of 40", "ERR_FAILED", "htmx:sendAbort", "htmx:afterRequest")
    return any(words in complaint for words in provoked)


@pytest.fixture
def open_page(demo: LiveCity, chromium: Browser, session: list[Any]) -> Iterator[Open]:
    """Opens a path; whatever the page complains of on its console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_(
        path: str, *, language: str = "en", theme: str = "dark", size: tuple[int, int] = (1440, 900), known: bool = True
    ) -> Page:
        context = chromium.new_context(
            base_url=demo.url,
            locale="de-DE" if language == "de" else "en-GB",
            viewport={"width": size[0], "height": size[1]},
            reduced_motion="reduce",
            has_touch=size[0] < 600,
        )
        contexts.append(context)
        cookies = [{"name": "rhinecloud_theme", "value": theme, "url": demo.url}, *(session if known else [])]
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        page.on(
            "console",
            lambda m: complaints.append(m.text) if m.type == "error" and not expected(m.text) else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not complaints
