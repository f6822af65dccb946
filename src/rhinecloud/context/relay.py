"""Publishes what was committed to the backbone, in order, at least once: the outbox's reader "changes".

Each tenant has its own loop of steps, so that one tenant's trouble holds up no other. What cannot be published stays in
the outbox and is tried again; a resend carries the same message id, by which the backbone drops it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, Protocol

from rhinecloud.base import telemetry
from rhinecloud.base.model import Changes
from rhinecloud.base.packing import COLUMNS, Commit, pack

from .presents import Presents

log = telemetry.logger("context")
ROWS: Final = 64  # commits taken from the outbox at once
MOST_BYTES: Final = 7_000_000  # of one message; our backbone takes eight million
RETRY_S: Final = 2.0


class Publish(Protocol):
    """`Backbone.publish`: durable when it returns."""

    def __call__(self, subject: str, data: bytes, *, message_id: str = "") -> Awaitable[int]: ...


Told = Callable[[Changes], Awaitable[None] | None]
"""Who in this process wants to know what changed."""


class Relay:
    """Runs between `start` and `stop`. Once a commit is out, each of `told` is called with it, once, and waited for."""

    def __init__(
        self,
        presents: Presents,
        publish: Publish,
        *told: Told,
        most_bytes: int = MOST_BYTES,
        retry_s: float = RETRY_S,
    ) -> None:
        self._presents = presents
        self._publish = publish
        self._told = told
        self._most_bytes = most_bytes
        self._retry_s = retry_s
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._at: dict[str, int] = {}
        self._stopping = False

    async def start(self) -> None:
        """Begins with what a former run left behind."""
        self._presents.wake.append(self._woken)
        for tenant in self._presents.names():
            self._woken(tenant)

    async def stop(self) -> None:
        self._stopping = True
        with contextlib.suppress(ValueError):
            self._presents.wake.remove(self._woken)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _woken(self, tenant: str) -> None:
        if tenant in self._tasks:
            self._again.add(tenant)
        elif not self._stopping:
            task = asyncio.get_running_loop().create_task(self._run(tenant), name=f"relay-{tenant}")
            self._tasks[tenant] = task
            task.add_done_callback(lambda _: self._ended(tenant))

    def _ended(self, tenant: str) -> None:
        del self._tasks[tenant]
        if tenant in self._again:
            self._again.discard(tenant)
            self._woken(tenant)

    async def _run(self, tenant: str) -> None:
        while True:
            try:
                await self._step(tenant)
                return
            except asyncio.CancelledError:
                raise
            except Exception as error:  # the backbone is away: what is not published waits in the outbox
                log.warning("relay_waits", tenant=tenant, error=repr(error))
                await asyncio.sleep(self._retry_s)

    async def _step(self, tenant: str) -> None:
        present = self._presents.open(tenant)
        if tenant not in self._at:
            self._at[tenant] = present.outbox_position("changes")
        while rows := present.outbox(self._at[tenant], ROWS):
            for commit in rows:
                whole = f"{tenant}:{commit.sequence}"
                for number, part in enumerate(split(commit, self._most_bytes)):
                    message_id = f"{whole}:{number}" if number else whole
                    await self._publish(f"changes.{tenant}", part, message_id=message_id)
                self._at[tenant] = commit.sequence
                await self._tell(commit.changes)
            present.outbox_done("changes", self._at[tenant])

    async def _tell(self, changes: Changes) -> None:
        for told in self._told:
            try:
                if (waits := told(changes)) is not None:
                    await waits
            except Exception:  # it is out, and the others want to know: to publish it again would mend nothing
                log.exception("changes_not_told", tenant=changes.tenant, sequence=changes.sequence)


def split(commit: Commit, most_bytes: int) -> Iterator[bytes]:
    """The message itself; or several of the same sequence with the rows shared out, none larger where that can be."""
    if len(commit.packed) <= most_bytes or len(commit.changes) == 1:
        yield commit.packed
        return
    changes = commit.changes
    parts = min(len(changes), len(commit.packed) * 5 // (most_bytes * 4) + 2)
    step = -(-len(changes) // parts)
    for first in range(0, len(changes), step):
        rows = {name: getattr(changes, name)[first : first + step] for name in COLUMNS}
        part = Changes(changes.tenant, changes.sequence, changes.committed_us, **rows)
        yield from split(Commit(commit.sequence, pack(part), part), most_bytes)
