"""What leaves the past is whole: exports for people, snapshots for backups."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.settings import Settings
from rhinecloud.history import Histories

from .conftest import GAUGE, LEVEL, TYPE, Outboxes, row_of


async def test_an_export_is_sorted_and_has_plain_columns(histories: Histories, outboxes: Outboxes) -> None:
    outboxes.open("city").put(
        row_of(2, "2026-11-22T09:00:00Z"),
        row_of(1, "2026-11-22T08:00:00Z"),
        row_of(None, entity="urn:z:it's", attr="https://example.org/name", body=b'{"type":"Property","value":"x"}'),
    )
    history = histories.open("city")
    text = b"".join([chunk async for chunk in history.export("csv")]).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["entity"], row["value"], row["time"]) for row in rows[:2]] == [
        (GAUGE, "1.0", "2026-11-22T08:00:00.000000Z"),
        (GAUGE, "2.0", "2026-11-22T09:00:00.000000Z"),
    ]
    assert rows[2]["body"] == '{"type":"Property","value":"x"}'
    chosen = history.export("csv", ids=["urn:z:it's"], types=[TYPE])
    assert len(list(csv.DictReader(io.StringIO(b"".join([chunk async for chunk in chosen]).decode())))) == 1


async def test_a_parquet_export_is_read_by_another_engine(histories: Histories, outboxes: Outboxes) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    outboxes.open("city").put(*(row_of(n, f"2026-11-22T{n:02d}:00:00Z") for n in range(24)))
    chosen = histories.open("city").export("parquet", attrs=[LEVEL], start_us=parse_us("2026-11-22T12:00:00Z"))
    table = parquet.read_table(io.BytesIO(b"".join([chunk async for chunk in chosen])))
    assert table["value"].to_pylist() == list(range(12, 24))
    assert table["time"][0].as_py().isoformat() == "2026-11-22T12:00:00"


async def test_an_unknown_format_is_refused(histories: Histories) -> None:
    with pytest.raises(BadRequestData, match="xlsx"):
        async for _ in histories.open("city").export("xlsx"):  # type: ignore[arg-type]
            pass


async def test_a_snapshot_opens_as_the_past_it_was(histories: Histories, outboxes: Outboxes, tmp_path: Path) -> None:
    outboxes.open("city").put(row_of(1, "2026-11-18T09:00:00Z"), row_of(2, "2026-11-21T09:00:00Z"))
    histories.clock = lambda: parse_us("2026-11-20T12:00:00Z")
    await histories.open("city").drain()
    await histories.keep("city")
    async with histories.hold("city"):
        outboxes.open("city").put(row_of(3, "2026-11-21T10:00:00Z"))
        await histories.snapshot("city", tmp_path / "copy" / "city")
        assert len(outboxes.open("city").messages) == 1  # a copy of the present made now still has the row
    assert outboxes.open("city").messages == []
    outboxes.open("city").put(row_of(4, "2026-11-21T11:00:00Z"))
    await histories.open("city").drain()

    again = Histories(tmp_path / "copy", Outboxes(tmp_path / "copy"), Settings(data=tmp_path))
    try:
        series = await again.open("city").series(GAUGE, LEVEL)
        assert series.number == [1, 2, 3]
        [entity] = await again.open("city").as_of(parse_us("2026-11-19T00:00:00Z"))
        assert entity["attrs"][LEVEL][0]["value"] == 1
    finally:
        await again.stop()
