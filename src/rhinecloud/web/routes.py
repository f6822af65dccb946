"""Every page with its handlers: the city that is seen, the command centre, and what people need around both."""

from __future__ import annotations

from typing import Any, NamedTuple

from .jobs import Jobs
from .live import Live
from .live_boards import Boards
from .pages import (
    account,
    administration,
    alerts,
    api,
    audit,
    basemap,
    charts,
    command,
    cover,
    data,
    deliveries,
    devices,
    dispatch,
    drills,
    duty,
    entity,
    escalations,
    evidence,
    explorer,
    guidance,
    happenings,
    incident,
    incident_handover,
    incident_log,
    incident_messages,
    incident_review,
    incident_sections,
    incident_tasks,
    incidents,
    mapping,
    my_unit,
    new_incident,
    overview,
    packs,
    parts,
    picture,
    plan_trial,
    planning,
    playbook_runs,
    playbooks,
    quality,
    register_files,
    registers,
    report,
    review,
    rules,
    running,
    shipped,
    sign_in,
    situation,
    staff,
    streets,
    tak,
    tenants,
    units,
    warning_desk,
    ways,
    writing,
)
from .rendering import Files, Pages
from .rooms import Rooms
from .visits import Visits


class Given(NamedTuple):
    """What pages are made of."""

    rooms: Rooms
    pages: Pages
    visits: Visits
    live: Live
    boards: Boards
    jobs: Jobs
    files: Files
    https: bool


def routes(given: Given) -> list[Any]:
    return [*_city(given), *_centre(given), *_around(given)]


def _city(g: Given) -> list[Any]:
    return [
        *overview.routes(g.rooms, g.pages, g.visits, g.live),
        *situation.routes(g.rooms, g.pages, g.visits),
        *data.routes(g.rooms, g.visits, g.live),
        *happenings.routes(g.rooms, g.visits, g.live),
        *basemap.routes(g.rooms.settings.map_pmtiles),
        *evidence.routes(g.rooms, g.visits),
        *guidance.routes(g.rooms, g.visits, g.live),
        *alerts.routes(g.rooms, g.pages, g.visits),
        *rules.routes(g.rooms, g.pages, g.visits, g.jobs),
        *explorer.routes(g.rooms, g.pages, g.visits),
        *entity.routes(g.rooms, g.pages, g.visits, g.live),
        *charts.routes(g.rooms, g.pages, g.visits),
    ]


def _centre(g: Given) -> list[Any]:
    return [
        *incident.routes(g.rooms, g.pages, g.visits),
        *incident_handover.routes(g.rooms, g.pages, g.visits),
        *incident_log.routes(g.rooms, g.pages, g.visits),
        *incident_messages.routes(g.rooms, g.pages, g.visits),
        *incident_sections.routes(g.rooms, g.pages, g.visits),
        *incident_tasks.routes(g.rooms, g.pages, g.visits),
        *picture.routes(g.rooms, g.pages, g.visits),
        *report.routes(g.rooms, g.pages, g.visits, g.live),
        *incident_review.routes(g.rooms, g.pages, g.visits),
        *review.routes(g.rooms, g.pages, g.visits),
        *tak.routes(g.rooms, g.pages, g.visits),
        *playbook_runs.routes(g.rooms, g.pages, g.visits),
        *playbooks.routes(g.rooms, g.pages, g.visits),
        *drills.routes(g.rooms, g.pages, g.visits, https=g.https),
        *warning_desk.routes(g.rooms, g.pages, g.visits),
        *incidents.routes(g.rooms, g.pages, g.visits, g.live, g.boards),
        *units.routes(g.rooms, g.pages, g.visits, g.live, g.boards),
        *writing.routes(g.rooms, g.pages, g.visits),
        *deliveries.routes(g.rooms, g.pages, g.visits),
        *ways.routes(g.rooms, g.pages, g.visits),
        *my_unit.routes(g.rooms, g.pages, g.visits),
        *command.routes(g.rooms, g.visits),
        *new_incident.routes(g.rooms, g.pages, g.visits, g.live),
        *dispatch.routes(g.rooms, g.pages, g.visits),
        *planning.routes(g.rooms, g.pages, g.visits),
        *cover.routes(g.rooms, g.pages, g.visits),
        *duty.routes(g.rooms, g.pages, g.visits),
        *escalations.routes(g.rooms, g.pages, g.visits),
        *plan_trial.routes(g.rooms, g.pages, g.visits),
        *staff.routes(g.rooms, g.pages, g.visits),
        *streets.routes(g.rooms, g.pages, g.visits),
        *registers.routes(g.rooms, g.pages, g.visits),
        *register_files.routes(g.rooms, g.pages, g.visits),
    ]


def _around(g: Given) -> list[Any]:
    return [
        *shipped.routes(g.files),
        *sign_in.routes(g.rooms, g.pages, g.visits, https=g.https),
        *account.routes(g.rooms, g.pages, g.visits, https=g.https),
        *devices.routes(g.rooms, g.pages, g.visits),
        *quality.routes(g.rooms, g.pages, g.visits),
        *packs.routes(g.rooms, g.pages, g.visits),
        *mapping.routes(g.rooms, g.pages, g.visits),
        *audit.routes(g.rooms, g.pages, g.visits),
        *running.routes(g.rooms, g.pages, g.visits),
        *tenants.routes(g.rooms, g.pages, g.visits),
        *administration.routes(g.rooms, g.pages, g.visits),
        *api.routes(g.rooms, g.pages, g.visits),
        *parts.routes(g.rooms, g.pages, g.visits),
    ]
