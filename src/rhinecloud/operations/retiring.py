"""Incidents that are over leave the present after a week: the map shows what is, and their past stays in the history.

The incident itself, its log and its files stay in operations.db for ever.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from rhinecloud.base.clock import DAY, Clock, now_us
from rhinecloud.base.model import Op, Update
from rhinecloud.context import Presents

from .declare import News
from .entities import SOURCE, entity_id
from .following import BATCH
from .tables import Shelf

STAYS_US: Final = 7 * DAY
EACH_S: Final = 3600.0
MARK: Final = "retired"
"""In `meta`: the last step of a life that was looked at."""


class Retiring:
    """A follower that goes by the clock alone."""

    name = "retiring"

    def __init__(self, presents: Presents, clock: Clock = now_us) -> None:
        self._presents, self._clock = presents, clock
        self._next: dict[str, float] = {}

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        """Nothing of it is urgent."""

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        if time.monotonic() < self._next.get(tenant, 0.0):
            return
        while found := await asyncio.to_thread(self._over, shelf):
            last, ids = found
            if ids:
                gone = [Update(op=Op.DELETE, id=entity_id(incident), source=SOURCE) for incident in ids]
                await self._presents.open(tenant).write(gone)
            await asyncio.to_thread(self._keep, shelf, last)
        self._next[tenant] = time.monotonic() + EACH_S

    def _over(self, shelf: Shelf) -> tuple[int, list[str]] | None:
        """The next steps that are old enough: the last one's number, and the incidents that are over since."""
        rows = shelf.rows(
            "SELECT step.id, step.incident, incident.is_over FROM incident_step AS step"
            " JOIN incident ON incident.id = step.incident"
            " WHERE step.id > ? AND step.at_us <= ? ORDER BY step.id LIMIT ?",
            *(shelf.meta(MARK), self._clock() - STAYS_US, BATCH),
        )
        return (rows[-1][0], sorted({incident for _, incident, over in rows if over})) if rows else None

    @staticmethod
    def _keep(shelf: Shelf, last: int) -> None:
        with shelf.transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (MARK, last))
