"""What this pack publishes and answers. What renders it is loaded when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rhinecloud.kit import Endpoint, Label, Parameter, Publication

from .models import CAR_PARK, SPOT, STREET

Entity = Mapping[str, Any]
_XML: Final = "application/xml"
_SITES: Final = (CAR_PARK.name, STREET.name)
LICENCE: Final = "DL-DE-Zero-2.0"


def _table(entities: Iterable[Entity]) -> bytes:
    from .datex2.writing import table

    return table(entities)


def _status(entities: Iterable[Entity]) -> bytes:
    from .datex2.writing import status

    return status(entities)


def _record_table(entities: Iterable[Entity]) -> bytes:
    from .datex2.writing_records import table

    return table(entities)


def _record_status(entities: Iterable[Entity]) -> bytes:
    from .datex2.writing_records import status

    return status(entities)


def _lots(entities: Iterable[Entity]) -> bytes:
    from .parkapi_out import lots

    return lots(entities)


def _sites(entities: Iterable[Entity]) -> bytes:
    from .parkapi_out import sites

    return sites(entities)


def _guide(entities: Sequence[Entity], given: Mapping[str, Any], now_us: int) -> Any:
    from .guidance import Wish, guide

    return guide(entities, Wish(**given), now_us)


def _said(name: str, path: str, media: str, label: tuple[str, str], types: tuple[str, ...], render: Any) -> Publication:
    return Publication(
        id=f"parking.{name}",
        label=Label(*label),
        media_type=media,
        path=f"parking/{path}",
        types=types,
        render=render,
        licence=LICENCE,
    )


PUBLICATIONS: Final = (
    _said(
        "datex2-table",
        "datex2-v3/table.xml",
        _XML,
        ("DATEX II v3.3+: Parkhäuser, Stammdaten", "DATEX II v3.3+: car parks, static"),
        (*_SITES, SPOT.name),
        _table,
    ),
    _said(
        "datex2-status",
        "datex2-v3/status.xml",
        _XML,
        ("DATEX II v3.3+: Parkhäuser, Belegung", "DATEX II v3.3+: car parks, occupancy"),
        (*_SITES, SPOT.name),
        _status,
    ),
    _said(
        "datex2-record-table",
        "datex2-v3.1/table.xml",
        _XML,
        ("DATEX II v3.0 bis v3.2: Parkhäuser, Stammdaten", "DATEX II v3.0 to v3.2: car parks, static"),
        _SITES,
        _record_table,
    ),
    _said(
        "datex2-record-status",
        "datex2-v3.1/status.xml",
        _XML,
        ("DATEX II v3.0 bis v3.2: Parkhäuser, Belegung", "DATEX II v3.0 to v3.2: car parks, occupancy"),
        _SITES,
        _record_status,
    ),
    _said(
        "parkapi-v1",
        "parkapi-v1.json",
        "application/json",
        ("ParkAPI v1: Parkhäuser und Belegung", "ParkAPI v1: car parks and occupancy"),
        _SITES,
        _lots,
    ),
    _said(
        "parkapi-v3",
        "parkapi-v3.json",
        "application/json",
        ("ParkAPI v3: Parkhäuser und Belegung", "ParkAPI v3: car parks and occupancy"),
        _SITES,
        _sites,
    ),
)


def _degrees(name: str, de: str, en: str, limit: float, *, required: bool = False) -> Parameter:
    return Parameter(name=name, label=Label(de, en), minimum=-limit, maximum=limit, required=required)


ENDPOINTS: Final = (
    Endpoint(
        id="parking.guidance",
        label=Label(de="Wo parken? Die nächsten Parkhäuser mit Platz", en="Where to park: nearest car parks with room"),
        path="parking/guidance",
        types=_SITES,
        parameters=(
            _degrees("lon", "Ziel: Länge", "Destination: longitude", 180, required=True),
            _degrees("lat", "Ziel: Breite", "Destination: latitude", 90, required=True),
            _degrees("from_lon", "Start: Länge", "Start: longitude", 180),
            _degrees("from_lat", "Start: Breite", "Start: latitude", 90),
            Parameter(
                name="arrive_in_min",
                label=Label("Minuten bis zur Ankunft, ohne Start", "Minutes until arrival, without a start"),
                minimum=0,
                maximum=1440,
            ),
            Parameter(
                name="stay_min",
                label=Label("Minuten des Aufenthalts", "Minutes of the stay"),
                minimum=1,
                maximum=20_160,
            ),
            Parameter(
                name="height_m",
                label=Label("Höhe des Fahrzeugs, Meter", "Height of the vehicle, metres"),
                minimum=0,
                maximum=5,
            ),
            Parameter(
                name="disabled",
                label=Label("Braucht einen Behindertenparkplatz", "Needs a place for disabled persons"),
                kind="boolean",
            ),
            Parameter(name="charging", label=Label("Braucht eine Ladesäule", "Needs a charging point"), kind="boolean"),
            Parameter(
                name="max_walk_m",
                label=Label("Weitester Fußweg, Meter", "Longest walk, metres"),
                minimum=0,
                maximum=20_000,
            ),
            Parameter(
                name="limit",
                label=Label("So viele Vorschläge", "So many suggestions"),
                kind="integer",
                minimum=1,
                maximum=50,
            ),
        ),
        answer=_guide,
    ),
)
