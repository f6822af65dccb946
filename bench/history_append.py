"""Appending to the past: rows a second from the outbox's messages to a durable commit, on one core.

    python bench/history_append.py [--rows 1000000] [--commit 1000]

Messages are made beforehand, as the present writes them; the time is the appender's alone, and so is the ratio: to
inserting the same arrays into DuckDB without reading messages.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.model import Changes
from rhinecloud.history.append import append
from rhinecloud.history.engine import Engine

TYPE = "https://smartdatamodels.org/dataModel.Environment/WaterObserved"
ATTR = "https://smartdatamodels.org/dataModel.Environment/attribute"
START = parse_us("2026-11-22T00:00:00Z")
TARGET = 500_000  # rows a second


def messages(rows: int, commit: int, *, seen: bool) -> list[tuple[int, bytes]]:
    """Commits of `commit` rows over 20,000 series; one value in ten is not a plain number."""
    made = []
    for sequence in range(rows // commit):
        changes = Changes("city", sequence + 1, START)
        for k in range(sequence * commit, (sequence + 1) * commit):
            series = k * 7919 % 20_000
            changes.entity.append(f"urn:ngsi-ld:WaterObserved:{series // 4:07d}")
            changes.type.append(TYPE)
            changes.attr.append(f"{ATTR}{series % 4}")
            changes.dataset.append("")
            changes.change.append(1)
            changes.observed_us.append(START + k * 1000)
            changes.received_us.append(START + k * 1000 + 2_000_000)
            changes.number.append(None if k % 10 == 0 else k % 977 / 10)
            changes.body.append(b'{"type":"Property","value":"open"}' if k % 10 == 0 else None)
            changes.flags.append(0)
            changes.source.append(f"device:{series // 4:07d}")
            changes.raw.append(f"$MQTT_msgs/{k}")
            changes.seen.append(seen)
        made.append((sequence + 1, msgspec.msgpack.encode(changes)))
    return made


def main(rows: int, commit: int) -> None:
    place = Path(tempfile.mkdtemp(prefix="rhinecloud-bench-"))
    (place / "tenants" / "city").mkdir(parents=True)
    engine = Engine(place / "tenants", memory_mb=512, threads=1)
    try:
        for name, seen, offset in (("new rows", False, 0), ("the same rows again", True, rows // commit)):
            given = [(sequence + offset, message) for sequence, message in messages(rows, commit, seen=seen)]
            step = max(1, 100_000 // commit)
            began, cpu, written, repeated = time.perf_counter(), time.process_time(), 0, 0
            for first in range(0, len(given), step):
                done = append(engine, "city", given[first : first + step])
                written, repeated = written + done.written, repeated + done.repeated
            cpu, took = time.process_time() - cpu, time.perf_counter() - began
            print(
                f"{name:22} {rows / took:10,.0f} rows/s   {cpu / rows * 1e6:5.2f} µs of processor a row"
                f"   {rows / took / TARGET:.2f} of {TARGET:,} rows/s   written {written:,}, repeated {repeated:,}"
            )
    finally:
        engine.close()
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--commit", type=int, default=1000)
    given_options = parser.parse_args()
    main(given_options.rows, given_options.commit)
