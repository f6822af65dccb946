"""One connection to a TAK server: kept up, fed with what changed, renewed before it goes stale, read from.

The format knows no acknowledgement: what was sent may be lost. So everything is sent again on connecting, and every
minute. A server that cannot be reached is tried again, later each time; nothing waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import SECOND, Clock

from .event import Event, encode
from .links import Link
from .showing import RENEW_S, deleted
from .stream import Splitter

BURST: Final = 200
"""Events a second at most: what is more waits, so that a receiver loses none of a burst."""
FIRST_S: Final = 2.0
LONGEST_S: Final = 60.0
CONNECT_S: Final = 10.0

log = telemetry.logger("cot")


class Standing(msgspec.Struct, kw_only=True):
    """How a link stands."""

    state: Literal["waiting", "connected", "off"] = "waiting"
    since_us: int = 0
    detail: str = ""  # why it is not connected
    sent: int = 0
    taken: int = 0
    refused: int = 0
    shown: int = 0  # events that stand on the other side


class Session:
    """Args:
    take: takes an event that came; gives what became of it.
    """

    def __init__(self, link: Link, take: Callable[[bytes], Awaitable[str]], clock: Clock) -> None:
        self.link, self._take, self._clock = link, take, clock
        self.standing = Standing(since_us=clock())
        self._wanted: dict[str, Event] = {}
        self._sent: dict[str, tuple[Event, float]] = {}
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"cot-{self.link.id}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def show(self, events: Mapping[str, Event]) -> None:
        """What stands on the other side from now on."""
        self._wanted = dict(events)
        self.standing.shown = len(self._wanted)
        self._changed.set()

    async def _run(self) -> None:
        wait = FIRST_S
        while True:
            began = time.monotonic()
            try:
                await self._connected()
            except Exception as error:  # a host that is no name, a busy database: the link is tried again
                if not isinstance(error, OSError):
                    log.exception("cot_link_failed", link=self.link.id)
                self._stands("waiting", str(error) or type(error).__name__)
            if time.monotonic() - began > LONGEST_S:
                wait = FIRST_S
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_S)

    def _stands(self, state: Literal["waiting", "connected"], detail: str = "") -> None:
        if state != self.standing.state:
            log.info("cot_link", link=self.link.id, state=state, detail=detail)
            self.standing.since_us = self._clock()
        self.standing.state, self.standing.detail = state, detail[:300]

    async def _connected(self) -> None:
        security = await asyncio.to_thread(_security, self.link) if self.link.tls else None
        opening = asyncio.open_connection(self.link.host, self.link.port, ssl=security)
        reader, writer = await asyncio.wait_for(opening, CONNECT_S)
        self._sent.clear()  # the other side knows nothing of what another connection said
        self._changed.set()
        self._stands("connected")
        try:
            tasks = [asyncio.create_task(self._send(writer)), asyncio.create_task(self._receive(reader))]
            done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()
            self._stands("waiting", "The other side has closed the connection")

    # ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 1.0)
            self._changed.clear()
            if self.link.sends:
                await self._send_due(writer)

    async def _send_due(self, writer: asyncio.StreamWriter) -> None:
        now, sent = time.monotonic(), 0
        for uid in [u for u in self._sent if u not in self._wanted]:
            await self._write(writer, deleted(uid, self._clock()))
            self._sent.pop(uid, None)
        for uid, event in list(self._wanted.items()):
            known = self._sent.get(uid)
            if known is not None and _same(known[0], event) and now - known[1] < RENEW_S:
                continue
            await self._write(writer, _fresh(event, self._clock()))
            self._sent[uid] = (event, now)
            sent += 1
            if sent % BURST == 0:
                await asyncio.sleep(1.0)

    async def _write(self, writer: asyncio.StreamWriter, event: Event) -> None:
        writer.write(encode(event))
        await asyncio.wait_for(writer.drain(), CONNECT_S)
        self.standing.sent += 1

    # ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        splitter = Splitter()
        while data := await reader.read(65_536):
            for event in splitter.feed(data):
                if not self.link.takes:
                    continue
                became = await self._take(event)
                self.standing.taken += became not in ("", "refused")
                self.standing.refused += became == "refused"


def _same(one: Event, other: Event) -> bool:
    """But for the moment at which they were made."""
    return msgspec.structs.replace(one, time_us=0, stale_us=0) == msgspec.structs.replace(other, time_us=0, stale_us=0)


def _fresh(event: Event, now: int) -> Event:
    stale = now + round(3 * RENEW_S) * SECOND
    return msgspec.structs.replace(event, time_us=now, start_us=min(event.start_us, now), stale_us=stale)


def _security(link: Link) -> ssl.SSLContext:
    """Raises: ssl.SSLError, OSError: the certificates cannot be read."""
    import os
    import tempfile

    context = ssl.create_default_context(cadata=link.ca or None)
    if link.certificate:
        handle, name = tempfile.mkstemp(prefix="cot-", suffix=".pem")  # Python reads a key from a file alone
        try:
            with os.fdopen(handle, "w", encoding="ascii", errors="replace") as file:
                file.write(link.certificate)
            context.load_cert_chain(name)
        finally:
            os.unlink(name)  # noqa: PTH108 - as it came
    return context
