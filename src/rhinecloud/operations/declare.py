"""What operations works with, as values: agencies, units, incidents, needs, assignments, playbooks.

Everything a city may see differently (kinds of incident, status digits, checklists) is data of the tenant; `defaults`
has what a new tenant starts with.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.declare import Label

Position = tuple[float, float]
"""(lon, lat), WGS 84."""

Severity = Literal["info", "minor", "major", "critical"]
Urgency = Literal["later", "soon", "immediate"]
SEVERITIES: Final[tuple[Severity, ...]] = ("info", "minor", "major", "critical")
URGENCIES: Final[tuple[Urgency, ...]] = ("later", "soon", "immediate")


class By(msgspec.Struct, frozen=True):
    """Who acts: `Principal.source`, the name that people read, and the agency they act for ("": none)."""

    who: str
    name: str = ""
    agency: str = ""


class Responsibility(msgspec.Struct, frozen=True, kw_only=True):
    """What an agency is asked about: incidents of these types in this area; empty: all types, the whole city."""

    types: tuple[str, ...] = ()
    area: dict[str, Any] | None = None  # GeoJSON polygon
    areas: tuple[str, ...] = ()  # ids of declared areas; with `area`, any of them


class Agency(msgspec.Struct, frozen=True, kw_only=True):
    """An agency as the command centre sees it; `id` is its name in `access`, where people have their roles in it."""

    id: str
    title: Label
    responsible: tuple[Responsibility, ...] = ()
    version: int = 1


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """One digit of a unit's radio status. `call` is no state but a wish to speak, kept in a queue of its own."""

    digit: str
    label: Label
    means: Literal["free", "bound", "ask", "out", "call"]
    step: Literal["", "under-way", "on-scene"] = ""  # what it says of the incident the unit is assigned to
    warn_s: float = 0  # standing longer than this is worth a look; 0: never
    late_s: float = 0
    urgent: bool = False  # call: before all others


class UnitKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of unit with its status map; steps that are not in `edges` are taken and marked as unusual."""

    id: str
    title: Label
    statuses: tuple[Status, ...]
    edges: tuple[tuple[str, str], ...] = ()  # ("*", "6"): from any
    version: int = 1

    def status(self, digit: str) -> Status | None:
        return next((s for s in self.statuses if s.digit == digit), None)

    def usual(self, before: str, after: str) -> bool:
        return before in ("", after) or (before, after) in self.edges or ("*", after) in self.edges


class Unit(msgspec.Struct, kw_only=True):
    """A unit as it stands. Its live position is that of `entity`, where it has one."""

    id: str
    name: str  # call sign: "HLF 3-1"
    kind: str
    agency: str
    capabilities: tuple[str, ...] = ()
    crew: int = 0
    equipment: tuple[str, ...] = ()
    entity: str = ""
    station: Position | None = None
    position: Position | None = None
    position_us: int | None = None
    available: bool = True  # False: off duty
    home: str = ""  # name of the station
    retired: bool = False  # out of service for good: kept for the past, offered nowhere
    version: int = 1
    status: str = ""
    status_us: int = 0
    unusual: bool = False  # the last step is not one that the status map expects


class StatusReport(msgspec.Struct, frozen=True, kw_only=True):
    """A status as it came, kept for ever."""

    unit: str
    digit: str
    at_us: int  # as the unit says
    received_us: int
    source: str  # "radio", "gps", "hand", …
    unusual: bool
    late: bool  # a newer one was known already: it changed nothing


class Speech(msgspec.Struct, frozen=True, kw_only=True):
    """A unit that wants to speak (0, 5), until somebody answers."""

    id: int
    unit: str
    digit: str
    urgent: bool
    asked_us: int
    times: int = 1
    answered_us: int | None = None
    answered_by: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """How soon an incident shall come from one state to another."""

    start: str
    end: str
    within_s: float


class Automatic(msgspec.Struct, frozen=True, kw_only=True):
    """What is done by itself for incidents of a type, where the city wants it."""

    needs: bool = True  # the alarm plan asks for units as soon as the incident is there
    send: Literal["no", "reserve", "alert"] = "no"  # the best units, for what the plan asks
    agencies: tuple[str, ...] = ()  # whose units may be sent by itself; (): of those that take part
    next_best: int = 0  # so often the next best unit is alerted by itself when one declines or stays silent
    climb_s: float = 120.0  # how long somebody on duty has to see to it before the next one is told


class IncidentType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of incident of a tenant. A restricted one is not shown as an entity of the city."""

    id: str  # "flood", "fire.building"
    title: Label
    severity: Severity = "minor"
    urgency: Urgency = "soon"
    agencies: tuple[str, ...] = ()  # who always takes part
    targets: tuple[Target, ...] = ()
    playbooks: tuple[str, ...] = ()
    restricted: bool = False
    accept_s: float = 120.0  # how long a unit has to accept
    above: str = ""  # the type of which it is a kind; "": as its id says ("fire" of "fire.building")
    offered: bool = True  # for new incidents
    automatic: Automatic = Automatic()
    version: int = 1


class Place(msgspec.Struct, frozen=True, kw_only=True):
    location: Position | None = None
    address: str = ""
    area: dict[str, Any] | None = None  # GeoJSON
    entity: str = ""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Einsatzabschnitt: a part of an incident by place or task."""

    id: str
    title: str
    leader: str = ""
    agency: str = ""
    above: str = ""  # the section it belongs to


class Incident(msgspec.Struct, kw_only=True):
    """An incident as it stands. `times` says when each state was first reached; all moves are in the log."""

    id: str
    number: str  # for people: "2026-000017"
    version: int = 1
    type: str
    title: str
    text: str = ""
    state: str = "reported"
    severity: Severity = "minor"
    urgency: Urgency = "soon"
    place: Place = Place()
    entities: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    agencies: tuple[str, ...] = ()  # need-to-know: who takes part
    parent: str = ""
    other: str = ""  # duplicate of, merged into
    parts: tuple[str, ...] = ()  # what it was split into
    split_from: str = ""
    exercise: bool = False
    source: str = ""  # "alert:…", "person:…", "cap:…"
    restricted: bool = False
    reported_us: int = 0
    updated_us: int = 0
    times: dict[str, int] = {}


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """So many units with a capability, asked for by an incident; `filled` are those that are reserved or alerted."""

    id: int
    incident: str
    capability: str
    count: int
    section: str = ""
    within_s: float = 0
    made_us: int = 0
    filled: int = 0
    instead: tuple[str, ...] = ()  # capabilities that will do in its place, best first
    agency: str = ""  # whose units; "": anybody's
    plan: str = ""  # the alarm plan that asked for it; "": a person
    level: int = 0


AssignmentState = Literal[
    "reserved", "alerted", "sent", "received", "read", "accepted", "declined", "expired", "withdrawn", "released"
]


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A unit for an incident. Reserved says nothing to the unit; alerted does, and starts the acceptance clock."""

    id: int
    unit: str
    incident: str
    need: int | None
    section: str
    state: AssignmentState
    made_us: int
    made_by: str
    deviation: str  # why a unit that does not fit was taken all the same; "": it fits
    due_us: int | None  # until when it has to accept
    alerted_us: int | None
    sent_us: int | None
    received_us: int | None
    read_us: int | None
    answered_us: int | None
    answered_by: str
    closed_us: int | None
    reason: str  # of a decline, a withdrawal


class When(msgspec.Struct, frozen=True, kw_only=True):
    """A condition on a step: `severity` at least the first value; type, state or exercise ("yes") one of them."""

    fact: Literal["severity", "urgency", "type", "state", "exercise"]
    values: tuple[str, ...]


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """A reading of the city on which a step hangs. It counts once `attr` of `entity` has reached `level`, or once a
    forecast says so within `within_s` while the reading is at `near` already; both stand beside the step."""

    entity: str  # its id, or 'WaterObserved?stationCode=="2770010"': the first that the condition finds
    attr: str  # its name in the model; the forecast is `<attr>Forecast`
    level: float
    within_s: float = 0  # 0: the reading alone
    near: float | None = None  # None: wherever the reading is
    rising: bool = False  # and only while it does, over the last hour
    back: float = 0.2  # it counts no more once the reading is so much below the level, and no forecast says otherwise


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a watch saw last. `since_us`: it holds since then; None: it does not."""

    since_us: int | None = None
    value: float | None = None
    at_us: int = 0
    unit: str = ""
    rising: bool = False
    expected: float | None = None  # the most that the forecast says within the time
    expected_at_us: int = 0
    looked_us: int = 0
    ever: bool = False  # it held once
    trace: tuple[tuple[int, float], ...] = ()  # (µs, value) over the last hour


class PlaybookStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step; `id` stays the same through the versions. Steps run side by side but for `after`.

    `due_from`: "" is when it opened, "start" when the run began, a state when the incident first reached it.
    """

    id: str
    title: Label
    text: Label = Label(de="", en="")
    stage: Label = Label(de="", en="")  # what it is shown under
    owner: str = ""  # agency or function
    after: tuple[str, ...] = ()
    due_s: float | None = None  # None: no hurry
    due_from: str = ""
    when: When | None = None
    watch: Watch | None = None
    action: str = ""  # a name of the registry of actions
    arguments: dict[str, Any] = {}
    evidence: Literal["", "note", "photo", "person", "sensor"] = ""
    optional: bool = False
    undo: Label = Label(de="", en="")  # what takes it back once its watch holds no more


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """An alert of a rule (it may be one of a forecast or of a trend) asks for the playbook.

    `start`: "offer" asks a person; "start" reports an incident of `type` by itself, and begins.
    """

    rule: str
    type: str
    start: Literal["offer", "start"] = "offer"


class PlaybookVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A playbook as it was saved once. `types`: it begins by itself in incidents of these, once they are triaged."""

    id: str
    version: int
    title: Label
    text: Label
    steps: tuple[PlaybookStep, ...]
    types: tuple[str, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    saved_us: int = 0
    who: str = ""  # "pack:<id>" where a pack brings it


StepState = Literal["waiting", "open", "done", "skipped", "not-needed", "removed"]


class RunStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a running playbook, with what became of it."""

    run: str
    step: PlaybookStep
    state: StepState
    opened_us: int | None = None
    due_us: int | None = None
    late: bool = False  # it was due and somebody was told
    ended_us: int | None = None
    who: str = ""
    note: str = ""
    evidence: str = ""
    action_us: int | None = None  # when its action was done
    action_result: str = ""
    undo: Literal["", "open", "done"] = ""  # whether it is to be taken back
    undo_us: int | None = None
    undone_by: str = ""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A playbook at work in an incident, pinned to a version."""

    id: str
    incident: str
    playbook: str
    version: int
    started_us: int
    ended_us: int | None
    steps: tuple[RunStep, ...] = ()
    seen: dict[str, Seen] = {}  # what the watches of its steps saw last, by step


class Everyday(msgspec.Struct, frozen=True, kw_only=True):
    """A small incident of a demo city, as it may come any day. Titles differ."""

    type: str
    title: str
    text: str = ""
    severity: Severity | None = None
    urgency: Urgency | None = None
    needs: tuple[tuple[str, int], ...] = ()  # (capability, how many)
    agencies: tuple[str, ...] = ()
    places: tuple[tuple[str, Position], ...]  # (address, where)
    for_people: bool = False  # it is only reported


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What goes over the backbone on `operations.<tenant>`, as JSON, after each change; numbered without gaps in one
    order, so that every screen may compute the same from it."""

    number: int
    what: str  # "incident.moved", "unit.status", "assignment.expired", …
    subject: str
    incident: str
    at_us: int
    by: str
    agencies: tuple[str, ...] = ()  # who may know: those of the incident, or of the unit
    detail: dict[str, Any] = {}
