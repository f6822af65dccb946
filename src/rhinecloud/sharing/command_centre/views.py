"""What programs read and write: instants as RFC 3339, places as GeoJSON, names in camel case."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from rhinecloud.base.clock import iso, parse_us
from rhinecloud.base.errors import BadRequestData
from rhinecloud.operations import Assignment, Incident, News, Place, Report, Section, Unit, telling


class _Out(msgspec.Struct, kw_only=True, rename="camel", omit_defaults=False):
    pass


class _In(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    pass


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A GeoJSON point, WGS 84."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class PlaceGiven(_In):
    location: Point | None = None
    address: str = ""
    area: dict[str, Any] | None = None
    entity: str = ""


class ContactGiven(_In):
    """Who told of it. It goes into the log, for those who may read it, and can be erased there."""

    name: str = ""
    phone: str = ""
    email: str = ""


class IncidentGiven(_In):
    """A report: of an agency's system, a citizen's portal, a note of a telephone call."""

    type: str
    title: str
    text: str = ""
    place: PlaceGiven = msgspec.field(default_factory=PlaceGiven)
    severity: Literal["info", "minor", "major", "critical"] | None = None
    urgency: Literal["later", "soon", "immediate"] | None = None
    entities: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    exercise: bool = False
    how: Literal["system", "citizen", "telephone", "radio"] = "system"
    reported_at: str = ""
    contact: ContactGiven | None = None


class ChangeGiven(_In):
    """Fields that become another; `version` is the one that was read."""

    version: int
    title: str | msgspec.UnsetType = msgspec.UNSET
    text: str | msgspec.UnsetType = msgspec.UNSET
    type: str | msgspec.UnsetType = msgspec.UNSET
    severity: Literal["info", "minor", "major", "critical"] | msgspec.UnsetType = msgspec.UNSET
    urgency: Literal["later", "soon", "immediate"] | msgspec.UnsetType = msgspec.UNSET
    place: PlaceGiven | msgspec.UnsetType = msgspec.UNSET
    entities: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


class StepGiven(_In):
    """A step of an incident's life."""

    step: str
    version: int
    reason: str = ""
    other: str = ""


class StatusGiven(_In):
    """A digit of the radio status; 0 and 5 are wishes to speak."""

    status: str
    at: str = ""


class AssignGiven(_In):
    """Units that go, all or none. Reserved tells the unit nothing; `deviation` says why one that does not fit goes."""

    units: tuple[str, ...]
    how: Literal["alert", "reserve"] = "alert"
    need: int | None = None
    section: str = ""
    deviation: str = ""


class WithdrawGiven(_In):
    reason: str


class AnswerGiven(_In):
    """The answer of a unit; who declines says why."""

    accepts: bool
    reason: str = ""


class MarkGiven(_In):
    """What is known of the way of a message, or its answer."""

    mark: Literal["sent", "received", "read", "accepted", "declined"]
    at: str = ""
    reason: str = ""


class PlaceView(_Out):
    location: Point | None
    address: str
    area: dict[str, Any] | None
    entity: str


class IncidentView(_Out):
    id: str
    number: str
    version: int
    type: str
    title: str
    text: str
    state: str
    severity: str
    urgency: str
    place: PlaceView
    entities: tuple[str, ...]
    agencies: tuple[str, ...]
    sections: tuple[Section, ...]
    parent: str
    other: str
    exercise: bool
    restricted: bool
    source: str
    reported_at: str
    updated_at: str
    times: dict[str, str]  # when each state was first reached


class LikenessView(_Out):
    """An incident that may be the same one."""

    id: str
    number: str
    score: float


class ReportedView(_Out):
    incident: IncidentView
    like: tuple[LikenessView, ...]


class IncidentsView(_Out):
    """A page, the newest first; `next` is the address of the one behind it."""

    incidents: tuple[IncidentView, ...]
    next: str | None


class AssignmentView(_Out):
    id: int
    unit: str
    incident: str
    section: str
    state: str
    alerted_at: str | None
    accept_by: str | None
    sent_at: str | None
    received_at: str | None
    read_at: str | None
    answered_at: str | None
    closed_at: str | None
    reason: str


class UnitView(_Out):
    id: str
    name: str
    kind: str
    agency: str
    capabilities: tuple[str, ...]
    crew: int
    entity: str
    available: bool
    status: str
    status_at: str | None
    assignment: AssignmentView | None = None


class DeliveryView(_Out):
    id: str
    recipient: str
    channel: str
    state: str
    sent_at: str | None
    received_at: str | None
    read_at: str | None
    answered_at: str | None
    reason: str


class NewsView(_Out):
    number: int
    what: str
    subject: str
    incident: str
    at: str
    by: str
    detail: dict[str, Any]


class NewsPage(_Out):
    """News behind `after`; `last` is where to go on. `missed`: some between are not kept any more, read anew."""

    news: tuple[NewsView, ...]
    last: int
    missed: bool


def when(text: str) -> int | None:
    """Raises: BadRequestData: it is no instant."""
    try:
        return parse_us(text) if text else None
    except ValueError as error:
        raise BadRequestData(f"{text[:40]!r} is no instant; write 2026-11-22T10:00:00Z") from error


def said(us: int | None) -> str | None:
    return iso(us) if us else None


def place_of(given: PlaceGiven) -> Place:
    return Place(
        location=given.location.coordinates if given.location else None,
        address=given.address,
        area=given.area,
        entity=given.entity,
    )


def report_of(given: IncidentGiven, source: str) -> Report:
    return Report(
        type=given.type,
        title=given.title,
        text=given.text,
        place=place_of(given.place),
        severity=given.severity,
        urgency=given.urgency,
        entities=given.entities,
        agencies=given.agencies,
        exercise=given.exercise,
        source=source if given.how == "system" else f"{given.how}:{source}",
        reported_us=when(given.reported_at),
    )


def incident(found: Incident) -> IncidentView:
    point = found.place.location
    return IncidentView(
        id=found.id,
        number=found.number,
        version=found.version,
        type=found.type,
        title=found.title,
        text=found.text,
        state=found.state,
        severity=found.severity,
        urgency=found.urgency,
        place=PlaceView(
            location=Point(coordinates=point) if point else None,
            address=found.place.address,
            area=found.place.area,
            entity=found.place.entity,
        ),
        entities=found.entities,
        agencies=found.agencies,
        sections=found.sections,
        parent=found.parent,
        other=found.other,
        exercise=found.exercise,
        restricted=found.restricted,
        source=found.source,
        reported_at=iso(found.reported_us),
        updated_at=iso(found.updated_us),
        times={state: iso(at) for state, at in found.times.items()},
    )


def assignment(found: Assignment) -> AssignmentView:
    return AssignmentView(
        id=found.id,
        unit=found.unit,
        incident=found.incident,
        section=found.section,
        state=found.state,
        alerted_at=said(found.alerted_us),
        accept_by=said(found.due_us),
        sent_at=said(found.sent_us),
        received_at=said(found.received_us),
        read_at=said(found.read_us),
        answered_at=said(found.answered_us),
        closed_at=said(found.closed_us),
        reason=found.reason,
    )


def unit(found: Unit, held: Assignment | None = None) -> UnitView:
    return UnitView(
        id=found.id,
        name=found.name,
        kind=found.kind,
        agency=found.agency,
        capabilities=found.capabilities,
        crew=found.crew,
        entity=found.entity,
        available=found.available,
        status=found.status,
        status_at=said(found.status_us),
        assignment=assignment(held) if held and held.alerted_us else None,
    )


def delivery(found: telling.Delivery) -> DeliveryView:
    return DeliveryView(
        id=found.id,
        recipient=found.recipient,
        channel=found.channel,
        state=found.state,
        sent_at=said(found.sent_us),
        received_at=said(found.received_us),
        read_at=said(found.read_us),
        answered_at=said(found.answered_us),
        reason=found.reason,
    )


def news(item: News) -> NewsView:
    return NewsView(
        number=item.number,
        what=item.what,
        subject=item.subject,
        incident=item.incident,
        at=iso(item.at_us),
        by=item.by,
        detail=item.detail,
    )
