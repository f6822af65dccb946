"""Purging: the updates that take away an entity, or attributes of it. Source: ETSI GS CIM 009 V1.9.1, 5.6.21."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from rhinecloud.base.model import ALL_DATASETS, Entity, Op, Update

PURGE: Final = 1_000
"""Entities purged in one transaction."""


def purged(entity: Entity, keep: Collection[str], drop: Collection[str], source: str) -> Iterator[Update]:
    """Without `keep` and `drop` the entity goes; else its attributes that are not kept, or those that are dropped."""
    if not keep and not drop:
        yield Update(op=Op.DELETE, id=entity["id"], source=source)
        return
    for name in entity["attrs"]:
        if name in drop or (keep and name not in keep):
            yield Update(op=Op.DELETE_ATTR, id=entity["id"], attr=name, dataset=ALL_DATASETS, source=source)
