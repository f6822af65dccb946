"""The names that German and English sources give to what we know: small letters and digits, umlauts spelt out.

Taken from the open data of cities, operators and authorities; a source that names things otherwise is added here.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Sought(NamedTuple):
    """An attribute, the names it goes by, whether it has the record's time, whether it is a figure."""

    attribute: str
    names: tuple[str, ...]
    measured: bool
    numeric: bool


def _sought(text: str) -> tuple[Sought, ...]:
    rows = (line.split("|") for line in text.strip().splitlines())
    return tuple(Sought(a.strip(), tuple(n.split()), "measured" in how, "figure" in how) for a, how, n in rows)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NAMES: Final = _words("""
    name title titel bez bezeichnung publicname parkhausname parkhaus placename lotname stationname longname anzeigename
""")
KEYS: Final = _words("""
    placeid uid gid id identifier uuid logicalunitid pegelnummer number nummer stationid objectid kennung code dcode
""")
TIMES: Final = _words("""
    observedat timestamp datum datetime zeitpunkt zeit time date messzeitpunkt updated realtimedataupdatedat bplszeit
    standfreieparkplaetze stand lastupdated lastupdate latestwaterleveldatum
""")
PATTERNS: Final = (
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%Y-%m-%d-%H.%M.%S.%f",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d.%m.%y %H:%M",
)
"""How times are written where they are not ISO 8601 (strptime)."""

PARKING: Final = _sought("""
availableSpotNumber  | measured figure | free frei freieparkplaetze availablespotnumber realfcap realtimefreecapacity \
countfreelogicalboxes bplsrest freieplaetze available freespaces
occupiedSpotNumber   | measured figure | occupied belegt occupiedspotnumber
totalSpotNumber      | figure | total totalspotnumber capacity kapazitaet gesamteparkplaetze numall parkings maxcap \
countlogicalboxes stellplaetze anzahlstellplaetze plaetze
maximumAllowedHeight | figure | einfahrtshoehe maxdurchfahrtshoehe maxhei maxheight maximumallowedheight
disabledSpotNumber   | figure | capacityd capacitydisabled behinderte behindertenparkplaetze behindertenstellplaetze
womenSpotNumber      | figure | capacityw capacitywomen capacitywoman frauen
chargingSpotNumber   | figure | capacityc capacitycharging ladeplaetze
feeDescription       | | feedescr feedescription gebuehren tarif tarife
website              | | publicurl placeurl
status               | measured | status bplsstatus openings realtimeopeningstatus state
openingHours         | | openingh openinghours oeffnungszeiten tarifeoeffnungszeiten
provider             | | operator operatorname betreibername betreiber provider
description          | | description descript beschreibung bemerkung
parkingType          | | type typ art parkingtype
""")
WATER: Final = _sought("""
level     | measured figure | waterlevel wasserstand pegel level latestwaterlevelwert height
flow      | measured figure | flow abfluss discharge latestdischargewert
waterBody | | fluss gewaesser river waterbody
""")
SOUGHT: Final = {"OffStreetParking": PARKING, "ParkingSpot": PARKING, "WaterObserved": WATER}

STATUS: Final[dict[str, Any]] = {
    "FREI": "spacesAvailable",
    "BELEGT": "full",
    "besetzt": "full",
    "OFFEN": "open",
    "OPEN": "open",
    "offen": "open",
    "ja": "open",
    "GESCHLOSSEN": "closed",
    "CLOSED": "closed",
    "geschlossen": "closed",
    "nein": "closed",
    "UNKNOWN": None,
}
"""Words for the state of a car park → the model's; None says nothing."""


def names_of(table: tuple[Sought, ...], attribute: str) -> tuple[str, ...]:
    return next(sought.names for sought in table if sought.attribute == attribute)
