"""Moves a batch of the outbox into the recent rows, once, and compares with the past what may be there already.

The mark (the outbox's sequence) is committed with the rows: a crash before the commit changes nothing, and one
after it lets the next pass begin behind them.
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from rhinecloud.base.model import Changes

from .columns import NONE, read
from .engine import Engine, Store
from .pieces import rows_between
from .schema import NAMES

if TYPE_CHECKING:
    from .columns import Column

MIRRORED: Final = "history"
"""Source of updates that bring the present what the past was told directly; they are not told to the past again."""

# Order of the columns as in `schema.COLUMNS`; `batch` is the dictionary of arrays.
_INCOMING = f"""
    SELECT id, type, entity, attr, dataset, change,
        CASE WHEN observed_us = {NONE} THEN received_us ELSE observed_us END AS at_us,
        CASE WHEN observed_us <> {NONE} THEN observed_us END AS observed_us, received_us,
        CASE WHEN NOT isnan(number) THEN number END AS number, body, flags, source, raw
    FROM batch WHERE source <> '{MIRRORED}'"""

_IDENTITY = "entity, attr, dataset, observed_us"
FEW: Final = 8


class Appended(msgspec.Struct, frozen=True):
    """What a batch came to, in rows."""

    written: int = 0
    repeated: int = 0  # dropped: the past holds the same observation with the same value
    corrected: int = 0  # of those written: the past held another value; the newer counts


def mark(engine: Engine, tenant: str) -> int:
    """The outbox's sequence up to which the past holds everything."""
    with engine.use(tenant) as past:
        return past.meta("outbox")


def append(engine: Engine, tenant: str, commits: Sequence[Changes]) -> Appended:
    """Writes commits, in rising order of their sequences, without those up to the mark; durable when it returns."""
    with engine.use(tenant) as past, past.transaction():
        last = past.meta("outbox")
        fresh = [changes for changes in commits if changes.sequence > last]
        if not fresh:
            return Appended()
        appended = insert(past, fresh)
        past.set_meta("outbox", fresh[-1].sequence)
        return appended


def insert(past: Store, commits: Sequence[Changes]) -> Appended:
    """Inserts commits within the transaction at hand, without touching the mark."""
    import numpy as np

    batch = read(commits)
    rows = len(batch["entity"])
    if not rows:
        return Appended()
    first = past.meta("next_id")
    batch["id"] = np.arange(first, first + rows, dtype="i8")
    past.set_meta("next_id", first + rows)
    # A tombstone has no observation that could be there twice, and neither has a row without a time of its own.
    doubtful = batch["seen"] & (batch["observed_us"] != NONE) & (batch["change"] != 2)
    if not doubtful.any():
        past.db.execute(f"INSERT INTO recent {_INCOMING}")
        return Appended(written=rows)
    batch["doubtful"] = doubtful
    past.db.execute(f"INSERT INTO recent {_INCOMING} AND NOT doubtful")
    times = batch["observed_us"][doubtful]
    written, corrected = _insert_doubtful(past, batch, int(times.min()), int(times.max()))
    return Appended(rows - int(doubtful.sum()) + written, int(doubtful.sum()) - written, corrected)


def _insert_doubtful(past: Store, batch: dict[str, Column], from_us: int, to_us: int) -> tuple[int, int]:
    """Inserts those of the doubtful rows that tell something new; how many, and how many of them correct something."""
    db = past.db
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE doubtful AS {_INCOMING} AND doubtful
        QUALIFY row_number() OVER (PARTITION BY {_IDENTITY} ORDER BY id DESC) = 1""")
    # The rows of a few entities are found by their names; a join alone reads all rows of that stretch of time.
    few = [name for (name,) in past.rows(f"SELECT DISTINCT entity FROM doubtful LIMIT {FEW + 1}")]
    named = ", ".join("'" + name.replace("'", "''") + "'" for name in few)
    theirs = f"entity IN ({named})" if len(few) <= FEW else "TRUE"
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE news AS
        SELECT doubtful.*, held IS NOT NULL AS corrects FROM doubtful LEFT JOIN (
            SELECT {_IDENTITY}, arg_max({{'number': number, 'body': body}}, id) AS held
            FROM ({rows_between(past, from_us, to_us + 1, f"id, {_IDENTITY}, change, number, body", theirs)}) AS past
            SEMI JOIN doubtful USING ({_IDENTITY}) WHERE change <> 2 GROUP BY ALL
        ) USING ({_IDENTITY})
        WHERE held IS NULL OR held <> {{'number': doubtful.number, 'body': doubtful.body}}""")
    db.execute(f"INSERT INTO recent SELECT {NAMES} FROM news")
    written, corrected = past.one("SELECT count(*), count(*) FILTER (corrects) FROM news")
    db.execute("DROP TABLE doubtful; DROP TABLE news")
    return written, corrected
