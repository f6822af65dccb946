"""Dead letters: notifications that could not be delivered, kept to be looked at and sent again.

In: the backbone's log of them, as two functions. Out: letters of one tenant; sent again, to where their subscription
says now. A letter that fails again is a new letter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import NonexistentTenant, ResourceNotFound

from .delivery import DeadLetter
from .room import Subscriptions

list_ = list  # `list` is the name of a method below

STREAM: Final = "DEAD"
MOST: Final = 1_000
"""Letters that are looked through at a time, the oldest first."""


class Kept(Protocol):
    """What is read of a message in the log."""

    @property
    def sequence(self) -> int: ...
    @property
    def data(self) -> bytes: ...


Walk = Callable[[str, str, int, int], Awaitable[Sequence[Kept]]]
"""(stream, subject, after, limit) → messages in their order."""
Drop = Callable[[str, int], Awaitable[None]]
"""(stream, sequence)."""


class Letter(msgspec.Struct, kw_only=True):
    """A dead letter for people."""

    sequence: int
    subscription: str
    endpoint: str  # where it would go now; "": the subscription is gone
    reason: str
    failed_us: int
    size: int
    body: str = ""  # where one is looked at


class Resent(msgspec.Struct):
    """What became of letters that were sent again."""

    sent: int = 0
    gone: int = 0  # their subscription is no longer there


class DeadLetters:
    """Of all tenants; every call names its tenant."""

    def __init__(self, subscriptions: Subscriptions, walk: Walk, drop: Drop) -> None:
        self._subscriptions, self._walk, self._drop = subscriptions, walk, drop

    async def list(self, tenant: str) -> list_[Letter]:
        """The letters that are kept, the newest first."""
        return [self._letter(tenant, m) for m in reversed(await self._all(tenant))]

    async def get(self, tenant: str, sequence: int) -> Letter:
        """One letter with what it says. Raises: ResourceNotFound."""
        message = await self._one(tenant, sequence)
        letter = self._letter(tenant, message)
        body: bytes = bytes(_decoded(message.data).body)
        letter.body = msgspec.json.format(body, indent=2).decode()
        return letter

    async def replay(self, tenant: str, sequences: Sequence[int] = ()) -> Resent:
        """Sends letters again (all, where none are named); one that was handed over leaves."""
        done = Resent()
        chosen = [await self._one(tenant, s) for s in sequences] if sequences else await self._all(tenant)
        for message in chosen:
            try:
                await self._subscriptions.replay(message.data)
            except (ResourceNotFound, NonexistentTenant):
                done.gone += 1
                continue
            await self._drop(STREAM, message.sequence)
            done.sent += 1
        return done

    async def discard(self, tenant: str, sequences: Sequence[int]) -> int:
        """Throws letters away; how many."""
        for sequence in sequences:
            await self._drop(STREAM, (await self._one(tenant, sequence)).sequence)
        return len(sequences)

    async def _all(self, tenant: str) -> Sequence[Kept]:
        return await self._walk(STREAM, f"dead.{tenant}.subscription", 0, MOST)

    async def _one(self, tenant: str, sequence: int) -> Kept:
        found = await self._walk(STREAM, f"dead.{tenant}.subscription", sequence - 1, 1)
        if not found or found[0].sequence != sequence:
            raise ResourceNotFound(f"There is no dead letter {sequence} in tenant {tenant}")
        return found[0]

    def _letter(self, tenant: str, message: Kept) -> Letter:
        dead = _decoded(message.data)
        try:
            endpoint: Any = self._subscriptions.get(tenant, dead.subscription).endpoint.get("uri", "")
        except (ResourceNotFound, NonexistentTenant):
            endpoint = ""
        return Letter(
            sequence=message.sequence,
            subscription=dead.subscription,
            endpoint=str(endpoint),
            reason=dead.reason,
            failed_us=parse_us(dead.failed_at),
            size=len(bytes(dead.body)),
        )


def _decoded(data: bytes) -> DeadLetter:
    return msgspec.json.decode(data, type=DeadLetter)
