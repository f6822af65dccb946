"""Days close, late rows find their day, months are joined, and no read tells the difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from rhinecloud.base.clock import DAY, iso, parse_us
from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.base.settings import Settings
from rhinecloud.history import Histories
from rhinecloud.history.calendar import Calendar

from .conftest import GAUGE, LEVEL, TYPE, Outboxes, row_of

BERLIN = Calendar("Europe/Berlin")


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name.split(".")[0] for path in (tmp_path / "tenants/city/history").glob("*.parquet"))


async def levels(histories: Histories) -> list[float | None]:
    return (await histories.open("city").series(GAUGE, LEVEL)).number


async def keep(histories: Histories, at: str, *, daily: bool | None = None) -> list[str]:
    histories.clock = lambda: parse_us(at)
    await histories.open("city").drain()
    return (await histories.keep("city", daily=daily)).settled


async def test_a_day_closes_three_hours_after_its_end(histories: Histories, outboxes: Outboxes, tmp_path: Path) -> None:
    outboxes.open("city").put(row_of(1, "2026-11-20T12:00:00Z"), row_of(2, "2026-11-21T12:00:00Z"))
    assert await keep(histories, "2026-11-21T01:59:00Z", daily=False) == []
    assert await keep(histories, "2026-11-21T02:01:00Z", daily=False) == ["2026-11-20"]
    assert files(tmp_path) == ["2026-11-20"]
    assert await levels(histories) == [1, 2]


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)], ids=["spring", "autumn", "summer"]
)
def test_local_days_follow_the_clock_changes(day: str, hours: int) -> None:
    span = BERLIN.day(parse_us(day + "T12:00:00Z"))
    assert (span.name, span.to_us - span.from_us) == (day, hours * 3_600_000_000)
    assert BERLIN.day(span.from_us).name == BERLIN.day(span.to_us - 1).name == day
    assert BERLIN.day(span.to_us).from_us == span.to_us


async def test_rows_at_the_edges_of_a_short_day_lie_in_it(histories: Histories, outboxes: Outboxes) -> None:
    span = BERLIN.day(parse_us("2026-03-29T12:00:00Z"))
    times = [span.from_us - 1, span.from_us, span.to_us - 1, span.to_us]
    outboxes.open("city").put(*(row_of(n, iso(at)) for n, at in enumerate(times)))
    assert await keep(histories, "2026-03-31T12:00:00Z") == ["2026-03-28", "2026-03-29", "2026-03-30"]
    rows = await histories.run(lambda past: past.rows("SELECT name, rows FROM pieces ORDER BY name"), "city")
    assert rows == [("2026-03-28", 1), ("2026-03-29", 2), ("2026-03-30", 1)]
    assert (await histories.open("city").series(GAUGE, LEVEL)).at_us == times


async def test_late_rows_are_read_at_once_and_rewritten_into_their_day(
    histories: Histories, outboxes: Outboxes, tmp_path: Path
) -> None:
    outboxes.open("city").put(*(row_of(n, f"2026-11-20T{n:02d}:00:00Z") for n in (8, 10, 12)))
    await keep(histories, "2026-11-21T12:00:00Z")
    outboxes.open("city").put(row_of(9, "2026-11-20T09:00:00Z", seen=True))
    assert await levels(histories) == [8, 9, 10, 12]
    assert await keep(histories, "2026-11-22T12:00:00Z") == ["2026-11-20"]
    assert await levels(histories) == [8, 9, 10, 12]
    assert await histories.run(lambda past: past.rows("SELECT count(*) FROM recent"), "city") == [(0,)]
    assert files(tmp_path) == ["2026-11-20", "2026-11-20"]  # the old one until no reader can have it open


async def test_a_resend_and_a_correction_after_the_day_has_closed(histories: Histories, outboxes: Outboxes) -> None:
    outboxes.open("city").put(row_of(1, "2026-11-20T08:00:00Z"), row_of(2, "2026-11-20T09:00:00Z"))
    await keep(histories, "2026-11-21T12:00:00Z")
    outboxes.open("city").put(
        row_of(1, "2026-11-20T08:00:00Z", seen=True), row_of(7, "2026-11-20T09:00:00Z", seen=True)
    )
    assert await levels(histories) == [1, 7]
    assert await histories.run(lambda past: past.rows("SELECT number FROM recent"), "city") == [(7.0,)]
    await keep(histories, "2026-11-22T12:00:00Z")
    assert await levels(histories) == [1, 7]
    bucket = await histories.open("city").aggregate(GAUGE, LEVEL, methods=["sum"], start_us=0, end_us=2**60)
    assert bucket[0].figures == {"sum": 8.0}


async def test_months_are_joined_when_they_are_over(histories: Histories, outboxes: Outboxes, tmp_path: Path) -> None:
    for day in range(1, 31):
        outboxes.open("city").put(row_of(day, f"2026-09-{day:02d}T12:00:00Z"))
        await keep(histories, f"2026-09-{day:02d}T23:00:00Z", daily=False)
    await keep(histories, "2026-10-02T12:00:00Z")
    assert len(files(tmp_path)) == 30
    assert await keep(histories, "2026-10-05T12:00:00Z") == ["2026-09"]
    assert await levels(histories) == list(range(1, 31))
    [entity] = await histories.open("city").as_of(parse_us("2026-09-15T13:00:00Z"))
    assert entity["attrs"][LEVEL][0]["value"] == 15
    outboxes.open("city").put(row_of(15.5, "2026-09-15T18:00:00Z", seen=True))
    assert await keep(histories, "2026-10-06T12:00:00Z") == ["2026-09"]
    [entity] = await histories.open("city").as_of(parse_us("2026-09-15T19:00:00Z"))
    assert entity["attrs"][LEVEL][0]["value"] == 15.5


async def test_a_year_old_import_goes_straight_into_months(histories: Histories, outboxes: Outboxes) -> None:
    outboxes.open("city").put(row_of(1, "1968-05-01T00:00:00Z"), row_of(2, "2025-01-01T00:00:00Z"))
    outboxes.open("city").put(row_of(3, "2025-01-31T22:59:00Z"), row_of(4, "2026-11-19T00:00:00Z"))
    outboxes.open("city").put(row_of(5, "9999-12-31T23:59:59Z"))
    assert await keep(histories, "2026-11-22T12:00:00Z") == ["1969", "2025-01", "2026-11-19"]
    assert await levels(histories) == [1, 2, 3, 4, 5]


async def test_a_changed_time_zone_keeps_every_row_once(histories: Histories, outboxes: Outboxes) -> None:
    start = parse_us("2026-11-18T00:00:00Z")
    for hour in range(72):
        outboxes.open("city").put(row_of(hour, iso(start + hour * 3_600_000_000)))
        if hour in (30, 50):
            await keep(histories, iso(start + hour * 3_600_000_000), daily=True)
            histories.calendar = Calendar("America/New_York" if hour == 30 else "Asia/Tokyo")
    await keep(histories, "2026-11-25T12:00:00Z")
    assert await levels(histories) == list(range(72))
    await keep(histories, "2026-12-25T12:00:00Z")
    assert await levels(histories) == list(range(72))


async def test_what_is_past_its_retention_is_forgotten_but_for_the_value_in_force(
    tmp_path: Path, outboxes: Outboxes
) -> None:
    gauge = EntityType(
        name="WaterObserved",
        label=Label("Pegel", "Gauge"),
        plural=Label("Pegel", "Gauges"),
        subject="dataModel.Environment",
        icon="waves",
        retention_days=30,
        attributes=(
            Attribute(name="height", label=Label("Höhe", "Height")),
            Attribute(name="name", label=Label("Name", "Name"), retention_days=400),
        ),
    )
    histories = Histories(outboxes.folder, outboxes, Settings(data=tmp_path), model=Model([gauge]))
    name = "https://smartdatamodels.org/name"
    outboxes.open("city").put(*(row_of(n, f"2026-09-{n:02d}T12:00:00Z", attr=name) for n in (1, 2)))
    outboxes.open("city").put(*(row_of(n, f"2026-10-{n:02d}T12:00:00Z") for n in range(1, 32)))
    outboxes.open("city").put(row_of(1, "2026-09-01T12:00:00Z", entity="urn:other", type="https://example.org/Other"))
    try:
        await keep(histories, "2026-11-15T12:00:00Z", daily=False)
        histories.clock = lambda: parse_us("2026-11-15T13:00:00Z")
        kept = await histories.keep("city", daily=True)
        history = histories.open("city")
        assert kept.forgotten == 15
        assert await levels(histories) == list(range(16, 32))
        assert (await history.series(GAUGE, name)).number == [1, 2]
        assert (await history.series("urn:other", LEVEL)).number == [1]
        [shown] = await history.as_of(parse_us("2026-11-15T13:00:00Z") - 30 * DAY, ids=[GAUGE])
        assert shown["attrs"][LEVEL][0]["value"] == 16
        assert TYPE in shown["type"]
    finally:
        await histories.stop()
