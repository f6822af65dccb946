"""What entities were before they changed, for the subscriptions that tell it (showChanges, deletions).

A change says what is, not what was; so the entities of those subscriptions are remembered, packed, up to a bound.
Beyond it the ones that were quiet longest are forgotten: their next notification says nothing of what was before.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import msgspec

from rhinecloud.base.model import Entity

MOST_BYTES: Final = 64 * 1024**2

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[str, Any]).decode


class Memory:
    """Of one tenant."""

    def __init__(self) -> None:
        self._packed: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self.full = False  # something was forgotten

    def __contains__(self, entity_id: str) -> bool:
        return entity_id in self._packed

    def before(self, entity_id: str) -> Entity | None:
        """The entity as it was when it was last seen."""
        packed = self._packed.get(entity_id)
        return None if packed is None else _unpack(packed)

    def see(self, entity_id: str, entity: Entity | None) -> None:
        """Remembers the entity as it is now; None: it is gone."""
        old = self._packed.pop(entity_id, b"")
        self._bytes -= len(old)
        if entity is None:
            return
        packed = self._packed[entity_id] = _pack(entity)
        self._bytes += len(packed)
        while self._bytes > MOST_BYTES:
            _, dropped = self._packed.popitem(last=False)
            self._bytes -= len(dropped)
            self.full = True

    def clear(self) -> None:
        self._packed.clear()
        self._bytes = 0
