"""Webhooks: a message as JSON, signed, to an address that its receiver named.

Headers and signature are those of Standard Webhooks, for which receivers find libraries: `webhook-id` is the delivery's
and the same at every attempt, `webhook-signature` is ``v1,`` and the base64 HMAC-SHA256 of ``id.timestamp.body``.
Source: Standard Webhooks specification 1.0.0 (standard-webhooks/standard-webhooks).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from rhinecloud.base.clock import SECOND, Clock
from rhinecloud.base.errors import Unavailable
from rhinecloud.context import Message, Reach

from .attempts import Outcome, Parcel
from .ways import SECRET
from .wording import document


def signature(secret: str, delivery: str, at_s: int, body: bytes) -> str:
    """What a receiver computes to see that we sent it."""
    key = base64.b64decode(secret.removeprefix(SECRET))
    signed = f"{delivery}.{at_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Webhooks:
    """Sends them; private addresses are refused unless they are allowed."""

    def __init__(self, *, allow_private: bool, clock: Clock) -> None:
        self._reach, self._clock = Reach(allow_private=allow_private), clock

    async def close(self) -> None:
        await self._reach.close()

    async def send(self, tenant: str, parcels: Sequence[Parcel]) -> list[Outcome]:
        return list(await asyncio.gather(*(self._one(tenant, parcel) for parcel in parcels)))

    async def _one(self, tenant: str, parcel: Parcel) -> Outcome:
        delivery, at_s = parcel.delivery, self._clock() // SECOND
        body = msgspec.json.encode(document(tenant, parcel))
        headers = [
            ("Content-Type", "application/json"),
            ("webhook-id", delivery.id),
            ("webhook-timestamp", str(at_s)),
            ("webhook-signature", signature(parcel.secret, delivery.id, at_s, body)),
            ("Rhine-Attempt", str(parcel.number)),
        ]
        try:
            await self._reach.send({"uri": delivery.address}, Message(headers=headers, body=body))
        except Unavailable as error:
            again = getattr(error, "again", True)
            return Outcome(ok=False, detail=error.detail, again=again, whole=again)
        return Outcome(ok=True, received=True)
