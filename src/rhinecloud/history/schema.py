"""The past on disk: its tables, its columns and where its files lie.

    DATA/tenants/<tenant>/history.duckdb            recent rows, the list of pieces, the mark in the outbox
    DATA/tenants/<tenant>/history/<piece>.<n>.parquet  closed days and months, sorted by type, entity, attr, time
    DATA/tenants/<tenant>/history/state/…           the last row of every series at the end of a piece, so that the city
                                                    as of a moment is read from one piece and not from all before it

A row is one attribute instance written (see `base.model.Changes`). Instants are µs since 1970 UTC. A piece's file
carries a generation number; the row in `pieces` says which one counts, and is committed together with the deletion of
the moved rows. Files that no row names are left-overs of a crash and are removed at the next start.
"""

# ruff: noqa: S608 — constants only

from __future__ import annotations

from typing import Final

ROW: Final = """
    id BIGINT,             -- running number: order of arrival, and the instance's name
    type VARCHAR, entity VARCHAR, attr VARCHAR, dataset VARCHAR,
    change TINYINT,        -- 0 created, 1 changed, 2 deleted
    at_us BIGINT,          -- the moment from which it counts: observed, or else received
    observed_us BIGINT,    -- NULL where the payload had no time of its own
    received_us BIGINT,
    number DOUBLE,         -- the value, where it is a number
    body VARCHAR,          -- JSON of the instance; of a number its further members, NULL where there are none
    flags INTEGER, source VARCHAR, raw VARCHAR"""

COLUMNS: Final = (
    "id", "type", "entity", "attr", "dataset", "change", "at_us", "observed_us", "received_us", "number", "body",
    "flags", "source", "raw",
)  # fmt: skip
NAMES: Final = ", ".join(COLUMNS)

TABLES: Final = f"""
CREATE TABLE IF NOT EXISTS recent ({ROW});
CREATE TABLE IF NOT EXISTS pieces (
    name VARCHAR PRIMARY KEY, from_us BIGINT, to_us BIGINT, file VARCHAR, rows BIGINT, bytes BIGINT,
    state VARCHAR);        -- file of the state at its end; NULL: not made yet, or out of date
CREATE TABLE IF NOT EXISTS erased (piece VARCHAR, entity VARCHAR, attr VARCHAR, dataset VARCHAR, id BIGINT);
    -- rows of a closed piece that are no more, until it is rewritten; a NULL matches all
CREATE TABLE IF NOT EXISTS meta (key VARCHAR PRIMARY KEY, value BIGINT);
INSERT OR IGNORE INTO meta VALUES ('schema', 1), -- of this layout
    ('outbox', 0), ('next_id', 1), ('generation', 1), ('edits', 0), ('kept_day', 0);
"""

PARQUET: Final = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 122880"
"""How pieces are written. Version 2 has difference encoding: a fifth of the size of version 1, and read three times as
fast (measured: one month of 8.3 million rows, 18 MB and 65 ms for the rows that count at a moment)."""

SORTED: Final = "type, entity, attr, dataset, at_us, id"
