"""Chooses how a query goes to the indexes: SQL for the keys of candidates in key order, and what is left to check.

A condition on a queryable attribute is a range of the index `value`. Read by value it costs as many rows as match, and
a sort; read by key it costs rows until the page is full. So it is looked whether there are as many matches as
where the two cost the same, and the cheaper is taken. That, and plans as a whole, are remembered for some seconds.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from .index import LOCATION, Numbers, Slot
from .q import All, Condition, Instant, Range, Term
from .query import Query, accepts
from .scalars import TEXT, stored, time_key

KEEP_S: Final = 5.0
MOST_KNOWN: Final = 500  # plans
MOST_SLOTS: Final = 8
_NUMBERS_END: Final = ""  # texts sort after numbers,
_TEXTS_END: Final = b""  # bytes after texts,
_BOOLEANS_END: Final = b"\x02"  # and instants after truth values

_FAR: Final = 1e300
TALLIED: Final = "SELECT coalesce(sum(count), 0) FROM tally"

Plain = tuple[str, tuple[Any, ...]]


class Plan(msgspec.Struct):
    """`keys` gives candidates (column `entity`) in key order, each once. Exact: no candidate needs checking.

    `total` counts them. `page` gives keys and documents of a page; its parameters are `params`, limit and offset.
    """

    keys: str
    total: str
    params: tuple[Any, ...]
    exact: bool
    page: str = ""

    def __post_init__(self) -> None:
        found = f"({self.keys} LIMIT ? OFFSET ?)"
        self.page = f"SELECT e.key, e.doc FROM {found} k CROSS JOIN entity e ON e.key = k.entity"  # noqa: S608 - ours


EMPTY: Final = Plan("", "", (), exact=True)


class _Known(msgspec.Struct):
    """A plan, and as long as what it holds: for this very query, until then, while the numbers are of that version."""

    query: Query
    until: float
    numbers: Numbers
    version: int
    plan: Plan


class _Indexed(msgspec.Struct):
    """A condition that the index answers: the slots, and the SQL about `value` with its parameters.

    Of those that differ by one limit alone, a number, `wide` is the larger the more they let through, and `rest` is
    empty; of all others `wide` is 0, and `rest` tells them apart.
    """

    slots: list[Slot]
    where: str
    params: tuple[Any, ...]
    exact: bool
    wide: float
    rest: tuple[Any, ...]

    @property
    def matching(self) -> str:
        return f"slot IN ({','.join(str(slot.number) for slot in self.slots)}) AND {self.where}"


class _Edges(msgspec.Struct):
    """Up to where few match, and from where many do; until when that is believed."""

    until: float
    few: float = -math.inf
    many: float = math.inf


class Planner:
    """Plans against one tenant's tables. Not shared between threads."""

    def __init__(self) -> None:
        self._edges: dict[tuple[str, int, tuple[Any, ...]], _Edges] = {}
        self._kinds: dict[Any, list[int] | None] = {}
        self._known: dict[int, _Known] = {}  # by the query's identity: who asks again does so with the same object

    def plan(
        self, db: sqlite3.Connection, query: Query, numbers: Numbers, queryable: frozenset[str], entities: int
    ) -> Plan:
        """The cheapest way to the candidates of `query` among some `entities` in all."""
        known = self._known.get(id(query))
        if (
            known is not None
            and known.query is query
            and known.numbers is numbers
            and known.version == numbers.version
            and known.until > time.monotonic()
        ):
            return known.plan
        plan = self._made(db, query, numbers, queryable, entities)
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        self._known[id(query)] = _Known(query, time.monotonic() + KEEP_S, numbers, numbers.version, plan)
        return plan

    def _made(
        self, db: sqlite3.Connection, query: Query, numbers: Numbers, queryable: frozenset[str], entities: int
    ) -> Plan:
        kinds = self._selected(query, numbers)
        if kinds is not None and not kinds:
            return EMPTY
        rest = query.id_pattern or query.attrs or query.geo or query.scope or query.datasets is not None
        terms = query.q.parts if isinstance(query.q, All) else (query.q,) if query.q is not None else ()
        indexed: list[_Indexed] = []
        for term in terms:
            found = _indexed(term, kinds, numbers, queryable)
            if found is not None and not found.slots:
                return EMPTY
            if found is not None and len(found.slots) <= MOST_SLOTS:
                indexed.append(found)
        whole = not rest and len(indexed) == len(terms) and all(i.exact for i in indexed)
        page = query.offset + max(query.limit, 1)
        # Matches at which both ways cost about the same; rounded, so that what is known serves pages of similar depth.
        even = 1 << (math.isqrt(page * max(entities, 1)) + 20).bit_length() - 1
        if query.geo is not None and (narrow := self._by_place(db, query, even)):
            return narrow
        if indexed:
            few = [one for one in indexed if self._few(db, one, even)]
            best = min(few, key=lambda one: _count(db, one)) if len(few) > 1 else (few or indexed)[0]
            return _by_value(best, [one for one in indexed if one is not best], whole, by_key=not few)
        return _by_kind(kinds, exact=whole)

    def _selected(self, query: Query, numbers: Numbers) -> list[int] | None:
        """Numbers of the kinds that the query selects; None: all."""
        if query.types is None and query.readable is None:
            return None
        key = (query.types, query.readable, len(numbers.kinds), id(numbers))
        if key not in self._kinds:
            if len(self._kinds) > 500:
                self._kinds.clear()
            every = list(numbers.kinds.items())
            self._kinds[key] = [number for types, number in every if accepts(query, frozenset(types.split(" ")))]
        return self._kinds[key]

    def _few(self, db: sqlite3.Connection, one: _Indexed, even: int) -> bool:
        """Whether fewer than `even` values match: by what is known of narrower and wider limits, or else by looking."""
        key = (one.matching, even, one.rest)
        moment = time.monotonic()
        edges = self._edges.get(key)
        if edges is None or edges.until < moment:
            if len(self._edges) > 2_000:
                self._edges.clear()
            edges = self._edges[key] = _Edges(moment + KEEP_S)
        if edges.few < one.wide < edges.many:
            sql = f"SELECT 1 FROM value WHERE {one.matching} LIMIT 1 OFFSET ?"  # noqa: S608 - numbers of ours
            if db.execute(sql, (*one.params, even - 1)).fetchone() is None:
                edges.few = one.wide
            else:
                edges.many = one.wide
        return one.wide <= edges.few

    def _by_place(self, db: sqlite3.Connection, query: Query, even: int) -> Plan | None:
        assert query.geo is not None
        box = query.geo.box() if query.geo.attr == LOCATION else None
        if box is None:
            return None
        west, south, east, north = box
        inside = "FROM place WHERE west <= ? AND east >= ? AND south <= ? AND north >= ?"
        params = (east, west, north, south)
        if db.execute(f"SELECT count(*) FROM (SELECT 1 {inside} LIMIT ?)", (*params, even)).fetchone()[0] >= even:  # noqa: S608
            return None
        return Plan(f"SELECT entity {inside} ORDER BY entity", f"SELECT count(*) {inside}", params, exact=False)


def _count(db: sqlite3.Connection, one: _Indexed) -> int:
    count: int = db.execute(f"SELECT count(*) FROM value WHERE {one.matching}", one.params).fetchone()[0]  # noqa: S608
    return count


def _by_value(best: _Indexed, others: Sequence[_Indexed], whole: bool, *, by_key: bool) -> Plan:
    single = len(best.slots) == 1
    probes, params = "", list(best.params)
    if single:
        for other in others:
            if len(other.slots) == 1:
                inner = other.where.replace("value ", "o.value ")
                probes += (
                    f" AND EXISTS (SELECT 1 FROM value o WHERE o.slot = {other.slots[0].number}"  # noqa: S608
                    f" AND o.entity = v.entity AND {inner})"
                )
                params += other.params
    where = best.where.replace("value ", "v.value ") + probes

    def matching(index: str) -> str:
        return " UNION ALL ".join(
            f"SELECT {'DISTINCT ' if slot.many else ''}v.entity AS entity FROM value v INDEXED BY {index}"  # noqa: S608
            f" WHERE v.slot = {slot.number} AND {where}"
            for slot in best.slots
        )

    keys = matching("sqlite_autoindex_value_1" if by_key else "value_order") + " ORDER BY entity"
    total = f"SELECT count(*) FROM ({matching('value_order')})"  # noqa: S608
    return Plan(keys, total, tuple(params) * len(best.slots), exact=whole and (single or not others))


def _by_kind(kinds: list[int] | None, *, exact: bool) -> Plan:
    if kinds is None:
        return Plan("SELECT key AS entity FROM entity ORDER BY key", f"{TALLIED} WHERE attr = ''", (), exact)
    listed = ",".join(map(str, kinds))
    total = f"{TALLIED} WHERE attr = '' AND kind IN ({listed})"
    if len(kinds) <= MOST_SLOTS:
        selects = [f"SELECT key AS entity FROM entity WHERE kind = {kind}" for kind in kinds]  # noqa: S608
        return Plan(" UNION ALL ".join(selects) + " ORDER BY entity", total, (), exact)
    return Plan(f"SELECT key AS entity FROM entity WHERE kind IN ({listed}) ORDER BY entity", total, (), exact)  # noqa: S608


def _indexed(term: Condition, kinds: list[int] | None, numbers: Numbers, queryable: frozenset[str]) -> _Indexed | None:
    """The condition as the index answers it; None: it does not."""
    if not isinstance(term, Term) or term.path.attr not in queryable:
        return None
    if term.path.subs or term.path.trail or term.path.link is not None:
        return None
    where = _where(term)
    if where is None:
        return None
    attr = term.path.attr
    if kinds is None:
        slots = [slot for (_, name), slot in list(numbers.slots.items()) if name == attr]
    else:
        slots = [slot for kind in kinds if (slot := numbers.slots.get((kind, attr))) is not None]
    if any(slot.partial for slot in slots):
        return None
    # An ordering never holds of a relationship, but its target is a text in the index: such are checked.
    exact = term.operator == "==" or not isinstance(term.values[0], str)
    limit = term.values[0] if term.operator != "==" else None
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        return _Indexed(slots, *where, exact=exact, wide=0.0, rest=where[1])
    wide = float(min(max(limit, -_FAR), _FAR))
    return _Indexed(slots, *where, exact=exact, wide=wide if term.operator[0] == "<" else -wide, rest=())


def _where(term: Term) -> Plain | None:
    if term.operator == "==":
        parts = [_equal(value) for value in term.values]
    elif term.operator in ("<", "<=", ">", ">=") and len(term.values) == 1:
        parts = [_compared(term.operator, term.values[0])]
    else:
        return None
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if len(known) == 1:
        return known[0]
    return f"({' OR '.join(sql for sql, _ in known)})", tuple(p for _, params in known for p in params)


def _equal(value: Any) -> Plain | None:
    if isinstance(value, Range):
        low, high = _compared(">=", value.low), _compared("<=", value.high)
        return (f"{low[0]} AND {high[0]}", low[1] + high[1]) if low and high else None
    if isinstance(value, Instant):
        return "value = ?", (time_key(value.us),)
    if isinstance(value, str) and len(value) >= TEXT:
        return None
    return "value = ?", (stored(value)[0],)


def _compared(operator: str, value: Any) -> Plain | None:
    if isinstance(value, bool) or (isinstance(value, str) and len(value) >= TEXT):
        return None
    up = operator[0] == ">"
    if isinstance(value, Instant):
        key = time_key(value.us)
        return (f"value {operator} ?", (key,)) if up else (f"value >= ? AND value {operator} ?", (_BOOLEANS_END, key))
    if isinstance(value, str):
        bounds = (value, _TEXTS_END) if up else (_NUMBERS_END, value)
        low, high = (operator, "<") if up else (">=", operator)
        return f"value {low} ? AND value {high} ?", bounds
    number = stored(value)[0]
    return (f"value {operator} ? AND value < ?", (number, _NUMBERS_END)) if up else (f"value {operator} ?", (number,))
