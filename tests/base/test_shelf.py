"""A room's own file in a tenant's folder."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from rhinecloud.base.database import connect, transaction
from rhinecloud.base.errors import NonexistentTenant
from rhinecloud.base.shelf import Shelf

SCHEMA = ("CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL CHECK (value > 0)) WITHOUT ROWID;",)
DEFERRED = (
    "CREATE TABLE parent (id INTEGER PRIMARY KEY);"
    " CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);"
)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "room.db", SCHEMA)


def test_what_is_committed_is_read_and_what_raises_leaves_nothing(shelf: Shelf) -> None:
    with shelf.transaction() as db:
        db.execute("INSERT INTO meta VALUES ('a', 1)")
    with pytest.raises(sqlite3.IntegrityError), shelf.transaction() as db:
        db.execute("INSERT INTO meta VALUES ('b', 2)")
        db.execute("INSERT INTO meta VALUES ('c', -1)")
    assert (shelf.meta("a"), shelf.meta("b")) == (1, 0)
    shelf.close()
    assert not shelf.is_open
    assert shelf.rows("SELECT key FROM meta WHERE value = ?", 1) == [("a",)]
    shelf.close()


def test_a_moment_stays_while_others_write(shelf: Shelf) -> None:
    with shelf.moment() as then:
        assert then.execute("SELECT count(*) FROM meta").fetchone() == (0,)
        with shelf.transaction() as db:
            db.execute("INSERT INTO meta VALUES ('a', 1)")
        assert then.execute("SELECT count(*) FROM meta").fetchone() == (0,)
    assert shelf.meta("a") == 1
    shelf.close()


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(NonexistentTenant):
        Shelf(tmp_path / "gone" / "room.db", SCHEMA).rows("SELECT 1")
    assert not (tmp_path / "gone").exists()


def test_a_commit_that_fails_is_rolled_back_so_that_the_next_can_begin(tmp_path: Path) -> None:
    db = connect(tmp_path / "room.db")
    db.executescript(DEFERRED)
    with pytest.raises(sqlite3.IntegrityError), transaction(db):
        db.execute("INSERT INTO child VALUES (7)")  # found at the commit
    with transaction(db):
        db.execute("INSERT INTO parent VALUES (1)")
    assert db.execute("SELECT (SELECT count(*) FROM child), (SELECT count(*) FROM parent)").fetchone() == (0, 1)
    db.close()
