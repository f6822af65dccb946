"""Takes away what has expired: transient entities, and transient attribute instances.

Readers do not see it from the very moment; this removes it from the disk and tells the past and the subscribers.
Source: ETSI GS CIM 009 V1.9.1, 4.22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rhinecloud.base.clock import parse_us
from rhinecloud.base.model import Op, Update

from .entities import EXPIRY

if TYPE_CHECKING:
    from .present import Present

MOST: Final = 1_000
"""Entities looked at in one go."""


async def reap(present: Present, now: int) -> int:
    """Removes what expired up to `now` (µs); gives the number of entities that it concerned."""
    entities = present.expired(now, MOST)
    updates: list[Update] = []
    for entity in entities:
        if "expiresAt" in entity and parse_us(entity["expiresAt"]) <= now:
            updates.append(Update(op=Op.DELETE, id=entity["id"], source=EXPIRY))
            continue
        for name, instances in entity["attrs"].items():
            updates += [
                Update(op=Op.DELETE_ATTR, id=entity["id"], attr=name, dataset=i.get("datasetId"), source=EXPIRY)
                for i in instances
                if "expiresAt" in i and parse_us(i["expiresAt"]) <= now
            ]
    if updates:
        await present.write(updates)
    return len(entities)
