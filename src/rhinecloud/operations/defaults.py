"""What a tenant starts with: the German radio status, a short list of incident types. All of it may be changed.

The digits are those of the scheme aligned nationwide in 2017; 7 to 9 differ by service and country, the words of a
city's own service desk count. Times within which a status is usual, and the targets, are starting points, no norm.
"""

from __future__ import annotations

from typing import Final

from rhinecloud.base.declare import Label

from .declare import IncidentType, Status, Target, UnitKind

_EDGES: Final = (
    *(("1", "2"), ("2", "1"), ("1", "3"), ("2", "3"), ("3", "4"), ("4", "7"), ("7", "8"), ("8", "1"), ("8", "2")),
    *(("3", "1"), ("4", "1"), ("3", "2"), ("4", "2"), ("4", "3"), ("*", "6"), ("6", "1"), ("6", "2")),
)


def _statuses(seven: Label, eight: Label) -> tuple[Status, ...]:
    return (
        Status(digit="1", label=Label(de="einsatzbereit über Funk", en="ready, by radio"), means="free"),
        Status(digit="2", label=Label(de="einsatzbereit auf Wache", en="ready at station"), means="free"),
        Status(
            digit="3",
            label=Label(de="Einsatz übernommen", en="job taken, on the way"),
            means="bound",
            step="under-way",
            warn_s=600,
            late_s=1200,
        ),
        Status(
            digit="4",
            label=Label(de="am Einsatzort", en="on scene"),
            means="bound",
            step="on-scene",
            warn_s=3600,
            late_s=7200,
        ),
        Status(digit="5", label=Label(de="Sprechwunsch", en="wants to speak"), means="call"),
        Status(digit="6", label=Label(de="nicht einsatzbereit", en="not ready"), means="out"),
        Status(digit="7", label=seven, means="bound"),
        Status(digit="8", label=eight, means="ask"),
        Status(
            digit="0",
            label=Label(de="priorisierter Sprechwunsch", en="priority speech request"),
            means="call",
            urgent=True,
        ),
    )


KINDS: Final = (
    UnitKind(
        id="fire",
        title=Label(de="Feuerwehr", en="Fire service"),
        statuses=_statuses(
            Label(de="gebunden", en="tied up"), Label(de="bedingt verfügbar", en="limited availability")
        ),
        edges=_EDGES,
    ),
    UnitKind(
        id="ambulance",
        title=Label(de="Rettungsdienst", en="Ambulance service"),
        statuses=_statuses(
            Label(de="Patient aufgenommen", en="patient aboard"), Label(de="am Ziel", en="at destination")
        ),
        edges=_EDGES,
    ),
    UnitKind(
        id="works",
        title=Label(de="Betriebsdienst", en="Works service"),
        statuses=_statuses(
            Label(de="gebunden", en="tied up"), Label(de="bedingt verfügbar", en="limited availability")
        ),
        edges=_EDGES,
    ),
)

_FAST: Final = (
    Target(start="reported", end="triaged", within_s=60),
    Target(start="reported", end="assigned", within_s=120),
    Target(start="reported", end="on-scene", within_s=570),
)
_CALM: Final = (
    Target(start="reported", end="triaged", within_s=900),
    Target(start="reported", end="assigned", within_s=3600),
    Target(start="reported", end="resolved", within_s=86_400),
)

TYPES: Final = (
    IncidentType(
        id="fire",
        title=Label(de="Brand", en="Fire"),
        severity="critical",
        urgency="immediate",
        targets=_FAST,
        accept_s=90,
    ),
    IncidentType(
        id="rescue",
        title=Label(de="Rettungsdienst", en="Ambulance"),
        severity="critical",
        urgency="immediate",
        targets=(*_FAST[:2], Target(start="reported", end="on-scene", within_s=480)),
        accept_s=90,
    ),
    IncidentType(
        id="hazmat",
        title=Label(de="Gefahrstoff", en="Hazardous material"),
        severity="critical",
        urgency="immediate",
        targets=_FAST,
        accept_s=90,
    ),
    IncidentType(
        id="flood",
        title=Label(de="Hochwasser", en="Flood"),
        severity="major",
        targets=(
            Target(start="reported", end="triaged", within_s=300),
            Target(start="reported", end="assigned", within_s=900),
        ),
    ),
    IncidentType(id="power", title=Label(de="Stromausfall", en="Power cut"), severity="major", targets=_CALM[:2]),
    IncidentType(id="traffic", title=Label(de="Verkehr", en="Traffic"), targets=_CALM),
    IncidentType(id="environment", title=Label(de="Umwelt", en="Environment"), targets=_CALM),
    IncidentType(id="infrastructure", title=Label(de="Infrastruktur", en="Infrastructure"), targets=_CALM),
    IncidentType(id="other", title=Label(de="Sonstiges", en="Other"), urgency="later", targets=_CALM),
)
