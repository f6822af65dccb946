"""From a batch of changes to the subscriptions they concern, at a cost that does not grow with those they do not.

Subscriptions are found by the ids they name, else by the types they name; what a type and an attribute lead to is
remembered, since a batch has few different ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from rhinecloud.base.model import Change, Changes, Instance

from .model import Subscription

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_TRIGGER: Final = {
    Change.CREATED: "attributeCreated",
    Change.CHANGED: "attributeUpdated",
    Change.DELETED: "attributeDeleted",
}
_ENTITY: Final = {
    Change.CREATED: frozenset(["entityCreated"]),
    Change.CHANGED: frozenset(["entityUpdated"]),
    Change.DELETED: frozenset(["entityDeleted", "attributeDeleted"]),
}


class Hit:
    """What happened to one entity in a batch."""

    __slots__ = ("attrs", "created", "deleted_us", "gone", "late", "retyped", "types")

    def __init__(self, types: str) -> None:
        self.types = frozenset(types.split(" "))
        self.created = False
        self.retyped = False
        self.deleted_us = 0
        self.attrs: dict[tuple[str, str], set[int]] = {}  # (attribute, dataset) → changes
        self.gone: dict[tuple[str, str], Instance] = {}  # what says that an instance was deleted
        self.late: dict[tuple[str, str], int] = {}  # not newer than the present was: when it was observed, µs

    def triggers(self, subscription: Subscription) -> bool:
        """Whether what happened is what the subscription waits for (5.8.6)."""
        wanted, watched = subscription.triggers, subscription.watched
        if self.created and "entityCreated" in wanted and (not watched or any(a in watched for a, _ in self.attrs)):
            return True
        if self.deleted_us and not wanted.isdisjoint(_ENTITY[Change.DELETED]):
            return True
        if self.retyped and "entityUpdated" in wanted and not watched:
            return True
        return any(
            (not watched or attr in watched) and any(_TRIGGER[Change(change)] in wanted for change in changes)
            for (attr, _), changes in self.attrs.items()
        )


class Index:
    """All active subscriptions of a tenant."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self.all = {s.id: s for s in subscriptions}
        self._by_id: dict[str, list[Subscription]] = {}
        self._by_type: dict[str, list[Subscription]] = {}
        self._any: list[Subscription] = []
        self._found: dict[tuple[str, str, int], tuple[Subscription, ...]] = {}
        for subscription in self.all.values():
            self._add(subscription)
        self.remembering = [s for s in self.all.values() if s.remembers]

    def _add(self, subscription: Subscription) -> None:
        for selector in subscription.selectors:
            if selector.ids:
                for entity_id in selector.ids:
                    _append(self._by_id.setdefault(entity_id, []), subscription)
            elif selector.types is None:
                _append(self._any, subscription)
            else:
                for name in selector.types.names():
                    _append(self._by_type.setdefault(name, []), subscription)

    def concerned(self, changes: Changes) -> dict[Subscription, dict[str, None]]:
        """Subscriptions that a batch may concern, each with the entities in question, in order."""
        found: dict[Subscription, dict[str, None]] = {}
        by_id = self._by_id
        for entity, types, attr, change in zip(changes.entity, changes.type, changes.attr, changes.change, strict=True):
            key = (types, attr, change)
            candidates = self._found.get(key)
            if candidates is None:
                candidates = self._find(key)
            for subscription in candidates:
                found.setdefault(subscription, {})[entity] = None
            if by_id and entity in by_id:
                for subscription in by_id[entity]:
                    if _waits(subscription, attr, change):
                        found.setdefault(subscription, {})[entity] = None
        return found

    def remembered(self, types: str, entity: str) -> bool:
        """Whether somebody wants to know what was there before a change of this entity."""
        kinds = frozenset(types.split(" "))
        return any(s.accepts(entity, kinds) for s in self.remembering)

    def _find(self, key: tuple[str, str, int]) -> tuple[Subscription, ...]:
        types, attr, change = key
        candidates = list(self._any)
        for name in types.split(" "):
            candidates += self._by_type.get(name, ())
        found = tuple(dict.fromkeys(s for s in candidates if _waits(s, attr, change)))
        if len(self._found) > 10_000:
            self._found.clear()
        self._found[key] = found
        return found


def _waits(subscription: Subscription, attr: str, change: int) -> bool:
    """Whether a row of this kind may trigger the subscription at all."""
    if subscription.interval_us:
        return False
    if attr:
        if subscription.watched and attr not in subscription.watched:
            return False
        return _TRIGGER[Change(change)] in subscription.triggers or "entityCreated" in subscription.triggers
    return not subscription.triggers.isdisjoint(_ENTITY[Change(change)])


def _append(found: list[Subscription], subscription: Subscription) -> None:
    if not found or found[-1] is not subscription:
        found.append(subscription)


def hits(changes: Changes, wanted: set[str]) -> dict[str, Hit]:
    """What happened to each of the entities `wanted`, in the whole batch."""
    found: dict[str, Hit] = {}
    columns = zip(
        changes.entity,
        changes.type,
        changes.attr,
        changes.dataset,
        changes.change,
        changes.observed_us,
        changes.body,
        changes.seen,
        strict=True,
    )
    for entity, types, attr, dataset, change, observed_us, body, seen in columns:
        if entity not in wanted:
            continue
        hit = found.get(entity)
        if hit is None:
            hit = found[entity] = Hit(types)
        if attr:
            hit.attrs.setdefault((attr, dataset), set()).add(change)
            if change == Change.DELETED and body is not None:
                hit.gone[attr, dataset] = _decode(body)
            if seen and observed_us is not None:
                hit.late[attr, dataset] = observed_us
        elif change == Change.CREATED:
            hit.created, hit.types = True, frozenset(types.split(" "))
        elif change == Change.DELETED:
            hit.deleted_us = changes.committed_us
        else:
            hit.retyped, hit.types = True, frozenset(types.split(" "))
    return found
