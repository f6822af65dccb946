"""Keeps the intervals of incidents that are over, so that figures over many of them are read and not worked out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import ResourceNotFound
from rhinecloud.operations import incidents
from rhinecloud.operations.declare import Incident, News, Position
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.life import OVER
from rhinecloud.operations.tables import Shelf

from .measuring import measure


class Measuring:
    """A follower of the news.

    Args:
        zone: IANA name of the city's time zone, by which hours are told apart.
        district: which district a place lies in; "" none.
    """

    name = "review"

    def __init__(self, zone: str, district: Callable[[Position], str] = lambda _: "") -> None:
        self._zone, self._district = zone, district

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        moved = dict.fromkeys(n.incident for n in news if n.incident and n.what.startswith("incident."))
        for incident in moved:
            await asyncio.to_thread(self.keep, shelf, incident)

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        """Nothing goes by the clock."""

    def keep(self, shelf: Shelf, incident_id: str) -> None:
        """Writes what was measured in an incident that is over; of one that is open again, nothing is kept."""
        try:
            incident = incidents.get(shelf, incident_id)
        except ResourceNotFound:
            return
        over = incident.state in OVER
        known = shelf.rows("SELECT 1 FROM measured WHERE incident = ? LIMIT 1", incident.id)
        if not over and not known:
            return
        rows = (
            [(m.interval, m.unit, m.started_us, m.ended_us, m.seconds, m.target_s) for m in measure(shelf, incident)]
            if over
            else []
        )
        where = self._of(incident)
        with shelf.work(SYSTEM) as work:
            work.run("DELETE FROM measured WHERE incident = ?", incident.id)
            for row in rows:
                work.run(f"INSERT INTO measured VALUES ({', '.join('?' * 13)})", incident.id, *row, *where)  # noqa: S608 - marks alone

    def _of(self, incident: Incident) -> tuple[object, ...]:
        at = incident.place.location
        hour = datetime.fromtimestamp(incident.reported_us / SECOND, ZoneInfo(self._zone)).hour
        excluded = incident.state if incident.state not in ("closed", "reviewed") else ""
        return (
            incident.type,
            self._district(at) if at else "",
            hour,
            incident.reported_us,
            incident.exercise,
            excluded,
        )
