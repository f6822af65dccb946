"""The tables of a tenant's present, in SQLite. A step is never changed once released; new steps are added at the end.

Entities have an integer key, given in the order of their making: pages are ordered by it, and every index leads to it.
A **kind** is a set of types that occurs; a **slot** is a queryable attribute of the entities of one kind, so that a
condition on type and value is one range of one index, read either by value or by key. `tally` counts what there is.
"""

from __future__ import annotations

from typing import Final

STEPS: Final = (
    """
    CREATE TABLE kind (number INTEGER PRIMARY KEY, types TEXT NOT NULL UNIQUE);
    CREATE TABLE entity (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, doc BLOB NOT NULL);
    CREATE INDEX entity_kind ON entity (kind);

    CREATE TABLE indexed (attr TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE slot (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, attr TEXT NOT NULL,
                       partial INTEGER NOT NULL DEFAULT 0, many INTEGER NOT NULL DEFAULT 0, UNIQUE (kind, attr));
    CREATE TABLE value (slot INTEGER NOT NULL, entity INTEGER NOT NULL, value NOT NULL,
                        PRIMARY KEY (slot, entity, value)) WITHOUT ROWID;
    CREATE INDEX value_order ON value (slot, value, entity);
    CREATE TABLE scope (path TEXT NOT NULL, entity INTEGER NOT NULL, PRIMARY KEY (path, entity)) WITHOUT ROWID;
    CREATE TABLE expiry (at_us INTEGER NOT NULL, entity INTEGER NOT NULL, PRIMARY KEY (at_us, entity)) WITHOUT ROWID;
    CREATE VIRTUAL TABLE place USING rtree (entity, west, east, south, north);

    CREATE TABLE outbox (sequence INTEGER PRIMARY KEY AUTOINCREMENT, changes BLOB NOT NULL);
    CREATE TABLE reader (name TEXT PRIMARY KEY, upto INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE mark (stream TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE document (kind TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL,
                           PRIMARY KEY (kind, id)) WITHOUT ROWID;
    """,
    """
    CREATE TABLE tally (kind INTEGER NOT NULL, attr TEXT NOT NULL, form TEXT NOT NULL, count INTEGER NOT NULL,
                        PRIMARY KEY (kind, attr, form)) WITHOUT ROWID;
    """,
    # The values of an entity are numbered, so that one in the place of another is written where it stands.
    """
    CREATE TABLE numbered (slot INTEGER NOT NULL, entity INTEGER NOT NULL, number INTEGER NOT NULL, value NOT NULL,
                           PRIMARY KEY (slot, entity, number)) WITHOUT ROWID;
    INSERT INTO numbered SELECT slot, entity, row_number() OVER (PARTITION BY slot, entity) - 1, value FROM value;
    DROP TABLE value;
    ALTER TABLE numbered RENAME TO value;
    CREATE INDEX value_order ON value (slot, value, entity);
    """,
    # Entities of which the numbers in `value` may be older ones.
    """
    CREATE TABLE stale (entity INTEGER PRIMARY KEY);
    """,
)
