"""Sections of an incident (Einsatzabschnitte): parts of it by place or task, each with a leader; units belong to one of
them, or to the reserve.
"""

from __future__ import annotations

from collections.abc import Sequence

from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.operations import assignments, incidents, journal, units
from rhinecloud.operations.declare import Assignment, Incident, Section
from rhinecloud.operations.tables import Work


def save(work: Work, incident_id: str, given: Sequence[Section], version: int) -> Incident:
    """All sections of an incident as they are from now on.

    Raises:
        Conflict: the incident is of another version by now, or units are at work in a section that goes.
        BadRequestData: a section lies in itself, or has no name.
    """
    if any(not s.title.strip() or len(s.title) > 120 for s in given):
        raise BadRequestData("A section needs a name of at most 120 characters")
    incident = incidents.get(work, incident_id)
    left = {s.id for s in incident.sections} - {s.id for s in given}
    titles = {s.id: s.title for s in incident.sections}
    for found in assignments.of_incident(work, incident.id):
        if found.closed_us is None and found.section in left:
            raise Conflict(f"Units are at work in section {titles[found.section]}; give them to another one first")
    return incidents.change(work, incident.id, version, {"sections": tuple(given)})


def move(work: Work, assignment_id: int, section: str) -> Assignment:
    """Puts a unit into a section; "" is the reserve.

    Raises: ResourceNotFound: there is no such section. Conflict: the unit does not work here any more.
    """
    found = assignments.get(work, assignment_id)
    incident = incidents.get(work, found.incident)
    titles = {s.id: s.title for s in incident.sections} | {"": ""}
    if section not in titles:
        raise ResourceNotFound(f"Incident {incident.number} has no section {section[:40]!r}")
    unit = units.get(work, found.unit)
    if found.closed_us is not None:
        raise Conflict(f"Unit {unit.name} does not work in incident {incident.number} any more", state=found.state)
    if found.section != section:
        work.run("UPDATE assignment SET section = ? WHERE id = ?", section, found.id)
        journal.note(work, incident.id, "section-moved", unit=unit.id, name=unit.name, section=titles[section])
        work.tell("assignment.section", str(found.id), incident.id, unit=unit.id, section=section)
    return assignments.get(work, assignment_id)
