"""Status digits that units' devices send: they come in like any observation, and are reports of the radio here.

The device observes `radioStatus` of its entity; the unit is the one whose `entity` that is. Told with each commit of
the present, again where a commit is told again after a crash: the instant of observation makes it one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.errors import BadRequestData
from rhinecloud.base.model import Changes
from rhinecloud.operations import radio, units
from rhinecloud.operations.declare import By, Unit
from rhinecloud.operations.tables import FILE, Shelf

ATTRIBUTE: Final = "radioStatus"

log = telemetry.logger("operations")


class Digits:
    """Reads the changes of the present.

    Args:
        folder: DATA/tenants; a tenant without a command centre has no units.
        attribute: expanded name of `radioStatus`.
    """

    def __init__(self, folder: Path, attribute: str, shelf: Callable[[str], Shelf]) -> None:
        self._folder, self._attribute, self._shelf = folder, attribute, shelf
        self._last: dict[tuple[str, str], str] = {}

    async def read(self, changes: Changes) -> None:
        if self._attribute in changes.attr and (self._folder / changes.tenant / FILE).exists():
            await asyncio.to_thread(self._read, changes)

    def _read(self, changes: Changes) -> None:
        shelf = self._shelf(changes.tenant)
        by_entity = {u.entity: u for u in units.every(shelf) if u.entity}
        for at, name in enumerate(changes.attr):
            unit = by_entity.get(changes.entity[at]) if name == self._attribute else None
            digit = _digit(changes.body[at]) if unit is not None else ""
            if unit is None or not digit or self._said(changes.tenant, shelf, unit) == digit:
                continue  # nothing that was not known: devices say where they stand again and again
            sent_us = changes.observed_us[at] or changes.received_us[at]
            try:
                with shelf.work(By(f"unit:{unit.id}", unit.name, unit.agency)) as work:
                    key = f"context:{unit.id}:{sent_us}:{digit}"
                    radio.report(work, unit.id, digit, at_us=sent_us, source="radio", key=key)
            except BadRequestData as error:  # a digit that its status map does not have
                log.warning("status_refused", tenant=changes.tenant, unit=unit.id, detail=error.detail)
            self._last[changes.tenant, unit.id] = digit

    def _said(self, tenant: str, shelf: Shelf, unit: Unit) -> str:
        """What the device said last, whatever a person has reported since; before it has, what is known."""
        if (tenant, unit.id) not in self._last:
            last = "WHERE unit = ? AND source = 'radio' ORDER BY at_us DESC, id DESC LIMIT 1"
            rows = shelf.rows(f"SELECT digit FROM status_report {last}", unit.id)  # noqa: S608 - ours
            self._last[tenant, unit.id] = rows[0][0] if rows else unit.status
        return self._last[tenant, unit.id]


def _digit(body: bytes | None) -> str:
    try:
        value: Any = msgspec.json.decode(body or b"null")
    except msgspec.DecodeError:
        return ""
    given = value.get("value") if isinstance(value, dict) else None
    return str(given) if isinstance(given, str | int) and not isinstance(given, bool) and len(str(given)) <= 3 else ""
