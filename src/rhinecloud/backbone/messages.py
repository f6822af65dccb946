"""The words of this room: a message as it came in, and what a device may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import msgspec

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class RawMessage(msgspec.Struct, gc=False):
    """Bytes as they came in, before anybody has understood them."""

    stream: str  # where it lies; "" for MQTT QoS 0, which is kept nowhere
    sequence: int  # its number there; 0 where it lies nowhere
    subject: str  # as the sender names it: an MQTT topic a/b/c, or http/<tenant>/<device>, poll/…, file/…
    data: bytes
    stored_us: int  # when the broker took it, µs since 1970: the time of payloads that have none of their own
    headers: Mapping[str, str] = NO_HEADERS


class MqttGrant(msgspec.Struct, frozen=True):
    """What a device may do: MQTT topic filters, whose first level is always written out."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


Authenticate = Callable[[str, str, str], MqttGrant | None]
"""(user name, secret, client id) → what that device may do, or None. Called at each MQTT connect: be fast."""

Handler = Callable[[list[RawMessage]], Awaitable[None]]
"""Takes one batch, in order of arrival. Once it returns the batch is not delivered again; when it raises, it is."""
