"""What a demo city's command centre begins with: agencies, kinds, units, the river that lies between them.

Once, and never again: what people change or remove afterwards stays as they left it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base.clock import SECOND

from . import radio, things, units
from .declare import Agency, Everyday, IncidentType, Unit, UnitKind
from .tables import Work
from .travel import Barrier, Zone

DAY_S: Final = 86_400


class Centre(msgspec.Struct, frozen=True, kw_only=True):
    """Declared data only; `id` names who brings it."""

    id: str
    agencies: tuple[Agency, ...] = ()
    kinds: tuple[UnitKind, ...] = ()
    types: tuple[IncidentType, ...] = ()
    units: tuple[Unit, ...] = ()
    barriers: tuple[Barrier, ...] = ()
    zones: tuple[Zone, ...] = ()
    everyday: tuple[Everyday, ...] = ()
    status: str = "2"  # of the units, until they tell their own


def seed(work: Work, centre: Centre) -> bool:
    """Keeps what is not there yet; whether anything was done at all."""
    mark = f"seeded.{centre.id}"
    if work.row("SELECT 1 FROM meta WHERE key = ?", mark):
        return False
    there = {(kind, name) for kind, name in work.rows("SELECT kind, id FROM thing")}
    brought: tuple[Any, ...] = (*centre.agencies, *centre.kinds, *centre.types, *centre.barriers, *centre.zones)
    for thing in brought:
        if (things.NAMES[type(thing)], thing.id) not in there:
            things.save(work, thing)
    known = {name for (name,) in work.rows("SELECT id FROM unit")}
    for unit in centre.units:
        if unit.id not in known:
            units.save(work, unit)
            radio.report(work, unit.id, centre.status, at_us=work.now - DAY_S * SECOND, source="seed")
    work.run("INSERT INTO meta VALUES (?, 1)", mark)
    return True
