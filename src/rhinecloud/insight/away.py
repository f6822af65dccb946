"""When nobody listened: a silence counts only while this program ran and could have heard something."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from rhinecloud.base.clock import DAY, SECOND
from rhinecloud.base.shelf import Shelf

from .tables import set_meta

FORGET_US: Final = 400 * DAY
SHORTEST_US: Final = 5 * SECOND


class Away:
    """Of one tenant. `keep` is called now and then, and at the end."""

    def __init__(self, shelf: Shelf, now: int) -> None:
        rows: list[Any] = shelf.rows("SELECT since_us, until_us FROM away ORDER BY since_us")
        self._gaps: list[tuple[int, int]] = [(since, until) for since, until in rows]
        last = shelf.meta("listened")
        if 0 < last < now - SHORTEST_US:
            self._gaps.append((last, now))
            with shelf.transaction() as db:
                db.execute("INSERT OR REPLACE INTO away VALUES (?, ?)", (last, now))
                db.execute("DELETE FROM away WHERE until_us < ?", (now - FORGET_US,))
                self.keep(db, now)

    @staticmethod
    def keep(db: sqlite3.Connection, now: int) -> None:
        """Notes, in the open transaction, that we are there."""
        set_meta(db, "listened", now)

    def listened(self, since: int, until: int) -> int:
        """µs between two moments during which we were there."""
        missed = sum(max(0, min(end, until) - max(start, since)) for start, end in self._gaps)
        return until - since - missed
