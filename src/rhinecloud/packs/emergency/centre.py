"""The demo city's command centre as it begins: who is responsible for what, the units, and the Rhine between them."""

from __future__ import annotations

from typing import Final

from rhinecloud.kit import (
    Agency,
    Barrier,
    Centre,
    Crossing,
    IncidentType,
    Label,
    RadioStatus,
    Responsibility,
    ServiceUnit,
    Target,
    UnitKind,
    Zone,
)

from .everyday import EVERYDAY
from .models import VEHICLE
from .stations import (
    AGENCIES,
    FIRE,
    ORDER,
    POLICE,
    PORT,
    RELIEF,
    STAFF,
    STATIONS,
    TRANSPORT,
    UNITS,
    UTILITY,
    WATER,
    WORKS,
    call_sign,
    unit_id,
)

_RESPONSIBLE: Final[dict[str, tuple[str, ...]]] = {
    FIRE: ("fire", "rescue", "hazmat", "flood", "technical"),
    POLICE: ("traffic", "crowd", "flood", "fire"),
    ORDER: ("crowd", "flood", "environment"),
    WORKS: ("flood", "infrastructure", "environment"),
    TRANSPORT: ("traffic", "flood"),
    UTILITY: ("power",),
    PORT: ("hazmat", "flood"),
    RELIEF: ("flood", "power"),
    WATER: ("flood", "environment", "hazmat"),
    STAFF: ("flood",),
}

POLICE_KIND: Final = UnitKind(
    id="police",
    title=Label(de="Polizei", en="Police"),
    statuses=(
        RadioStatus(digit="1", label=Label(de="frei, über Funk", en="free, by radio"), means="free"),
        RadioStatus(digit="2", label=Label(de="frei, auf Wache", en="free, at station"), means="free"),
        RadioStatus(
            digit="3",
            label=Label(de="Auftrag übernommen", en="job taken, on the way"),
            means="bound",
            step="under-way",
            warn_s=900,
            late_s=1800,
        ),
        RadioStatus(
            digit="4",
            label=Label(de="am Einsatzort", en="on scene"),
            means="bound",
            step="on-scene",
            warn_s=3600,
            late_s=7200,
        ),
        RadioStatus(digit="5", label=Label(de="Sprechwunsch", en="wants to speak"), means="call"),
        RadioStatus(digit="6", label=Label(de="nicht einsatzbereit", en="not ready"), means="out"),
        RadioStatus(digit="7", label=Label(de="gebunden", en="tied up"), means="bound"),
        RadioStatus(digit="8", label=Label(de="bedingt verfügbar", en="limited availability"), means="ask"),
        RadioStatus(
            digit="0",
            label=Label(de="priorisierter Sprechwunsch", en="priority speech request"),
            means="call",
            urgent=True,
        ),
    ),
    edges=(
        *(("1", "2"), ("2", "1"), ("1", "3"), ("2", "3"), ("3", "4"), ("4", "3"), ("4", "7"), ("7", "1")),
        *(("3", "1"), ("4", "1"), ("3", "2"), ("4", "2"), ("*", "6"), ("6", "1"), ("6", "2")),
    ),
)

TYPES: Final = (
    IncidentType(
        id="flood",
        title=Label(de="Hochwasser", en="Flood"),
        severity="major",
        agencies=(FIRE, WORKS, ORDER, POLICE),
        playbooks=("environment.flood",),
        targets=(
            Target(start="reported", end="triaged", within_s=300),
            Target(start="reported", end="assigned", within_s=900),
        ),
    ),
    IncidentType(
        id="technical",
        title=Label(de="Technische Hilfe", en="Technical rescue"),
        severity="major",
        urgency="immediate",
        agencies=(FIRE,),
        targets=(
            Target(start="reported", end="triaged", within_s=60),
            Target(start="reported", end="assigned", within_s=120),
            Target(start="reported", end="on-scene", within_s=570),
        ),
        accept_s=90,
    ),
    IncidentType(
        id="crowd",
        title=Label(de="Großveranstaltung", en="Crowd"),
        severity="major",
        agencies=(POLICE, ORDER),
        targets=(Target(start="reported", end="triaged", within_s=300),),
    ),
)

RHINE: Final = Barrier(
    id="rhine",
    name="Rhein",
    line=(
        *((6.5869, 51.6200), (6.5975, 51.5947), (6.6027, 51.5704), (6.6170, 51.5671), (6.6529, 51.5772)),
        *((6.6787, 51.5748), (6.6875, 51.5638), (6.6770, 51.5441), (6.6772, 51.5368), (6.6859, 51.5300)),
        *((6.7135, 51.5183), (6.7245, 51.5084), (6.7195, 51.4991), (6.6877, 51.4884), (6.6817, 51.4841)),
        *((6.6828, 51.4772), (6.6891, 51.4733), (6.7147, 51.4679), (6.7229, 51.4606), (6.7228, 51.4536)),
        *((6.7146, 51.4461), (6.7122, 51.4391), (6.7184, 51.4300), (6.7416, 51.4111), (6.7440, 51.3965)),
        *((6.7366, 51.3882), (6.7170, 51.3773), (6.7063, 51.3739), (6.6693, 51.3683), (6.6589, 51.3640)),
        *((6.6545, 51.3582), (6.6549, 51.3546), (6.6599, 51.3492), (6.7033, 51.3376), (6.7270, 51.3265)),
        *((6.7345, 51.3141), (6.7287, 51.3000)),
    ),
    crossings=(
        Crossing("A 42 Rheinbrücke Baerl", (6.6842, 51.4859)),
        Crossing("Friedrich-Ebert-Brücke", (6.7228, 51.4546)),
        Crossing("A 40 Rheinbrücke Neuenkamp", (6.7127, 51.4404)),
        Crossing("Brücke der Solidarität", (6.7378, 51.4141)),
        Crossing("B 288 Rheinbrücke Uerdingen", (6.6584, 51.3508)),
    ),
)

ZONES: Final = tuple(
    Zone(id=name.lower(), name=name, position=position, weight=weight)
    for name, position, weight in (
        ("Walsum", (6.7400, 51.5300), 18.0),
        ("Hamborn", (6.7650, 51.4950), 30.0),
        ("Meiderich", (6.7800, 51.4690), 28.0),
        ("Homberg", (6.7000, 51.4550), 15.0),
        ("Ruhrort", (6.7347, 51.4558), 6.0),
        ("Mitte", (6.7660, 51.4330), 42.0),
        ("Rheinhausen", (6.7150, 51.4050), 26.0),
        ("Süd", (6.7700, 51.3750), 24.0),
    )
)

CENTRE: Final = Centre(
    id="emergency",
    agencies=tuple(
        Agency(id=name, title=title, responsible=(Responsibility(types=_RESPONSIBLE[name]),))
        for name, title in AGENCIES
    ),
    kinds=(POLICE_KIND,),
    types=TYPES,
    units=tuple(
        ServiceUnit(
            id=unit_id(station, number, vehicle),
            name=call_sign(station, number, vehicle),
            kind=kind,
            agency=agency,
            capabilities=able,
            crew=crew,
            entity=f"urn:ngsi-ld:{VEHICLE.name}:{unit_id(station, number, vehicle)}",
            station=STATIONS[station][1],
        )
        for station, number, vehicle, agency, kind, crew, able in UNITS
    ),
    barriers=(RHINE,),
    zones=ZONES,
    everyday=EVERYDAY,
)
