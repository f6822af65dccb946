"""What happens by itself among those who work together: what is late is told, what was erased leaves the folder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final
from weakref import WeakSet

from rhinecloud.operations.declare import News
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf

from . import asking, messages, tasks
from .files import Files

_DUE: Final = (
    "SELECT 1 FROM message WHERE due_us <= ?1"
    " UNION ALL SELECT 1 FROM task WHERE state = 'open' AND is_late = 0 AND due_us <= ?1"
    " UNION ALL SELECT 1 FROM request WHERE is_late = 0 AND due_us <= ?1 LIMIT 1"
)


class Collaborating:
    """A follower of operations."""

    name: Final = "collaboration"

    def __init__(self) -> None:
        self._known: WeakSet[Shelf] = WeakSet()

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        if any(item.what == "log.erased" for item in news):
            await asyncio.to_thread(Files(shelf).sweep)

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        await asyncio.to_thread(self._due, shelf)

    def _due(self, shelf: Shelf) -> None:
        if shelf not in self._known:
            self._known.add(shelf)
            Files(shelf).forget_arrivals()
            Files(shelf).sweep()
        with shelf.reading() as asked:
            due = asked.row(_DUE, asked.now)
        if due:
            with shelf.work(SYSTEM) as work:
                messages.late(work)
                tasks.late(work)
                asking.late(work)
