"""The demo city: its devices are registered at once, and what is wished for outlives a restart."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from rhinecloud.base.errors import InvalidRequest
from rhinecloud.connect import Connect
from rhinecloud.kit import Demo, Model, Pack, event, packs
from rhinecloud.kit.simulation import read_told
from tests.conftest import HeldClock

PACKS = packs()


class House:
    """A demo without a city: its registry is real, its child is not started."""

    def __init__(self, folder: Path, clock: HeldClock) -> None:
        (folder / "tenants" / "city").mkdir(parents=True, exist_ok=True)
        self.model = Model(kind for pack in PACKS for kind in pack.types)
        self.connect = Connect(folder / "tenants", model=self.model, default_tenant="city", clock=clock)
        self.on: tuple[Pack, ...] = PACKS
        self.file = folder / "secrets" / "simulation.json"
        self.demo = Demo(
            folder / "secrets",
            tenant="city",
            registry=self.connect.registry,
            packs_on=lambda: self.on,
            token=lambda known: known or "rc_new",
            clock=clock,
        )
        self.demo._prepare("127.0.0.1", 1883, "http://127.0.0.1:8080", 3)


@pytest.fixture
def house(tmp_path: Path, held_clock: HeldClock) -> House:
    return House(tmp_path, held_clock)


def test_hundreds_of_devices_are_registered_quickly_and_once(
    house: House, tmp_path: Path, held_clock: HeldClock
) -> None:
    registry = house.connect.registry
    first = read_told(house.file)
    assert len(first.devices) == registry.list("city", limit=1).total > 400
    assert registry.authenticate("city/gauge-ruhrort", first.devices["gauge-ruhrort"])
    assert registry.get("city", "row-dellplatz").entity_type == "Device"
    began = time.monotonic()
    again = House(tmp_path, held_clock)
    assert time.monotonic() - began < 2
    assert read_told(again.file).devices == first.devices
    assert read_told(again.file).began_s == first.began_s
    assert read_told(again.file).token == "rc_new"


def test_a_lost_file_costs_new_secrets_and_nothing_else(house: House, tmp_path: Path, held_clock: HeldClock) -> None:
    before = read_told(house.file).devices
    house.file.unlink()
    after = read_told(House(tmp_path, held_clock).file).devices
    assert after.keys() == before.keys() and after["gauge-ruhrort"] != before["gauge-ruhrort"]


async def test_what_is_wished_for_is_in_the_file(house: House, held_clock: HeldClock) -> None:
    now = held_clock() / 1e6
    await house.demo.begin(event("storm", now + 600))
    await house.demo.begin(event("match", now + 60))
    assert [e.kind for e in read_told(house.file).events] == ["storm", "match"]
    assert await house.demo.end("storm") == 1
    assert [e.kind for e in read_told(house.file).events] == ["match"]
    await house.demo.fill(365 * 86_400, 3600)
    assert read_told(house.file).fills[0].from_s == now - 365 * 86_400


async def test_speed_is_kept_without_a_jump(house: House, held_clock: HeldClock) -> None:
    now = held_clock() / 1e6
    await house.demo.hasten(60)
    held_clock.tick(10)
    assert house.demo.model_time() == pytest.approx(now + 600)
    await house.demo.hasten(2)
    held_clock.tick(10)
    assert house.demo.model_time() == pytest.approx(now + 620)
    await house.demo.hasten(1)
    assert house.demo.model_time() == pytest.approx(held_clock() / 1e6)


async def test_wishes_that_cannot_be_are_refused(house: House) -> None:
    with pytest.raises(InvalidRequest, match="times as fast"):
        await house.demo.hasten(0)
    with pytest.raises(InvalidRequest, match="ten years"):
        await house.demo.fill(1e12, 3600)


async def test_a_pack_that_is_switched_off_is_not_played(house: House) -> None:
    house.on = tuple(pack for pack in PACKS if pack.id == "parking")
    await house.demo.switched()
    assert read_told(house.file).packs == ["parking"]
    house.on = PACKS
    await asyncio.gather(house.demo.switched(), house.demo.switched())
    assert set(read_told(house.file).packs or ()) == {pack.id for pack in PACKS}
