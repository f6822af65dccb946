"""What follows the news of operations.db on its own account: telling units, running what is due, sending things out.

Each follower has a mark of its own, kept beside the news: one that stumbles tries again and holds up nobody else, and
after a crash it is told again rather than not at all. So a follower has to bear hearing of something twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from rhinecloud.base import telemetry
from rhinecloud.base.errors import NonexistentTenant

from .declare import News
from .tables import Shelf

BATCH: Final = 500
AGAIN_S: Final = 5.0
"""How long one that stumbled is left alone."""

_MARKS: Final = (
    "SELECT key, value FROM meta WHERE key LIKE 'followed.%'"
    " UNION ALL SELECT 'newest', coalesce(max(number), 0) FROM news"
)

log = telemetry.logger("operations")


class Follower(Protocol):
    """`name` is its mark's, and never changes."""

    @property
    def name(self) -> str: ...

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        """A stretch of the news, in order; raising means that it is told again."""

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        """Does what is due by the clock; called about every half a second while a tenant's file is open."""


class Following:
    """The followers of all tenants, each with its mark.

    Args:
        news: (tenant, after a number, limit) → the news behind it, in order.
    """

    def __init__(self, followers: Sequence[Follower], news: Callable[[str, int, int], list[News]]) -> None:
        self.followers = list(followers)
        self._news = news
        self._not_before: dict[tuple[str, str], float] = {}

    async def go_on(self, tenant: str, shelf: Shelf) -> None:
        """Tells each follower what is new to it, and that time has passed."""
        marks = dict(await asyncio.to_thread(shelf.rows, _MARKS))
        last, heard = marks["newest"], dict[str, int]()
        for follower in self.followers:
            key = (tenant, follower.name)
            if time.monotonic() < self._not_before.get(key, 0.0):
                continue
            try:
                mark = f"followed.{follower.name}"
                upto = marks.get(mark, 0)
                while upto < last and (news := await asyncio.to_thread(self._news, tenant, upto, BATCH)):
                    await follower.follow(tenant, shelf, news)
                    upto = heard[mark] = news[-1].number
                await follower.tick(tenant, shelf)
            except NonexistentTenant:
                raise
            except Exception as error:  # it is told again; the others are told meanwhile
                self._not_before[key] = time.monotonic() + AGAIN_S
                log.exception("follower_failed", tenant=tenant, follower=follower.name, error=repr(error))
        if heard:
            await asyncio.to_thread(self._keep, shelf, heard)

    @staticmethod
    def _keep(shelf: Shelf, heard: Mapping[str, int]) -> None:
        """All marks in one commit; it is nothing that anybody has to follow."""
        with shelf.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", heard.items())
