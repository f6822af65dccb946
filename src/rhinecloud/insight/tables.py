"""insight.db: one SQLite file a tenant for rules, alerts, pending cases and the figures of the last day."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from rhinecloud.base.shelf import Shelf

FILE: Final = "insight.db"
SCHEMA: Final = (
    """
    CREATE TABLE rule (              -- every version of every rule; body NULL: the rule was deleted
        id TEXT NOT NULL, version INTEGER NOT NULL, body BLOB, saved_us INTEGER NOT NULL, who TEXT NOT NULL,
        PRIMARY KEY (id, version)
    ) WITHOUT ROWID;
    CREATE TABLE switched (id TEXT PRIMARY KEY, is_on INTEGER NOT NULL, who TEXT NOT NULL, at_us INTEGER NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE alert (
        id TEXT PRIMARY KEY, change INTEGER NOT NULL,  -- rises with each change of any alert
        rule TEXT NOT NULL, entity TEXT NOT NULL, type TEXT NOT NULL, severity INTEGER NOT NULL,
        raised_us INTEGER NOT NULL, cleared_us INTEGER, updated_us INTEGER NOT NULL, snoozed_until_us INTEGER,
        text TEXT NOT NULL, body BLOB NOT NULL
    );
    CREATE INDEX alert_change ON alert (change);
    CREATE INDEX alert_open ON alert (raised_us) WHERE cleared_us IS NULL;
    CREATE INDEX alert_raised ON alert (raised_us);
    CREATE INDEX alert_rule ON alert (rule, raised_us);
    CREATE INDEX alert_entity ON alert (entity, raised_us);
    CREATE TABLE pending (rule TEXT NOT NULL, entity TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (rule, entity))
        WITHOUT ROWID;
    CREATE TABLE figure (
        id TEXT NOT NULL, area TEXT NOT NULL, at_us INTEGER NOT NULL, value REAL, count INTEGER NOT NULL,
        PRIMARY KEY (id, area, at_us)
    ) WITHOUT ROWID;
    CREATE TABLE away (since_us INTEGER PRIMARY KEY, until_us INTEGER NOT NULL);  -- when nobody listened
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    """,
)


def shelf_of(folder: Path) -> Shelf:
    """The insight.db in a tenant's folder."""
    return Shelf(folder / FILE, SCHEMA)


def set_meta(db: sqlite3.Connection, key: str, value: int) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
