"""Reading the past of a city with 100 million rows: one series' year, and the whole city as of a moment.

    python bench/history_read.py [--rows 100000000] [--series 20000] [--folder DIR]

Makes the files that upkeep would have made (twelve months of sorted Parquet and their states) with DuckDB, then reads
them through `rhinecloud.history` as the server does. Prints each figure with its ratio to what is promised.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from rhinecloud.base.clock import DAY, iso, parse_us
from rhinecloud.base.settings import Settings
from rhinecloud.history import Histories
from rhinecloud.history.calendar import Calendar, Span
from rhinecloud.history.engine import Store
from rhinecloud.history.pieces import make_states
from rhinecloud.history.schema import PARQUET

TYPE = "https://smartdatamodels.org/dataModel.Environment/WaterObserved"
ATTR = "https://smartdatamodels.org/dataModel.Environment/attribute"
START, END = parse_us("2025-10-31T23:00:00Z"), parse_us("2026-10-31T23:00:00Z")  # a year in Berlin
PROMISED_MS = {"one series' year": 50, "whole city as of a moment": 500}


class NoOutboxes:
    """Nothing new comes in: this is about reading."""

    def __init__(self) -> None:
        self.wake: list[Any] = []

    def open(self, _tenant: str) -> NoOutboxes:
        return self

    def names(self) -> list[str]:
        return []

    def outbox(self, _after: int, _rows: int = 0) -> list[tuple[int, bytes]]:
        return []

    def outbox_done(self, _reader: str, _upto: int) -> None:
        pass


def make(past: Store, rows: int, series: int, calendar: Calendar) -> None:
    """Twelve months: each series observed at even distances, shifted from series to series."""
    step = (END - START) * series // rows
    months: list[Span] = []
    while not months or months[-1].to_us < END:
        months.append(calendar.month(months[-1].to_us if months else START + DAY))
    for number, month in enumerate(months):
        first = max(0, -(-(month.from_us - START) // step))
        last = min((END - START) // step, -(-(month.to_us - START) // step))
        file = f"{month.name}.1.parquet"
        # s: the series in the order of the file; k: its k-th observation.
        [(count,)] = past.rows(f"""
            COPY (SELECT {number} * {rows} + row_number() OVER () AS id, '{TYPE}' AS type,
                'urn:ngsi-ld:WaterObserved:' || lpad((s // 4)::VARCHAR, 7, '0') AS entity, '{ATTR}' || s % 4 AS attr,
                '' AS dataset, 1::TINYINT AS change, at_us, at_us AS observed_us, at_us + 2000000 AS received_us,
                round(5 + 3 * sin(k / 40.0 + s) + hash(k * {series} + s) % 100 / 500.0, 2) AS number,
                NULL::VARCHAR AS body, 0 AS flags,
                'device:' || lpad((s // 4)::VARCHAR, 7, '0') AS source, 'RAW/' || (k * {series} + s) AS raw,
                CASE WHEN k + 1 < {last} THEN at_us + {step} END AS until_us
                FROM (SELECT i // {last - first} AS s, {first} + i % {last - first} AS k,
                    {START} + ({first} + i % {last - first}) * {step} + (i // {last - first} * 7919) % {step} AS at_us
                    FROM range({(last - first) * series}) AS t(i)))
            TO {past.path(file)} ({PARQUET})""")
        past.db.execute(
            "INSERT INTO pieces VALUES ($name, $from, $to, $file, $rows, $bytes, NULL)",
            {
                "name": month.name,
                "from": month.from_us,
                "to": month.to_us,
                "file": file,
                "rows": count,
                "bytes": (past.folder / file).stat().st_size,
            },
        )
    made = make_states(past)
    total, size = past.one("SELECT sum(rows)::BIGINT, sum(bytes)::BIGINT FROM pieces")
    print(f"{total:,} rows of {series:,} series in {len(months)} months, {made} states: {size / 1e6:,.0f} MB")


async def timed(name: str, reads: list[Any], promised_ms: float) -> None:
    """Runs the reads one after another; prints the median, and its ratio to what is promised.

    The processor's time is printed too: unlike the clock it does not see what else the machine does.
    """
    took, began_cpu = [], time.process_time()
    for read in reads:
        began = time.perf_counter()
        await read()
        took.append((time.perf_counter() - began) * 1000)
    middle, cpu = statistics.median(took), (time.process_time() - began_cpu) * 1000 / len(reads)
    print(
        f"{name:40} median {middle:6.1f} ms   worst {max(took):6.1f} ms   processor {cpu:6.1f} ms"
        f"   {middle / promised_ms:.2f} of {promised_ms:g} ms"
    )


async def main(rows: int, series: int, folder: Path) -> None:
    (folder / "tenants" / "city").mkdir(parents=True)
    histories = Histories(folder / "tenants", NoOutboxes(), Settings(data=folder))
    began = time.perf_counter()
    await histories.run(make, "city", rows, series, histories.calendar)
    print(f"making them took {time.perf_counter() - began:.0f} s")
    history = histories.open("city")
    seed = random.Random(1)
    chosen = [seed.randrange(series) for _ in range(12)]

    def year(s: int, *, brief: bool) -> Any:
        return lambda: history.series(
            f"urn:ngsi-ld:WaterObserved:{s // 4:07d}", f"{ATTR}{s % 4}", start_us=START, end_us=END, brief=brief
        )

    found = await year(chosen[0], brief=False)()
    print(f"a series has {len(found):,} rows in the year")
    promised = PROMISED_MS["one series' year"]
    await timed("one series' year", [year(s, brief=True) for s in chosen], promised)
    await timed("one series' year with its evidence", [year(s, brief=False) for s in chosen], promised)
    await timed(
        "one series' year by days (avg, max)",
        [
            lambda s=s: history.aggregate(
                f"urn:ngsi-ld:WaterObserved:{s // 4:07d}", f"{ATTR}{s % 4}", methods=["avg", "max"], start_us=START,
                end_us=END, period="P1D",
            )
            for s in chosen
        ],
        promised,
    )  # fmt: skip
    moments = [START + seed.randrange(1, 365 * 24) * DAY // 24 for _ in range(6)]
    city = await history.as_of(moments[0])
    print(f"as of {iso(moments[0])}: {len(city):,} entities, {sum(len(e['attrs']) for e in city):,} values")
    await timed(
        "whole city as of a moment",
        [lambda at=at: history.as_of(at) for at in moments],
        PROMISED_MS["whole city as of a moment"],
    )
    await histories.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--series", type=int, default=20_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    place = given.folder or Path(tempfile.mkdtemp(prefix="rhinecloud-bench-"))
    try:
        asyncio.run(main(given.rows, given.series, place))
    finally:
        shutil.rmtree(place, ignore_errors=True)
