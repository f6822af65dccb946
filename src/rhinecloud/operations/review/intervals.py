"""The intervals that are measured, with the names that German fire services and NFPA have for them.

Source: AGBF, Qualitätskriterien für die Bedarfsplanung (Hilfsfrist); NFPA 1225 and 1710.
"""

from __future__ import annotations

from typing import Final

from rhinecloud.base.declare import Label

from .declare import Interval

INTERVALS: Final[dict[str, Interval]] = {
    i.id: i
    for i in (
        Interval(
            id="answer",
            label=Label(de="Annahme des Notrufs", en="Answering"),
            text=Label(de="Klingeln bis Annahme", en="ring to answer"),
            standard="alarm answering",
        ),
        Interval(
            id="decide",
            label=Label(de="Gesprächs- und Dispositionszeit", en="Call handling and dispatch"),
            text=Label(de="Meldung bis erste Alarmierung", en="report to first unit alerted"),
            standard="alarm processing",
        ),
        Interval(
            id="accept",
            label=Label(de="Annahme des Einsatzes", en="Acceptance"),
            text=Label(de="Alarmierung bis Antwort der Einheit", en="alerted to the unit's answer"),
            of_unit=True,
        ),
        Interval(
            id="turnout",
            label=Label(de="Ausrückezeit", en="Turnout time"),
            text=Label(de="Alarmierung bis Status 3", en="alerted to status 3"),
            standard="turnout time",
            of_unit=True,
        ),
        Interval(
            id="travel",
            label=Label(de="Anfahrtszeit", en="Travel time"),
            text=Label(de="Status 3 bis Status 4", en="status 3 to status 4"),
            standard="travel time",
            of_unit=True,
        ),
        Interval(
            id="reach",
            label=Label(de="Hilfsfrist, Eintreffzeit", en="Total response time"),
            text=Label(de="Meldung bis erste Einheit vor Ort", en="report to first unit on scene"),
            standard="total response time",
        ),
        Interval(
            id="reach-10",
            label=Label(de="Eintreffen von 10 Einsatzkräften", en="Ten people on scene"),
            text=Label(de="Meldung bis 10 Einsatzkräfte vor Ort", en="report to ten people on scene"),
            persons=10,
        ),
        Interval(
            id="reach-16",
            label=Label(de="Eintreffen von 16 Einsatzkräften", en="Sixteen people on scene"),
            text=Label(de="Meldung bis 16 Einsatzkräfte vor Ort", en="report to sixteen people on scene"),
            persons=16,
        ),
        Interval(
            id="act",
            label=Label(de="Erkundungs- und Entwicklungszeit", en="Time to first measure"),
            text=Label(de="erste Einheit vor Ort bis erste Maßnahme", en="first unit on scene to first measure"),
            standard="initiating action",
        ),
        Interval(
            id="bound",
            label=Label(de="Bindezeit", en="Committed time"),
            text=Label(de="Alarmierung bis wieder frei", en="alerted to free again"),
            of_unit=True,
        ),
    )
}
"""In the order in which an incident goes through them."""

STRENGTHS: Final[dict[str, dict[int, float]]] = {"fire": {10: 570.0, 16: 870.0}}
"""By type of incident: within how many seconds so many people shall be there. Source: AGBF (9:30 and 14:30 min)."""
ON_TARGETS: Final = {"decide": "assigned", "reach": "on-scene"}
"""Which of the targets of an incident's type (from reported on) an interval is held against."""
