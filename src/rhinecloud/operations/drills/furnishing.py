"""What a tenant for drills is given of the real one: what is declared, and the units, each ready at its station.

No way on which anybody is told anything outside is given: a drill has no address and no credential of a real channel.
"""

from __future__ import annotations

from typing import Final

from rhinecloud.base.clock import SECOND
from rhinecloud.operations import radio, units
from rhinecloud.operations.tables import Shelf, Work

from .book import mark

_DECLARED: Final = {"thing": "TRUE", "declared": "kind IN (SELECT DISTINCT kind FROM thing)", "playbook": "TRUE"}
"""Table → what of it; of units there is another history here."""


def furnish(real: Shelf, drill: Work) -> None:
    """Brings what is declared up to the real tenant's; of a tenant that has drills already, only what is newer."""
    mark(drill)
    for table, what in _DECLARED.items():
        columns = [name for (_, name, *_) in real.rows(f"PRAGMA table_info({table})")]
        marks = ", ".join("?" * len(columns))
        drill.db.executemany(
            f"INSERT OR REPLACE INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - our tables
            real.rows(f"SELECT {', '.join(columns)} FROM {table} WHERE {what}"),  # noqa: S608 - our tables
        )
    known = {name for (name,) in drill.rows("SELECT id FROM unit")}
    for unit in units.every(real):
        if unit.id not in known:
            unit.status, unit.status_us, unit.unusual, unit.version = "", 0, False, 1
            units.save(drill, unit)
            radio.report(drill, unit.id, "2", at_us=drill.now - 86_400 * SECOND, source="seed")
