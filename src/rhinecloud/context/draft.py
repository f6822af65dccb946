"""One entity while an update is applied to it: copies what changes, and writes down a row of the past for each change.

The old entity is never altered: a refused update leaves no trace, and a commit that fails can be tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import (
    NULL,
    VALUE_MEMBER,
    Change,
    Entity,
    Flag,
    Instance,
    Outcome,
    Result,
    Update,
    body_of,
    number_of,
)

_FUTURE: Final = int(Flag.FUTURE)

Checker = Callable[[Instance | None, Instance, int | None, int], int]
"""(old instance, new instance, observed µs, received µs) → quality flags; may keep state in members named "_…"."""
Checks = Mapping[str, Checker | None]
"""The checkers of attributes, by expanded name; every name has one, or None: nothing to check."""
Check = Callable[[tuple[str, ...]], Checks]
"""The checkers for entities of these types."""
Row = tuple[str, str, str, str, int, int | None, int, float | None, bytes | None, int, str, str, bool]
"""One row of `Changes`, in its order of columns from `entity` on."""

encode = msgspec.json.Encoder().encode


class QualityLike(Protocol):
    def checks(self, types: tuple[str, ...]) -> Checks: ...


class _Nothing(dict[str, Checker | None]):
    def __missing__(self, _attr: str) -> Checker | None:
        return None


_NOTHING: Final = _Nothing()


def unchecked(_types: tuple[str, ...]) -> Checks:
    """The check where quality is not asked for."""
    return _NOTHING


def types_key(types: list[str]) -> str:
    """How a set of types is written in rows of the past: sorted, joined by a blank."""
    return types[0] if len(types) == 1 else " ".join(sorted(types))


def dataset_of(instance: Instance) -> str:
    """The instance's datasetId; "" is the default instance."""
    return instance.get("datasetId") or ""


def is_null(instance: Instance) -> bool:
    """Whether the instance's value is NGSI-LD Null, alone or as the only language of a language map (4.5.0)."""
    value = instance.get(VALUE_MEMBER.get(instance.get("type", "Property"), "value"), instance.get("value"))
    return value == NULL or (isinstance(value, dict) and value == {"@none": NULL})


def bare(instance: Instance) -> Instance:
    """The instance without our own members, at any depth: what leaves, and what is compared."""
    kept = {k: v for k, v in instance.items() if k[0] != "_"}
    if "attrs" in kept:
        kept["attrs"] = {name: [bare(sub) for sub in subs] for name, subs in kept["attrs"].items()}
    return kept


def stamp(instance: Instance, old: Instance | None, now: int) -> Instance:
    """A copy that says when it was made and changed; so say its sub-attributes, each keeping its own making."""
    made = instance.copy()
    made["_c"] = old["_c"] if old else now
    made["_m"] = now
    subs: Mapping[str, list[Instance]] | None = instance.get("attrs")
    if subs:
        before = (old or {}).get("attrs", {})
        made["attrs"] = {
            name: [stamp(sub, find(before.get(name, ()), dataset_of(sub)), now) for sub in new]
            for name, new in subs.items()
        }
    return made


def find(instances: Any, dataset: str) -> Instance | None:
    """The instance of a dataset among those of an attribute."""
    for instance in instances:
        if (instance.get("datasetId") or "") == dataset:
            return instance  # type: ignore[no-any-return]
    return None


class Draft:
    """An entity in the making. `attrs` is a copy of the old; its lists are replaced, never altered."""

    __slots__ = (
        "_check", "_checks", "attrs", "before", "changed", "entity", "id", "key", "now", "raw", "received", "rows",
        "skipped", "source", "transient", "update", "updated",
    )  # fmt: skip

    def __init__(self, entity: Entity | None, update: Update, now: int, check: Check) -> None:
        self.update = update
        self.before = entity
        self.now = now
        self.received = update.received_us or now
        self.source = update.source
        self.raw = update.raw
        self.rows: list[Row] = []
        self.updated: list[str] = []
        self.skipped: list[tuple[str, str]] = []
        self._check = check
        self.changed = False
        self.transient = entity is not None and "_x" in entity
        self.id = update.id
        self.entity: Entity
        self.attrs: dict[str, list[Instance]]
        if entity is None:
            fragment = update.entity
            if not fragment.get("type"):
                raise BadRequestData(f"Entity {update.id} has no type")
            self.entity = {"id": update.id, "type": list(fragment["type"]), "_c": now, "_m": now}
            self.attrs = self.entity["attrs"] = {}
            for member in ("scope", "expiresAt"):
                if fragment.get(member) and fragment[member] != NULL:
                    self.entity[member] = fragment[member]
            self._name_types()
            self.tell(Change.CREATED)
        else:
            self.entity = entity.copy()
            self.attrs = self.entity["attrs"] = entity["attrs"].copy()
            self._name_types()

    def _name_types(self) -> None:
        types = self.entity["type"]
        self.key = types_key(types)
        self._checks = self._check(tuple(types))

    def tell(self, change: Change) -> None:
        """Writes the row of the entity itself."""
        about = {"type": self.entity["type"]}
        if "scope" in self.entity:
            about["scope"] = self.entity["scope"]
        body = encode(about)
        self.rows.append(
            (self.id, self.key, "", "", int(change), None, self.received, None, body, 0, self.source, self.raw, False)
        )

    def retype(self, types: list[str], scope: list[str] | None) -> None:
        """Sets type and scope (None: no scope); a row tells if either changed."""
        old = (self.entity["type"], self.entity.get("scope"))
        self.entity["type"] = types
        if scope:
            self.entity["scope"] = scope
        else:
            self.entity.pop("scope", None)
        if (types, scope or None) != old:
            self.changed = True
            self._name_types()
            self.tell(Change.CHANGED)

    def union_types(self, fragment: Entity) -> list[str]:
        """The entity's types and those of a fragment (5.6.2 to 5.6.17: types are added, never taken away)."""
        old: list[str] = self.entity["type"]
        return old + [t for t in fragment.get("type", ()) if t not in old]

    def put(self, name: str, old: Instance | None, new: Instance, *, observe: bool = False) -> None:
        """Writes one instance in the place of `old`, unless it is the same observation again.

        A late observation (`observe`, and older than the present one) goes to the past only. This is the hottest code
        there is, about two microseconds; hence one function where three would read as well.
        """
        observed = None
        seen = late = False
        text = new.get("observedAt")
        if text is not None:
            observed = parse_us(text)
            if old is None:
                seen = self.before is not None  # an attribute that went and comes again may be in the past already
            elif (before := old.get("observedAt")) is not None:
                was = parse_us(before)
                if observed <= was:
                    seen = True
                    if observed == was and bare(old) == new:
                        return
                    # What a wrong clock dated into the future may not stand in the way of what is true now.
                    late = observe and observed < was and not old.get("_f", 0) & _FUTURE
        kept = stamp(new, old, self.now) if "attrs" in new else new.copy()
        kept["_c"] = self.now if old is None else old["_c"]
        kept["_m"] = self.now
        if self.source:
            kept["_s"] = self.source
        if self.raw:
            kept["_r"] = self.raw
        checker = self._checks[name]
        flags = 0 if checker is None else checker(None if late else old, kept, observed, self.received)
        if flags:
            kept["_f"] = flags
        if not late:
            self.changed = True
            there = self.attrs.get(name)
            if there is None or (old is not None and len(there) == 1):
                self.attrs[name] = [kept]
            else:
                self.attrs[name] = [*there, kept] if old is None else [kept if i is old else i for i in there]
            if "expiresAt" in new:
                self.transient = True
        number = number_of(new)
        self.rows.append(
            (self.id, self.key, name, new.get("datasetId") or "", 0 if old is None else 1, observed, self.received,
             number, body_of(new, number), flags, self.source, self.raw, seen)
        )  # fmt: skip

    def remove(self, name: str, old: Instance) -> None:
        """Takes one instance away; the row's value is NGSI-LD Null."""
        self.changed = True
        left = [i for i in self.attrs[name] if i is not old]
        if left:
            self.attrs[name] = left
        else:
            del self.attrs[name]
        kind = old.get("type", "Property")
        gone: Instance = {"type": kind, VALUE_MEMBER.get(kind, "value"): NULL}
        dataset = dataset_of(old)
        if dataset:
            gone["datasetId"] = dataset
        self.rows.append(
            (self.id, self.key, name, dataset, int(Change.DELETED), None, self.received, None, encode(gone), 0,
             self.source, self.raw, False)
        )  # fmt: skip

    def done(self) -> tuple[Entity | None, Result, list[Row]]:
        """The new entity, what became of the update, and its rows."""
        if self.transient or "expiresAt" in self.entity:
            self._set_expiry()
        if self.before is None:
            return self.entity, Result(Outcome.CREATED, self.updated, self.skipped), self.rows
        if not self.changed:  # late observations have rows and leave the present as it is
            outcome = Outcome.CHANGED if self.rows else Outcome.UNCHANGED
            return self.before, Result(outcome, self.updated, self.skipped), self.rows
        self.entity["_m"] = self.now
        return self.entity, Result(Outcome.CHANGED, self.updated, self.skipped), self.rows

    def _set_expiry(self) -> None:
        at = expiry_of(self.entity)
        if at is None:
            self.entity.pop("_x", None)
        else:
            self.entity["_x"] = at


def expiry_of(entity: Entity) -> int | None:
    """When the entity or an attribute instance of it expires first, µs (4.22); None: never. Kept as the member "_x".

    Raises:
        BadRequestData: an expiresAt is no instant.
    """
    found = [entity["expiresAt"]] if "expiresAt" in entity else []
    for instances in entity["attrs"].values():
        found += [i["expiresAt"] for i in instances if "expiresAt" in i]
    try:
        return min(map(parse_us, found)) if found else None
    except (ValueError, TypeError) as error:
        raise BadRequestData(f"expiresAt: {error}") from error


def living(entity: Entity, now: int) -> Entity | None:
    """The entity without what has expired at `now` (µs); None: it has itself."""
    if entity.get("_x", now + 1) > now:
        return entity
    if "expiresAt" in entity and parse_us(entity["expiresAt"]) <= now:
        return None
    attrs = {
        name: kept
        for name, instances in entity["attrs"].items()
        if (kept := [i for i in instances if "expiresAt" not in i or parse_us(i["expiresAt"]) > now])
    }
    return entity | {"attrs": attrs}
