"""The words of a report in both languages. A document is made of here, away from screens; so its words stand here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from rhinecloud.base.clock import SECOND
from rhinecloud.base.declare import Label


def _l(de: str, en: str) -> Label:
    return Label(de=de, en=en)


PARTS: Final = {
    "situation": _l("Lage", "Situation"),
    "damage": _l("Schaden, Gefahren", "Damage, dangers"),
    "persons": _l("Personen", "People"),
    "forces": _l("Eigene Kräfte", "Own forces"),
    "measures": _l("Maßnahmen und Aufträge", "Measures and orders"),
    "decisions": _l("Entscheidungen", "Decisions"),
    "open": _l("Offen", "Open"),
    "expected": _l("Erwartung", "Expected"),
    "remarks": _l("Bemerkungen", "Remarks"),
}
SAID: Final = {
    "report": _l("Lagebericht", "Situation report"),
    "exercise": _l("ÜBUNG", "EXERCISE"),
    "no": _l("Nr.", "No."),
    "incident": _l("Einsatz", "Incident"),
    "place": _l("Ort", "Place"),
    "state": _l("Stand", "State"),
    "since": _l("seit", "since"),
    "agencies": _l("Beteiligte", "Taking part"),
    "weather": _l("Wetter", "Weather"),
    "strength": _l("Stärke", "Strength"),
    "units": _l("Einheiten", "units"),
    "people": _l("Personen", "people"),
    "reserve": _l("ohne Abschnitt", "without a section"),
    "leader": _l("Leitung", "led by"),
    "missing": _l("fehlt", "missing"),
    "due": _l("bis", "due"),
    "late": _l("überfällig", "late"),
    "asked": _l("angefordert von", "asked for by"),
    "in": _l("in %s Std.", "in %s h"),
    "next": _l("Nächster Lagebericht", "Next report"),
    "author": _l("Verfasst und freigegeben", "Written and released by"),
    "log": _l("Einsatztagebuch", "Log"),
    "entries": _l("Einträge", "entries"),
    "page": _l("Seite", "Page"),
    "nothing": _l("Keine Angaben.", "Nothing reported."),
    "picture": _l("Lagebild", "The picture"),
    "planned": _l("geplant", "planned"),
    "map": _l(
        "Grundkarte: OpenStreetMap und Land NRW, vereinfacht",
        "Base map: OpenStreetMap and the state of NRW, simplified",
    ),
    "reasons": _l("Gründe", "Reasons"),
    "rests": _l("Zahlen am Rand: Nummern im Einsatztagebuch.", "Numbers at the edge: entries of the log."),
    "status": _l("Status", "status"),
    "none": _l("Keine Einheit zugewiesen.", "No unit assigned."),
    "task": _l("Aufgabe", "Task"),
}
STATES: Final = {
    "reported": _l("gemeldet", "reported"),
    "triaged": _l("beurteilt", "assessed"),
    "assigned": _l("Einheiten zugewiesen", "units assigned"),
    "under-way": _l("auf Anfahrt", "under way"),
    "on-scene": _l("vor Ort", "on scene"),
    "contained": _l("unter Kontrolle", "contained"),
    "resolved": _l("behoben", "resolved"),
    "closed": _l("abgeschlossen", "closed"),
    "reviewed": _l("nachbereitet", "reviewed"),
    "cancelled": _l("abgebrochen", "cancelled"),
    "duplicate": _l("Dublette", "duplicate"),
    "merged": _l("zusammengeführt", "merged"),
    "split": _l("aufgeteilt", "split"),
}
SEVERITY: Final = {
    "info": _l("Hinweis", "notice"),
    "minor": _l("gering", "minor"),
    "major": _l("erheblich", "major"),
    "critical": _l("kritisch", "critical"),
}
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def said(key: str, language: str) -> str:
    return SAID[key][language]


def time_group(us: int, zone: str) -> str:
    """`221043nov26`, as German staffs write a moment: day, time, month, year."""
    local = datetime.fromtimestamp(us / SECOND, UTC).astimezone(ZoneInfo(zone))
    return f"{local:%d%H%M}{_MONTHS[local.month - 1]}{local:%y}"


def moment(us: int, zone: str, language: str) -> str:
    local = datetime.fromtimestamp(us / SECOND, UTC).astimezone(ZoneInfo(zone))
    return f"{local:%d.%m.%Y, %H:%M}" if language == "de" else f"{local:%d/%m/%Y, %H:%M}"


def clock(us: int, zone: str, now: int) -> str:
    """The time of day; with the day where it is another than now's."""
    local, today = (datetime.fromtimestamp(u / SECOND, UTC).astimezone(ZoneInfo(zone)) for u in (us, now))
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%d.%m. %H:%M}"
