"""A subscription ready to be matched, and what is kept of it.

Source: ETSI GS CIM 009 V1.9.1, 5.2.12 (Subscription), 5.2.14 (NotificationParams, with the counters).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND, Clock, iso, parse_us
from rhinecloud.base.model import Entity, Instance
from rhinecloud.context import scope, selection
from rhinecloud.context.matching import Fetch
from rhinecloud.context.patterns import searcher
from rhinecloud.context.query import Query, matcher

from . import parse

KIND: Final = "subscription"
"""The kind of document that subscriptions are kept as."""


class Counters(msgspec.Struct):
    """How delivering went; kept from time to time, so a crash may lose the last seconds of it."""

    sent: int = 0
    failed: int = 0
    last_us: int = 0
    success_us: int = 0
    failure_us: int = 0
    ok: bool = True  # of the last attempt
    dropped: int = 0  # because the queue was full


class Kept(msgspec.Struct):
    """What is kept of a subscription."""

    document: dict[str, Any]  # names expanded
    context: Any  # the @context that its notifications are compacted with
    created_us: int
    modified_us: int
    readable: list[str] | None = None  # types that its owner may read; None: all
    counters: Counters = msgspec.field(default_factory=Counters)


class Selector(msgspec.Struct, frozen=True):
    """Which entities: by type (None: any), and by ids or a pattern of ids."""

    types: selection.Types | None
    ids: frozenset[str] = frozenset()
    pattern: str = ""

    def accepts(self, entity_id: str, types: frozenset[str]) -> bool:
        if self.types is not None and not self.types.accepts(types):
            return False
        if self.ids:
            return entity_id in self.ids
        return not self.pattern or searcher(self.pattern)(entity_id)


class Told(msgspec.Struct):
    """An entity in a notification, with what was deleted and what was there before."""

    entity: Entity
    removed: dict[tuple[str, str], Instance] = {}  # (attribute, dataset) → instance whose value is NGSI-LD Null
    before: dict[tuple[str, str], Instance] = {}  # what changed or was deleted, as it was
    deleted_us: int = 0  # the entity itself; 0: it exists


class Subscription:
    """Compiled from what is kept; exchanged for another when it is updated."""

    def __init__(self, tenant: str, kept: Kept, fetch: Fetch, clock: Clock) -> None:
        document = kept.document
        self._clock = clock
        self.tenant = tenant
        self.id: str = document["id"]
        self.kept = kept
        self.selectors = _selectors(document)
        self.watched = frozenset(document.get("watchedAttributes", ()))
        self.triggers = frozenset(document.get("notificationTrigger", parse.DEFAULT_TRIGGERS))
        if "entityUpdated" in self.triggers:
            self.triggers |= {"attributeCreated", "attributeUpdated", "attributeDeleted"}
        self.throttling_us = round(document.get("throttling", 0) * SECOND)
        self.interval_us = round(document.get("timeInterval", 0) * SECOND)
        self.expires_us = parse_us(document["expiresAt"]) if "expiresAt" in document else None
        self.active: bool = document.get("isActive", True)
        self.notification: dict[str, Any] = document["notification"]
        self.endpoint: dict[str, Any] = self.notification["endpoint"]
        self.query = _query(document, kept.readable)
        self.matches: Callable[[Entity], Entity | None] = matcher(
            self.query, 0, fetch
        )  # get() has taken out what expired
        self.counters = kept.counters
        self.next_us = kept.counters.last_us + (self.interval_us or self.throttling_us)
        if self.interval_us and not kept.counters.last_us:
            self.next_us = kept.modified_us + self.interval_us

    @property
    def remembers(self) -> bool:
        """Whether it tells what was there before: then that has to be remembered."""
        deletions = not self.triggers.isdisjoint(["entityDeleted", "attributeDeleted"])
        return bool(self.notification.get("showChanges")) or deletions

    @property
    def names(self) -> frozenset[str]:
        """The expanded names of types and attributes that its document has."""
        found = set(self.watched)
        for selector in self.selectors:
            found |= selector.types.names() if selector.types is not None else frozenset()
        return frozenset(found | set(self.notification.get("attributes", ())))

    def status(self, now_us: int) -> str:
        if self.expires_us is not None and self.expires_us <= now_us:
            return "expired"
        return "active" if self.active else "paused"

    def accepts(self, entity_id: str, types: frozenset[str]) -> bool:
        return any(selector.accepts(entity_id, types) for selector in self.selectors)

    def told(self, compact: Callable[[str], str], *, sys_attrs: bool = False) -> dict[str, Any]:
        """The subscription as it is answered; counters only once there is something to count."""
        out = parse.told(self.kept.document, compact)
        out.setdefault("notificationTrigger", list(parse.DEFAULT_TRIGGERS))
        out["status"] = self.status(self._clock())
        if self.counters.last_us:
            out["notification"] |= _counted(self.counters)
        if sys_attrs:
            out |= {"createdAt": iso(self.kept.created_us), "modifiedAt": iso(self.kept.modified_us)}
        return out


def _counted(counters: Counters) -> dict[str, Any]:
    found: dict[str, Any] = {
        "status": "ok" if counters.ok else "failed",
        "timesSent": counters.sent,
        "timesFailed": counters.failed,
        "lastNotification": iso(counters.last_us),
    }
    if counters.success_us:
        found["lastSuccess"] = iso(counters.success_us)
    if counters.failure_us:
        found["lastFailure"] = iso(counters.failure_us)
    return found


def _selectors(document: dict[str, Any]) -> tuple[Selector, ...]:
    if "entities" not in document:
        return (Selector(None),)
    found = []
    for entity in document["entities"]:
        ids = entity.get("id", ())
        types = None if entity["type"] == "*" else selection.parse(entity["type"], _same)
        found.append(Selector(types, frozenset([ids] if isinstance(ids, str) else ids), entity.get("idPattern", "")))
    return tuple(found)


def _query(document: dict[str, Any], readable: Iterable[str] | None) -> Query:
    datasets = document.get("datasetId")
    return Query(
        q=parse.condition(document["q"], document.get("_names", {})) if "q" in document else None,
        geo=parse.geo_query(document["geoQ"]) if "geoQ" in document else None,
        scope=scope.parse(document["scopeQ"]) if "scopeQ" in document else None,
        datasets=None if datasets is None else frozenset("" if d == "@none" else d for d in datasets),
        readable=None if readable is None else frozenset(readable),
    )


def _same(name: str) -> str:
    return name
