"""What a city declares for its command centre, as small documents with a version: agencies, kinds of unit, types of
incident, alarm plans, posts. Where the tenant has none of an id, the default of that id counts. Every version is kept.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound

from . import versions
from .alarm import AlarmPlan, Area, Closure
from .declare import Agency, IncidentType, UnitKind
from .defaults import KINDS, TYPES
from .posts import FUNCTIONS, Post, StaffFunction
from .tables import Shelf, Work
from .travel import Barrier, Zone

Thing = Agency | UnitKind | IncidentType | Barrier | Zone | AlarmPlan | Area | Closure | Post | StaffFunction
T = TypeVar("T", Agency, UnitKind, IncidentType, Barrier, Zone, AlarmPlan, Area, Closure, Post, StaffFunction)
NAMES: Final[dict[type[Thing], str]] = {
    Agency: "agency",
    UnitKind: "kind of unit",
    IncidentType: "type of incident",
    Barrier: "barrier",
    Zone: "zone",
    AlarmPlan: "alarm plan",
    Area: "area",
    Closure: "closure",
    Post: "post",
    StaffFunction: "function",
}
DEFAULTS: Final[dict[type[Thing], dict[str, Thing]]] = {
    UnitKind: {kind.id: kind for kind in KINDS},
    IncidentType: {kind.id: kind for kind in TYPES},
    StaffFunction: {function.id: function for function in FUNCTIONS},
}
_encode = msgspec.json.Encoder().encode


def save(work: Work, thing: T) -> T:
    """Keeps a thing as the next version of itself.

    Raises:
        BadRequestData: it has no id. Conflict: `version` is not the one that is kept; a new thing has 1.
    """
    name = NAMES[type(thing)]
    if not thing.id.strip():
        raise BadRequestData(f"A {name} needs an id")
    row = work.row("SELECT version FROM thing WHERE kind = ? AND id = ?", name, thing.id)
    if row is not None and row[0] != thing.version:
        raise Conflict(f"The {name} {thing.id} is of version {row[0]} by now, not {thing.version}", version=row[0])
    kept = thing
    if row is not None or versions.last(work, name, thing.id):
        kept = msgspec.structs.replace(thing, version=versions.last(work, name, thing.id) + 1)
    work.run("INSERT OR REPLACE INTO thing VALUES (?, ?, ?, ?)", name, kept.id, kept.version, _encode(kept))
    versions.keep(work, name, kept.id, kept.version, _encode(kept))
    work.tell(f"{name.split()[0]}.saved", kept.id)
    return kept


def remove(work: Work, kind: type[T], thing_id: str, version: int) -> None:
    """Takes a thing away; its versions stay. Where there is a default of the id, that counts again.

    Raises:
        ResourceNotFound: the tenant has none. Conflict: it is of another version by now.
    """
    name = NAMES[kind]
    row = work.row("SELECT version FROM thing WHERE kind = ? AND id = ?", name, thing_id)
    if row is None:
        raise ResourceNotFound(f"There is no {name} {thing_id[:40]!r}")
    if row[0] != version:
        raise Conflict(f"The {name} {thing_id} is of version {row[0]} by now, not {version}", version=row[0])
    work.run("DELETE FROM thing WHERE kind = ? AND id = ?", name, thing_id)
    versions.keep(work, name, thing_id, row[0] + 1, None)
    work.tell(f"{name.split()[0]}.removed", thing_id)


def every(asked: Work | Shelf, kind: type[T]) -> dict[str, T]:
    """All of a kind, by id: the tenant's own, and the defaults that it did not change."""
    rows = asked.rows("SELECT id, body FROM thing WHERE kind = ? ORDER BY id", NAMES[kind])
    default = {i: d for i, d in DEFAULTS.get(kind, {}).items() if isinstance(d, kind)}
    return default | {i: msgspec.json.decode(body, type=kind) for i, body in rows}


def get(asked: Work | Shelf, kind: type[T], thing_id: str) -> T:
    """Raises: ResourceNotFound."""
    rows = asked.rows("SELECT body FROM thing WHERE kind = ? AND id = ?", NAMES[kind], thing_id)
    if rows:
        return msgspec.json.decode(rows[0][0], type=kind)
    found = DEFAULTS.get(kind, {}).get(thing_id)
    if not isinstance(found, kind):
        raise ResourceNotFound(f"There is no {NAMES[kind]} {thing_id[:40]!r}")
    return found
