"""A situation report as values. Its parts follow what German staffs report, in their order: situation, damage and
people, own forces, measures, decisions, what is open, what is expected. Source: FwDV 100, annex 5 (Lagemeldung).
"""

from __future__ import annotations

from typing import Final

import msgspec

from rhinecloud.base.declare import Label

PERSONS: Final[dict[str, Label]] = {
    "I": Label(de="SK I (rot, sofort)", en="I (red, immediate)"),
    "II": Label(de="SK II (gelb, dringend)", en="II (yellow, urgent)"),
    "III": Label(de="SK III (grün, leicht)", en="III (green, minor)"),
    "IV": Label(de="SK IV (blau, abwartend)", en="IV (blue, expectant)"),
    "dead": Label(de="tot", en="dead"),
    "missing": Label(de="vermisst", en="missing"),
    "unhurt": Label(de="Betroffene, unverletzt", en="affected, unhurt"),
}
"""Whom a report counts, by category of triage (Sichtungskategorie); never by name."""


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says in a report that no log knows. Each is plain text; empty ones are left out."""

    weather: str = ""
    situation: str = ""
    damage: str = ""
    persons: dict[str, int] = {}  # by key of PERSONS
    forces: str = ""
    expected_2h: str = ""
    expected_6h: str = ""
    expected_24h: str = ""
    remarks: str = ""
    next_us: int | None = None  # when the next report comes


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the city that belongs to the situation."""

    name: str  # "Pegel Ruhrort, Wasserstand"
    value: str  # with its unit, as people of the language write it
    at_us: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a report, with the entries of the log that it rests on."""

    text: str
    at_us: int | None = None
    refs: tuple[int, ...] = ()
    mark: str = ""  # a word before it: a status, "late"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a report; `text` is what a person says, before the lines."""

    key: str
    title: str
    text: str = ""
    lines: tuple[Line, ...] = ()


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report, in one language."""

    language: str
    city: str
    zone: str  # IANA name of the time zone in which times are written
    number: int  # of the incident's reports
    at_us: int
    incident: str  # its number
    title: str
    kind: str
    state: str
    severity: str
    place: str
    reported_us: int
    agencies: tuple[str, ...]
    author: str
    exercise: bool
    head: str  # hash of the newest entry of the log
    entries: int
    parts: tuple[Part, ...]
    next_us: int | None = None


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was released; the document is kept as the file `sha256` of the log's entry `seq`."""

    incident: str
    number: int
    at_us: int
    who: str
    name: str
    language: str
    sha256: str
    size: int
    seq: int
    to: tuple[str, ...]  # recipients it was sent to
    typed: Typed
