"""What can be asked of the present, as one value; its parts are read by `q`, `geo`, `scope`, `selection`, `ordering`.

Source: ETSI GS CIM 009 V1.9.1, 5.7.2 (Query Entities), 5.2.23 (Query).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from rhinecloud.base.model import Entity

from .draft import living
from .geo import GeoQuery
from .matching import Fetch, Matcher, compile_condition
from .patterns import searcher
from .q import Condition, Path
from .scope import ScopeQuery
from .selection import Types


class Order(msgspec.Struct, frozen=True):
    """One key to sort by; with `origin` (a GeoJSON geometry) the distance from it."""

    path: Path
    descending: bool = False
    origin: dict[str, Any] | None = None


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that has to hold of an entity (names expanded), and which of those that match are wanted.

    Without `order`, entities come in the order of their making, which stays as it is from page to page.
    """

    types: Types | None = None
    ids: tuple[str, ...] = ()
    id_pattern: str = ""
    attrs: tuple[str, ...] = ()  # at least one of them
    q: Condition | None = None
    geo: GeoQuery | None = None
    scope: ScopeQuery | None = None
    datasets: frozenset[str] | None = None  # datasetIds that count, "" is the default instance
    readable: frozenset[str] | None = None  # types that the asker may read at all
    order: tuple[Order, ...] = ()
    collation: str = ""  # of texts that are sorted; "" by code point
    limit: int = 20  # 0: none, for the count alone
    offset: int = 0
    count: bool = False  # wants `Page.total`


Kept = tuple[int, bytes]
"""An entity as the store keeps it: its key, and its document, which is another as soon as the entity is another."""


class Page:
    """The entities asked for; `total` matches without paging, where it was asked for.

    `kept` are the same entities as they are stored, where none of them had to be looked into. They are decoded by who
    asks for them: most have been rendered before, as they still are.
    """

    __slots__ = ("_decode", "_entities", "kept", "total")

    def __init__(
        self,
        entities: list[Entity] | None = None,
        total: int | None = None,
        *,
        kept: list[Kept] | None = None,
        decode: Callable[[bytes], Entity] | None = None,
    ) -> None:
        self._entities = entities
        self.total = total
        self.kept = kept
        self._decode = decode

    @property
    def entities(self) -> list[Entity]:
        if self._entities is None:
            assert self.kept is not None and self._decode is not None
            self._entities = [self._decode(document) for _, document in self.kept]
        return self._entities


def matcher(query: Query, now: int, fetch: Fetch) -> Callable[[Entity], Entity | None]:
    """A function from an entity to itself (what has expired taken out) where it matches, else None.

    Raises:
        BadRequestData: the id pattern is no regular expression.
    """
    tests = _tests(query, fetch)

    def matches(entity: Entity) -> Entity | None:
        alive = living(entity, now) if "_x" in entity else entity
        if alive is None:
            return None
        for test in tests:
            if not test(alive):
                return None
        return alive

    return matches


def _tests(query: Query, fetch: Fetch) -> list[Matcher]:
    """What has to hold, the cheapest first."""
    tests: list[Matcher] = []
    if query.types is not None or query.readable is not None:
        tests.append(lambda entity: accepts(query, frozenset(entity["type"])))
    if query.ids:
        ids = frozenset(query.ids)
        tests.append(lambda entity: entity["id"] in ids)
    if query.id_pattern:
        found = searcher(query.id_pattern)
        tests.append(lambda entity: found(entity["id"]))
    if query.attrs:
        tests.append(_has_attrs(query.attrs, query.datasets))
    elif query.datasets is not None:
        tests.append(_has_dataset(query.datasets))
    if query.scope is not None:
        in_scope = query.scope.matcher()
        tests.append(lambda entity: in_scope(entity.get("scope") or ()))
    if query.q is not None:
        tests.append(compile_condition(query.q, fetch, query.datasets))
    if query.geo is not None:
        tests.append(query.geo.matcher())
    return tests


def accepts(query: Query, types: frozenset[str]) -> bool:
    """Whether entities of exactly these types are selected, and may be read."""
    if query.readable is not None and query.readable.isdisjoint(types):
        return False
    return query.types is None or query.types.accepts(types)


def _has_attrs(attrs: tuple[str, ...], datasets: frozenset[str] | None) -> Matcher:
    if datasets is None:
        return lambda entity: any(attr in entity["attrs"] for attr in attrs)
    return lambda entity: any(
        (i.get("datasetId") or "") in datasets for attr in attrs for i in entity["attrs"].get(attr, ())
    )


def _has_dataset(datasets: frozenset[str]) -> Matcher:
    return lambda entity: any(
        (i.get("datasetId") or "") in datasets for every in entity["attrs"].values() for i in every
    )
