"""Posts that are manned by the clock, who mans them when, and the functions of the two staffs.

North Rhine-Westphalia runs an Einsatzleitung (tactical, S1 to S6) and a Krisenstab (administrative) side by side, never
merged and joined by liaison persons. Both are only data here: a city may name its functions as it likes.
Source: FwDV 100; Runderlass Krisenstäbe NRW 26.09.2016.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from rhinecloud.base.declare import Label

Staff = Literal["command", "crisis"]
STAFFS: Final[dict[Staff, Label]] = {
    "command": Label(de="Einsatzleitung", en="Operations staff"),
    "crisis": Label(de="Krisenstab", en="Crisis staff"),
}


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is on duty as: at work in shifts, or to be reached on call."""

    id: str
    title: Label
    agency: str
    kind: Literal["shift", "on-call"] = "shift"
    changes: tuple[int, ...] = ()  # handover, minutes since midnight
    needed: bool = True  # nobody there is a gap
    calls: int = 0  # told as the n-th when an alarm stays unanswered; 0: never
    version: int = 1


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """One person on one post from one moment to another."""

    id: int
    post: str
    agency: str
    name: str
    start_us: int
    end_us: int
    person: str = ""  # `Principal.source`, where they have an account
    reach: tuple[str, ...] = ()  # "0170 …", "name@city.example": in the order in which to try
    note: str = ""
    version: int = 1


class StaffFunction(msgspec.Struct, frozen=True, kw_only=True):
    """A function in a staff that people take for an incident; the same person may have several."""

    id: str  # "command.s2"
    staff: Staff
    code: str  # "S2"
    title: Label
    text: Label = Label(de="", en="")
    order: int = 0
    many: bool = False  # several persons at once: liaison, advisers
    version: int = 1


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who has a function in an incident, or had it."""

    id: int
    incident: str
    function: str
    person: str
    name: str
    agency: str
    reach: str
    since_us: int
    until_us: int | None
    by: str


class Convened(msgspec.Struct, frozen=True, kw_only=True):
    """A staff that was called together for an incident."""

    id: int
    incident: str
    staff: Staff
    reason: str
    since_us: int
    until_us: int | None
    by: str


def _function(
    staff: Staff, code: str, order: int, de: str, en: str, text: tuple[str, str], *, many: bool = False
) -> StaffFunction:
    return StaffFunction(
        id=f"{staff}.{code.lower().replace(' ', '-')}",
        staff=staff,
        code=code,
        title=Label(de=de, en=en),
        text=Label(de=text[0], en=text[1]),
        order=order,
        many=many,
    )


FUNCTIONS: Final = (
    _function(
        "command", "EL", 0, "Einsatzleiter", "Incident commander", ("Führt den Einsatz", "Commands the operation")
    ),
    _function(
        "command",
        "LdS",
        1,
        "Leiter des Stabes",
        "Chief of staff",
        ("Führt den Stab, gibt Lageberichte frei", "Leads the staff, releases situation reports"),
    ),
    _function(
        "command",
        "S1",
        2,
        "Personal, innerer Dienst",
        "Personnel",
        ("Kräfte, Stärke, Ablösung", "People, strength, relief"),
    ),
    _function(
        "command",
        "S2",
        3,
        "Lage",
        "Situation",
        ("Lagebild, Lagekarte, Einsatztagebuch, Lageberichte", "Picture, map, log, situation reports"),
    ),
    _function(
        "command",
        "S3",
        4,
        "Einsatz",
        "Operations",
        ("Befehle, Abschnitte, Prioritäten", "Orders, sections, priorities"),
    ),
    _function(
        "command", "S4", 5, "Versorgung", "Supply", ("Verpflegung, Kraftstoff, Material", "Food, fuel, material")
    ),
    _function(
        "command",
        "S5",
        6,
        "Presse, Medien",
        "Press and media",
        ("Warnungen und Öffentlichkeit", "Warnings and the public"),
    ),
    _function(
        "command",
        "S6",
        7,
        "Information, Kommunikation",
        "Communications",
        ("Funk, Daten, Strom des Stabes", "Radio, data, power of the staff"),
    ),
    _function(
        "command",
        "Sichter",
        8,
        "Sichter",
        "Message officer",
        ("Verteilt eingehende Nachrichten", "Distributes incoming messages"),
    ),
    _function(
        "command",
        "FB",
        9,
        "Fachberater",
        "Technical adviser",
        ("Berät aus seinem Fach", "Advises from their field"),
        many=True,
    ),
    _function(
        "command",
        "VP",
        10,
        "Verbindungsperson",
        "Liaison",
        ("Verbindung zu Behörde oder Krisenstab", "Link to an agency or the crisis staff"),
        many=True,
    ),
    _function(
        "crisis",
        "LKS",
        0,
        "Leiter des Krisenstabes",
        "Head of the crisis staff",
        (
            "Leitet im Auftrag der politisch Gesamtverantwortlichen",
            "Leads for those with overall political responsibility",
        ),
    ),
    _function(
        "crisis",
        "KGS",
        1,
        "Koordinierungsgruppe",
        "Coordinating group",
        ("Geschäftsstelle des Krisenstabes", "Office of the crisis staff"),
    ),
    _function(
        "crisis",
        "SMS",
        2,
        "Ständige Mitglieder",
        "Standing members",
        ("Ordnung, Umwelt, Gesundheit, Soziales …", "Public order, environment, health, social affairs …"),
        many=True,
    ),
    _function(
        "crisis",
        "EMS",
        3,
        "Ereignisspezifische Mitglieder",
        "Event members",
        ("Versorger, Polizei, Hafen …", "Utilities, police, port …"),
        many=True,
    ),
    _function(
        "crisis",
        "BuMA",
        4,
        "Bevölkerungsinformation und Medien",
        "Citizens and media",
        ("Information der Bevölkerung, Medienarbeit", "Informs the public, works with the media"),
    ),
    _function(
        "crisis",
        "VP",
        5,
        "Verbindungsperson",
        "Liaison",
        ("Verbindung zu Einsatzleitung oder Behörde", "Link to the operations staff or an agency"),
        many=True,
    ),
)
