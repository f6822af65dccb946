"""What types and attributes there are, as `tally` counts them. Source: ETSI GS CIM 009 V1.9.1, 5.7.5 to 5.7.10."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import msgspec


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


def types(db: sqlite3.Connection, name: str | None, readable: frozenset[str] | None) -> list[TypeFound]:
    """Every type that may be read, or the one named, sorted by name; attributes sorted by name."""
    found: dict[str, TypeFound] = {}
    for listed, attr, form, count in _counted(db, readable):
        for kind in listed:
            if name is None or kind == name:
                one = found.setdefault(kind, TypeFound(kind))
                if attr:
                    _note(one.attributes, attr, form, count, [kind])
                else:
                    one.count += count
    return [found[kind] for kind in sorted(found)]


def attributes(db: sqlite3.Connection, name: str | None, readable: frozenset[str] | None) -> list[AttributeFound]:
    """Every attribute of entities that may be read, or the one named, sorted by name."""
    found: list[AttributeFound] = []
    for listed, attr, form, count in _counted(db, readable, name):
        if attr:
            _note(found, attr, form, count, listed)
    return found


def _counted(
    db: sqlite3.Connection, readable: frozenset[str] | None, attr: str | None = None
) -> Iterator[tuple[list[str], str, str, int]]:
    """(types that may be read, attribute, form, count), by the names of attributes; without one, of the entities."""
    sql = "SELECT k.types, t.attr, t.form, t.count FROM tally t JOIN kind k ON k.number = t.kind WHERE t.count > 0"
    one = " AND t.attr = ?" if attr is not None else ""
    rows = db.execute(f"{sql}{one} ORDER BY t.attr, t.kind, t.form", () if attr is None else (attr,))
    for types, name, form, count in rows:
        listed = [kind for kind in types.split(" ") if readable is None or kind in readable]
        if listed:
            yield listed, name, form, count


def _note(known: list[AttributeFound], attr: str, form: str, count: int, types: list[str]) -> None:
    """Adds to the last of `known`, or to a new one: they come in the order of their names."""
    if not known or known[-1].name != attr:
        known.append(AttributeFound(attr, 0, [], []))
    one = known[-1]
    one.count += count
    one.kinds += [form] if form not in one.kinds else []
    one.types += [kind for kind in types if kind not in one.types]
