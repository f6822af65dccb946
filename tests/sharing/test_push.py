"""HTTP push: durable before it is acknowledged, and nobody else's devices."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from rhinecloud.base.errors import Unavailable
from rhinecloud.sharing import Push
from rhinecloud.sharing.push import BURST, LONGEST


class Device(msgspec.Struct):
    id: str


class Log:
    """What was published, in order."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.broken = False

    async def publish(self, subject: str, data: bytes) -> int:
        if self.broken:
            raise Unavailable("The backbone is down")
        self.kept.append((subject, data))
        return len(self.kept)


def authenticate(name: str, secret: str) -> tuple[str, Device] | None:
    return {("gauge-7", "s"): ("city", Device("gauge-7")), ("port/crane", "s"): ("port", Device("crane"))}.get(
        (name, secret)
    )


@pytest.fixture
def log() -> Log:
    return Log()


def client(log: Log, clock: Any = lambda: 0) -> httpx.AsyncClient:
    app = Push(authenticate, log.publish, clock=clock)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://city")  # type: ignore[arg-type]


SECRET = {"authorization": "Bearer s"}


async def test_a_message_is_kept_as_it_came_and_its_sequence_told(log: Log) -> None:
    async with client(log) as city:
        answer = await city.post("/push/gauge-7", content=b"\x00\xff raw", headers=SECRET)
        assert (answer.status_code, answer.json()) == (202, {"sequence": 1})
        answer = await city.post("/lorawan/port/crane", content=b"{}", headers=SECRET)
        assert answer.json() == {"sequence": 2}
    assert log.kept == [("raw.city.http.gauge-7", b"\x00\xff raw"), ("raw.port.http.crane", b"{}")]


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer x"}, {"authorization": "Basic s"}, {"authorization": "s"}]
)
async def test_strangers_are_refused_alike(log: Log, headers: dict[str, str]) -> None:
    async with client(log) as city:
        answers = [
            await city.post(f"/push/{name}", content=b"x", headers=headers) for name in ("gauge-7", "none", "a.b")
        ]
    assert {answer.status_code for answer in answers} == {401} and not log.kept
    assert len({answer.text for answer in answers}) == 1


async def test_messages_are_bounded(log: Log) -> None:
    async with client(log) as city:
        assert (await city.post("/push/gauge-7", content=b"", headers=SECRET)).status_code == 400
        assert (await city.post("/push/gauge-7", content=b"x" * (LONGEST + 1), headers=SECRET)).status_code == 413
        assert (await city.get("/push/gauge-7", headers=SECRET)).status_code == 405
        assert (await city.post("/push", headers=SECRET)).status_code == 404


async def test_a_device_that_floods_is_throttled_alone(log: Log) -> None:
    now = [0]
    async with client(log, lambda: now[0]) as city:
        codes = [
            (await city.post("/push/gauge-7", content=b"x", headers=SECRET)).status_code for _ in range(int(BURST) + 2)
        ]
        assert codes[-1] == 429 and set(codes[:-2]) == {202}
        assert (await city.post("/push/port/crane", content=b"x", headers=SECRET)).status_code == 202
        now[0] += 1_000_000
        assert (await city.post("/push/gauge-7", content=b"x", headers=SECRET)).status_code == 202


async def test_nothing_is_acknowledged_that_is_not_kept(log: Log) -> None:
    log.broken = True
    async with client(log) as city:
        answer = await city.post("/push/gauge-7", content=b"x", headers=SECRET)
    assert answer.status_code == 503 and "retry-after" in answer.headers
