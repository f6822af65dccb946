"""The room's parts, made and kept together: what `app.py` opens and what screens show and move."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import msgspec

from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.telemetry import logger

from .codec_host import CodecHost
from .decode import Decoder
from .feeds import Feed
from .figures import Figures
from .mapping import Documents, Mapping
from .polling import Polling, Publish
from .quality import Quality
from .quarantine import Quarantine
from .registry import Registry
from .tables import Tables

log = logger("connect")


class Connect:
    """Devices, decoding, quality and quarantine of all tenants.

    Args:
        folder: DATA/tenants.
        flush_s: how often what was heard and counted is written.
        idle_s: a tenant untouched for this long is closed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        model: Model,
        default_tenant: str = "city",
        clock: Clock = now_us,
        flush_s: float = 5,
        idle_s: float = 300,
    ) -> None:
        self._flush_s, self._idle_s, self._clock = flush_s, idle_s, clock
        self.tables = Tables(folder)
        self.registry = Registry(self.tables, model=model, default_tenant=default_tenant, clock=clock)
        self.documents = Documents(self.tables, clock=clock)
        self.codecs = CodecHost()
        self.decoder = Decoder(self.registry, self.documents, self.codecs, model=model)
        self.quality = Quality(model, clock)
        self.quarantine = Quarantine(self.tables, clock=clock)
        self.figures = Figures(self.tables, model=model, clock=clock, interval_of=self._interval_of)
        self.polling: Polling | None = None
        self._feeds_seen: dict[str, tuple[tuple[int, int], Collection[str]]] = {}
        self._upkeep: asyncio.Task[None] | None = None

    def _interval_of(self, tenant: str, source: str) -> float | None:
        kind, _, name = source.partition(":")
        device = self.registry.find(tenant, name) if kind == "device" else None
        return device.interval_s if device else None

    def bring(self, packs: Iterable[Any], on: Callable[[str], Collection[str]] | None = None) -> None:
        """Takes what packs (`kit.Pack`) bring: mappings and feeds as every tenant's defaults, and forms to read.

        Feeds wait to be switched on. Call it once.

        Args:
            on: tenant → ids of the packs that are on there; None: all are.
        """
        packs = tuple(packs)
        self.documents.packs_on = on
        self.decoder.forms = {form.id: form for pack in packs for form in pack.readers}
        for pack in packs:
            mappings = [msgspec.convert(m.body | {"id": m.id, "title": m.label.en}, Mapping) for m in pack.mappings]
            self.documents.bring("mapping", mappings, pack=pack.id)
            self.documents.bring("feed", [Feed.of(f, self.decoder.forms) for f in pack.feeds], pack=pack.id)

    def use(self, model: Model) -> None:
        """Takes another set of declarations, when packs are switched on or off. `quality` is then another one."""
        self.decoder.use(model)
        self.figures.model = model
        self.quality = Quality(model, self._clock)

    def poll(self, publish: Publish, *, allow_private: bool = False) -> Polling:
        """Begins to ask every tenant's active feeds; a feed that is saved later is noticed within seconds."""
        self.polling = Polling(publish, clock=self._clock, allow_private=allow_private)
        self.notice_feeds()
        return self.polling

    def notice_feeds(self) -> None:
        """Begins and ends to ask as the tenants' feeds say now."""
        for tenant in self.tables.tenants() if self.polling else ():
            stamp = self.tables.stamp(tenant)
            on = self.documents.packs_on(tenant) if self.documents.packs_on else ()
            if stamp != (0, 0) and self._feeds_seen.get(tenant) != (stamp, on) and self.polling:
                self._feeds_seen[tenant] = (stamp, on)
                try:
                    self.polling.declare(tenant, self.documents.list(tenant, "feed", Feed), self.decoder.forms)
                except BadRequestData as error:
                    log.warning("feeds_refused", tenant=tenant, why=error.detail)

    async def start(self) -> None:
        """Begins to write in batches what is heard and counted."""
        self._upkeep = asyncio.create_task(self._keep_up(), name="connect-upkeep")

    async def stop(self) -> None:
        """Ends the upkeep, and closes."""
        if self._upkeep:
            self._upkeep.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._upkeep
        if self.polling:
            await self.polling.stop()
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Writes what is not yet written, and closes everything."""
        self.flush()
        self.codecs.close()
        self.tables.close()

    def flush(self) -> None:
        """Writes what was heard and counted since the last time."""
        self.registry.flush()
        self.figures.flush()

    def close_tenant(self, tenant: str) -> None:
        """Lets go of a tenant's file, before its folder is deleted or moved."""
        if self.tables.is_open(tenant):
            for part in (self.registry, self.figures, self.quarantine):
                part.close(tenant)
            self.tables.close(tenant)

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(self._flush_s)
            try:
                await asyncio.to_thread(self.flush)
                self.notice_feeds()
                for tenant in self.tables.idle(time.monotonic() - self._idle_s):
                    self.close_tenant(tenant)
            except Exception:  # upkeep goes on; what could not be written is tried again
                log.exception("upkeep_failed")
