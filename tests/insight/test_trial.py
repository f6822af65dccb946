"""A rule tried against the past does what it would have done."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from rhinecloud.base.clock import SECOND
from rhinecloud.insight import Alert, Change

from .city import City, rule

HOUR = 3600 * SECOND
LEVELS = [7.0, 7.5, 8.1, 8.6, 8.7, 8.3, 8.1, 7.9, 8.6, 8.6, 8.6, 7.0]


def told(alert: Alert) -> tuple[Any, ...]:
    return alert.id, alert.started_us, alert.raised_us, alert.cleared_us, alert.state, alert.text.en


@pytest.mark.parametrize(
    "given",
    [
        rule("level>8.5", until_q="level<8.2"),
        rule("level>8.5", for_s=900),
        rule("level>8.5"),
        rule("", change=Change(attr="level", per_s=1800, above=0.9), attr="level"),
        rule("", change=Change(attr="level", per_s=1800, below=-0.5), attr="level", for_s=60),
    ],
    ids=lambda r: str(r.q or r.change) + r.until_q,
)
async def test_a_trial_and_the_present_tell_the_same(city: City, given: Any) -> None:
    await city.save(given)
    start = city.clock()
    for value in LEVELS:
        await city.tick(600)
        await city.level(value, name="Ruhrort")
    await city.tick(600)
    live, _ = city.insight.alerts("city", sort="oldest")
    shares: list[float] = []
    trial = await city.insight.try_rule("city", given, start, city.clock(), progress=shares.append)
    assert live and [told(a) for a in trial.alerts] == [told(a) for a in live]
    assert (trial.matched, trial.entities, trial.complete) == (1, 1, True)
    assert shares[-1] == 1.0 and shares == sorted(shares)


async def test_a_trial_keeps_and_tells_nothing(city: City) -> None:
    start = city.clock()
    await city.level(8.5)
    await city.tick(60)
    trial = await city.insight.try_rule("city", rule(), start, city.clock())
    assert len(trial.alerts) == 1 and trial.alerts[0].state == "raised"
    assert city.raised() == [] and city.told() == [] and city.insight.rules("city") == []


async def test_progress_moves_while_the_past_is_read(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    start = city.clock()
    await city.level(8.5)
    await city.tick(60)
    kind = type(city.histories.open("city"))
    read = kind.replay

    async def slowly(*args: Any) -> Any:
        await asyncio.sleep(0.7)
        return await read(*args)

    monkeypatch.setattr(kind, "replay", slowly)
    shares: list[float] = []
    await city.insight.try_rule("city", rule(), start, city.clock(), progress=shares.append)
    half = (0.05 + 1) / 2
    assert len({share for share in shares if 0.05 < share < half}) >= 2
    assert shares[-1] == 1.0 and shares == sorted(shares)


async def test_silence_is_found_in_the_past(city: City) -> None:
    start = city.clock()
    for _ in range(3):
        await city.level(5.0)
        await city.tick(600)
    await city.tick(3600)
    await city.level(5.1)
    await city.tick(60)
    trial = await city.insight.try_rule("city", rule("", silent_s=900, attr="level"), start, city.clock())
    [alert] = trial.alerts
    assert alert.started_us == start + 1200 * SECOND
    assert alert.raised_us == start + 2100 * SECOND
    assert alert.cleared_us == start + 1800 * SECOND + HOUR


async def test_what_stood_at_the_start_counts(city: City) -> None:
    await city.level(8.6)
    began = city.clock()
    await city.tick(7200)
    trial = await city.insight.try_rule("city", rule(), began + HOUR, city.clock())
    [alert] = trial.alerts
    assert alert.started_us == began and trial.observations == 0


async def test_a_trial_can_be_given_up(city: City) -> None:
    start = city.clock()
    await city.tell(*(city.observe(5 + n % 7, at_us=start + n * SECOND) for n in range(9_000)))
    city.clock.us += 20_000 * SECOND  # type: ignore[attr-defined]
    first = asyncio.Event()
    task = asyncio.create_task(
        city.insight.try_rule("city", rule(), start, city.clock(), progress=lambda _share: first.set())
    )
    await first.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_alert_of_a_trial_is_json(city: City) -> None:
    start = city.clock()
    await city.level(8.5)
    await city.tick(60)
    trial = await city.insight.try_rule("city", rule(), start, city.clock())
    assert b"Hochwasser" in msgspec.json.encode(trial)
