"""Incidents and units as boards show them, in the words of a language: one making of rows for page and live change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from rhinecloud.operations import SEVERITIES, URGENCIES, IncidentType, Speech, Strip, Tile

from .incident_tabs import address
from .incident_words import STATES, TARGETS
from .language import N_, words
from .sentence import SEVERITY, STATE


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the board of incidents."""

    key: str
    states: tuple[str, ...]
    label: str  # English
    icon: str


COLUMNS: Final = (
    Column(key="reported", states=("reported",), label=N_("Reported"), icon="inbox"),
    Column(key="triaged", states=("triaged",), label=N_("Assessed"), icon="list-checks"),
    Column(key="assigned", states=("assigned", "under-way"), label=N_("Units on their way"), icon="truck"),
    Column(key="on-scene", states=("on-scene", "contained"), label=N_("On scene"), icon="map-pin"),
    Column(key="resolved", states=("resolved",), label=N_("Resolved"), icon="circle-check"),
)
_PLAIN: Final = ("reported", "triaged", "on-scene", "resolved")
"""States that their column says."""
COLUMN_OF: Final = {state: column.key for column in COLUMNS for state in column.states}
MEANS: Final = {
    "free": N_("free"),
    "ask": N_("on request"),
    "bound": N_("at work"),
    "out": N_("not ready"),
    "none": N_("no status"),
}
"""What a status means for whoever looks for a unit."""
ASSIGNMENTS: Final = {
    "reserved": N_("reserved"),
    "alerted": N_("alerted"),
    "sent": N_("sent"),
    "received": N_("received"),
    "read": N_("read"),
    "accepted": N_("accepted"),
    "declined": N_("declined"),
    "expired": N_("no answer"),
    "withdrawn": N_("called back"),
    "released": N_("released"),
}


class UnitMark(msgspec.Struct, frozen=True, kw_only=True):
    """A unit in an incident's strip."""

    id: str
    name: str
    digit: str
    word: str  # of its assignment
    waits: bool  # it has not answered
    due_ms: int  # until when it has to; 0: it has


class StripRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident on the board."""

    id: str
    path: str
    number: str
    short: str  # as the command line takes it
    version: int
    title: str
    kind: str  # title of its type
    type: str
    place: str
    column: str
    rank: str  # sorts as `boards.rank` does
    state_word: str  # "" where the column says it
    severity: int  # place among the states
    severity_word: str
    exercise: bool
    restricted: bool
    reported_ms: int
    clock: str  # what has to be reached; "": nothing runs
    due_ms: int
    within_s: float
    units: tuple[UnitMark, ...]
    needed: int
    filled: int
    parts: int


class TileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A unit on the board."""

    id: str
    rank: str
    name: str
    kind: str
    agency: str
    agency_title: str
    digit: str
    word: str
    means: str
    since_ms: int
    warn_s: float
    late_s: float
    unusual: bool
    available: bool
    number: str  # of the incident that it works for, where that may be known
    short: str
    title: str
    incident: str  # its address
    assignment: str  # in words; "": it is bound to nothing
    waits: bool
    due_ms: int
    speech: str  # digit with which it waits to speak
    urgent: bool
    capabilities: tuple[str, ...]


class SpeechRow(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that waits to speak."""

    id: int
    unit: str
    name: str
    digit: str
    word: str
    urgent: bool
    asked_ms: int
    times: int
    number: str


def short(number: str) -> str:
    """An incident's number as people say it: 17 for 2026-000017, d17 for the drill of that number."""
    return f"{'d' if number.startswith('drill-') else ''}{number.rpartition('-')[2].lstrip('0') or '0'}"


def strip_row(strip: Strip, kinds: Mapping[str, IncidentType], language: str) -> StripRow:
    say, incident, clock = words(language), strip.incident, strip.clock
    place = incident.place
    severity, urgency = SEVERITIES.index(incident.severity), URGENCIES.index(incident.urgency)
    return StripRow(
        id=incident.id,
        path=address(incident.id),
        number=incident.number,
        short=short(incident.number),
        version=incident.version,
        title=incident.title,
        kind=kinds[incident.type].title[language] if incident.type in kinds else incident.type,
        type=incident.type,
        place=place.address or (f"{place.location[1]:.4f}, {place.location[0]:.4f}" if place.location else ""),
        column=COLUMN_OF.get(incident.state, ""),
        rank=f"{9 - severity}{9 - urgency}{incident.reported_us:020d}{incident.id}",
        state_word="" if incident.state in _PLAIN else say(STATES[incident.state]),
        severity=STATE[incident.severity],
        severity_word=say(SEVERITY[incident.severity]),
        exercise=incident.exercise,
        restricted=incident.restricted,
        reported_ms=incident.reported_us // 1000,
        clock=say(TARGETS.get(clock.target.end, clock.target.end)) if clock else "",
        due_ms=(clock.due_us or 0) // 1000 if clock else 0,
        within_s=clock.target.within_s if clock else 0,
        units=tuple(
            UnitMark(
                id=at.unit,
                name=at.name,
                digit=at.status,
                word=say(ASSIGNMENTS[at.state]),
                waits=at.due_us is not None,
                due_ms=(at.due_us or 0) // 1000,
            )
            for at in strip.units
        ),
        needed=strip.needed,
        filled=min(strip.filled, strip.needed),
        parts=strip.parts,
    )


def tile_row(tile: Tile, agencies: Mapping[str, str], language: str) -> TileRow:
    say, unit, status, held = words(language), tile.unit, tile.status, tile.assignment
    means = status.means if status else "none"
    return TileRow(
        id=unit.id,
        rank=natural(unit.name),
        name=unit.name,
        kind=tile.kind.title[language] if tile.kind else unit.kind,
        agency=unit.agency,
        agency_title=agencies.get(unit.agency, unit.agency),
        digit=unit.status,
        word=status.label[language] if status else say(MEANS["none"]),
        means=means,
        since_ms=unit.status_us // 1000,
        warn_s=status.warn_s if status else 0,
        late_s=status.late_s if status else 0,
        unusual=unit.unusual,
        available=unit.available,
        number=tile.number,
        short=short(tile.number) if tile.number else "",
        title=tile.title,
        incident=address(held.incident) if held and tile.number else "",
        assignment=say(ASSIGNMENTS[held.state]) if held else "",
        waits=held is not None and held.due_us is not None,
        due_ms=(held.due_us or 0) // 1000 if held else 0,
        speech=tile.speech.digit if tile.speech else "",
        urgent=tile.speech is not None and tile.speech.urgent,
        capabilities=unit.capabilities,
    )


def speech_rows(waiting: Iterable[Speech], tiles: Mapping[str, Tile], language: str) -> list[SpeechRow]:
    """Those who wait to speak, as far as their units may be seen; in the order of waiting, the urgent ones first."""
    found = []
    for speech in waiting:
        tile = tiles.get(speech.unit)
        if tile is not None:
            status = tile.kind.status(speech.digit) if tile.kind else None
            found.append(
                SpeechRow(
                    id=speech.id,
                    unit=tile.unit.id,
                    name=tile.unit.name,
                    digit=speech.digit,
                    word=status.label[language] if status else "",
                    urgent=speech.urgent,
                    asked_ms=speech.asked_us // 1000,
                    times=speech.times,
                    number=short(tile.number) if tile.number else "",
                )
            )
    return found


def natural(name: str) -> str:
    """A name that sorts as people count: HLF 3-2 before HLF 3-11."""
    return re.sub(r"\d+", lambda number: number[0].zfill(6), name.casefold())
