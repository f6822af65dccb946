"""Units as they are kept. Their status is `radio`'s, what they are assigned to is `assignments`'."""

from __future__ import annotations

from typing import Final

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound

from . import things, versions
from .declare import Position, Unit, UnitKind
from .tables import Shelf, Work

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Unit).decode
_COLUMNS: Final = "body, status, status_us, unusual, version"


def save(work: Work, unit: Unit) -> Unit:
    """Keeps a unit: a new one with version 1, a known one as the next version. Its status is not touched.

    Raises:
        BadRequestData. Conflict: it is of another version by now. ResourceNotFound: there is no such kind.
    """
    if not unit.id.strip() or not unit.name.strip() or not unit.agency:
        raise BadRequestData("A unit needs an id, a call sign and an agency")
    things.get(work, UnitKind, unit.kind)
    row = work.row("SELECT version FROM unit WHERE id = ?", unit.id)
    if row is not None and row[0] != unit.version:
        raise Conflict(f"Unit {unit.name} is of version {row[0]} by now, not {unit.version}", version=row[0])
    kept = msgspec.structs.replace(unit, version=1 if row is None else row[0] + 1)
    if row is None:
        work.run("INSERT INTO unit VALUES (?, ?, 1, '', 0, 0, ?)", kept.id, kept.agency, _encode(kept))
    else:
        _write(work, kept)
    versions.keep(work, "unit", kept.id, kept.version, _encode(kept))
    work.tell("unit.saved", kept.id, agencies=(kept.agency,))
    return get(work, kept.id)


def place(work: Work, unit_id: str, position: Position, at_us: int) -> None:
    """Where a unit without an entity of its own is, told by hand; an older place never replaces a newer one."""
    unit = get(work, unit_id)
    if unit.position_us is None or unit.position_us <= at_us:
        _write(work, msgspec.structs.replace(unit, position=position, position_us=at_us))
        work.tell("unit.placed", unit.id, agencies=(unit.agency,))


def _write(work: Work, unit: Unit) -> None:
    work.run(
        "UPDATE unit SET agency = ?, version = ?, body = ? WHERE id = ?",
        *(unit.agency, unit.version, _encode(unit), unit.id),
    )


def get(asked: Work | Shelf, unit_id: str) -> Unit:
    """Raises: ResourceNotFound."""
    rows = asked.rows(f"SELECT {_COLUMNS} FROM unit WHERE id = ?", unit_id)  # noqa: S608 - ours
    if not rows:
        raise ResourceNotFound(f"Unit {unit_id[:40]} does not exist")
    return _unit(*rows[0])


def every(asked: Work | Shelf, sees: frozenset[str] | None = None, *, retired: bool = False) -> list[Unit]:
    """All units in service, by call sign; with `sees` those of these agencies, and those at work in incidents that they
    share; with `retired` those out of service too."""
    units = [_unit(*row) for row in asked.rows(f"SELECT {_COLUMNS} FROM unit")]  # noqa: S608 - ours
    units = [u for u in units if retired or not u.retired]
    if sees is not None:
        shared = "SELECT a.unit, p.agency FROM assignment a JOIN participant p USING (incident) WHERE closed_us IS NULL"
        known = {unit for unit, agency in asked.rows(shared) if agency in sees}
        units = [u for u in units if u.agency in sees or u.id in known]
    return sorted(units, key=lambda u: (u.name, u.id))


def _unit(body: bytes, status: str, status_us: int, unusual: int, version: int) -> Unit:
    unit = _decode(body)
    unit.status, unit.status_us, unit.unusual, unit.version = status, status_us, bool(unusual), version
    return unit
