"""What an update does to an entity: the one semantics of single requests, batches, devices and imports.

`apply` is pure: (entity or None, update) in, (new entity or None, result, rows of the past) out. It knows no store, no
HTTP and no vocabulary; names are expanded already. The table at the end has a line for each operation.
Source: ETSI GS CIM 009 V1.9.1, 5.6 (provision), 5.5.8 (partial update), 5.5.12 (merge), 4.5.5
(multi-attributes), 4.18 (scope).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from rhinecloud.base.errors import AlreadyExists, BadRequestData, ResourceNotFound, RhineError
from rhinecloud.base.model import ALL_DATASETS, NULL, Change, Entity, Instance, Op, Outcome, Result, Update

from .draft import Check, Draft, Row, bare, dataset_of, find, is_null, living
from .merging import merge_instance, patch_instance

EXPIRY: Final = "expiry"
"""The source of updates that take away what has expired: to all others it is gone already."""

Applied = tuple[Entity | None, Result, list[Row]]
_EXISTS: Final = "Attribute exists already and is not to be overwritten"
_MISSING: Final = "Attribute does not exist"


def apply(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    """Applies one update to the entity that has its id (None: there is none).

    Returns:
        the entity as it then is (None: it does not exist; the very same object: nothing changed), what became of the
        update (`REFUSED` with the error where it cannot be done), and the rows of the past in the order of writing.
    """
    there: Entity | None = entity
    if entity and "_x" in entity and update.source != EXPIRY:
        there = living(entity, now)
    try:
        return _SEMANTICS[update.op](there, update, now, check)
    except RhineError as error:
        return entity, Result(Outcome.REFUSED, error=error), []
    except ValueError as error:  # an instant that is none
        return entity, Result(Outcome.REFUSED, error=BadRequestData(str(error))), []


def _required(entity: Entity | None, update: Update) -> Entity:
    if entity is None:
        raise ResourceNotFound(f"Entity {update.id} does not exist")
    return entity


def _fragment_attrs(update: Update) -> Mapping[str, list[Instance]]:
    attrs: Mapping[str, list[Instance]] = update.entity.get("attrs") or {}
    return attrs


def _create(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    if entity is not None:
        raise AlreadyExists(f"Entity {update.id} already exists")
    draft = Draft(None, update, now, check)
    for name, instances in _fragment_attrs(update).items():
        for instance in instances:
            if not is_null(instance):
                draft.put(name, find(draft.attrs.get(name, ()), dataset_of(instance)), instance)
        draft.updated.append(name)
    return draft.done()


def _replace(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    """All attributes are exchanged; when entity and attributes were made is kept (5.6.18)."""
    old = _required(entity, update)
    draft = Draft(old, update, now, check)
    new = _fragment_attrs(update)
    draft.retype(list(update.entity.get("type") or old["type"]), update.entity.get("scope"))
    _expire(draft, update.entity.get("expiresAt", NULL))
    for name, instances in old["attrs"].items():
        kept = {dataset_of(i) for i in new.get(name, ())}
        for instance in instances:
            if dataset_of(instance) not in kept:
                draft.remove(name, instance)
    for name, instances in new.items():
        for instance in instances:
            draft.put(name, find(draft.attrs.get(name, ()), dataset_of(instance)), instance)
        draft.updated.append(name)
    return draft.done()


def _upsert_replace(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    return _create(entity, update, now, check) if entity is None else _replace(entity, update, now, check)


def _upsert_update(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    return _create(entity, update, now, check) if entity is None else _append(entity, update, now, check)


def _observe(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    if entity is None:
        return _create(entity, update, now, check)
    return _overwrite(entity, update, now, check, observe=True)


def _append(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    return _overwrite(_required(entity, update), update, now, check)


def _overwrite(entity: Entity, update: Update, now: int, check: Check, *, observe: bool = False) -> Applied:
    """Attributes are added or take the place of those there are. The hot path: every observation comes through here."""
    fragment = update.entity
    draft = Draft(entity, update, now, check)
    types = fragment.get("type")
    scope = fragment.get("scope")
    if scope or (types and types != entity["type"]):
        draft.retype(draft.union_types(fragment), _scope(scope, entity.get("scope")))
    if "expiresAt" in fragment:
        _expire(draft, fragment["expiresAt"])
    attrs = draft.attrs
    for name, instances in (fragment.get("attrs") or {}).items():
        for instance in instances:
            there = attrs.get(name, ())
            old: Instance | None
            if len(there) == 1 and there[0].get("datasetId") == instance.get("datasetId"):
                old = there[0]
            else:
                old = find(there, dataset_of(instance))
            if instance.get("value", NULL).__class__ is str and is_null(instance):
                if old is not None:
                    draft.remove(name, old)
            else:
                draft.put(name, old, instance, observe=observe)
        draft.updated.append(name)
    return draft.done()


def _append_new(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    """Only what is not there yet; scopes are added to those there are (5.6.3 with noOverwrite)."""
    old = _required(entity, update)
    draft = Draft(old, update, now, check)
    scope = list(old.get("scope", ()))
    scope += [s for s in update.entity.get("scope", ()) if s not in scope and s != NULL]
    draft.retype(draft.union_types(update.entity), scope)
    if "expiresAt" not in old and "expiresAt" in update.entity:
        _expire(draft, update.entity["expiresAt"])
    for name, instances in _fragment_attrs(update).items():
        taken = 0
        for instance in instances:
            if find(draft.attrs.get(name, ()), dataset_of(instance)) is None and not is_null(instance):
                draft.put(name, None, instance)
                taken += 1
        if taken < len(instances):
            draft.skipped.append((name, _EXISTS))
        if taken:
            draft.updated.append(name)
    return draft.done()


def _update(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    """Only attributes that exist are replaced; a dataset of theirs may be new; Null deletes (5.6.2, 5.5.8)."""
    old = _required(entity, update)
    draft = Draft(old, update, now, check)
    scope = update.entity.get("scope")
    if scope and "scope" not in old:
        draft.skipped.append(("scope", _MISSING))
        scope = None
    draft.retype(draft.union_types(update.entity), _scope(scope, old.get("scope")))
    if "expiresAt" in update.entity:
        _expire(draft, update.entity["expiresAt"])
    for name, instances in _fragment_attrs(update).items():
        if name not in old["attrs"]:
            draft.skipped.append((name, _MISSING))
            continue
        for instance in instances:
            before = find(draft.attrs.get(name, ()), dataset_of(instance))
            if not is_null(instance):
                draft.put(name, before, instance)
            elif before is not None:
                draft.remove(name, before)
        draft.updated.append(name)
    return draft.done()


def _merge(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    """JSON merge patch over the entity, NGSI-LD Null in the place of null (5.6.17, 5.5.12)."""
    old = _required(entity, update)
    draft = Draft(old, update, now, check)
    draft.retype(draft.union_types(update.entity), _scope(update.entity.get("scope"), old.get("scope")))
    if "expiresAt" in update.entity:
        _expire(draft, update.entity["expiresAt"])
    for name, instances in _fragment_attrs(update).items():
        for instance in instances:
            before = find(draft.attrs.get(name, ()), dataset_of(instance))
            if is_null(instance):
                if before is not None:
                    draft.remove(name, before)
            elif before is None:
                draft.put(name, None, merge_instance({}, instance))
            else:
                draft.put(name, before, merge_instance(bare(before), instance))
        draft.updated.append(name)
    return draft.done()


def _patch_attr(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    """Members of one instance are exchanged, the others stay (5.6.4)."""
    draft, old = _attribute(entity, update, now, check)
    for instance in _fragment_attrs(update)[update.attr]:
        if instance.get("datasetId") == NULL:
            raise BadRequestData("A datasetId cannot be deleted by setting it to NGSI-LD Null")
        before = find(old, dataset_of(instance))
        if before is None:
            raise ResourceNotFound(f"Attribute {update.attr} of entity {update.id} has no such dataset")
        if is_null(instance):
            draft.remove(update.attr, before)
        else:
            draft.put(update.attr, before, patch_instance(bare(before), instance))
    return draft.done()


def _replace_attr(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    """The instances of the datasets given are exchanged whole (5.6.19)."""
    draft, old = _attribute(entity, update, now, check)
    for instance in _fragment_attrs(update)[update.attr]:
        before = find(old, dataset_of(instance))
        if before is None:
            raise ResourceNotFound(f"Attribute {update.attr} of entity {update.id} has no such dataset")
        draft.put(update.attr, before, instance)
    return draft.done()


def _delete_attr(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    """One instance, all of them, or the scope (5.6.5)."""
    old = _required(entity, update)
    if update.attr == "scope" and "scope" in old:
        draft = Draft(old, update, now, check)
        draft.updated.append("scope")
        draft.retype(old["type"], None)
        return draft.done()
    draft, instances = _attribute(entity, update, now, check)
    if update.dataset == ALL_DATASETS:
        gone = list(instances)
    else:
        gone = [i for i in instances if dataset_of(i) == (update.dataset or "")]
    if not gone:
        raise ResourceNotFound(f"Attribute {update.attr} of entity {update.id} has no such dataset")
    for instance in gone:
        draft.remove(update.attr, instance)
    return draft.done()


def _attribute(entity: Entity | None, update: Update, now: int, check: Check) -> tuple[Draft, list[Instance]]:
    old = _required(entity, update)
    instances = old["attrs"].get(update.attr)
    if not instances:
        raise ResourceNotFound(f"Attribute {update.attr} of entity {update.id} does not exist")
    draft = Draft(old, update, now, check)
    draft.updated.append(update.attr)
    return draft, list(instances)


def _delete(entity: Entity | None, update: Update, now: int, check: Check) -> Applied:
    draft = Draft(_required(entity, update), update, now, check)
    draft.tell(Change.DELETED)
    return None, Result(Outcome.DELETED), draft.rows


def _scope(new: Any, old: list[str] | None) -> list[str] | None:
    """What the scope becomes: as it was where nothing is said of it, gone where it is NGSI-LD Null."""
    if not new:
        return old
    return None if new in (NULL, [NULL]) else new


def _expire(draft: Draft, at: str) -> None:
    before = draft.entity.get("expiresAt")
    if at == NULL:
        draft.entity.pop("expiresAt", None)
    else:
        draft.entity["expiresAt"] = at
    draft.changed |= before != draft.entity.get("expiresAt")


_SEMANTICS: Final[Mapping[Op, Callable[[Entity | None, Update, int, Check], Applied]]] = {
    Op.CREATE: _create,
    Op.REPLACE: _replace,
    Op.UPSERT_REPLACE: _upsert_replace,
    Op.UPSERT_UPDATE: _upsert_update,
    Op.APPEND: _append,
    Op.APPEND_NEW: _append_new,
    Op.UPDATE: _update,
    Op.UPDATE_NEW: _append_new,
    Op.MERGE: _merge,
    Op.PATCH_ATTR: _patch_attr,
    Op.REPLACE_ATTR: _replace_attr,
    Op.DELETE_ATTR: _delete_attr,
    Op.DELETE: _delete,
    Op.OBSERVE: _observe,
}
