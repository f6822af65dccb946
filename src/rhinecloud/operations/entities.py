"""Incidents as entities of the present, so that map, rules, sharing and the time machine know of them.

The incident itself stays in operations.db; its entity follows, and says what everybody who may read entities may know:
kind, severity, state, place, times. Title, text and people stay behind need-to-know, and so do whole incidents of a
restricted type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rhinecloud.base.clock import iso
from rhinecloud.base.declare import Attribute, EntityType, Label, Status, text
from rhinecloud.base.model import Instance, Op, Update

from .declare import SEVERITIES, Incident, IncidentType
from .life import OVER, STATES

SOURCE: Final = "system:operations"


INCIDENT: Final = EntityType(
    name="Incident",
    label=Label(de="Einsatz", en="Incident"),
    plural=Label(de="Einsätze", en="Incidents"),
    subject="",
    icon="siren",
    source="Our own; no Smart Data Model has an incident's life",
    main="incidentState",
    status=Status("attention", minor=2, major=3, critical=4),
    attributes=(
        text("name", "Nummer", "Number"),
        text("category", "Art", "Kind", queryable=True),
        Attribute(name="description", label=Label(de="Bezeichnung", en="Description"), kind="language"),
        text("severity", "Schwere", "Severity", options=("info", "minor", "major", "critical")),
        text("urgency", "Dringlichkeit", "Urgency", options=("later", "soon", "immediate")),
        text("incidentState", "Zustand", "State", options=STATES, queryable=True),
        Attribute(name="attention", label=Label(de="Beachtung", en="Attention"), kind="integer", minimum=0, maximum=4),
        Attribute(name="isExercise", label=Label(de="Übung", en="Exercise"), kind="boolean"),
        Attribute(name="dateReported", label=Label(de="Gemeldet", en="Reported"), kind="time"),
        Attribute(name="affects", label=Label(de="Betrifft", en="Affects"), kind="relation"),
        Attribute(name="partOf", label=Label(de="Teil von", en="Part of"), kind="relation", target="Incident"),
        Attribute(name="location", label=Label(de="Ort", en="Location"), kind="geo"),
    ),
)
ENTITIES: Final = (INCIDENT,)
LOCATION: Final = "https://uri.etsi.org/ngsi-ld/location"


def entity_id(incident_id: str) -> str:
    return f"urn:ngsi-ld:{INCIDENT.name}:{incident_id}"


def update_of(incident: Incident, kind: IncidentType | None, expand: Callable[[str], str]) -> Update:
    """The write that makes the entity what the incident is; of a restricted one, that takes it away."""
    if incident.restricted:
        return Update(op=Op.DELETE, id=entity_id(incident.id), source=SOURCE)
    at = iso(incident.updated_us)
    plain: dict[str, Any] = {
        "name": f"ÜBUNG {incident.number}" if incident.exercise else incident.number,
        "category": incident.type,
        "severity": incident.severity,
        "urgency": incident.urgency,
        "attention": 0 if incident.state in OVER else SEVERITIES.index(incident.severity) + 1,
        "isExercise": incident.exercise,
        "dateReported": iso(incident.reported_us),
    }
    attrs: dict[str, list[Instance]] = {
        expand(name): [{"type": "Property", "value": value}] for name, value in plain.items()
    }
    attrs[expand("incidentState")] = [{"type": "Property", "value": incident.state, "observedAt": at}]
    title = {"de": kind.title.de, "en": kind.title.en} if kind else {"en": incident.type}
    attrs[expand("description")] = [{"type": "LanguageProperty", "languageMap": title}]
    things = [e for e in dict.fromkeys((incident.place.entity, *incident.entities)) if e]
    if things:
        attrs[expand("affects")] = [
            {"type": "Relationship", "object": thing} | ({"datasetId": f"urn:affects:{n}"} if n else {})
            for n, thing in enumerate(things)
        ]
    if incident.parent:
        attrs[expand("partOf")] = [{"type": "Relationship", "object": entity_id(incident.parent)}]
    place = incident.place.area
    if place is None and incident.place.location is not None:
        place = {"type": "Point", "coordinates": list(incident.place.location)}
    if place is not None:
        attrs[LOCATION] = [{"type": "GeoProperty", "value": place}]
    entity: dict[str, Any] = {"type": [INCIDENT.iri], "attrs": attrs}
    return Update(op=Op.UPSERT_REPLACE, id=entity_id(incident.id), entity=entity, source=SOURCE)
