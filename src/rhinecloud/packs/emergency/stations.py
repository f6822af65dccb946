"""Who is there: agencies, their stations, and the units that stand at them.

The agencies are those that a Rhine flood brings together in Duisburg. Seven fire stations, eleven ambulances at them,
and a few of everything else are about what is publicly told of such a city; positions are near a stop (VRR, CC BY 4.0),
call signs, crews and numbers are made up. A name is unique by its number: 3-1 is one unit.
"""

from __future__ import annotations

from typing import Final

from rhinecloud.kit import Label

Position = tuple[float, float]

FIRE, POLICE, ORDER, WORKS, TRANSPORT = "fire", "police", "order", "works", "transport"
UTILITY, PORT, RELIEF, WATER, STAFF = "utility", "port", "thw", "environment-office", "staff"

AGENCIES: Final = (
    (FIRE, Label(de="Feuerwehr und Rettungsdienst", en="Fire and ambulance service")),
    (POLICE, Label(de="Polizei", en="Police")),
    (ORDER, Label(de="Ordnungsamt", en="Public order office")),
    (WORKS, Label(de="Wirtschaftsbetriebe", en="Municipal services")),
    (TRANSPORT, Label(de="Verkehrsgesellschaft", en="Transport company")),
    (UTILITY, Label(de="Netzgesellschaft", en="Grid operator")),
    (PORT, Label(de="Hafen", en="Port")),
    (RELIEF, Label(de="Technisches Hilfswerk", en="Federal relief (THW)")),
    (WATER, Label(de="Umweltamt", en="Environment office")),
    (STAFF, Label(de="Krisenstab", en="Crisis staff")),
)

STATIONS: Final[dict[str, tuple[str, Position]]] = {
    "1": ("Feuerwache 1 Duissern", (6.7870, 51.4395)),
    "2": ("Feuerwache 2 Hochfeld", (6.7560, 51.4180)),
    "3": ("Feuerwache 3 Hamborn", (6.7684, 51.4905)),
    "4": ("Feuerwache 4 Walsum", (6.7429, 51.5262)),
    "5": ("Feuerwache 5 Homberg", (6.7030, 51.4505)),
    "6": ("Feuerwache 6 Rheinhausen", (6.7150, 51.4040)),
    "7": ("Feuerwache 7 Buchholz", (6.7700, 51.3800)),
    "21": ("Löschzug Homberg", (6.7066, 51.4498)),
    "22": ("Löschzug Baerl", (6.6731, 51.4950)),
    "23": ("Löschzug Mündelheim", (6.7011, 51.3627)),
    "31": ("Polizeiwache Mitte", (6.7660, 51.4316)),
    "32": ("Polizeiwache Hamborn", (6.7707, 51.4912)),
    "33": ("Polizeiwache Rheinhausen", (6.7201, 51.4103)),
    "34": ("Polizeiwache Ruhrort", (6.7347, 51.4558)),
    "41": ("Betriebshof Kaßlerfeld", (6.7490, 51.4420)),
    "42": ("Deichwacht Homberg", (6.6990, 51.4575)),
    "51": ("Ordnungsamt", (6.7619, 51.4345)),
    "61": ("Betriebshof Grunewald", (6.7720, 51.4160)),
    "71": ("Netzleitstelle Wanheim", (6.7530, 51.3920)),
    "81": ("Hafen Ruhrort", (6.7498, 51.4605)),
    "91": ("Ortsverband Neumühl", (6.7932, 51.4800)),
}

# number, kind of vehicle, crew, what it can do
_APPLIANCES: Final = (
    ("HLF", 6, ("HLF", "LF", "Rettung", "Pumpe")),
    ("DLK", 2, ("DLK",)),
    ("RTW", 2, ("RTW",)),
)

# station, number there, kind of vehicle, agency, kind of unit, crew, capabilities
Row = tuple[str, int, str, str, str, int, tuple[str, ...]]


def _fire_stations() -> tuple[Row, ...]:
    return tuple(
        (station, number, vehicle, FIRE, "ambulance" if vehicle == "RTW" else "fire", crew, able)
        for station in ("1", "2", "3", "4", "5", "6", "7")
        for number, (vehicle, crew, able) in enumerate(_APPLIANCES, start=1)
    )


UNITS: Final[tuple[Row, ...]] = (
    *_fire_stations(),
    ("1", 4, "RTW", FIRE, "ambulance", 2, ("RTW",)),
    ("3", 4, "RTW", FIRE, "ambulance", 2, ("RTW",)),
    ("6", 4, "RTW", FIRE, "ambulance", 2, ("RTW",)),
    ("7", 4, "RTW", FIRE, "ambulance", 2, ("RTW",)),
    ("1", 5, "NEF", FIRE, "ambulance", 2, ("NEF",)),
    ("3", 5, "NEF", FIRE, "ambulance", 2, ("NEF",)),
    ("6", 5, "NEF", FIRE, "ambulance", 2, ("NEF",)),
    ("1", 6, "ELW", FIRE, "fire", 2, ("ELW", "Führung")),
    ("3", 6, "ELW", FIRE, "fire", 2, ("ELW", "Führung")),
    ("1", 7, "RW", FIRE, "fire", 3, ("RW", "Rettung")),
    ("3", 7, "GW-Mess", FIRE, "fire", 3, ("GW-Mess", "Messen")),
    ("21", 1, "LF", FIRE, "fire", 9, ("LF", "Pumpe", "Sandsäcke")),
    ("22", 1, "LF", FIRE, "fire", 9, ("LF", "Pumpe", "Sandsäcke")),
    ("23", 1, "LF", FIRE, "fire", 9, ("LF", "Pumpe", "Sandsäcke")),
    ("31", 1, "FuStW", POLICE, "police", 2, ("Streife",)),
    ("31", 2, "FuStW", POLICE, "police", 2, ("Streife",)),
    ("32", 1, "FuStW", POLICE, "police", 2, ("Streife",)),
    ("33", 1, "FuStW", POLICE, "police", 2, ("Streife",)),
    ("34", 1, "FuStW", POLICE, "police", 2, ("Streife",)),
    ("41", 1, "Deich", WORKS, "works", 3, ("Deich", "Sperrtor", "Sandsäcke")),
    ("42", 1, "Deich", WORKS, "works", 3, ("Deich", "Sandsäcke")),
    ("41", 2, "Pumpe", WORKS, "works", 2, ("Pumpe",)),
    ("51", 1, "Ordnung", ORDER, "works", 2, ("Absperrung",)),
    ("51", 2, "Ordnung", ORDER, "works", 2, ("Absperrung",)),
    ("61", 1, "Verkehr", TRANSPORT, "works", 2, ("Verkehr", "Stadtbahn")),
    ("71", 1, "Strom", UTILITY, "works", 2, ("Strom",)),
    ("71", 2, "Gas", UTILITY, "works", 2, ("Gas",)),
    ("81", 1, "Hafen", PORT, "works", 2, ("Hafen",)),
    ("91", 1, "GKW", RELIEF, "works", 9, ("Rettung", "Sandsäcke", "Strom")),
    ("91", 2, "Pumpe", RELIEF, "works", 4, ("Pumpe",)),
)

HOSPITALS: Final[tuple[Position, ...]] = (
    (6.7845, 51.3983),
    (6.7602, 51.4166),
    (6.7523, 51.3645),
    (6.7684, 51.4810),
    (6.7180, 51.3990),
    (6.7090, 51.4530),
)
"""Where ambulances bring people: hospitals and places near one."""


def unit_id(station: str, number: int, vehicle: str) -> str:
    """ "hlf-3-1": of the unit, and of its device."""
    return f"{vehicle.lower()}-{station}-{number}"


def call_sign(station: str, number: int, vehicle: str) -> str:
    return f"{vehicle} {station}-{number}"
