"""The one batch path: raw messages → Updates → one write a tenant, with the stream's mark in the same transaction.

In which order what becomes durable decides what a crash may cost: first what could not be read goes to quarantine (once
by stream and sequence), then the updates are committed together with how far the stream was read, then the batch counts
as taken. Killed in between, the batch comes again: what the mark covers is skipped, the quarantine keeps its one row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

from rhinecloud.backbone import RawMessage
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.errors import NonexistentTenant, Refused, Unavailable, Unreadable
from rhinecloud.base.model import Outcome, Result, Update
from rhinecloud.base.telemetry import counter, gauge, logger

from .decode import Decoded, Raw
from .throttle import Throttle

log = logger("connect")
read = counter("ingest_messages", "Messages by what became of them", ("tenant", "outcome"))
written = counter("ingest_updates", "Updates handed to the present", ("tenant",))
behind = gauge("ingest_delay_seconds", "Age of the newest message of the last batch when it was durable", ("stream",))

CHUNK = 2_000
"""Messages decoded and written at a time, so that the loop is never held for long."""


class Decodes(Protocol):
    """`connect.decode.Decoder`, as far as it is needed here."""

    def tenant_of(self, stream: str, subject: str) -> str | None: ...
    async def decode_many(self, messages: Sequence[tuple[str, Raw]]) -> list[Decoded]: ...


class Bad(NamedTuple):
    """A message that could not be read, or not as a whole."""

    message: RawMessage
    device: str
    error: Unreadable


class WriterFor(Protocol):
    """The present of one tenant (`context.Present`), as far as it is needed here."""

    async def write(self, updates: Sequence[Update], *, mark: tuple[str, int] | None = None) -> list[Result]: ...
    def mark(self, stream: str) -> int: ...


Writer = Callable[[str], WriterFor]
"""tenant → its present. Raises NonexistentTenant."""
Quarantine = Callable[[str, Sequence[Bad]], Awaitable[None]]
"""(tenant, messages) → durable, each once by (stream, sequence)."""
Answered = Callable[[str, str, bytes, int], Awaitable[None]]
"""(tenant, device, payload, stored µs) of a device's answer to a command."""


class Ingest:
    """Takes batches of one or several streams. Given everything it needs; holds nothing between batches."""

    def __init__(
        self,
        *,
        decoder: Decodes,
        quarantine: Quarantine,
        writer: Writer,
        default_tenant: str,
        throttle: Throttle | None = None,
        answered: Answered | None = None,
        clock: Clock = now_us,
    ) -> None:
        self._decoder, self._quarantine, self._writer = decoder, quarantine, writer
        self._default, self._throttle, self._answered, self._clock = default_tenant, throttle, answered, clock

    async def batch(self, messages: list[RawMessage]) -> None:
        """Returns when everything is durable: in the present, in quarantine, or noted as a dead letter.

        Raises:
            Unavailable: a tenant cannot be written now; the whole batch is to be handed over again.
        """
        tenants: dict[str, list[RawMessage]] = {}
        for message in messages:
            tenants.setdefault(self._tenant_of(message), []).append(message)
        done = await asyncio.gather(*(self._tenant(t, m) for t, m in tenants.items()), return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome
        if self._throttle:
            self._throttle.count(_senders(messages))
        if messages:
            behind.labels(messages[-1].stream or "qos0").set((self._clock() - messages[-1].stored_us) / 1e6)

    def _tenant_of(self, message: RawMessage) -> str:
        found = self._decoder.tenant_of(message.stream, message.subject)
        if found:
            return found
        # Nobody's: the quarantine of the tenant that the topic names, or else of the first tenant, will say so.
        named = message.subject.partition("/")[0]
        try:
            self._writer(named)
        except Refused:
            return self._default
        return named

    async def _tenant(self, tenant: str, messages: list[RawMessage]) -> None:
        try:
            present = self._writer(tenant)
        except NonexistentTenant:
            read.labels(tenant, "no_tenant").inc(len(messages))
            log.warning("messages_of_no_tenant", tenant=tenant, messages=len(messages), first=messages[0].subject)
            return
        marks = {s: present.mark(s) for s in {m.stream for m in messages} if s}
        fresh = [m for m in messages if m.sequence > marks.get(m.stream, -1)]
        if len(fresh) < len(messages):
            read.labels(tenant, "repeated").inc(len(messages) - len(fresh))
        for start in range(0, len(fresh), CHUNK):
            await self._chunk(tenant, present, fresh[start : start + CHUNK])
            await asyncio.sleep(0)

    async def _chunk(self, tenant: str, present: WriterFor, messages: list[RawMessage]) -> None:
        decoded = await self._decode(tenant, messages)
        bad = [Bad(m, d.device, d.error) for m, d in zip(messages, decoded, strict=True) if d.error]
        for message, one in zip(messages, decoded, strict=True):
            if message.subject.endswith("/command/ack") and one.device and not one.error:
                bad += await self._answer(tenant, one.device, message)
        if bad:
            await self._put_aside(tenant, bad, "quarantined")
        await self._write(tenant, present, list(zip(messages, decoded, strict=True)))
        read.labels(tenant, "read").inc(len(messages) - len(bad))

    async def _answer(self, tenant: str, device: str, message: RawMessage) -> list[Bad]:
        """Never fails: what a device answers must not hold up what the others send. Returns what is no answer."""
        if self._answered is None:
            return []
        try:
            await self._answered(tenant, device, message.data, message.stored_us)
        except Unreadable as error:
            return [Bad(message, device, error)]
        except Exception as error:
            log.exception("command_answer_failed", tenant=tenant, device=device)
            return [Bad(message, device, _stumbled(error))]
        return []

    async def _decode(self, tenant: str, messages: list[RawMessage]) -> list[Decoded]:
        """Never fails: a message that our own code stumbles over is bad, and alone."""
        try:
            return await self._decoder.decode_many([(tenant, m) for m in messages])
        except Exception as error:
            if len(messages) == 1:
                log.exception("decode_failed", tenant=tenant, subject=messages[0].subject)
                return [Decoded([], _stumbled(error), "")]
            half = len(messages) // 2
            return await self._decode(tenant, messages[:half]) + await self._decode(tenant, messages[half:])

    async def _write(self, tenant: str, present: WriterFor, pairs: list[tuple[RawMessage, Decoded]]) -> None:
        """Writes what was read; should our own code stumble, then all but the message it stumbles over."""
        updates = [u for _, d in pairs for u in d.updates]
        if not updates:
            return
        last = max((m for m, _ in pairs), key=lambda m: m.sequence)
        try:
            results = await present.write(updates, mark=(last.stream, last.sequence) if last.sequence else None)
        except Unavailable:
            raise
        except Exception as error:
            if len(pairs) == 1:
                log.exception("write_failed", tenant=tenant, subject=last.subject)
                await self._put_aside(tenant, [Bad(last, pairs[0][1].device, _stumbled(error))], "refused")
                return
            half = len(pairs) // 2
            await self._write(tenant, present, pairs[:half])
            await self._write(tenant, present, pairs[half:])
            return
        written.labels(tenant).inc(len(updates))
        if refused := _refused(pairs, results):
            await self._put_aside(tenant, refused, "refused")

    async def _put_aside(self, tenant: str, bad: list[Bad], outcome: str) -> None:
        await self._quarantine(tenant, bad)
        read.labels(tenant, outcome).inc(len(bad))


def _stumbled(error: Exception) -> Unreadable:
    return Unreadable(f"Reading this failed in our own code: {type(error).__name__}: {error}", reason="internal error")


def _refused(pairs: list[tuple[RawMessage, Decoded]], results: list[Result]) -> list[Bad]:
    """Messages of which the present took no or not every update: readable, but not as a fact."""
    if all(r.outcome is not Outcome.REFUSED for r in results):
        return []
    bad, at = [], 0
    for message, one in pairs:
        mine, at = results[at : at + len(one.updates)], at + len(one.updates)
        error = next((r.error for r in mine if r.outcome is Outcome.REFUSED), None)
        if error is not None:
            bad.append(Bad(message, one.device, Unreadable(error.detail, reason="refused")))
    return bad


def _senders(messages: list[RawMessage]) -> dict[tuple[str, str], int]:
    """Messages by device, as its own topic names it: <tenant>/<device>/…"""
    counts: dict[tuple[str, str], int] = {}
    for message in messages:
        if message.stream != "RAW":
            levels = message.subject.split("/", 2)
            if len(levels) == 3:
                name = levels[0], levels[1]
                counts[name] = counts.get(name, 0) + 1
    return counts
