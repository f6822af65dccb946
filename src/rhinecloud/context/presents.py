"""The presents of all tenants: a folder each, opened when first used and closed when idle."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import AlreadyExists, BadRequestData, NonexistentTenant

from .draft import QualityLike, unchecked
from .expiry import reap
from .held import Room
from .present import Present

log = telemetry.logger("context")
FILE: Final = "context.db"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")


class Presents:
    """`folder` holds a folder a tenant. Used in the loop's thread.

    Callbacks in `wake` are called in the loop, with the tenant, after each commit that may have changed something.
    """

    def __init__(
        self,
        folder: Path,
        *,
        model: Model,
        clock: Clock = now_us,
        quality: QualityLike | None = None,
        idle_s: float = 300,
        reserve_bytes: int = 0,
    ) -> None:
        self.wake: list[Callable[[str], None]] = []
        self._folder = folder
        self._queryable = model.queryable()
        self._clock = clock
        self._check = quality.checks if quality else unchecked
        self._idle_s = idle_s
        self._reserve = reserve_bytes
        self._presents: dict[str, Present] = {}
        self._room = Room()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="query")
        self._commits = ThreadPoolExecutor(4, thread_name_prefix="commit")
        self._upkeep: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._upkeep = asyncio.create_task(self._keep(), name="presents-upkeep")

    async def stop(self) -> None:
        """Closes every tenant; what was written is durable."""
        if self._upkeep is not None:
            self._upkeep.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._upkeep
            self._upkeep = None
        for present in self._presents.values():
            present.close()
        self._threads.shutdown()
        self._commits.shutdown()

    def open(self, tenant: str) -> Present:
        """The tenant's present.

        Raises:
            NonexistentTenant: there is no such folder.
        """
        present = self._presents.get(tenant)
        if present is None:
            if not _NAME.match(tenant) or not (self._folder / tenant).is_dir():
                raise NonexistentTenant(f"Tenant {tenant[:80]} does not exist")
            present = self._presents[tenant] = self._make(tenant)
        return present

    def create(self, tenant: str) -> Present:
        """Makes the tenant's folder and file.

        Raises:
            BadRequestData: that is no name for a tenant. AlreadyExists: there is one.
        """
        if not _NAME.match(tenant):
            raise BadRequestData(f"{tenant[:80]!r} is no name for a tenant: small letters, digits, - and _, at most 63")
        try:
            (self._folder / tenant).mkdir(parents=True)
        except FileExistsError as error:
            raise AlreadyExists(f"Tenant {tenant} already exists") from error
        present = self._presents[tenant] = self._make(tenant)
        return present

    def delete(self, tenant: str) -> None:
        """Closes the tenant for good and removes its present; other files in its folder go with it."""
        present = self.open(tenant)
        present.close(for_good=True)
        del self._presents[tenant]
        shutil.rmtree(self._folder / tenant)

    def release(self, tenant: str) -> None:
        """Closes the tenant for good and leaves its folder to whoever moves it away at once; opened, it is there again.

        Raises:
            NonexistentTenant: there is none.
        """
        self.open(tenant).close(for_good=True)
        del self._presents[tenant]

    def names(self) -> list[str]:
        """Every tenant, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(p.name for p in self._folder.iterdir() if p.is_dir() and _NAME.match(p.name))

    def _make(self, tenant: str) -> Present:
        return Present(
            self._folder / tenant / FILE,
            tenant,
            queryable=self._queryable,
            clock=self._clock,
            check=self._check,
            threads=self._threads,
            commits=self._commits,
            committed=self._committed,
            reserve_bytes=self._reserve,
            room=self._room,
        )

    def _committed(self, tenant: str) -> None:
        for call in self.wake:
            call(tenant)

    async def _keep(self) -> None:
        """Each second: what has expired is taken away, and who is idle is closed."""
        while True:
            await asyncio.sleep(1)
            for present in [p for p in self._presents.values() if p.is_open]:
                try:
                    if time.monotonic() - present.used > self._idle_s:
                        present.close()
                    else:
                        await reap(present, self._clock())
                except Exception as error:  # one tenant's trouble is not the others'
                    log.exception("upkeep_failed", tenant=present.tenant, error=repr(error))
