"""Temporal evolutions of entities: how their attributes went, in the internal form that `sharing` renders.

An evolution is an entity whose attributes list every instance of a stretch of time, each with its number `_id`; `scope`
is such a list too. Tombstones are told only where deletions are asked for, and carry `_d`, their moment.
Source: ETSI GS CIM 009, 4.5.6 to 4.5.9, 4.11 (temporal query language), 5.7.3, 5.7.4, 6.3.10 (temporal paging).
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.errors import TooComplexQuery
from rhinecloud.base.model import NULL, Entity, Instance

from .as_of import SCOPE, instance
from .engine import Store
from .pieces import LAST_WORD, rows_between, told
from .scopes import Timeline, instances_of, intervals, timelines

TimeProperty = Literal["observedAt", "createdAt", "modifiedAt", "deletedAt"]

MOST_ROWS: Final = 500_000
"""Instances that conditions on values are checked against in one step; what needs more is too complex."""
_STEP: Final = 100  # entities whose conditions are checked together
_NONE: Final = "@none"


class Window(msgspec.Struct, frozen=True):
    """The stretch of time asked for (4.11): before at_us, from it on, or from it until before end_us."""

    timerel: Literal["", "before", "after", "between"] = ""
    at_us: int = 0
    end_us: int = 0
    by: TimeProperty = "observedAt"

    @property
    def start_us(self) -> int | None:
        return self.at_us if self.timerel in ("after", "between") else None

    @property
    def stop_us(self) -> int | None:
        return self.at_us if self.timerel == "before" else self.end_us if self.timerel == "between" else None

    def sql(self) -> tuple[str, str]:
        """The column that is compared, and the condition on a row."""
        column = "observed_us" if self.by == "observedAt" else "received_us"
        parts = ["change = 2" if self.by == "deletedAt" else "change <> 2"]
        if self.start_us is not None:
            parts.append(f"{column} >= {self.start_us}")
        if self.stop_us is not None:
            parts.append(f"{column} < {self.stop_us}")
        return (f"coalesce({column}, received_us)" if not self.timerel else column), " AND ".join(parts)


class TemporalQuery(msgspec.Struct, kw_only=True):
    """What is asked of the past. None is no condition; names are expanded."""

    ids: Collection[str] | None = None
    selects: Callable[[str, frozenset[str]], bool] | None = None  # id and types of an entity
    attrs: frozenset[str] | None = None  # "scope" is one of them
    datasets: frozenset[str] | None = None  # "@none" is the default instance
    window: Window = Window()
    last_n: int = 0  # of each attribute, the last so many; 0: all
    matches: Callable[[Entity], bool] | None = None  # conditions on the instances inside the window
    scope: Callable[[Collection[str]], bool] | None = None  # a scope query: only what lies where it held
    limit: int = 20
    offset: int = 0
    count: bool = False
    descending: bool = False  # by id
    page: int = 1000  # instances of one answer


class Evolutions(msgspec.Struct):
    """A page of evolutions. `cut`: the stretch of time that is told whole, where there is more than one page holds."""

    entities: list[Entity] = []
    total: int | None = None
    cut: tuple[int, int] | None = None


def evolve(past: Store, query: TemporalQuery) -> Evolutions:
    """The evolutions of a page of the entities that a query selects, ordered by id.

    Raises:
        TooComplexQuery: conditions would have to be checked against too many instances.
    """
    known = _candidates(past, query)
    if query.matches is None and query.scope is None:
        chosen = list(known)
        total: int | None = len(chosen)
        chosen = chosen[query.offset : query.offset + query.limit]
        lines = timelines(past, chosen)
    else:
        wanted = None if query.count else query.offset + query.limit
        chosen, lines = [], {}
        for entity in _fulfilling(past, query, list(known), lines):
            chosen.append(entity)
            if wanted is not None and len(chosen) == wanted:
                break
        total = len(chosen) if query.count else None
        chosen = chosen[query.offset : query.offset + query.limit]
    rows, cut, held = _page(past, query, chosen, lines)
    built = _build(query, chosen, known, rows, lines)
    for entity, attr in held:
        built[entity]["attrs"].setdefault(attr, [])
    return Evolutions([built[entity] for entity in chosen], total, cut)


def kinds_of(past: Store, entity: str) -> list[str]:
    """The types of an entity that the past knows; none: it knows nothing of it."""
    found = past.rows(
        f"SELECT arg_max(type, id) FROM ({rows_between(past, None, None, 'type, id', 'entity = $entity')})",
        {"entity": entity},
    )
    return found[0][0].split(" ") if found[0][0] else []


def _candidates(past: Store, query: TemporalQuery) -> dict[str, tuple[list[str], int, int]]:
    """Entities with a row that may be told: id → types, first and last received µs; in the order of ids."""
    parameters: dict[str, object] = {}
    found = past.rows(
        f"""SELECT entity, arg_max(type, id), min(received_us), max(received_us)
        FROM ({rows_between(past, *_bounds(query), where=_where(query, parameters))})
        GROUP BY entity ORDER BY entity {"DESC" if query.descending else ""}""",
        parameters,
    )
    return {
        entity: (kinds, first, last)
        for entity, joined, first, last in found
        if (kinds := joined.split(" ")) and (query.selects is None or query.selects(entity, frozenset(kinds)))
    }


def _bounds(query: TemporalQuery) -> tuple[int | None, int | None]:
    """Bounds of `at_us`, which is what pieces are cut by."""
    if query.window.by != "observedAt":
        return None, None
    return query.window.start_us, query.window.stop_us


def _where(query: TemporalQuery, parameters: dict[str, object]) -> str:
    """The condition on rows, its values put into `parameters`."""
    parts = [query.window.sql()[1]]
    if query.ids is not None:
        parts.append("entity IN (SELECT unnest($ids))")
        parameters["ids"] = sorted(query.ids)
    # Rows of the entity itself tell of its scope, and that it was there.
    alone = query.attrs is None and query.datasets is None
    if query.attrs is not None:
        parts.append("attr IN (SELECT unnest($attrs))")
        parameters["attrs"] = sorted(query.attrs | ({""} if SCOPE in query.attrs else set()))
    if query.datasets is not None:
        parts.append("dataset IN (SELECT unnest($datasets))")
        parameters["datasets"] = sorted("" if name == _NONE else name for name in query.datasets)
    if not alone and SCOPE not in (query.attrs or ()):
        parts.append("attr <> ''")
    elif query.window.by == "deletedAt":
        parts[0] = f"({parts[0]} OR attr = '')"
    return " AND ".join(parts)


def _instances(query: TemporalQuery, ids: Collection[str], parameters: dict[str, object], past: Store) -> str:
    """SQL for the instances of attributes that may be told: of one observation the newest row, of each the last N."""
    narrowed = msgspec.structs.replace(query, ids=ids)
    where = _where(narrowed, parameters)
    column = query.window.sql()[0]
    rows = rows_between(past, *_bounds(query), where="entity IN (SELECT unnest($ids))")
    last = ""
    if query.last_n:
        last = f"QUALIFY row_number() OVER (PARTITION BY entity, attr ORDER BY moment DESC, id DESC) <= {query.last_n}"
    return f"""SELECT *, {column} AS moment FROM ({told(rows)})
        WHERE {LAST_WORD} AND {where} AND attr NOT IN ('', '{SCOPE}') {last}"""


_Row = tuple[Any, ...]
_FIELDS: Final = "entity, attr, id, moment, observed_us, received_us, number, body, flags, source, change"


def _page(
    past: Store, query: TemporalQuery, ids: Collection[str], lines: dict[str, Timeline]
) -> tuple[list[_Row], tuple[int, int] | None, list[tuple[str, str]]]:
    """The instances of one answer in the order of time, its cut, and the attributes that would have more."""
    if not ids:
        return [], None, []
    parameters: dict[str, object] = {}
    sql = _instances(query, ids, parameters, past)
    held = _held(query, ids, lines)
    down = "DESC" if query.last_n else "ASC"
    found = past.rows(
        f"SELECT {_FIELDS} FROM ({sql}) {held} ORDER BY moment {down}, id {down} LIMIT {query.page + 1}", parameters
    )
    if len(found) <= query.page:
        return _sorted(found), None, []
    edge = found[-1][3]
    kept = [row for row in found if row[3] != edge]
    if not kept:  # more instances of one moment than a page holds: it is told whole all the same
        kept = past.rows(
            f"SELECT {_FIELDS} FROM ({sql}) {held} {'AND' if held else 'WHERE'} moment = {edge}", parameters
        )
    attributes = past.rows(f"SELECT DISTINCT entity, attr FROM ({sql}) {held}", parameters)
    moments = [row[3] for row in kept]
    window = query.window
    if query.last_n:
        start = window.stop_us if window.stop_us is not None else max(moments)
        return _sorted(kept), (start, min(moments)), attributes
    start = window.start_us if window.start_us is not None else min(moments)
    return _sorted(kept), (start, max(moments)), attributes


def _held(query: TemporalQuery, ids: Collection[str], lines: dict[str, Timeline]) -> str:
    """The condition that an instance lies where its entity's scope fulfilled the scope query."""
    if query.scope is None:
        return ""
    parts = []
    for entity in ids:
        name = entity.replace("'", "''")
        for start, end in intervals(lines[entity], query.scope, query.window.start_us, query.window.stop_us):
            parts.append(f"(entity = '{name}' AND moment >= {start} AND moment < {end})")
    return f"WHERE ({' OR '.join(parts) or 'FALSE'})"


def _sorted(rows: list[_Row]) -> list[_Row]:
    return sorted(rows, key=lambda row: (row[3], row[2]))


def _fulfilling(past: Store, query: TemporalQuery, ids: list[str], lines: dict[str, Timeline]) -> Iterator[str]:
    """Those entities whose instances inside the window fulfil the conditions; their scopes go into `lines`."""
    for first in range(0, len(ids), _STEP):
        step = ids[first : first + _STEP]
        lines |= timelines(past, step)
        if query.scope is not None:
            window = query.window
            step = [
                entity
                for entity in step
                if entity in lines and intervals(lines[entity], query.scope, window.start_us, window.stop_us)
            ]
        if query.matches is None or not step:
            yield from step
            continue
        whole = msgspec.structs.replace(query, attrs=None, datasets=None, last_n=0)
        parameters: dict[str, object] = {}
        sql = _instances(whole, step, parameters, past)
        rows = past.rows(f"SELECT {_FIELDS} FROM ({sql}) {_held(query, step, lines)} LIMIT {MOST_ROWS}", parameters)
        if len(rows) == MOST_ROWS:
            raise TooComplexQuery("The conditions meet too many instances; ask for a shorter time or fewer entities")
        built = _build(whole, step, {}, rows, {})
        yield from (entity for entity in step if query.matches(built[entity]))


def _build(
    query: TemporalQuery,
    ids: Collection[str],
    known: dict[str, tuple[list[str], int, int]],
    rows: list[_Row],
    lines: dict[str, Timeline],
) -> dict[str, Entity]:
    built: dict[str, Entity] = {}
    for entity in ids:
        kinds, first, last = known.get(entity, ([], 0, 0))
        built[entity] = {"id": entity, "type": kinds, "_c": first, "_m": last, "attrs": {}}
    for row in rows:
        built[row[0]]["attrs"].setdefault(row[1], []).append(_instance(row))
    if query.attrs is None or SCOPE in query.attrs:
        for entity, line in lines.items():
            if entity in built and (scopes := _scopes(query, line)):
                built[entity]["scope"] = scopes
    return built


def _instance(row: _Row) -> Instance:
    made = instance(*row[4:10])
    made["_id"] = row[2]
    if "modifiedAt" in made:  # mended since
        made["_m"] = parse_us(made.pop("modifiedAt"))
    if row[10] == 2:
        made["_d"] = row[5]
        if made["type"] == "LanguageProperty":
            made["languageMap"] = {"@none": NULL}
    return made


def _scopes(query: TemporalQuery, line: Timeline) -> list[Instance]:
    """The scopes to tell: those set inside the window, and with a scope query the one that held at its start."""
    window = query.window
    start, stop = window.start_us, window.stop_us
    if query.scope is not None and start is not None:
        start = max((change.at_us for change in line if change.at_us <= start), default=start)
    deleted = window.by == "deletedAt"

    def inside(change: Any) -> bool:
        moment = change.at_us if window.by == "observedAt" else change.received_us
        return (start is None or moment >= start) and (stop is None or moment < stop)

    found = instances_of(line, inside, deleted=deleted)
    return found[-query.last_n :] if query.last_n else found
