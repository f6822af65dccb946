"""Feeds are asked on their schedule from a real server: links followed once, failures told, nothing taken twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rhinecloud.access import system
from rhinecloud.base.errors import BadRequestData, Conflict
from rhinecloud.operations.warnings import CapFeed, Taken, feeds
from tests.conftest import HeldClock
from tests.operations.centre import person

from .office import Office
from .test_incoming import cap

CHIEF = person("carla", role="administrator")
FEEDER = system("feed")


class Source:
    """A server with documents by path; `asked` counts."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.asked: list[str] = []
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                source.asked.append(self.path)
                body = source.documents.get(self.path)
                tag = f'"{hash(body)}"'
                if body is not None and self.headers.get("If-None-Match") == tag:
                    self.send_response(304)
                    self.end_headers()
                    return
                self.send_response(200 if body is not None else 404)
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()


@pytest.fixture
def source() -> Iterator[Source]:
    made = Source()
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


@pytest.fixture
def office(tmp_path: Path, held_clock: HeldClock) -> Office:
    return Office(tmp_path, held_clock)


async def ask(office: Office) -> list[Taken]:
    desk = office.desk(FEEDER)

    async def take(name: str, data: bytes, origin: str) -> list[Taken]:
        return await asyncio.to_thread(desk.take, name, data, origin)

    def known(address: str) -> bool:
        return bool(office.shelf.rows("SELECT 1 FROM cap_received WHERE name = ?", address))

    state = feeds.states(office.shelf)[0]
    return await feeds.ask(office.shelf, state, take, clock=office.clock, allow_private=True, known=known)


def entry(*links: str) -> bytes:
    entries = "".join(f'<entry><link type="application/cap+xml" href="{link}"/></entry>' for link in links)
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()


async def test_links_of_a_feed_are_followed_once(office: Office, source: Source) -> None:
    office.desk(CHIEF).save_feed(CapFeed(id="a", url=f"{source.url}/feed"))
    source.documents = {"/feed": entry("1.xml", "2.xml"), "/1.xml": cap("f.1"), "/2.xml": cap("f.2", kind="Update")}
    assert [t.outcome for t in await ask(office)] == ["taken", "refused"]
    source.documents |= {"/feed": entry("1.xml", "3.xml"), "/3.xml": cap("f.3")}
    assert [t.identifier for t in await ask(office)] == ["f.3"]
    assert source.asked.count("/1.xml") == 1
    state = feeds.states(office.shelf)[0]
    assert (state.taken, state.refused, state.failures, state.error) == (2, 1, 0, "")


async def test_what_did_not_change_is_not_read_again(office: Office, source: Source) -> None:
    office.desk(CHIEF).save_feed(CapFeed(id="a", url=f"{source.url}/one.xml"))
    source.documents = {"/one.xml": cap("o.1")}
    assert [t.outcome for t in await ask(office)] == ["taken"]
    assert await ask(office) == []


async def test_a_source_that_fails_is_told_and_asked_more_seldom(office: Office, source: Source) -> None:
    office.desk(CHIEF).save_feed(CapFeed(id="a", url=f"{source.url}/nothing", interval_s=60))
    for failures in (1, 2, 3):
        assert await ask(office) == []
        state = feeds.states(office.shelf)[0]
        assert state.failures == failures
        assert "404" in state.error
    assert not state.due(office.clock() + 300 * 1_000_000)
    assert state.due(office.clock() + 481 * 1_000_000)


async def test_one_broken_link_keeps_no_other_out_and_is_asked_again(office: Office, source: Source) -> None:
    office.desk(CHIEF).save_feed(CapFeed(id="a", url=f"{source.url}/feed"))
    source.documents = {"/feed": entry("gone.xml", "1.xml"), "/1.xml": cap("b.1")}
    assert [t.outcome for t in await ask(office)] == ["taken"]
    source.documents["/gone.xml"] = cap("b.2")
    assert [t.identifier for t in await ask(office)] == ["b.2"]


def test_feeds_are_checked_and_kept_in_versions(office: Office) -> None:
    desk = office.desk(CHIEF)
    for wrong in ({"url": "ftp://x"}, {"interval_s": 1.0}, {"id": "a b"}, {"headers": {"X": "a\nb"}}):
        with pytest.raises(BadRequestData):
            desk.save_feed(CapFeed(**({"id": "a", "url": "https://x.example/"} | wrong)))
    desk.save_feed(CapFeed(id="a", url="https://x.example/"))
    with pytest.raises(Conflict):
        desk.save_feed(CapFeed(id="a", url="https://y.example/"))


async def test_a_feed_does_not_reach_into_our_own_network(office: Office, source: Source) -> None:
    office.desk(CHIEF).save_feed(CapFeed(id="a", url=f"{source.url}/one.xml"))
    source.documents = {"/one.xml": cap("o.1")}

    async def take(name: str, data: bytes, origin: str) -> list[Taken]:
        raise AssertionError(name)

    state = feeds.states(office.shelf)[0]
    await feeds.ask(office.shelf, state, take, clock=office.clock, allow_private=False, known=lambda _: False)
    assert feeds.states(office.shelf)[0].failures == 1
    assert source.asked == []
