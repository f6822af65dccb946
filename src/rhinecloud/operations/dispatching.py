"""What a proposal is made of: the units as they stand, their live places, the city and its ways.

Every proposal is kept with all that it said, so that a review can compare what went with what was proposed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.model import Entity

from . import assignments, incidents, things, units
from .alarm import Closure
from .declare import By, Incident, Position, UnitKind
from .entities import LOCATION
from .proposing import Candidate, City, Proposal, candidate, propose
from .roads.streets import ByRoad, Roads
from .tables import Shelf, Work
from .travel import Barrier, Crow, Zone

Live = tuple[Position, int]
_encode = msgspec.json.Encoder().encode


def live_place(entity: Entity | None) -> Live | None:
    """Where a unit's entity is, and since when that is known."""
    for instance in (entity or {}).get("attrs", {}).get(LOCATION, ()):
        place = instance.get("value")
        if isinstance(place, dict) and place.get("type") == "Point":
            lon, lat = place["coordinates"][:2]
            seen = instance.get("observedAt")
            return (lon, lat), parse_us(seen) if seen else int(instance.get("_m", 0))
    return None


def candidates(shelf: Shelf, known: Collection[str], live: Mapping[str, Live | None], now: int) -> list[Candidate]:
    """The units among `known` as deciding sees them."""
    kinds, busy = things.every(shelf, UnitKind), assignments.every_open(shelf)
    refused = _refused(shelf)
    made = []
    for unit in units.every(shelf):
        if unit.id in known:
            status = kinds[unit.kind].status(unit.status) if unit.kind in kinds else None
            held = busy.get(unit.id)
            number = incidents.get(shelf, held.incident).number if held else ""
            means = status.means if status else ""
            made.append(candidate(unit, means, live.get(unit.id), now, number, refused.get(unit.id, ())))
    return made


def _refused(shelf: Shelf) -> dict[str, set[str]]:
    """By unit, the open incidents for which it declined or kept silent, and did not come after all."""
    rows = shelf.rows(
        "SELECT a.unit, a.incident FROM assignment a JOIN incident i ON i.id = a.incident"
        " WHERE i.is_over = 0 AND a.state IN ('declined', 'expired')"
    )
    found: dict[str, set[str]] = {}
    for unit, incident in rows:
        found.setdefault(unit, set()).add(incident)
    return found


def ways(asked: Work | Shelf, roads: Roads, tenant: str, now: int) -> ByRoad | Crow:
    """How long it takes in this city now."""
    barriers, closures = things.every(asked, Barrier).values(), things.every(asked, Closure).values()
    return roads.ways(tenant, tuple(barriers), tuple(closures), now)


def city(asked: Work | Shelf, roads: Roads, tenant: str, now: int) -> City:
    return City(
        barriers=tuple(things.every(asked, Barrier).values()),
        zones=tuple(things.every(asked, Zone).values()),
        ways=ways(asked, roads, tenant, now),
    )


def work_out(
    shelf: Shelf,
    found: Sequence[Incident],
    able: Sequence[Candidate],
    where: City,
    by: By,
    wanted: Callable[[int], bool] = lambda need: True,
) -> Proposal:
    """The best units for the open needs of these incidents (those of them that are wanted), kept as a record."""
    asked = [(i, need) for i in found for need in assignments.needs(shelf, i.id) if wanted(need.id)]
    made = propose(asked, able, where)
    with shelf.work(by) as work:
        ids = ",".join(i.id for i in found)
        body = (work.now, by.who, ids, _encode(made))
        work.run("INSERT INTO proposal (at_us, who, incidents, body) VALUES (?, ?, ?, ?)", *body)
    return made
