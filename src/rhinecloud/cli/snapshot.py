"""A consistent copy of a city's data directory into an empty folder, while the city runs or while it stands still.

Per tenant the past is copied first and the present second, while the outbox keeps what the past takes over in between:
so the present's copy has every row that the past's copy lacks, and the restored city moves it over as after any crash.
SQLite files go through SQLite's online backup. Not copied: raw input on the backbone (`nats/`) and what is only of the
moment; a restored city starts a new raw log behind the numbers that it has already handled.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from rhinecloud.base import database

if TYPE_CHECKING:
    from rhinecloud.history import Histories

PAST = "history.duckdb"
_PIECES = "history"
_LEFT_OUT = ("nats", "history-temp", "rhinecloud.lock", "control.sock")
_SCRATCH = ".snapshot-"


async def of_running(data: Path, histories: Histories, tenants: list[str], target: Path) -> None:
    """Copies the city that this process runs. `target` is an empty folder on any disk."""
    for tenant in tenants:
        async with histories.hold(tenant):
            goal = target / "tenants" / tenant
            goal.mkdir(parents=True)
            await histories.snapshot(tenant, goal)
            await asyncio.to_thread(_copy_rest, data / "tenants" / tenant, goal, (PAST, PAST + ".wal", _PIECES))
    await asyncio.to_thread(_copy_rest, data, target, (*_LEFT_OUT, "tenants"))


def of_stopped(data: Path, target: Path) -> None:
    """Copies a city that nobody runs; the caller holds its lock."""
    _copy_rest(data, target, _LEFT_OUT)


def _copy_rest(source: Path, target: Path, left_out: tuple[str, ...]) -> None:
    # A chain's heads go before its database: one that knows more than its heads is whole, one that knows less cut off.
    for file in sorted(_files(source, left_out), key=lambda file: file.suffix != ".heads"):
        goal = target / file.relative_to(source)
        goal.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".db":
            copy_database(file, goal)
        else:
            shutil.copy2(file, goal)


def _files(folder: Path, left_out: tuple[str, ...]) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in left_out or entry.name.startswith(_SCRATCH) or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _files(entry, ())
        elif entry.is_file() and not entry.name.endswith((".db-wal", ".db-shm", ".new")):
            yield entry


def copy_database(source: Path, target: Path) -> None:
    """SQLite's online backup: consistent, whoever is writing, and writers do not wait for it."""
    with closing(database.connect(source, read_only=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    target.chmod(source.stat().st_mode & 0o777)


def scratch(beside: Path) -> Path:
    """A fresh empty folder on the disk of `beside`, for a copy that is packed and then thrown away."""
    folder = beside / f"{_SCRATCH}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o700, parents=True)
    return folder
