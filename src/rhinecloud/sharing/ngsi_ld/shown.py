"""Entities as they were shown last: rendered once, sent again as long as they are kept as they were.

What is rendered follows from the stored document, the view and the vocabulary alone. The store is asked at every
request, for what matches, may be read and is there now; an entry serves only the very document that it was made from,
compared byte by byte. So nothing needs to be invalidated, and no entry can be stale, of another tenant, or of someone
who may see more. What is saved is decoding, rendering and encoding, two thirds of the work of a query.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final

import msgspec

from rhinecloud.context import Kept, Vocabulary, decode_entity

from .render import Projection, Renderer, View

MOST_BYTES: Final = 32_000_000  # of documents and what they became, both together
MOST_LOOKS: Final = 500
_encode: Final = msgspec.json.Encoder().encode
_ENTRY: Final = 300  # bytes that an entry takes beside its texts

Entry = tuple[bytes, bytes, bool, list[str]]
"""The document; what it became; whether a name of ours stands in it; the entity's types, expanded."""


class Shown:
    """What all tenants' entities look like, in the ways in which they were asked for; bounded in bytes.

    In two generations: what was not asked for while the younger one filled up goes when it becomes the older one.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes // 2
        self._bytes = 0  # of the younger generation
        self._looks: dict[Hashable, Look] = {}

    def look(self, tenant: str, view: View, way: Hashable, vocabulary: Vocabulary) -> Look:
        """What entities of a tenant look like in one way (`way_of` the view), with names that a vocabulary shortens."""
        key = (tenant, way, vocabulary)
        found = self._looks.get(key)
        if found is None:
            if len(self._looks) >= MOST_LOOKS:
                self._looks.clear()
                self._bytes = 0
            found = self._looks[key] = Look(self, view, vocabulary)
        return found

    def grown(self, size: int) -> None:
        """Takes note of a new entry."""
        self._bytes += size
        if self._bytes > self._most:
            self._bytes = 0
            for key in [key for key, look in self._looks.items() if not look.aged()]:
                del self._looks[key]


class Look:
    """One tenant's entities, by key, in one view and with one vocabulary's names."""

    def __init__(self, shown: Shown, view: View, vocabulary: Vocabulary) -> None:
        self._shown = shown
        self._own = vocabulary.own
        self._render = Renderer(view, vocabulary).entity
        self._young: dict[int, Entry] = {}
        self._old: dict[int, Entry] = {}

    def one(self, kept: Kept) -> Entry:
        """One entity."""
        key, document = kept
        entry = self._young.get(key)
        return entry if entry is not None and entry[0] == document else self._entry(key, document)

    def several(self, kept: Iterable[Kept]) -> tuple[list[bytes], bool]:
        """Several entities, but for those of which nothing is left; and whether a name of ours stands in one."""
        young, found, used = self._young, [], False
        for key, document in kept:
            entry = young.get(key)
            if entry is None or entry[0] != document:
                entry = self._entry(key, document)
            used |= entry[2]
            if entry[1] != b"{}":
                found.append(entry[1])
        return found, used

    def aged(self) -> bool:
        """Makes the younger generation the older one; whether there is anything in it."""
        self._old, self._young = self._young, {}
        return bool(self._old)

    def _entry(self, key: int, document: bytes) -> Entry:
        entry = self._old.get(key)
        if entry is None or entry[0] != document:
            entity = decode_entity(document)
            types, own = entity["type"], self._own
            used = bool(own) and not (own.isdisjoint(entity["attrs"]) and own.isdisjoint(types))
            entry = (document, _encode(self._render(entity)), used, types)
        self._young[key] = entry
        self._shown.grown(len(entry[0]) + len(entry[1]) + _ENTRY)
        return entry


def way_of(view: View) -> Hashable | None:
    """What tells this view from others; None: other entities are needed to show one."""
    if view.join:
        return None
    return (
        view.form,
        view.sys_attrs,
        view.lang,
        view.attrs,
        _frozen(view.pick),
        _frozen(view.omit),
        view.datasets,
        view.geo,
        view.geometry,
    )


def _frozen(projection: Projection | None) -> Hashable:
    return None if projection is None else tuple((name, _frozen(below)) for name, below in projection.items())
