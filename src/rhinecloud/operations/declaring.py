"""The desk at which a city declares how its command centre works: what there is of each kind, in which version.

Who administers for one agency changes what belongs to that agency (its units, its posts); what all share takes the role
for the whole city. Blocking, for the length of one commit: in a loop, call it in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from rhinecloud.base.errors import Conflict, Forbidden, ResourceNotFound

from . import things, units, versions
from .declare import Unit
from .plans.checking import check
from .seat import Seat
from .tables import Work
from .versions import Version

MANAGE = "operations.manage"


class DeclaringDesk:
    """`kind` is any of the kinds in `things.NAMES`, or `Unit`."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    def every(self, kind: type[Any]) -> dict[str, Any]:
        """All of a kind that they may see, by id; of units those out of service too."""
        if kind is Unit:
            return {u.id: u for u in units.every(self.seat.shelf, self.seat.sees(), retired=True)}
        self.seat.may("incidents.read")
        return things.every(self.seat.shelf, kind)

    def get(self, kind: type[Any], thing_id: str) -> Any:
        found = self.every(kind).get(thing_id)
        if found is None:
            raise ResourceNotFound(f"There is no {name_of(kind)} {thing_id[:40]!r}")
        return found

    def may_change(self, thing: Any) -> bool:
        """Whether it is theirs to change."""
        try:
            self.seat.may(MANAGE)
            self._demand(thing)
        except Forbidden:
            return False
        return True

    def save(self, thing: Any) -> Any:
        """Keeps it as the next version.

        Raises:
            Conflict: somebody else changed it meanwhile. BadRequestData: it cannot be as it is. Forbidden.
        """
        return self.save_all([thing])[0]

    def save_all(self, given: Sequence[Any]) -> list[Any]:
        """All of them or none, in this order. Raises as `save`."""
        with self.seat.managing() as work:
            return [self._save(work, thing) for thing in given]

    def take_away(self, kind: type[Any], thing_id: str, version: int) -> None:
        """Takes it away; its versions stay. A unit goes out of service. Raises: Conflict, ResourceNotFound."""
        with self.seat.managing() as work:
            found = self.get(kind, thing_id)
            self._demand(found)
            if isinstance(found, Unit):
                if found.version != version:
                    raise Conflict(f"Unit {found.name} is of version {found.version} by now", version=found.version)
                units.save(work, msgspec.structs.replace(found, retired=True, available=False))
            else:
                things.remove(work, kind, thing_id, version)

    def versions(self, kind: type[Any], thing_id: str) -> list[tuple[Version, Any]]:
        """All versions, the newest first, each with what it was (None: it was taken away)."""
        self.seat.may("incidents.read")
        if kind is Unit:
            self.get(kind, thing_id)
        found = versions.of(self.seat.shelf, name_of(kind), thing_id)
        return [(v, None if v.body is None else msgspec.json.decode(v.body, type=kind)) for v in found]

    def restore(self, kind: type[Any], thing_id: str, version: int) -> Any:
        """What it was in a version counts again, as a new version. Raises: ResourceNotFound."""
        older = next((was for v, was in self.versions(kind, thing_id) if v.version == version), None)
        if older is None:
            raise ResourceNotFound(f"The {name_of(kind)} {thing_id[:40]} has no version {version}")
        known = self.every(kind).get(thing_id)
        now = known.version if known is not None else 1
        return self.save(msgspec.structs.replace(older, version=now))

    def _save(self, work: Work, thing: Any) -> Any:
        self._demand(thing)
        check(work, thing)
        if not isinstance(thing, Unit):
            return things.save(work, thing)
        before = next((u for u in units.every(work, retired=True) if u.id == thing.id), None)
        if before is not None:
            self._demand(before)  # nobody takes another agency's unit by naming its id
            where = {"position": before.position, "position_us": before.position_us}
            thing = msgspec.structs.replace(thing, **where)
        return units.save(work, thing)

    def _demand(self, thing: Any) -> None:
        mine = self.seat.agencies(MANAGE)
        if mine is None:
            return
        owner = getattr(thing, "agency", "")
        if owner not in mine:
            whose = f"belongs to {owner}" if owner else "is shared by all agencies"
            raise Forbidden(f"{name_of(type(thing)).capitalize()} {thing.id} {whose}", action=MANAGE)


def name_of(kind: type[Any]) -> str:
    return "unit" if kind is Unit else things.NAMES[kind]


def capabilities(given: Iterable[Unit]) -> dict[str, int]:
    """Every capability and how many units in service have it."""
    found: dict[str, int] = {}
    for unit in given:
        for capability in unit.capabilities if not unit.retired else ():
            found[capability] = found.get(capability, 0) + 1
    return dict(sorted(found.items()))
