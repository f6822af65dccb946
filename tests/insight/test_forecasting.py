"""Forecasts are made of what was heard, kept in the present, and measured when their time has come."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rhinecloud.base.clock import DAY, SECOND, iso, parse_us
from rhinecloud.base.model import Op, Update
from rhinecloud.context import Vocabularies
from rhinecloud.insight import Forecast, Forecasting, Past, Step
from rhinecloud.insight.rings import Ring
from tests.conftest import HeldClock

from .city import GAUGE, LEVEL, MODEL, City

QUARTER = 900 * SECOND


class Brings(msgspec.Struct):
    id: str
    forecasts: tuple[Forecast, ...]


STUMBLES = 13.0


def as_now(past: Past, now_us: int) -> Sequence[Step]:
    """Says that everything stays as it is, and how much of the past it was given."""
    value = float(past.values[-1])
    if value == STUMBLES:
        raise ZeroDivisionError("a pack's own mistake")
    wide = float(past.facts.get("flow") or 0)
    return [Step(now_us + n * QUARTER, value, value - wide, value + wide) for n in range(1, 9)]


FORECAST = Forecast(id="water.level", type="Gauge", attr="level", past_s=2 * 86_400, facts=("flow",), run=as_now)


class Told:
    """A city whose forecasts hear what is written."""

    def __init__(self, city: City, clock: HeldClock) -> None:
        self.city, self.clock, self.on = city, clock, {"water"}
        self.forecasting = Forecasting(
            city.presents, city.histories, Vocabularies(MODEL), active=lambda _tenant: self.on, clock=clock
        )
        self.forecasting.bring([Brings("water", (FORECAST,))])
        self.seen = 0

    async def tell(self, value: float, at_us: int, entity: str = "urn:x:1", **more: Any) -> None:
        attrs = {LEVEL: [{"type": "Property", "value": value, "observedAt": iso(at_us)}]}
        attrs |= {LEVEL.replace("level", name): [{"type": "Property", "value": v}] for name, v in more.items()}
        await self.city.present.write([Update(op=Op.OBSERVE, id=entity, entity={"type": [GAUGE], "attrs": attrs})])
        for commit in self.city.present.outbox(self.seen):
            self.seen = commit.sequence
            self.forecasting.read(commit.changes)

    def forecast(self, entity: str = "urn:x:1") -> dict[str, Any] | None:
        found = self.city.present.get(entity)
        assert found
        name = next((name for name in found["attrs"] if name.endswith("levelForecast")), "")
        instance: dict[str, Any] | None = found["attrs"][name][0] if name else None
        return instance


@pytest.fixture
async def told(city: City, held_clock: HeldClock) -> AsyncIterator[Told]:
    yield Told(city, held_clock)


async def test_a_forecast_stands_in_the_present_with_its_band_and_its_time(told: Told) -> None:
    now = told.clock()
    await told.tell(3.0, now - 60 * SECOND, flow=0.5)
    assert await told.forecasting.look("city") == 1
    instance = told.forecast()
    assert instance
    assert instance["observedAt"] == iso(now // SECOND * SECOND)
    assert instance["value"][3] == {
        "at": iso((now + 4 * QUARTER) // SECOND * SECOND),
        "value": 3,
        "low": 2.5,
        "high": 3.5,
    }
    assert len(instance["value"]) == 8


async def test_a_thing_that_a_pack_stumbles_over_is_alone_without_a_forecast(told: Told) -> None:
    now = told.clock()
    await told.tell(STUMBLES, now - 60 * SECOND, "urn:x:0")
    await told.tell(3.0, now - 60 * SECOND, "urn:x:1")
    assert await told.forecasting.look("city") == 1
    assert told.forecast("urn:x:0") is None
    assert told.forecast("urn:x:1") is not None


async def test_nothing_new_makes_no_forecast_and_neither_does_a_pack_that_is_off(told: Told) -> None:
    await told.tell(3.0, told.clock())
    assert await told.forecasting.look("city") == 1
    told.clock.tick(3600)
    assert await told.forecasting.look("city") == 0
    await told.tell(4.0, told.clock())
    told.on = set()
    assert await told.forecasting.look("city") == 0
    assert await told.forecasting.look("other") == 0


async def test_the_past_from_before_the_start_is_known(told: Told, held_clock: HeldClock) -> None:
    now = told.clock()
    for hours in range(24, 0, -1):
        await told.tell(float(hours), now - hours * 3600 * SECOND)
    await told.city.histories.move("city")
    lengths: list[int] = []

    def count(past: Past, now_us: int) -> Sequence[Step]:
        lengths.append(len(past.values))
        return as_now(past, now_us)

    again = Told(told.city, held_clock)
    again.seen = told.seen
    again.forecasting.bring([Brings("water", (msgspec.structs.replace(FORECAST, run=count),))])
    await again.tell(5.0, now)
    assert await again.forecasting.look("city") == 1
    assert lengths == [25]


async def test_misses_are_measured_beside_the_naive_pattern(told: Told) -> None:
    for quarter in range(3 * 96):
        now = told.clock()
        await told.tell(5 + math.sin(quarter / 96 * 2 * math.pi), now, flow=0.2)
        await told.forecasting.look("city", now=True)
        told.clock.tick(900)
    short, *_, long = told.forecasting.skill("city", FORECAST.id)
    assert (short.ahead_s, long.ahead_s) == (900, 7200)
    assert 0 < short.miss < long.miss
    assert 0 <= long.naive < 0.01  # each day is as the day before
    assert short.inside > long.inside
    instance = told.forecast()
    assert instance
    accuracy = next(iter(instance["attrs"].values()))[0]["value"]
    assert {line["aheadSeconds"] for line in accuracy} == {900, 1800, 3600, 7200}
    indicator = told.city.present.get("urn:ngsi-ld:KeyPerformanceIndicator:water.level:error-15-min")
    assert indicator is not None


async def test_absurd_values_are_not_learned_from(told: Told) -> None:
    await told.tell(3.0, told.clock() - 600 * SECOND)
    await told.forecasting.look("city", now=True)
    commit = told.city.present.outbox(0)[0].changes
    commit.number[:] = [99.0 if n is not None else None for n in commit.number]
    commit.flags[:] = [4 for _ in commit.flags]
    told.forecasting.read(commit)
    await told.tell(3.5, told.clock())
    await told.forecasting.look("city", now=True)
    instance = told.forecast()
    assert instance
    assert instance["value"][0]["value"] == 3.5


async def test_what_was_deleted_stays_deleted(told: Told) -> None:
    await told.tell(3.0, told.clock())
    await told.city.present.write([Update(op=Op.DELETE, id="urn:x:1")])
    assert await told.forecasting.look("city", now=True) == 0
    assert told.city.present.get("urn:x:1") is None


def test_a_ring_forgets_what_is_old_and_takes_what_comes_late() -> None:
    ring, start = Ring(10, 60 * SECOND), parse_us("2026-11-22T10:00:00Z")
    for minute in (0, 1, 3, 12):
        ring.put(start + minute * 60 * SECOND, minute)
    ring.put(start + 5 * 60 * SECOND, 5)  # late
    ring.put(start - DAY, 99)  # too late
    times, values = ring.past(start + 20 * 60 * SECOND)
    assert values.tolist() == [3, 5, 12]
    assert times[-1] == start + 12 * 60 * SECOND
    assert ring.near(start + 7 * 60 * SECOND, 300 * SECOND) == 5
    assert math.isnan(ring.near(start + 11 * 60 * SECOND, 300 * SECOND))


def test_nothing_is_said_of_what_is_closed(tmp_path: Path) -> None:
    del tmp_path
    import numpy as np

    from rhinecloud.packs.parking.forecast import free_places

    past = Past(at_us=np.arange(100) * QUARTER, values=np.full(100, 7.0), facts={"status": "closed"})
    assert free_places(past, 100 * QUARTER) == []
