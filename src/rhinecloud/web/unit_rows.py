"""What the page of a unit shows: the order, the digits, the messages, in the language of the visit."""

from __future__ import annotations

from typing import Final

import msgspec

from rhinecloud.base.clock import SECOND
from rhinecloud.operations import Incident, telling

from .incident_words import URGENCIES
from .language import N_, words
from .sentence import SEVERITY, STATE
from .strips import MEANS

STATES: Final = {
    "alerted": N_("alarm"),
    "sent": N_("alarm"),
    "received": N_("alarm"),
    "read": N_("alarm"),
    "accepted": N_("accepted"),
}
REASONS: Final = (
    N_("Bound elsewhere"),
    N_("Vehicle not ready"),
    N_("Crew not complete"),
    N_("Too far away"),
)
"""What is offered to who declines; their own words are taken as well."""
CALL: Final = N_("wishes to speak")
ABOUT: Final = {
    "order": N_("Order to a unit"),
    "moved": N_("Incident changed"),
    "recall": N_("Called off"),
    "speak": N_("Speak now"),
    "escalation": N_("Nobody answered"),
    "report": N_("Situation report"),
    "warning": N_("Warning"),
    "request": N_("Request"),
    "message": N_("Message"),
    "news": N_("News"),
    "test": N_("Test"),
}


class Digit(msgspec.Struct, kw_only=True):
    """A status that the crew can send."""

    digit: str
    word: str
    means: str  # in words
    call: bool
    urgent: bool
    current: bool
    waits: bool  # a wish to speak that nobody has answered


class OrderCard(msgspec.Struct, kw_only=True):
    """What the unit is alerted to."""

    assignment: int
    waiting: bool  # nobody of the crew has answered
    state: str
    number: str
    kind: str
    title: str
    text: str
    address: str
    where: str  # "51.45000, 6.70000"; "": no place is known
    map: str  # address that opens the phone's own map; ""
    section: str
    severity: int
    severity_word: str
    urgency: str
    exercise: bool
    alerted_us: int
    due_us: int | None
    left_s: int


class MessageRow(msgspec.Struct, kw_only=True):
    id: str
    about: str
    subject: str
    body: str
    at_us: int
    fresh: bool  # nobody has read it
    exercise: bool
    flash: bool


class UnitFace(msgspec.Struct, kw_only=True):
    """The page's matter."""

    id: str
    name: str
    agency: str
    status: str
    status_word: str
    status_us: int
    digits: list[Digit]
    order: OrderCard | None
    reasons: list[str]
    messages: list[MessageRow]
    shown: list[str]  # deliveries that are on the screen and not known to be read
    alarm: str  # changes where there is something to hear: "" no sound


def face(aboard: telling.Aboard, agency: str, now: int, language: str) -> UnitFace:
    """The matter of the page; `agency` is the title of the unit's."""
    unit, say = aboard.unit, words(language)
    status = aboard.kind.status(unit.status)
    calling = {s.digit for s in aboard.waiting}
    digits = [
        Digit(
            digit=s.digit,
            word=s.label[language],
            means=say(MEANS.get(s.means, CALL)),
            call=s.means == "call",
            urgent=s.urgent,
            current=s.digit == unit.status,
            waits=s.digit in calling,
        )
        for s in aboard.kind.statuses
    ]
    order = _order(aboard, now, language)
    unread = [t for t in aboard.told if t.delivery.read_us is None and t.delivery.answered_us is None]
    open_ones = [t for t in unread if t.delivery.state != "stopped"]
    return UnitFace(
        id=unit.id,
        name=unit.name,
        agency=agency,
        status=unit.status or "–",
        status_word=status.label[language] if status else "",
        status_us=unit.status_us,
        digits=digits,
        order=order,
        reasons=[say(r) for r in REASONS],
        messages=[_message(t, language) for t in aboard.told if t.message.given.about != "order"],
        shown=[t.delivery.id for t in open_ones],
        alarm=open_ones[0].delivery.id if open_ones else "",
    )


def _order(aboard: telling.Aboard, now: int, language: str) -> OrderCard | None:
    held, incident = aboard.assignment, aboard.incident
    if held is None or incident is None:
        return None
    say, place = words(language), incident.place
    where, link = "", ""
    if place.location is not None:
        lon, lat = place.location
        where, link = f"{lat:.5f}, {lon:.5f}", f"geo:{lat:.6f},{lon:.6f}"
    return OrderCard(
        assignment=held.id,
        waiting=held.state in STATES and held.state != "accepted",
        state=say(STATES.get(held.state, held.state)),
        number=incident.number,
        kind=aboard.type.title[language] if aboard.type else incident.type,
        title=incident.title,
        text=incident.text,
        address=place.address,
        where=where,
        map=link,
        section=_section(incident, held.section),
        severity=STATE[incident.severity],
        severity_word=say(SEVERITY[incident.severity]),
        urgency=say(URGENCIES[incident.urgency]),
        exercise=incident.exercise,
        alerted_us=held.alerted_us or held.made_us,
        due_us=held.due_us,
        left_s=max(0, (held.due_us - now) // SECOND) if held.due_us else 0,
    )


def _section(incident: Incident, section: str) -> str:
    return next((s.title for s in incident.sections if s.id == section), "")


def _message(told: telling.Told, language: str) -> MessageRow:
    message, delivery = told.message, told.delivery
    said = telling.text_of(message, language)
    return MessageRow(
        id=delivery.id,
        about=words(language)(ABOUT.get(message.given.about, ABOUT["message"])),
        subject=said.subject,
        body=said.body,
        at_us=message.made_us,
        fresh=delivery.read_us is None and delivery.state != "stopped",
        exercise=message.exercise,
        flash=message.given.priority == "flash",
    )
