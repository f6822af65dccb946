"""The one that writes a tenant: it takes all that waits, makes one commit of it, and tells every writer together.

Updates are applied in the loop's thread, in slices of some milliseconds; only the end of the transaction, which waits
for the disk, is in another thread. A thread for all of it would fight the loop for the interpreter at each statement:
measured with reads at the same time, half the rate.

Locks: none. What is not the loop's is the connection during `settle`, and nothing else touches that meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Final

from .store import Job, Store

GROUP: Final = 4_000
"""Updates after which a group is closed; one job may be larger."""


class Writer:
    """Used in the loop's thread. `committed` is called after each commit that may have changed something."""

    def __init__(self, store: Store, threads: Executor, committed: Callable[[], None]) -> None:
        self._store = store
        self._threads = threads
        self._committed = committed
        self._queue: deque[Job] = deque()
        self._group: list[Job] = []
        self._settling: Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    def submit(self, job: Job) -> None:
        """Its future is done once it is durable."""
        self._queue.append(job)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"writer-{self._store.tenant}")

    def close(self) -> None:
        """Writes what waits, at once and here; blocks until it is durable."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._settling is not None and self._settling.exception() is None:
            self._tell(self._group)
        elif self._group:
            self._store.roll_back()
            self._store.commit(self._group)
            self._tell(self._group)
        self._group, self._settling = [], None
        rest = list(self._queue)
        self._queue.clear()
        if rest:
            self._store.commit(rest)
            self._tell(rest)

    async def _run(self) -> None:
        while self._queue:
            self._group = self._next()
            try:
                for _ in self._store.steps(self._group):
                    await asyncio.sleep(0)
                self._settling = self._threads.submit(self._store.settle)
                await asyncio.wrap_future(self._settling)
            except Exception:  # the careful way, which finds out who is to blame
                self._settling = None
                self._store.roll_back()
                self._store.commit(self._group)
            group, self._group, self._settling = self._group, [], None
            self._tell(group)
        self._task = None

    def _next(self) -> list[Job]:
        jobs = [self._queue.popleft()]
        size = len(jobs[0].updates)
        while self._queue and size < GROUP:
            jobs.append(self._queue.popleft())
            size += len(jobs[-1].updates) + 1
        return jobs

    def _tell(self, jobs: list[Job]) -> None:
        written = False
        for job in jobs:
            written |= bool(job.updates) and job.error is None
            if job.done is None or job.done.done():
                continue
            if job.error is None:
                job.done.set_result(job.results)
            else:
                job.done.set_exception(job.error)
        if written:
            self._committed()
