"""Killed at any instant, the past neither loses a row nor holds one twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from rhinecloud.base.settings import Settings
from rhinecloud.history import Histories

from .appending import START, STEP, Outboxes

SCRIPT = Path(__file__).with_name("appending.py")


async def test_kills_while_appending_and_closing_days_lose_and_double_nothing(tmp_path: Path) -> None:
    seed = random.Random(7)
    for turn in range(6):
        child = subprocess.Popen([sys.executable, str(SCRIPT), str(tmp_path), str(turn)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        with child.stdout:
            assert child.stdout.readline() == b"started\n"
            time.sleep(0.2 + seed.random() * 0.5)
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
    outboxes = Outboxes(tmp_path)
    histories = Histories(tmp_path / "tenants", outboxes, Settings(data=tmp_path))
    try:
        history = histories.open("city")
        await history.drain()
        [(last,)] = outboxes.one.db.execute("SELECT max(sequence) FROM outbox").fetchall()
        assert last >= 40
        for entity in range(7):
            series = await history.series(f"urn:e:{entity}", "urn:a")
            expected = [k for k in range(1, 2 * last + 2) if k % 7 == entity]
            assert series.number == expected
            assert series.at_us == [START + k * STEP for k in expected]
        folder = tmp_path / "tenants/city/history"
        named = await histories.run(lambda past: past.rows("SELECT file FROM pieces"), "city")
        assert {path.name for path in folder.glob("*.parquet*")} == {name for (name,) in named}
    finally:
        await histories.stop()
        outboxes.one.db.close()
