"""A process that appends one outbox to a past until it is killed: `python appending.py FOLDER ROUND`.

The outbox is a SQLite file, as the present's is. Every commit holds two rows of its own and one of the commit before.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from rhinecloud.base.model import Changes
from rhinecloud.base.packing import Commit, pack, unpack
from rhinecloud.base.settings import Settings
from rhinecloud.history import Histories

START = 1_763_000_000_000_000
STEP = 600_000_000  # ten minutes: the rows of a run go over many days, which close meanwhile


class Outbox:
    """Some of its commits are done when history says so; all of them go on existing for the test to compare."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("CREATE TABLE IF NOT EXISTS outbox (sequence INTEGER PRIMARY KEY, body BLOB)")

    def fill(self, commits: int) -> None:
        [(last,)] = self.db.execute("SELECT coalesce(max(sequence), 0) FROM outbox").fetchall()
        rows = [(n, message(n)) for n in range(last + 1, last + commits + 1)]
        self.db.execute("BEGIN")
        self.db.executemany("INSERT INTO outbox VALUES (?, ?)", rows)
        self.db.execute("COMMIT")

    def outbox(self, after: int, rows: int = 1000) -> list[Commit]:
        sql = "SELECT sequence, body FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?"
        return [Commit(n, packed, unpack(packed)) for n, packed in self.db.execute(sql, (after, rows)).fetchall()]

    def outbox_done(self, reader: str, upto: int) -> None:
        pass


class Outboxes:
    def __init__(self, folder: Path) -> None:
        self.wake: list[Callable[[str], None]] = []
        self.one = Outbox(folder / "outbox.db")

    def open(self, tenant: str) -> Outbox:
        return self.one

    def names(self) -> list[str]:
        return ["city"]


def message(n: int) -> bytes:
    """Commit n: observations 2n and 2n+1, and 2n-1 again."""
    changes = Changes("city", n, START)
    for k in (2 * n, 2 * n + 1, 2 * n - 1):
        changes.entity.append(f"urn:e:{k % 7}")
        changes.type.append("urn:T")
        changes.attr.append("urn:a")
        changes.dataset.append("")
        changes.change.append(1)
        changes.observed_us.append(START + k * STEP)
        changes.received_us.append(START + k * STEP)
        changes.number.append(float(k))
        changes.body.append(None)
        changes.flags.append(0)
        changes.source.append("")
        changes.raw.append("")
        changes.seen.append(k == 2 * n - 1)
    return pack(changes)


async def main(folder: Path, turn: int) -> None:
    (folder / "tenants" / "city").mkdir(parents=True, exist_ok=True)
    outboxes = Outboxes(folder)
    clock = START
    histories = Histories(folder / "tenants", outboxes, Settings(data=folder), lambda: clock)
    print("started", flush=True)
    while True:
        outboxes.one.fill(40)
        await histories.move("city")
        [(last,)] = outboxes.one.db.execute("SELECT max(sequence) FROM outbox").fetchall()
        clock = START + 2 * last * STEP
        await histories.keep("city", daily=last % 3 == 0)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
