"""Takes the pictures of the README from a demo city of its own: run it again when the screens look different.

Out: `docs/images`, each picture at most 200 kB. Needs Chromium, which RHINECLOUD_CHROMIUM may name.

    python tools/screenshots.py [FOLDER]
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

OUT = Path(__file__).parents[1] / "docs/images"
LARGEST = 200_000  # bytes of a picture
QUALITY = 88  # of a JPEG
PATIENCE_S = 120
THINGS = 60  # of the demo city that have to be known before it counts as alive
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]

GAUGE = "urn:ngsi-ld:WaterObserved:ruhrort"


@dataclass(frozen=True)
class Picture:
    """One picture: what is shown, to whom, and on how large a screen."""

    file: str
    path: str
    language: str
    theme: str
    size: tuple[int, int]


PICTURES = (
    Picture("overview.jpg", "/", "de-DE", "dark", (1440, 900)),
    Picture("situation.jpg", f"/situation?select={GAUGE}&@6.7290,51.4500,12.40", "de-DE", "dark", (1440, 900)),
    Picture("past.jpg", "/situation?at={at}&list=things&@6.7500,51.4350,11.60", "en-GB", "light", (1440, 900)),
    Picture("phone.png", "/situation", "en-GB", "light", (390, 844)),
)


@contextlib.contextmanager
def demo_city() -> Iterator[str]:
    """The address of a demo city that is alive; it ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        command = [sys.executable, "-m", "rhinecloud", "up", "--open", "--port", "0", "--mqtt-port", "0"]
        with subprocess.Popen([*command, "--data", str(data)], stdout=subprocess.DEVNULL) as city:
            try:
                yield alive(city, data)
            finally:
                city.terminate()


def alive(city: subprocess.Popen[bytes], data: Path) -> str:
    """Waits until things of the city are known, and their past."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if city.poll() is not None:
            raise SystemExit("the demo city does not start")
        with contextlib.suppress(OSError, ValueError, KeyError):
            url = str(json.loads((data / "rhinecloud.lock").read_text())["url"])
            with urllib.request.urlopen(f"{url}/web/things", timeout=10) as answer:
                if len(json.load(answer)["rows"]) >= THINGS:
                    return url
        time.sleep(0.3)
    raise SystemExit(f"the demo city is not alive after {PATIENCE_S} s")


def take(browser: Browser, url: str, picture: Picture, folder: Path) -> Path:
    """One picture, once nothing on it is waited for."""
    width, height = picture.size
    with browser.new_context(
        base_url=url,
        locale=picture.language,
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
    ) as context:
        context.add_cookies([{"name": "rhinecloud_theme", "value": picture.theme, "url": url}])
        page = context.new_page()
        at = datetime.now(UTC) - timedelta(hours=6)
        page.goto(picture.path.replace("{at}", f"{at:%Y-%m-%dT%H:00:00Z}"))
        page.wait_for_selector("#live[data-state=live], #live[data-state=past]")
        if page.locator(".demo").count():  # the picture says it in its words
            page.locator(".demo button").click()
            page.wait_for_selector("#live[data-state=live], #live[data-state=past]")
        if "select=" in picture.path:
            page.wait_for_selector("thing-panel city-chart canvas")
        settle(page)
        file = folder / picture.file
        page.screenshot(path=file, quality=QUALITY if file.suffix == ".jpg" else None)
    if file.stat().st_size > LARGEST:
        raise SystemExit(f"{file.name} has {file.stat().st_size:,} bytes, more than {LARGEST:,}")
    return file


def settle(page: Page) -> None:
    """Waits until the map is drawn: until a second changes nothing on it."""
    page.wait_for_timeout(1_000)
    if not page.locator("city-map").count():
        return
    page.evaluate("document.querySelector('city-map').ready")
    before, tries = b"", 20
    while (now := page.locator("city-map .canvas").screenshot()) != before and tries:
        before, tries = now, tries - 1
        page.wait_for_timeout(1_000)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("RHINECLOUD_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with demo_city() as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for picture in PICTURES:
            file = take(browser, url, picture, folder)
            print(f"{file}  {file.stat().st_size:,} bytes")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else OUT)
