"""What is committed in the present is found in the past, once, and in the order of time."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from rhinecloud.base.clock import parse_us
from rhinecloud.base.settings import Settings
from rhinecloud.history import Histories
from rhinecloud.history.engine import Store

from .conftest import GAUGE, LEVEL, Outboxes, row_of


async def test_who_writes_also_reads(histories: Histories, outboxes: Outboxes) -> None:
    outboxes.open("city").put(row_of(3.5, "2026-11-22T09:00:00Z"), row_of(3.6, "2026-11-22T09:15:00Z"))
    series = await histories.open("city").series(GAUGE, LEVEL)
    assert series.number == [3.5, 3.6]
    assert series.observed_us == [parse_us("2026-11-22T09:00:00Z"), parse_us("2026-11-22T09:15:00Z")]
    assert outboxes.open("city").messages == []


async def test_an_empty_past_answers_empty(histories: Histories) -> None:
    history = histories.open("city")
    assert len(await history.series(GAUGE, LEVEL)) == 0
    assert await history.as_of(0) == []
    assert await history.aggregate(GAUGE, LEVEL, methods=["avg"], start_us=0, end_us=1) == []


async def test_the_same_observation_again_changes_nothing(histories: Histories, outboxes: Outboxes) -> None:
    history = histories.open("city")
    outboxes.open("city").put(row_of(3.5, "2026-11-22T09:00:00Z"))
    await history.drain()
    outboxes.open("city").put(row_of(3.5, "2026-11-22T09:00:00Z", seen=True, source="device:other"))
    assert (await history.series(GAUGE, LEVEL)).source == ["device:gauge"]


async def test_another_value_for_the_same_observation_corrects_it(histories: Histories, outboxes: Outboxes) -> None:
    history = histories.open("city")
    outboxes.open("city").put(row_of(3.5, "2026-11-22T09:00:00Z"))
    outboxes.open("city").put(row_of(4.5, "2026-11-22T09:00:00Z", seen=True))
    assert (await history.series(GAUGE, LEVEL)).number == [4.5]
    outboxes.open("city").put(row_of(3.5, "2026-11-22T09:00:00Z", seen=True))
    assert (await history.series(GAUGE, LEVEL)).number == [3.5]


async def test_two_tenants_never_mix(histories: Histories, outboxes: Outboxes) -> None:
    outboxes.open("city").put(row_of(1, "2026-11-22T09:00:00Z"))
    outboxes.open("port").put(row_of(2, "2026-11-22T09:00:00Z"))
    assert (await histories.open("city").series(GAUGE, LEVEL)).number == [1]
    assert (await histories.open("port").series(GAUGE, LEVEL)).number == [2]
    assert len(await histories.open("port").as_of(parse_us("2026-11-22T10:00:00Z"))) == 1


async def test_figures_over_periods(histories: Histories, outboxes: Outboxes) -> None:
    outboxes.open("city").put(*(row_of(n, f"2026-11-22T09:{n:02d}:00Z") for n in (0, 10, 20, 30, 40)))
    start, end = parse_us("2026-11-22T09:00:00Z"), parse_us("2026-11-22T10:00:00Z")
    found = await histories.open("city").aggregate(
        GAUGE, LEVEL, methods=["totalCount", "avg", "max", "sumsq"], start_us=start, end_us=end, period="PT30M"
    )
    assert [bucket.figures for bucket in found] == [
        {"totalCount": 3, "avg": 10.0, "max": 20.0, "sumsq": 500.0},
        {"totalCount": 2, "avg": 35.0, "max": 40.0, "sumsq": 2500.0},
    ]
    assert [(b.from_us, b.to_us) for b in found] == [(start, start + 1_800_000_000), (start + 1_800_000_000, end)]


async def test_as_of_forgets_what_was_deleted(histories: Histories, outboxes: Outboxes) -> None:
    entity = row_of(
        attr="", body=b'{"type":["T"],"scope":["/a"]}', change=0, received_us=parse_us("2026-11-22T08:00:00Z")
    )
    outboxes.open("city").put(entity, row_of(1, "2026-11-22T09:00:00Z"))
    outboxes.open("city").put(entity | {"change": 2, "received_us": parse_us("2026-11-22T10:00:00Z")})
    history = histories.open("city")
    [gauge] = await history.as_of(parse_us("2026-11-22T09:30:00Z"))
    assert gauge["type"] == ["T"]
    assert gauge["scope"] == ["/a"]
    assert gauge["attrs"][LEVEL][0]["value"] == 1
    assert await history.as_of(parse_us("2026-11-22T10:30:00Z")) == []
    [bare] = await history.as_of(parse_us("2026-11-22T08:30:00Z"))
    assert bare["attrs"] == {}


async def test_stopping_waits_for_a_call_that_still_runs(tmp_path: Path, outboxes: Outboxes) -> None:
    outboxes.open("city").put(row_of(1, "2026-11-22T09:00:00Z"))
    histories = Histories(tmp_path / "tenants", outboxes, Settings(data=tmp_path))
    await histories.start()
    await histories.open("city").drain()
    running = threading.Event()

    def slow(past: Store) -> int:
        running.set()
        found: tuple[int] = past.db.execute(
            "SELECT count(*) FROM range(40000) a, range(10000) b WHERE a <> b"
        ).fetchone()
        return found[0]

    reader = asyncio.create_task(histories.run(slow, "city"))
    await asyncio.to_thread(running.wait, 10)
    await histories.stop()
    assert await reader > 0
