"""Long work that a person started and watches: how far it is, its result, and a way to end it.

A job belongs to whoever started it, in the tenant they looked at; nobody else finds it. Few are kept, and not for long:
what should last is written by the room that does the work.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.clock import SECOND, Clock
from rhinecloud.base.errors import ResourceNotFound, RhineError, TooManyRequests
from rhinecloud.base.telemetry import logger

KEEP_S: Final = 900
MOST: Final = 3
"""Jobs of one person that run at a time."""
Report = Callable[[float], None]

log = logger("web")


class Job(msgspec.Struct, kw_only=True):
    """One piece of work."""

    id: str
    owner: str
    tenant: str
    what: Any  # what was asked, for the page that shows it
    started_us: int
    ended_us: int = 0
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    share: float = 0.0  # done so far, 0 to 1
    result: Any = None
    error: str = ""


class Jobs:
    """The jobs of one kind."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, owner: str, tenant: str, what: Any, work: Callable[[Report], Awaitable[Any]]) -> Job:
        """Starts `work`, which is given a function to say how far it is (0 to 1).

        Raises:
            TooManyRequests: that person has as many running already.
        """
        self._sweep()
        if sum(j.owner == owner and j.state == "running" for j in self._jobs.values()) >= MOST:
            raise TooManyRequests("Three of your trials are running; end one of them first")
        job = Job(id=secrets.token_hex(8), owner=owner, tenant=tenant, what=what, started_us=self._clock())
        self._jobs[job.id] = job
        self._tasks[job.id] = asyncio.create_task(self._run(job, work))
        return job

    def get(self, owner: str, tenant: str, job_id: str) -> Job:
        """Raises: ResourceNotFound."""
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner or job.tenant != tenant:
            raise ResourceNotFound("This trial is over and forgotten; start it again")
        return job

    async def cancel(self, owner: str, tenant: str, job_id: str) -> Job:
        """Ends a job, at its next step."""
        job = self.get(owner, tenant, job_id)
        if (task := self._tasks.get(job_id)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return job

    async def stop(self) -> None:
        """Ends all."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, job: Job, work: Callable[[Report], Awaitable[Any]]) -> None:
        def report(share: float) -> None:
            job.share = min(max(share, job.share), 1.0)

        try:
            job.result = await work(report)
            job.state, job.share = "done", 1.0
        except asyncio.CancelledError:
            job.state = "cancelled"
            raise
        except RhineError as error:
            job.state, job.error = "failed", error.detail
        except Exception as error:  # the person sees that it failed; the log says how
            log.exception("job_failed", error=repr(error))
            job.state = "failed"
        finally:
            job.ended_us = self._clock()
            self._tasks.pop(job.id, None)

    def _sweep(self) -> None:
        old = self._clock() - KEEP_S * SECOND
        for job in [j for j in self._jobs.values() if j.ended_us and j.ended_us < old]:
            del self._jobs[job.id]
