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

from rhinecloud.base.errors import Unavailable

from . import outbox
from .store import Job, Store

GROUP: Final = 4_000
"""Updates after which a group is closed; one job may be larger."""
MOST_WAITING: Final = 50_000
"""Updates that may wait: seconds of work, and some 300 MB. A job that finds nobody waiting may be larger."""


DONE_S: Final = 0.25
"""After which what readers are done with is written also where nobody writes."""


class Writer:
    """Used in the loop's thread. `committed` is called after each commit that may have changed something."""

    def __init__(self, store: Store, threads: Executor, committed: Callable[[], None]) -> None:
        self.store = store
        self._threads = threads
        self._committed = committed
        self._queue: deque[Job] = deque()
        self._waiting = 0  # updates in the queue
        self._group: list[Job] = []
        self._settling: Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._done: dict[str, int] = {}  # reader → up to where it is done, as far as not yet written
        self._done_soon: asyncio.TimerHandle | None = None

    def submit(self, job: Job) -> None:
        """Its future is done once it is durable.

        Raises:
            Unavailable: too much waits. Jobs without updates always get in: some of them make room.
        """
        if job.updates:
            self._admit(len(job.updates))
        self._queue.append(job)
        self._wake()

    def note_done(self, reader: str, upto: int) -> None:
        """`reader` of the outbox needs nothing up to `upto` any more: written with the next commit, or soon.

        A commit of its own would double the number of commits. What a crash makes of it: the past finds the commits
        under its mark, and the backbone drops what it has under the same message id.
        """
        self._done[reader] = max(upto, self._done.get(reader, 0))
        if self._done_soon is None:
            self._done_soon = asyncio.get_running_loop().call_later(DONE_S, self._write_done)

    def _write_done(self) -> None:
        self._done_soon = None
        if self._done:
            self.submit(Job())

    def _take_done(self) -> list[Job]:
        if not self._done:
            return []
        done, self._done = self._done, {}
        return [Job(done_with=done)]

    def _wake(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"writer-{self.store.tenant}")

    def _admit(self, updates: int) -> None:
        tenant = self.store.tenant
        if self._waiting and self._waiting + updates > MOST_WAITING:
            raise Unavailable(
                f"{self._waiting} changes wait to be written to {tenant}, and no more may; "
                "wait for answers before sending more, and send this again in some seconds"
            )
        if self.store.outbox_bytes > outbox.MOST_BYTES:
            raise Unavailable(
                f"{self.store.outbox_bytes // 1_000_000} MB wait for the past of {tenant}, which takes nothing over: "
                "nothing more is written; the log says why under append_failed. Writing goes on once it has caught up"
            )
        self._waiting += updates

    def close(self) -> None:
        """Writes what waits, at once and here; blocks until it is durable."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._settling is not None and self._settling.exception() is None:
            self._tell(self._group)
        elif self._group:
            self.store.roll_back()
            self.store.commit(self._group)
            self._tell(self._group)
        self._group, self._settling = [], None
        if self._done_soon is not None:
            self._done_soon.cancel()
            self._done_soon = None
        rest = [*self._queue, *self._take_done()]
        self._queue.clear()
        self._waiting = 0
        if rest:
            self.store.commit(rest)
            self._tell(rest)

    async def _run(self) -> None:
        while self._queue:
            self._group = self._next()
            try:
                for _ in self.store.steps(self._group):
                    await asyncio.sleep(0)
                self._settling = self._threads.submit(self.store.settle)
                await asyncio.wrap_future(self._settling)
            except Exception:  # the careful way, which finds out who is to blame
                self._settling = None
                self.store.roll_back()
                self.store.commit(self._group)
            group, self._group, self._settling = self._group, [], None
            self._tell(group)
            for job in group:
                if job.error is not None:
                    for reader, upto in job.done_with.items():
                        self.note_done(reader, upto)
        self._task = None

    def _next(self) -> list[Job]:
        jobs = [self._queue.popleft(), *self._take_done()]
        size = len(jobs[0].updates)
        while self._queue and size < GROUP:
            jobs.append(self._queue.popleft())
            size += len(jobs[-1].updates) + 1
        self._waiting -= sum(len(job.updates) for job in jobs)
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
