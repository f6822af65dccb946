"""The one batch path, with the real registry, decoder, quarantine and present behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.backbone import MQTT, RAW, RawMessage
from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.base.errors import Unavailable, Unreadable
from rhinecloud.base.model import Result, Update
from rhinecloud.connect import Connect, Device, Ingest, Throttle
from rhinecloud.connect.ingest import WriterFor
from rhinecloud.context import Presents

GAUGE = EntityType(
    name="Gauge",
    label=Label("Pegel", "Gauge"),
    plural=Label("Pegel", "Gauges"),
    subject="",
    icon="waves",
    attributes=(Attribute(name="level", label=Label("Stand", "Level"), unit="MTR"),),
)
MODEL = Model([GAUGE])
LEVEL = MODEL.terms["level"]
NOW = 1_795_341_600_000_000


class City:
    """Two tenants, "city" with the devices g0 to g4 and "port" with g0."""

    def __init__(self, folder: Path, clock: Any) -> None:
        self.tenants = folder / "tenants"
        self.presents = Presents(self.tenants, model=MODEL, clock=clock)
        self.connect = Connect(self.tenants, model=MODEL, clock=clock)
        self.answers: list[tuple[str, str, bytes]] = []
        self.fail: list[Exception] = []
        self.ended: list[tuple[str, str]] = []
        self.throttle = Throttle(
            lambda *name: self.ended.append(name), limit_per_s=10, burst=100, pause_s=30, clock=clock
        )
        self.ingest = Ingest(
            decoder=self.connect.decoder,
            quarantine=self.connect.quarantine.keep,
            writer=self.writer,
            default_tenant="city",
            throttle=self.throttle,
            answered=self.answered,
            clock=clock,
        )

    async def start(self) -> None:
        await self.presents.start()
        for tenant in ("city", "port"):
            self.presents.create(tenant)
        await self.connect.start()
        for n in range(5):
            self.connect.registry.add("city", Device(id=f"g{n}", entity_type="Gauge"))
        self.connect.registry.add("port", Device(id="g0", entity_type="Gauge"))

    async def stop(self) -> None:
        await self.connect.stop()
        await self.presents.stop()

    def writer(self, tenant: str) -> WriterFor:
        return Flaky(self.presents.open(tenant), self.fail)

    async def answered(self, tenant: str, device: str, payload: bytes, _at: int) -> None:
        if not payload.startswith(b"{"):
            raise Unreadable("no answer", reason="bad answer")
        self.answers.append((tenant, device, payload))

    def level(self, device: str, tenant: str = "city") -> Any:
        entity = self.presents.open(tenant).get(f"urn:ngsi-ld:Gauge:{device}")
        return entity and entity["attrs"][LEVEL][0]["value"]

    def held(self, tenant: str = "city") -> list[tuple[str, str]]:
        return sorted((i.subject, i.reason) for i in self.connect.quarantine.list(tenant).items)


class Flaky:
    """A present whose disk is full, or whose code stumbles, as often as the list says."""

    def __init__(self, present: Any, fail: list[Exception]) -> None:
        self.present, self.fail, self.mark = present, fail, present.mark

    async def write(self, updates: Sequence[Update], *, mark: tuple[str, int] | None = None) -> list[Result]:
        if self.fail:
            raise self.fail.pop()
        if any(instances[0].get("value") == 666 for u in updates for instances in u.entity["attrs"].values()):
            raise ZeroDivisionError("a mistake of ours")
        results: list[Result] = await self.present.write(updates, mark=mark)
        return results


@pytest.fixture
async def city(tmp_path: Path, held_clock: Any) -> AsyncIterator[City]:
    made = City(tmp_path, held_clock)
    await made.start()
    yield made
    await made.stop()


def up(sequence: int, device: str, level: object, *, tenant: str = "city", stream: str = MQTT) -> RawMessage:
    data = level if isinstance(level, bytes) else b'{"level": %s}' % str(level).encode()
    subject = f"{tenant}/{device}/up" if stream != RAW else f"http/{tenant}/{device}"
    return RawMessage(stream, sequence, subject, data, NOW + sequence * 1000)


async def test_a_batch_is_written_with_its_mark_and_skipped_when_it_comes_again(city: City) -> None:
    batch = [up(n, f"g{n % 5}", n) for n in range(1, 11)]
    await city.ingest.batch(batch)
    assert [city.level(f"g{n}") for n in range(5)] == [10, 6, 7, 8, 9]
    present = city.presents.open("city")
    assert present.mark(MQTT) == 10
    rows = len(present.outbox(0))
    await city.ingest.batch(batch)
    await city.ingest.batch([*batch[5:], up(11, "g1", 11)])
    assert city.level("g1") == 11
    assert present.mark(MQTT) == 11
    assert len(present.outbox(0)) == rows + 1


async def test_streams_have_marks_of_their_own(city: City) -> None:
    await city.ingest.batch([up(2, "g0", 1)])
    await city.ingest.batch([up(5, "g0", 2, stream=RAW)])
    present = city.presents.open("city")
    assert (present.mark(MQTT), present.mark(RAW), city.level("g0")) == (2, 5, 2)


async def test_tenants_in_one_batch_are_never_mixed(city: City) -> None:
    await city.ingest.batch([up(1, "g0", 1), up(2, "g0", 2, tenant="port")])
    assert (city.level("g0"), city.level("g0", "port")) == (1, 2)
    assert (city.presents.open("city").mark(MQTT), city.presents.open("port").mark(MQTT)) == (1, 2)


async def test_one_bad_message_is_quarantined_once_and_its_batch_goes_through(city: City) -> None:
    batch = [up(1, "g0", 1), up(2, "g1", b"\xff\xfe{"), up(3, "g2", 3), up(4, "nobody", 4)]
    await city.ingest.batch(batch)
    assert (city.level("g0"), city.level("g2")) == (1, 3)
    held = city.held()
    assert [subject for subject, _ in held] == ["city/g1/up", "city/nobody/up"]
    assert held[1][1] == "unknown device"
    await city.ingest.batch(batch)
    assert city.held() == held


async def test_a_message_that_our_own_code_stumbles_over_is_put_aside_alone(city: City) -> None:
    await city.ingest.batch([up(n, "g0", 666 if n == 7 else n) for n in range(1, 20)])
    assert city.held() == [("city/g0/up", "internal error")]
    assert city.level("g0") == 19
    assert city.presents.open("city").mark(MQTT) == 19


async def test_a_full_disk_is_told_to_the_stream_and_nothing_is_lost_or_doubled(city: City) -> None:
    batch = [up(1, "g0", 1), up(2, "g1", 2)]
    city.fail.append(Unavailable("the disk is nearly full"))
    with pytest.raises(Unavailable):
        await city.ingest.batch(batch)
    assert city.level("g0") is None
    await city.ingest.batch(batch)
    assert (city.level("g0"), city.level("g1")) == (1, 2)


async def test_qos_0_is_taken_without_moving_the_mark(city: City) -> None:
    await city.ingest.batch([up(9, "g0", 1)])
    await city.ingest.batch([RawMessage("", 0, "city/g1/up", b'{"level": 2}', NOW)])
    assert city.level("g1") == 2
    assert city.presents.open("city").mark(MQTT) == 9


async def test_a_topic_of_nobody_goes_to_the_first_tenants_quarantine(city: City) -> None:
    strays = ["application/1/up", "atlantis/g0/up", "NOT A TENANT/x/y", "", "/"]
    await city.ingest.batch([RawMessage(MQTT, n, topic, b"1", NOW) for n, topic in enumerate(strays, 1)])
    assert sorted(s for s, _ in city.held()) == sorted(strays)


async def test_an_answer_to_a_command_is_handed_on_and_is_no_observation(city: City) -> None:
    await city.ingest.batch(
        [
            RawMessage(MQTT, 1, "city/g0/command/ack", b'{"id": "1"}', NOW),
            RawMessage(MQTT, 2, "city/g0/command", b"{}", NOW),
            RawMessage(MQTT, 3, "city/g0/command/ack", b"yes", NOW),
        ]
    )
    assert city.answers == [("city", "g0", b'{"id": "1"}')]
    assert city.level("g0") is None
    assert city.held() == [("city/g0/command/ack", "bad answer")]


async def test_a_device_that_floods_is_sent_away_alone_and_what_it_sent_is_kept(city: City, held_clock: Any) -> None:
    await city.ingest.batch([up(n, "g0", n) for n in range(1, 121)] + [up(n, "g1", n) for n in range(121, 200)])
    assert city.ended == [("city", "g0")]
    assert city.throttle.blocked("city", "g0")
    assert not city.throttle.blocked("city", "g1")
    assert city.level("g0") == 120
    held_clock.tick(31)
    assert not city.throttle.blocked("city", "g0")


async def test_a_device_within_its_rate_is_never_sent_away(city: City, held_clock: Any) -> None:
    for n in range(100):
        held_clock.tick(1)
        await city.ingest.batch([up(n * 10 + i, "g0", i) for i in range(1, 11)])
    assert city.ended == []


async def test_a_batch_of_the_largest_size_lets_others_have_the_loop(city: City) -> None:
    batch = [up(n, f"g{n % 5}", n % 100) for n in range(1, 10_001)]
    turns = 0

    async def beat() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    heart = asyncio.create_task(beat())
    await city.ingest.batch(batch)
    heart.cancel()
    assert city.presents.open("city").mark(MQTT) == 10_000
    assert turns > 20  # a turn for every few hundred messages, however fast this machine is
