"""Reviews as people ask for them; blocking."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from rhinecloud.base.clock import SECOND, parse_us
from rhinecloud.operations import assignments, incidents, journal, playbooks, units
from rhinecloud.operations.declare import Incident
from rhinecloud.operations.journal import Entry
from rhinecloud.operations.life import OVER
from rhinecloud.operations.seat import Seat

from . import figures, findings
from .declare import AskedFigures, Figures, Finding, Gap, Grouped, Measured, Story
from .measuring import measure

GAP_S: Final = 900.0
"""So long without an entry is a gap in the log."""


class ReviewDesk:
    """Made of a seat."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    def measured(self, incident_id: str) -> list[Measured]:
        """The intervals of one incident, also of one that is worked on."""
        return measure(self.seat.shelf, self.seat.incident(incident_id))

    def figures(self, asked: AskedFigures) -> list[Figures]:
        """Over all incidents that are over and that they see."""
        return figures.figures(self.seat.shelf, asked, self.seat.sees())

    def grouped(self, asked: AskedFigures, interval: str, by: str) -> list[Grouped]:
        """One interval by "type", "district" or "hour"."""
        return figures.grouped(self.seat.shelf, asked, self.seat.sees(), interval, by)

    def story(self, incident_id: str) -> Story:
        """What else is worth a look: escalations, deviations, what was late, gaps in the log."""
        incident, shelf = self.seat.incident(incident_id), self.seat.shelf
        held = assignments.of_incident(shelf, incident.id)
        entries = [e for e in journal.read(shelf, incident.id, self.seat.sees()) if e.header is not None]
        steps = [step for run in playbooks.of_incident(shelf, incident.id) for step in run.steps if step.late]
        return Story(
            escalations=sum(a.state in ("declined", "expired") for a in held),
            deviations=tuple(f"{units.get(shelf, a.unit).name}: {a.deviation}" for a in held if a.deviation),
            late_steps=tuple(s.step.title.de for s in steps),
            gaps=tuple(_gaps(incident, entries)),
            keepers=sum(1 for e in entries if e.header and e.header["kind"] == "keeper"),
            flashes=sum(1 for e in entries if (e.content or {}).get("priority") == "flash"),
            decisions=sum(1 for e in entries if e.header and e.header["kind"] == "decision"),
        )

    def findings(self, incident_id: str = "", *, only_open: bool = False) -> list[Finding]:
        """Of one incident, or of all that they see."""
        known = self.seat.incident(incident_id).id if incident_id else ""
        return findings.listed(self.seat.shelf, self.seat.sees(), incident=known, only_open=only_open)

    def finding(self, finding_id: int) -> Finding:
        found = findings.get(self.seat.shelf, finding_id)
        self.seat.incident(found.incident)
        return found

    def add_finding(self, incident_id: str, **fields: Any) -> Finding:
        """See `Finding`; takes what is to change, who sees to it and until when."""
        with self.seat.changing(incident_id) as (work, incident):
            return findings.add(work, incident.id, fields)

    def change_finding(self, finding_id: int, version: int, **fields: Any) -> Finding:
        with self.seat.shelf.work(self.seat.by) as work:
            self.seat.opened(work, findings.get(work, finding_id).incident, "incidents.manage")
            return findings.change(work, finding_id, version, fields)

    def number_of(self, incident_id: str) -> str:
        return incidents.get(self.seat.shelf, incident_id, self.seat.sees()).number


def _gaps(incident: Incident, entries: list[Entry]) -> list[Gap]:
    """Between entries that people wrote, while somebody worked on it."""
    start = incident.times.get("assigned", incident.times.get("triaged"))
    if start is None:
        return []
    ends = [us for state, us in incident.times.items() if state in ("resolved", *OVER)]
    end = min(ends, default=2**62)
    by_hand = [
        (parse_us(e.header["written_at"]), e.seq) for e in entries if e.header and e.header["kind"] != "automatic"
    ]
    told = [(start, 0), *(pair for pair in by_hand if start <= pair[0] <= end)]
    if ends:
        told.append((end, 0))
    return [Gap(start_us=a, end_us=b, after_seq=seq) for (a, seq), (b, _) in pairwise(told) if b - a > GAP_S * SECOND]
