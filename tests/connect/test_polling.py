"""Feeds: a real HTTP server answers well, not at all, too much, or nonsense; what is new goes to the backbone, once."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from rhinecloud.backbone import RawMessage
from rhinecloud.base.errors import BadRequestData
from rhinecloud.connect import PEGELONLINE, Connect, Device, Feed, Polling
from rhinecloud.connect.feeds import address_of
from rhinecloud.connect.fetch import Refusal, fetch, public

STATIONS = [
    {
        "uuid": "c0f51e35-d0e8-4318-afaf-c5fcbc29f4c1",
        "number": "2770010",
        "shortname": "DUISBURG-RUHRORT",
        "longname": "DUISBURG-RUHRORT",
        "km": 780.8,
        "agency": "RHEIN",
        "longitude": 6.727927,
        "latitude": 51.455345,
        "water": {"shortname": "RHEIN", "longname": "RHEIN"},
        "timeseries": [
            {
                "shortname": "Q",
                "unit": "m³/s",
                "currentMeasurement": {"timestamp": "2026-11-22T10:30:00+01:00", "value": 1210.0},
            },
            {
                "shortname": "W",
                "longname": "WASSERSTAND ROHDATEN",
                "unit": "cm",
                "equidistance": 15,
                "currentMeasurement": {
                    "timestamp": "2026-11-22T10:45:00+01:00",
                    "value": 312.0,
                    "stateMnwMhw": "normal",
                },
            },
        ],
    },
    {"uuid": "x", "number": "2710080", "longname": "REES", "timeseries": []},
]


class Answers:
    """A small HTTP server on a free port; `reply` says what it answers: (status, headers, body), or nothing."""

    def __init__(self) -> None:
        self.reply: Callable[[], tuple[int, dict[str, str], bytes] | None] = lambda: (200, {}, b"{}")
        self.asked: list[dict[str, str]] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {k.lower(): v for line in head[1:] if ": " in line for k, v in [line.split(": ", 1)]}
            self.asked.append(headers | {"path": head[0].split(" ")[1]})
            told = self.reply()
            if told is None:
                await asyncio.sleep(30)
                return
            status, more, body = told
            lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close"]
            lines += [f"{k}: {v}" for k, v in more.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[tuple[Answers, str]]:
    answers = Answers()
    made = await asyncio.start_server(answers.handle, "127.0.0.1", 0)
    port = made.sockets[0].getsockname()[1]
    yield answers, f"http://127.0.0.1:{port}"
    made.close()


class Stream:
    """Keeps what is published, as the backbone would."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    async def __call__(self, subject: str, data: bytes) -> int:
        self.messages.append((subject, data))
        return len(self.messages)


@pytest.fixture
async def polling(held_clock) -> AsyncIterator[tuple[Polling, Stream]]:
    stream = Stream()
    made = Polling(stream, clock=held_clock, allow_private=True, seed=1)
    yield made, stream
    await made.stop()


Ask = Callable[[], Awaitable[Any]]


async def test_what_is_new_is_published_once_and_validated_by_etag(server, polling) -> None:
    (answers, url), (polls, stream) = server, polling
    answers.reply = lambda: (200, {"ETag": '"1"', "Last-Modified": "Sun, 22 Nov 2026 09:00:00 GMT"}, b'[{"a": 1}]')
    polls.declare("city", [Feed(id="f.1", url=url + "/data", headers={"X-Key": "secret"})])
    state = await polls.ask("city", "f.1")
    assert stream.messages == [("raw.city.poll.f%2E1", b'[{"a": 1}]')]
    assert (state.sequence, state.failures, state.size) == (1, 0, 10)
    answers.reply = lambda: (304, {}, b"")
    state = await polls.ask("city", "f.1")
    assert answers.asked[-1]["if-none-match"] == '"1"'
    assert answers.asked[-1]["if-modified-since"].startswith("Sun")
    assert answers.asked[-1]["x-key"] == "secret"
    answers.reply = lambda: (200, {}, b'[{"a": 1}]')  # the same bytes, by a server that knows no ETag
    await polls.ask("city", "f.1")
    assert len(stream.messages) == 1
    answers.reply = lambda: (200, {}, b'[{"a": 2}]')
    await polls.ask("city", "f.1")
    assert len(stream.messages) == 2


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((500, {}, b"oh"), "answers 500"),
        ((404, {}, b""), "answers 404"),
        ((200, {"content-encoding": "br"}, b"x"), "packed with br"),
        ((200, {"content-encoding": "gzip"}, b"no gzip"), "gzip is broken"),
        ((302, {"location": "/again"}, b""), "sends on more than 3 times"),
        ((302, {"location": "file:///etc/passwd"}, b""), "cannot be fetched"),
    ],
)
async def test_a_failing_source_is_said_and_asked_ever_more_seldom(server, polling, reply, said: str) -> None:
    (answers, url), (polls, stream) = server, polling
    answers.reply = lambda: reply
    polls.declare("city", [Feed(id="f", url=url)])
    for failures in (1, 2):
        state = await polls.ask("city", "f")
        assert state.failures == failures
        assert said in state.error
    assert stream.messages == []
    feed = state.feed
    pauses = [polls.pause_s(feed, n) for n in (1, 3, 6, 30)]
    assert 20 < pauses[0] < 40
    assert pauses == sorted(pauses)
    assert pauses[-1] <= 3600 * 1.25
    answers.reply = lambda: (200, {}, b"{}")
    assert (await polls.ask("city", "f")).failures == 0


async def test_a_source_that_hangs_or_is_gone_does_not_hold_us(server, polling) -> None:
    (answers, url), (polls, _) = server, polling
    answers.reply = lambda: None
    polls.declare("city", [Feed(id="hangs", url=url, timeout_s=0.2), Feed(id="gone", url="http://127.0.0.1:1/")])
    assert "does not answer within 0.2 s" in (await polls.ask("city", "hangs")).error
    assert "cannot be reached" in (await polls.ask("city", "gone")).error


async def test_answers_are_bounded_in_size_packed_or_not(server) -> None:
    answers, url = server
    answers.reply = lambda: (200, {}, b"x" * 10_000)
    with pytest.raises(Refusal, match="larger than"):
        await fetch(url, max_bytes=5000, allow_private=True)
    answers.reply = lambda: (200, {"content-encoding": "gzip"}, gzip.compress(b"x" * 10_000_000))
    with pytest.raises(Refusal, match="larger than"):
        await fetch(url, max_bytes=1_000_000, allow_private=True)
    answers.reply = lambda: (200, {"content-encoding": "gzip"}, gzip.compress(b"fine"))
    assert (await fetch(url, allow_private=True)).body == b"fine"


async def test_addresses_inside_our_network_are_refused(server) -> None:
    answers, url = server
    for address in (
        url,
        url.replace("127.0.0.1", "localhost"),
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
    ):
        with pytest.raises(Refusal, match="private network"):
            await fetch(address)
    assert answers.asked == []


@pytest.mark.parametrize(
    ("address", "open_"),
    [
        ("8.8.8.8", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:192.168.1.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("2a00:1450::1", True),
    ],
)
def test_public_addresses(address: str, open_: bool) -> None:
    assert public(address) is open_


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (Feed(id="a b", url="http://x"), "Feed id"),
        (Feed(id="f", url="ftp://x"), "cannot be fetched"),
        (Feed(id="f", url="http://user:pw@x/"), "password"),
        (Feed(id="f", url="http://x", interval_s=1), "every 10 s to 7 days"),
        (Feed(id="f", url="http://x", format="soap"), "Format 'soap' does not exist"),
        (Feed(id="f", url="http://x", headers={"a": "b\r\nc"}), "cannot be sent"),
    ],
)
async def test_a_feed_that_cannot_be_is_refused(polling, feed: Feed, said: str) -> None:
    with pytest.raises(BadRequestData, match=said):
        polling[0].declare("city", [feed])


async def test_feeds_are_asked_by_their_schedule_until_they_are_withdrawn(server, held_clock) -> None:
    answers, url = server
    answers.reply = lambda: (200, {}, json.dumps(len(answers.asked)).encode())
    stream = Stream()
    polls = Polling(stream, allow_private=True, seed=1)
    polls.declare("city", [Feed(id="f", url=url, interval_s=10), Feed(id="off", url=url, active=False)])
    for _ in range(400):
        await asyncio.sleep(0.01)
        if stream.messages:
            break
    (state,) = polls.states("city")
    assert state.sequence == 1
    assert state.next_us > 0
    polls.declare("city", [])
    assert polls.states("city") == []
    await polls.stop()


def test_pegelonline_is_asked_for_current_measurements_of_the_rhine() -> None:
    assert address_of(PEGELONLINE) == (
        "https://www.pegelonline.wsv.de/webservices/rest-api/v2/stations.json"
        "?includeTimeseries=true&includeCurrentMeasurement=true&waters=RHEIN&timeseries=W,Q"
    )


def test_pegelonline_stations_become_water_observed(connect: Connect) -> None:
    connect.documents.save("city", "feed", PEGELONLINE)
    data = json.dumps(STATIONS).encode()
    message = RawMessage("RAW", 1, "poll/city/pegelonline", data, 1_795_341_600_000_000)
    assert connect.decoder.tenant_of("RAW", message.subject) == "city"
    decoded = connect.decoder.decode("city", message)
    assert decoded.error is None
    ruhrort, rees = decoded.updates
    assert ruhrort.id == "urn:ngsi-ld:WaterObserved:pegelonline-2770010"
    assert ruhrort.source == "feed:pegelonline"
    attrs = {k.rsplit("/", 1)[-1]: v[0] for k, v in ruhrort.entity["attrs"].items()}
    assert attrs["waterLevel"] == {
        "type": "Property",
        "value": 3.12,
        "observedAt": "2026-11-22T09:45:00Z",
        "unitCode": "MTR",
    }
    assert attrs["flow"] == {
        "type": "Property",
        "value": 1210.0,
        "observedAt": "2026-11-22T09:30:00Z",
        "unitCode": "MQS",
    }
    assert attrs["name"] == {"type": "Property", "value": "DUISBURG-RUHRORT"}
    assert attrs["location"]["value"]["coordinates"] == [6.727927, 51.455345]
    assert attrs["riverKilometre"]["value"] == 780.8
    assert len(rees.entity["attrs"]) == 2  # its name and number: nothing is measured there just now


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<html>", "not JSON"),
        (b"{}", "readings missing"),
        (b'[{"longname": "X"}]', "bad entity"),
        (b"[1]", "nothing mapped"),
    ],
)
def test_garbage_from_a_feed_is_quarantined_with_its_reason(connect: Connect, data: bytes, reason: str) -> None:
    connect.documents.save("city", "feed", PEGELONLINE)
    decoded = connect.decoder.decode("city", RawMessage("RAW", 1, "poll/city/pegelonline", data, 0))
    assert decoded.updates == []
    assert (decoded.error.reason if decoded.error else "") == reason


def test_an_undeclared_feed_is_said(connect: Connect) -> None:
    decoded = connect.decoder.decode("city", RawMessage("RAW", 1, "poll/city/nobody", b"{}", 0))
    assert decoded.error is not None
    assert decoded.error.reason == "unknown feed"


async def test_a_feed_that_is_switched_on_elsewhere_is_noticed(server, connect: Connect) -> None:
    answers, url = server
    answers.reply = lambda: (200, {}, b"[]")
    stream = Stream()
    polls = connect.poll(stream, allow_private=True)
    assert polls.states("city") == []
    connect.documents.save("city", "feed", Feed(id="f", url=url))
    connect.registry.add("city", Device(id="g"))
    connect.notice_feeds()
    assert [s.feed.id for s in polls.states("city")] == ["f"]
    await polls.stop()


def test_a_gauge_with_its_marks_tells_them_and_how_it_stands(connect: Connect) -> None:
    feed = msgspec.structs.replace(PEGELONLINE, options={"ids": ["DUISBURG-RUHRORT"], "marks": True})
    assert address_of(feed).endswith("&ids=DUISBURG-RUHRORT&includeCharacteristicValues=true")
    connect.documents.save("city", "feed", feed)
    now = {"timestamp": "2026-11-22T10:45:00+01:00", "value": 943, "stateMnwMhw": "high", "stateNswHsw": "normal"}
    marks = [{"shortname": n, "unit": "cm", "value": v} for n, v in (("M_I", 930.0), ("M_II", 1130.0), ("MW", 426.0))]
    level = {"shortname": "W", "unit": "cm", "currentMeasurement": now, "characteristicValues": marks}
    station = {"number": "2770010", "longname": "DUISBURG-RUHRORT", "timeseries": [level]}
    message = RawMessage("RAW", 1, "poll/city/pegelonline", json.dumps([station]).encode(), 1_795_341_600_000_000)
    (ruhrort,) = connect.decoder.decode("city", message).updates
    told = {k.rsplit("/", 1)[-1]: v[0]["value"] for k, v in ruhrort.entity["attrs"].items()}
    assert (told["floodMark1"], told["floodMark2"], told["meanLevel"]) == (9.3, 11.3, 4.26)
    assert (told["levelState"], told["shippingState"]) == ("high", "normal")


def test_what_a_pack_brings_is_offered_while_it_is_on_and_read_all_the_same(connect: Connect) -> None:
    on: set[str] = {"weather"}
    connect.documents.packs_on = lambda tenant: on
    brought = msgspec.structs.replace(PEGELONLINE, id="weather.gauges", active=False)
    connect.documents.bring("feed", [brought], pack="weather")
    connect.documents.save("city", "feed", msgspec.structs.replace(brought, active=True))
    assert [feed.id for feed in connect.documents.list("city", "feed", Feed)] == ["weather.gauges"]
    on.clear()
    assert connect.documents.list("city", "feed", Feed) == []  # so it is asked no more
    assert connect.documents.get("city", "feed", "weather.gauges", Feed).active  # what had come in by it is read
    on.add("weather")
    assert connect.documents.list("city", "feed", Feed)[0].active  # as it was
