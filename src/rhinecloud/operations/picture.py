"""The common picture: what is drawn on an incident's map, and everything that it was before.

Each agency draws on a layer of its own; all that take part see it, unless the agency keeps it for itself. Nothing is
lost: each change is a further version, taking away is one too, and the picture of any moment can be had. Who changes a
drawing names the version they saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from rhinecloud.base import geo
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound

from . import incidents, journal, signs
from .declare import Incident
from .drawings import KINDS, Drawing
from .seat import Seat
from .tables import Shelf, Work

__all__ = ["KINDS", "Draft", "Drawing", "PictureDesk", "new", "put", "standing"]

CHANGEABLE: Final = frozenset(("geometry", "label", "text", "sign", "section", "planned", "shared", "kind"))
MOST_POINTS: Final = 2_000
MOST: Final = 2_000
"""Drawings that stand at a time, an incident."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Drawing).decode


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody draws."""

    kind: str
    geometry: dict[str, Any]
    label: str = ""
    text: str = ""
    sign: str = ""
    section: str = ""
    planned: bool = False
    shared: bool = True


class PictureDesk:
    """The common picture as one person sees it and draws on it. Blocking, for the length of one commit."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    # ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def draw(self, incident_id: str, given: Draft) -> Drawing:
        """A new drawing on the layer of the agency that the person acts for.

        Raises: BadRequestData: it cannot be drawn so. What `Seat.opened` raises.
        """
        with self.seat.changing(incident_id) as (work, incident):
            return new(work, incident, given)

    def change(self, drawing_id: str, version: int, fields: Mapping[str, Any]) -> Drawing:
        """Moves or renames a drawing, or says more of it.

        Raises:
            Conflict: somebody changed it meanwhile; `now` is the drawing as it stands. BadRequestData. Forbidden: it
            lies on the layer of another agency.
        """
        if unknown := set(fields) - CHANGEABLE:
            raise BadRequestData(
                f"Of a drawing {', '.join(sorted(CHANGEABLE))} can be changed, not {sorted(unknown)[0]}"
            )
        with self.seat.shelf.work(self.seat.by) as work:
            old, incident = self._mine(work, drawing_id, version)
            if old.removed:
                raise Conflict("This drawing was taken away meanwhile", now=_shown(old))
            if all(getattr(old, name) == value for name, value in fields.items()):
                return old
            return _keep(work, incident, msgspec.structs.replace(old, **fields), "redrawn", was_shared=old.shared)

    def remove(self, drawing_id: str, version: int) -> Drawing:
        """Takes a drawing away; it stays in the past of the picture. Raises as `change`."""
        with self.seat.shelf.work(self.seat.by) as work:
            old, incident = self._mine(work, drawing_id, version)
            if old.removed:
                return old
            return _keep(work, incident, msgspec.structs.replace(old, removed=True), "taken-away")

    def restore(self, drawing_id: str, version: int, like: int) -> Drawing:
        """Makes a drawing as it was in an earlier version, also one that was taken away. Raises as `change`."""
        with self.seat.shelf.work(self.seat.by) as work:
            old, incident = self._mine(work, drawing_id, version)
            then = next((v for v in versions(work, drawing_id) if v.version == like), None)
            if then is None:
                raise ResourceNotFound(f"The drawing has no version {like}")
            fields = {name: getattr(then, name) for name in CHANGEABLE}
            return _keep(
                work, incident, msgspec.structs.replace(old, removed=False, **fields), "restored", was_shared=old.shared
            )

    def _mine(self, work: Work, drawing_id: str, version: int) -> tuple[Drawing, Incident]:
        row = work.row("SELECT body, incident FROM drawing WHERE id = ?", drawing_id)
        sees = self.seat.sees()
        if row is None or not _visible(old := _decode(row[0]), sees):
            raise ResourceNotFound(f"Drawing {drawing_id[:40]} does not exist")
        incident = self.seat.opened(work, old.incident, "incidents.manage")
        mine = self.seat.agencies("incidents.manage")
        if mine is not None and old.agency not in mine:
            raise Forbidden(f"This drawing lies on the layer of {old.agency or 'the city'}", action="incidents.manage")
        if version != old.version:
            raise Conflict(f"{old.name or old.by} changed this drawing in the meantime", now=_shown(old))
        return old, incident

    # ── seeing ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def drawings(self, incident_id: str, at_us: int | None = None) -> list[Drawing]:
        """What stands on the picture, now or at a moment, the oldest first."""
        incident, sees = self.seat.incident(incident_id), self.seat.sees()
        return [d for d in standing(self.seat.shelf, incident.id, at_us) if _visible(d, sees)]

    def drawing(self, drawing_id: str) -> Drawing:
        """Raises: ResourceNotFound."""
        rows = self.seat.shelf.rows("SELECT body FROM drawing WHERE id = ?", drawing_id)
        found = _decode(rows[0][0]) if rows else None
        if found is None or not _visible(found, self.seat.sees()):
            raise ResourceNotFound(f"Drawing {drawing_id[:40]} does not exist")
        self.seat.incident(found.incident)
        return found

    def versions(self, drawing_id: str) -> list[Drawing]:
        """All that a drawing was, the oldest first."""
        sees = self.seat.sees()
        self.drawing(drawing_id)
        return [v for v in versions(self.seat.shelf, drawing_id) if _visible(v, sees)]

    def history(self, incident_id: str) -> list[Drawing]:
        """Every version of every drawing of an incident, in the order of drawing: what a replay is made of."""
        incident, sees = self.seat.incident(incident_id), self.seat.sees()
        sql = "SELECT body FROM drawing_version WHERE incident = ? ORDER BY at_us, version LIMIT 20000"
        found = (_decode(body) for (body,) in self.seat.shelf.rows(sql, incident.id))
        return [d for d in found if _visible(d, sees)]


def standing(asked: Work | Shelf, incident_id: str, at_us: int | None = None) -> list[Drawing]:
    """What stands on an incident's picture for all layers; whoever asks sees to need-to-know."""
    if at_us is None:
        sql = "SELECT body FROM drawing WHERE incident = ? AND removed_us IS NULL ORDER BY id"
        return [_decode(body) for (body,) in asked.rows(sql, incident_id)]
    rows = asked.rows(
        "SELECT body, max(version) FROM drawing_version WHERE incident = ? AND at_us <= ?"
        " GROUP BY drawing ORDER BY drawing",
        *(incident_id, at_us),
    )
    return [d for d in (_decode(body) for body, _ in rows) if not d.removed]


def versions(asked: Work | Shelf, drawing_id: str) -> list[Drawing]:
    sql = "SELECT body FROM drawing_version WHERE drawing = ? ORDER BY version"
    return [_decode(body) for (body,) in asked.rows(sql, drawing_id)]


def _visible(drawing: Drawing, sees: frozenset[str] | None) -> bool:
    return drawing.shared or sees is None or drawing.agency in sees


def _shown(drawing: Drawing) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(drawing)
    return shown


def _keep(work: Work, incident: Incident, drawing: Drawing, what: str, *, was_shared: bool = False) -> Drawing:
    """Writes the next version of a drawing, its entry in the log and its news."""
    kept = msgspec.structs.replace(
        _checked(drawing, incident),
        version=drawing.version + 1,
        at_us=work.now,
        by=work.by.who,
        name=work.by.name,
    )
    removed = work.now if kept.removed else None
    body = _encode(kept)
    work.run(
        "INSERT OR REPLACE INTO drawing VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(kept.id, kept.incident, kept.agency, kept.version, kept.shared, removed, body),
    )
    work.run("INSERT INTO drawing_version VALUES (?, ?, ?, ?, ?)", kept.id, kept.version, kept.incident, work.now, body)
    readers = () if kept.shared else (kept.agency,)
    content = {"what": what, "by": work.by.name or work.by.who, "drawing": kept.id, "version": kept.version}
    said = {"kind": kept.kind, "label": _named(kept), "agency": kept.agency, "geometry": kept.geometry}
    if len(body) > 12_000:  # a long shape stays with the drawing; its version is named
        said.pop("geometry")
    journal.add(work, kept.incident, "automatic", content | said, readers=readers)
    told = () if was_shared else readers  # who saw it has to hear that it is gone
    work.tell(f"picture.{what}", kept.id, kept.incident, told, version=kept.version, agency=kept.agency)
    return kept


def _named(drawing: Drawing) -> str:
    if drawing.label:
        return drawing.label
    return (signs.label(drawing.sign) if drawing.kind == "sign" else KINDS[drawing.kind].label).de


def _checked(drawing: Drawing, incident: Incident) -> Drawing:
    """Raises: BadRequestData: it cannot be drawn so; the message says why."""
    kind = KINDS.get(drawing.kind)
    if kind is None:
        raise BadRequestData(f"Drawings are {', '.join(KINDS)}, not {drawing.kind[:40]!r}")
    shape = geo.check(drawing.geometry)["type"]
    if shape not in kind.shapes:
        raise BadRequestData(f"A {kind.label.en.lower()} is drawn as {' or '.join(kind.shapes)}, not as {shape}")
    if _points(drawing.geometry["coordinates"]) > MOST_POINTS:
        raise BadRequestData(f"A drawing has at most {MOST_POINTS} points")
    _check_shape(shape, drawing.geometry["coordinates"])
    if len(drawing.label) > 120 or len(drawing.text) > 2_000:
        raise BadRequestData("A drawing's label has at most 120 characters, its text 2,000")
    if drawing.kind == "note" and not drawing.label.strip():
        raise BadRequestData("A note needs its words")
    if drawing.kind == "sign" and not drawing.sign:
        raise BadRequestData("Choose the sign")
    if drawing.sign:
        signs.read(drawing.sign)
    if drawing.section and drawing.section not in {s.id for s in incident.sections}:
        raise BadRequestData(f"Incident {incident.number} has no section {drawing.section[:40]!r}")
    return msgspec.structs.replace(drawing, label=drawing.label.strip(), text=drawing.text.strip())


def _check_shape(shape: str, coordinates: Any) -> None:
    if shape == "LineString" and len({tuple(p) for p in coordinates}) < 2:
        raise BadRequestData("A line has at least two places")
    if shape == "Polygon":
        import shapely

        polygon = shapely.Polygon(coordinates[0], coordinates[1:])
        if not polygon.is_valid or not polygon.area:
            raise BadRequestData(f"The area is none: {shapely.is_valid_reason(polygon).split('[')[0].lower()}")


def _points(coordinates: Any) -> int:
    if coordinates and isinstance(coordinates[0], list):
        return sum(_points(c) for c in coordinates)
    return 1


# ── for others that draw: devices, links ─────────────────────────────────────────────────────────────────────────────


def new(work: Work, incident: Incident, given: Draft) -> Drawing:
    """A new drawing in an open transaction, on the layer of who acts. Raises: BadRequestData."""
    count = work.row("SELECT count(*) FROM drawing WHERE incident = ? AND removed_us IS NULL", incident.id)
    if count and count[0] >= MOST:
        raise BadRequestData(f"{MOST} drawings stand on this picture; take some away first")
    made = Drawing(
        id=incidents.new_id(work.now),
        incident=incident.id,
        version=0,
        agency=work.by.agency,
        made_us=work.now,
        made_by=work.by.who,
        **{name: getattr(given, name) for name in given.__struct_fields__},
    )
    return _keep(work, incident, made, "drawn")


def put(work: Work, body: bytes, fields: Mapping[str, Any]) -> Drawing | None:
    """Changes a drawing whatever its version is; None: it stays as it is."""
    old = _decode(body)
    changed = msgspec.structs.replace(old, **fields)
    if changed == old:
        return None
    what = "taken-away" if changed.removed else "restored" if old.removed else "redrawn"
    return _keep(work, incidents.get(work, old.incident), changed, what, was_shared=old.shared)
