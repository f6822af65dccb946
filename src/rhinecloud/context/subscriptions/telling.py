"""What a notification tells of an entity: what became of it, what was deleted, what was there before.

Source: ETSI GS CIM 009 V1.9.1, 5.8.6, 4.5.0 (NGSI-LD Null), 5.2.14 (showChanges).
"""

from __future__ import annotations

from typing import Any, Final

from rhinecloud.base.clock import parse_us
from rhinecloud.base.model import NULL, VALUE_MEMBER, Change, Entity, Instance
from rhinecloud.context.draft import dataset_of, find

from .index import Hit
from .model import Subscription, Told

_NULLS: Final[dict[str, Any]] = {
    "LanguageProperty": {"@none": NULL},
    "ListProperty": [NULL],
    "ListRelationship": [{"object": NULL}],
}


def tell(
    subscription: Subscription, entity_id: str, hit: Hit, entity: Entity | None, before: Entity | None
) -> Told | None:
    """What a notification tells of an entity; None: it is not to be told of."""
    types = hit.types if entity is None else frozenset(entity["type"])
    if not subscription.accepts(entity_id, types):
        return None
    if entity is None:
        return _gone(subscription, entity_id, hit, before) if hit.deleted_us else None
    if not _fresh(hit, entity) or not hit.triggers(subscription) or subscription.matches(entity) is None:
        return None
    told = Told(entity)
    for (attr, dataset), changes in hit.attrs.items():
        was = find(before["attrs"].get(attr, ()), dataset) if before is not None else None
        gone = Change.DELETED in changes and find(entity["attrs"].get(attr, ()), dataset) is None
        if gone and "attributeDeleted" in subscription.triggers:
            told.removed[attr, dataset] = _removed(was or hit.gone.get((attr, dataset)), dataset)
        if was is not None and subscription.notification.get("showChanges"):
            told.before[attr, dataset] = was
    return told


def _fresh(hit: Hit, entity: Entity) -> bool:
    """Whether something in the present changed: late observations go to the past alone."""
    if hit.created or hit.retyped or hit.deleted_us or not hit.late:
        return True
    for (attr, dataset), observed_us in hit.late.items():
        there = find(entity["attrs"].get(attr, ()), dataset)
        if there is not None and "observedAt" in there and parse_us(there["observedAt"]) > observed_us:
            hit.attrs.pop((attr, dataset), None)
    return bool(hit.attrs)


def _gone(subscription: Subscription, entity_id: str, hit: Hit, before: Entity | None) -> Told | None:
    """The entity is deleted: told by its id and type, its attributes as NGSI-LD Null where they are waited for."""
    if not hit.triggers(subscription):
        return None
    told = Told({"id": entity_id, "type": sorted(hit.types), "attrs": {}}, deleted_us=hit.deleted_us)
    if before is None:
        return told if "entityDeleted" in subscription.triggers else None
    told.entity = {m: before[m] for m in ("id", "type", "_c", "_m") if m in before} | {"attrs": {}}
    if subscription.matches(before) is None:
        return None
    watched = subscription.watched or before["attrs"].keys()
    gone = [(attr, i) for attr, instances in before["attrs"].items() if attr in watched for i in instances]
    if subscription.watched and not gone:
        return None
    if "attributeDeleted" in subscription.triggers or subscription.notification.get("showChanges"):
        for attr, instance in gone:
            told.removed[attr, dataset_of(instance)] = _removed(instance, dataset_of(instance))
        if subscription.notification.get("showChanges"):
            told.before = {(attr, dataset_of(instance)): instance for attr, instance in gone}
    return told


def _removed(was: Instance | None, dataset: str) -> Instance:
    """An instance that says that there is none any more (4.5.0)."""
    kind = was.get("type", "Property") if was is not None else "Property"
    null: Any = _NULLS.get(kind, NULL)
    gone: Instance = {"type": kind, VALUE_MEMBER.get(kind, "value"): null}
    if was is not None:
        gone |= {m: was[m] for m in ("_c", "_m") if m in was}
    return gone | ({"datasetId": dataset} if dataset else {})
