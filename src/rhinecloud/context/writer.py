"""The one thread that writes a tenant: it takes all that waits, commits it at once, and tells every writer together.

Locks: none of ours. The queue is the only thing that both threads touch; results are handed back through the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Final

from .store import Job, Store

GROUP: Final = 4_000
"""Updates after which a group is closed; one job may be larger."""


class Writer:
    """Runs from its making until `stop`. `committed` is called in the loop after each commit."""

    def __init__(self, store: Store, loop: asyncio.AbstractEventLoop, committed: Callable[[], None]) -> None:
        self._store = store
        self._loop = loop
        self._committed = committed
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"writer-{store.tenant}", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        self._queue.put(job)

    def stop(self) -> None:
        """Ends after everything submitted is written; blocks until then."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            jobs = self._group()
            live = [job for job in jobs if job is not None]
            if live:
                self._store.commit(live)
                # The loop may be gone at the very end; then nobody waits any more.
                with contextlib.suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._tell, live)
            if len(live) < len(jobs):
                return

    def _group(self) -> list[Job | None]:
        job = self._queue.get()
        jobs = [job]
        size = len(job.updates) if job else GROUP
        while size < GROUP:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            jobs.append(job)
            size += len(job.updates) + 1 if job else GROUP
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
