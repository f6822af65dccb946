"""What can be drawn on the common picture, as values: the kinds of drawing and a drawing itself."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base.declare import Label

POINT: Final = "Point"
LINE: Final = "LineString"
AREA: Final = "Polygon"


class DrawingKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind: which shapes it takes, and the tactical sign that stands for it where none is chosen."""

    id: str
    label: Label
    shapes: tuple[str, ...]
    sign: str = ""


KINDS: Final[dict[str, DrawingKind]] = {
    kind.id: kind
    for kind in (
        DrawingKind(id="sign", label=Label(de="Taktisches Zeichen", en="Tactical sign"), shapes=(POINT,)),
        DrawingKind(id="note", label=Label(de="Beschriftung", en="Note"), shapes=(POINT,)),
        DrawingKind(id="hazard", label=Label(de="Gefahrenbereich", en="Hazard area"), shapes=(AREA,), sign="danger"),
        DrawingKind(id="damage", label=Label(de="Schadensgebiet", en="Damage area"), shapes=(AREA,)),
        DrawingKind(id="section", label=Label(de="Einsatzabschnitt", en="Section"), shapes=(AREA,)),
        DrawingKind(
            id="evacuation", label=Label(de="Räumungsgebiet", en="Evacuation area"), shapes=(AREA,), sign="evacuation"
        ),
        DrawingKind(
            id="staging",
            label=Label(de="Bereitstellungsraum", en="Staging area"),
            shapes=(AREA, POINT),
            sign="staging-area",
        ),
        DrawingKind(
            id="collection",
            label=Label(de="Sammelstelle", en="Collection point"),
            shapes=(POINT, AREA),
            sign="collection-point",
        ),
        DrawingKind(id="cordon", label=Label(de="Absperrung", en="Cordon"), shapes=(LINE, AREA), sign="road-block"),
        DrawingKind(id="route", label=Label(de="Weg", en="Route"), shapes=(LINE,)),
        DrawingKind(id="dike", label=Label(de="Damm, Sandsackwall", en="Dike, sandbag wall"), shapes=(LINE,)),
        DrawingKind(
            id="hose", label=Label(de="Schlauch- oder Versorgungsleitung", en="Hose or supply line"), shapes=(LINE,)
        ),
        DrawingKind(id="area", label=Label(de="Gebiet", en="Area"), shapes=(AREA,)),
    )
}


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """One drawing as it stands, or as it stood in one of its versions.

    It lies on the layer of `agency`; who does not share it keeps it for that agency. `planned` is drawn greyed: not
    there yet, or only suspected.
    """

    id: str
    incident: str
    version: int
    agency: str
    kind: str
    geometry: dict[str, Any]  # GeoJSON Point, LineString or Polygon
    label: str = ""
    text: str = ""
    sign: str = ""  # a sign's key, see `signs`
    section: str = ""  # Einsatzabschnitt that it belongs to
    planned: bool = False
    shared: bool = True
    made_us: int = 0
    made_by: str = ""
    at_us: int = 0  # of this version
    by: str = ""  # who made this version
    name: str = ""  # their name, as people read it
    removed: bool = False
