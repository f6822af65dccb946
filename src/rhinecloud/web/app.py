"""The web application: pages, data for islands, live changes and shipped files behind one ASGI callable."""

from __future__ import annotations

from typing import Any

from litestar import Litestar
from litestar.config.csrf import CSRFConfig
from litestar.exceptions import HTTPException

from rhinecloud.base.errors import RhineError

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
    faults,
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
from .security import Guarded, csrf_secret
from .visits import Visits


def build(rooms: Rooms) -> Guarded:
    """The screens of a city as an ASGI application. `stop` ends the live streams; a server waits for open answers."""
    settings = rooms.settings
    files = Files()
    pages = Pages(files, timezone=settings.timezone, clock=rooms.clock)
    visits = Visits(rooms, files.version)
    boards = Boards(rooms, pages)
    live = Live(rooms, boards)
    jobs = Jobs(rooms.clock)
    https = settings.public_url.startswith("https://")
    handlers: list[Any] = [
        *shipped.routes(files),
        *sign_in.routes(rooms, pages, visits, https=https),
        *overview.routes(rooms, pages, visits, live),
        *situation.routes(rooms, pages, visits),
        *data.routes(rooms, visits, live),
        *happenings.routes(rooms, visits, live),
        *basemap.routes(settings.map_pmtiles),
        *evidence.routes(rooms, visits),
        *guidance.routes(rooms, visits, live),
        *account.routes(rooms, pages, visits, https=https),
        *devices.routes(rooms, pages, visits),
        *quality.routes(rooms, pages, visits),
        *alerts.routes(rooms, pages, visits),
        *incident.routes(rooms, pages, visits),
        *incident_handover.routes(rooms, pages, visits),
        *incident_log.routes(rooms, pages, visits),
        *incident_messages.routes(rooms, pages, visits),
        *incident_sections.routes(rooms, pages, visits),
        *incident_tasks.routes(rooms, pages, visits),
        *picture.routes(rooms, pages, visits),
        *report.routes(rooms, pages, visits, live),
        *incident_review.routes(rooms, pages, visits),
        *review.routes(rooms, pages, visits),
        *tak.routes(rooms, pages, visits),
        *playbook_runs.routes(rooms, pages, visits),
        *playbooks.routes(rooms, pages, visits),
        *drills.routes(rooms, pages, visits, https=https),
        *rules.routes(rooms, pages, visits, jobs),
        *warning_desk.routes(rooms, pages, visits),
        *packs.routes(rooms, pages, visits),
        *mapping.routes(rooms, pages, visits),
        *audit.routes(rooms, pages, visits),
        *running.routes(rooms, pages, visits),
        *tenants.routes(rooms, pages, visits),
        *explorer.routes(rooms, pages, visits),
        *entity.routes(rooms, pages, visits, live),
        *charts.routes(rooms, pages, visits),
        *administration.routes(rooms, pages, visits),
        *api.routes(rooms, pages, visits),
        *parts.routes(rooms, pages, visits),
        *incidents.routes(rooms, pages, visits, live, boards),
        *units.routes(rooms, pages, visits, live, boards),
        *writing.routes(rooms, pages, visits),
        *deliveries.routes(rooms, pages, visits),
        *ways.routes(rooms, pages, visits),
        *my_unit.routes(rooms, pages, visits),
        *command.routes(rooms, visits),
        *new_incident.routes(rooms, pages, visits, live),
        *dispatch.routes(rooms, pages, visits),
        *planning.routes(rooms, pages, visits),
        *cover.routes(rooms, pages, visits),
        *duty.routes(rooms, pages, visits),
        *escalations.routes(rooms, pages, visits),
        *plan_trial.routes(rooms, pages, visits),
        *staff.routes(rooms, pages, visits),
        *streets.routes(rooms, pages, visits),
        *registers.routes(rooms, pages, visits),
        *register_files.routes(rooms, pages, visits),
    ]
    visits.navigation.built(frozenset(path for handler in handlers for path in handler.paths))
    application = Litestar(
        handlers,
        csrf_config=CSRFConfig(
            secret=csrf_secret(settings.data),
            cookie_name="rhinecloud_csrf",
            cookie_httponly=True,
            cookie_secure=https,
            cookie_samesite="strict",
        ),
        exception_handlers={
            RhineError: faults.handler(pages, visits),
            HTTPException: faults.handler(pages, visits),
            Exception: faults.handler(pages, visits),
        },
        openapi_config=None,
        request_max_body_size=1_000_000,
        logging_config=None,
    )

    async def stop() -> None:
        await live.stop()
        await jobs.stop()

    return Guarded(application, stop=stop, map_style=settings.map_style, https=https)
