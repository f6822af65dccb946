"""What types and attributes there are. Source: ETSI GS CIM 009 V1.9.1, 5.7.5 to 5.7.10."""

from __future__ import annotations

import sqlite3

import msgspec

from .store import decode_entity


class AttributeFound(msgspec.Struct):
    """An attribute that occurs: in how many instances, of which attribute types, in entities of which types."""

    name: str
    count: int = 0
    kinds: list[str] = []
    types: list[str] = []


class TypeFound(msgspec.Struct):
    """A type that occurs, the number of its entities, and their attributes."""

    name: str
    count: int = 0
    attributes: list[AttributeFound] = []


def types(db: sqlite3.Connection, name: str | None = None) -> list[TypeFound]:
    """Every type, or the one named, sorted by name; attributes sorted by name."""
    found: dict[str, TypeFound] = {}
    inside: dict[str, dict[str, AttributeFound]] = {}
    for listed, doc in _documents(db, name):
        attrs = decode_entity(doc)["attrs"]
        for kind in listed:
            if name is not None and kind != name:
                continue
            found.setdefault(kind, TypeFound(kind)).count += 1
            known = inside.setdefault(kind, {})
            for attr, instances in attrs.items():
                _note(known, attr, instances, [kind])
    for kind, one in found.items():
        one.attributes = [inside[kind][attr] for attr in sorted(inside[kind])]
    return [found[kind] for kind in sorted(found)]


def attributes(db: sqlite3.Connection, name: str | None = None) -> list[AttributeFound]:
    """Every attribute, or the one named, sorted by name."""
    found: dict[str, AttributeFound] = {}
    for listed, doc in _documents(db, None):
        for attr, instances in decode_entity(doc)["attrs"].items():
            if name is None or attr == name:
                _note(found, attr, instances, listed)
    return [found[attr] for attr in sorted(found)]


def _documents(db: sqlite3.Connection, name: str | None) -> list[tuple[list[str], bytes]]:
    kinds = {number: listed.split(" ") for number, listed in db.execute("SELECT number, types FROM kind")}
    wanted = [number for number, listed in kinds.items() if name is None or name in listed]
    sql = f"SELECT kind, doc FROM entity WHERE kind IN ({','.join(map(str, wanted))})"  # noqa: S608 - numbers of ours
    return ((kinds[kind], doc) for kind, doc in db.execute(sql))  # type: ignore[return-value]


def _note(known: dict[str, AttributeFound], attr: str, instances: list[dict[str, object]], types: list[str]) -> None:
    one = known.get(attr)
    if one is None:
        one = known[attr] = AttributeFound(attr, 0, [], [])
    one.count += len(instances)
    for instance in instances:
        kind = str(instance.get("type", "Property"))
        if kind not in one.kinds:
            one.kinds.append(kind)
    for kind in types:
        if kind not in one.types:
            one.types.append(kind)
