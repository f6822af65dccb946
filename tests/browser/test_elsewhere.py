"""What a city takes from elsewhere, in a real browser: people of an identity provider, and another base map."""

from __future__ import annotations

import asyncio
import html
import json
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser

from tests.access.provider import Provider
from tests.journeys.conftest import LiveCity, run_city

pytestmark = pytest.mark.browser

STYLE = {
    "version": 8,
    "name": "Test",
    "sources": {},
    "layers": [{"id": "ground", "type": "background", "paint": {"background-color": "#335577"}}],
}


class Elsewhere(Provider):
    """The provider with a page for browsers, and a map style beside it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/authorize":
            query = scope["query_string"].decode()
            asked = {name: values[0] for name, values in parse_qs(query).items()}
            back = self.visit(f"/authorize?{query}")
            address = f"{asked['redirect_uri']}?code={back['code']}&state={back['state']}"
            page = f"<h1>Identity</h1><a href='{html.escape(address)}'>Sign in as Anna</a>"
            await _send(send, b"text/html", page.encode())
        elif scope["path"] == "/favicon.ico":
            await _send(send, b"image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
        elif scope["path"] == "/style.json":
            self.asked.append("/style.json")
            await _send(send, b"application/json", json.dumps(STYLE).encode())
        else:
            await super().__call__(scope, receive, send)


async def _send(send: Any, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"access-control-allow-origin", b"*")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    """Serves in a thread of its own: Playwright keeps the loop of this one."""
    made, ready, over = Elsewhere(), threading.Event(), threading.Event()

    async def serve() -> None:
        async with made:
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(20)
    yield made
    over.set()
    thread.join()


@pytest.fixture(scope="module")
def city(elsewhere: Elsewhere, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCity]:
    data = tmp_path_factory.mktemp("elsewhere") / "data"
    data.mkdir()
    (data / "rhinecloud.toml").write_text(
        f'oidc_issuer = "{elsewhere.issuer}"\n'
        f'oidc_client_id = "{elsewhere.client_id}"\n'
        f'oidc_client_secret = "{elsewhere.client_secret}"\n'
        f'oidc_roles = {{ "cn=fire" = "engineer@city" }}\n'
        f'map_style = "{elsewhere.issuer}/style.json"\n'
    )
    with run_city(data, "--empty") as running:
        yield running


def test_a_person_of_the_provider_signs_in_and_works(city: LiveCity, elsewhere: Elsewhere, chromium: Browser) -> None:
    elsewhere.claims["groups"] = ["cn=fire"]
    complaints: list[str] = []
    with chromium.new_context(base_url=city.url, locale="en-GB") as context:
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto("/rules")
        assert "/sign-in" in page.url
        page.get_by_role("link", name="127.0.0.1").click()
        page.get_by_role("link", name="Sign in as Anna").click()
        page.wait_for_url("**/rules")
        page.get_by_role("heading", name="Rules", level=1).wait_for()
        assert page.get_by_text("Anna Muster").count()
        assert page.get_by_role("link", name="New rule").is_visible()
        assert not page.get_by_role("link", name="Administration").count()
        names = {cookie["name"] for cookie in context.cookies()}
        assert "rhinecloud_session" in names
        assert "rhinecloud_oidc" not in names
    assert not complaints


def test_a_flow_that_is_not_ours_lets_nobody_in(city: LiveCity, chromium: Browser) -> None:
    with chromium.new_context(base_url=city.url, locale="en-GB") as context:
        page = context.new_page()
        page.goto("/sign-in/oidc/callback?code=stolen&state=guessed")
        page.get_by_text("The identity provider did not let you in").wait_for()
        assert "rhinecloud_session" not in {cookie["name"] for cookie in context.cookies()}


def test_another_map_style_is_drawn_within_the_policy(city: LiveCity, elsewhere: Elsewhere, chromium: Browser) -> None:
    complaints: list[str] = []
    with chromium.new_context(base_url=city.url, locale="en-GB") as context:
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/situation")
        page.wait_for_selector("city-map canvas")
        page.wait_for_timeout(500)
    assert "/style.json" in elsewhere.asked
    assert not complaints


def pmtiles(tile: bytes) -> bytes:
    """A PMTiles archive, version 3, with one tile: zoom 0, of nothing.

    Source: PMTiles Version 3 Specification, 3 (header) and 4 (directories).
    """
    root = bytes([1, 0, 1]) + _varint(len(tile)) + bytes([1])  # one entry: tile 0, run 1, its length, offset + 1
    about = b'{"vector_layers":[]}'
    start = 127
    places = (start, len(root), start + len(root), len(about), start + len(root) + len(about), 0)
    places += (start + len(root) + len(about), len(tile))
    head = b"PMTiles\x03" + struct.pack("<8Q", *places) + struct.pack("<3Q", 1, 1, 1)
    head += bytes([1, 1, 1, 1, 0, 0]) + struct.pack("<4i", -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000)
    head += bytes([0]) + struct.pack("<2i", 0, 0)
    assert len(head) == start
    return head + root + about + tile


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def test_a_map_file_is_read_in_pieces(tmp_path: Path, chromium: Browser) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "map.pmtiles").write_bytes(pmtiles(b"\x1a\x05\x0a\x03lay"))
    (data / "rhinecloud.toml").write_text(f'map_pmtiles = "{tmp_path / "map.pmtiles"}"\n')
    complaints: list[str] = []
    pieces: list[int] = []
    with run_city(data, "--empty") as running, chromium.new_context(base_url=running.url, locale="en-GB") as context:
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda r: pieces.append(r.status) if "map.pmtiles" in r.url else None)
        page.goto("/situation")
        page.wait_for_selector("city-map canvas")
        page.wait_for_timeout(800)
    assert pieces
    assert set(pieces) == {206}
    assert not complaints
