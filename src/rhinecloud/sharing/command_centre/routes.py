"""All that may be asked, in one table: dispatch and OpenAPI are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from . import views


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `acts`: it changes something, and takes an Idempotency-Key."""

    method: str
    path: str  # below the root; {…} are variables
    name: str  # of the handler
    summary: str
    scope: str
    answer: Any
    status: int = 200
    body: Any = None
    query: tuple[tuple[str, str, str], ...] = ()  # name, type, what it is

    @property
    def acts(self) -> bool:
        return self.method != "GET"

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.strip("/").split("/"))

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """The variables, where the address is this route's."""
        if len(segments) != len(self.parts):
            return None
        found = {}
        for part, segment in zip(self.parts, segments, strict=True):
            if part.startswith("{"):
                found[part.strip("{}")] = segment
            elif part != segment:
                return None
        return found


READ: Final = "incidents.read"
MANAGE: Final = "incidents.manage"
CREW: Final = "units.answer or units.dispatch"

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="GET",
        path="/incidents",
        name="list_incidents",
        summary="A page of incidents, the newest first",
        scope=READ,
        answer=views.IncidentsView,
        query=(
            ("state", "string", "States, separated by commas; active: those that are worked on"),
            ("type", "string", "Types, separated by commas"),
            ("text", "string", "Words of number, title, text or address"),
            ("exercise", "boolean", "Drills alone, or none"),
            ("limit", "integer", "At most so many, 1 to 200; 50 unless told"),
            ("before", "string", "Where the page before ended: its `next` has it"),
        ),
    ),
    Route(
        method="POST",
        path="/incidents",
        name="report",
        summary="Reports an incident; says which ones it may be the same as",
        scope="incidents.report or incidents.manage",
        body=views.IncidentGiven,
        answer=views.ReportedView,
        status=201,
    ),
    Route(
        method="GET",
        path="/incidents/{incident}",
        name="show_incident",
        summary="One incident, by id or number",
        scope=READ,
        answer=views.IncidentView,
    ),
    Route(
        method="PATCH",
        path="/incidents/{incident}",
        name="change",
        summary="Changes fields of the version that was read; another one by now is a conflict that tells both",
        scope=MANAGE,
        body=views.ChangeGiven,
        answer=views.IncidentView,
    ),
    Route(
        method="POST",
        path="/incidents/{incident}/steps",
        name="step",
        summary="Takes a step of an incident's life",
        scope=MANAGE,
        body=views.StepGiven,
        answer=views.IncidentView,
    ),
    Route(
        method="GET",
        path="/incidents/{incident}/assignments",
        name="list_assignments",
        summary="Units of an incident, in the order of their assignment",
        scope=READ,
        answer=list[views.AssignmentView],
    ),
    Route(
        method="POST",
        path="/incidents/{incident}/assignments",
        name="assign",
        summary="Alerts or reserves units of one's agency for an incident, all or none",
        scope="units.dispatch",
        body=views.AssignGiven,
        answer=list[views.AssignmentView],
        status=201,
    ),
    Route(
        method="POST",
        path="/assignments/{assignment}/withdraw",
        name="withdraw",
        summary="Calls a unit back, or gives a reserved one free",
        scope="units.dispatch",
        body=views.WithdrawGiven,
        answer=views.AssignmentView,
    ),
    Route(
        method="GET",
        path="/units",
        name="list_units",
        summary="Units of one's agency, and those at work in incidents that one sees",
        scope=f"{READ} or units.answer",
        answer=list[views.UnitView],
    ),
    Route(
        method="GET",
        path="/units/{unit}",
        name="show_unit",
        summary="One unit, with what it is alerted to",
        scope=f"{READ} or units.answer",
        answer=views.UnitView,
    ),
    Route(
        method="POST",
        path="/units/{unit}/statuses",
        name="report_status",
        summary="A status of a unit, or its wish to speak",
        scope=CREW,
        body=views.StatusGiven,
        answer=views.UnitView,
        status=201,
    ),
    Route(
        method="POST",
        path="/assignments/{assignment}/marks",
        name="mark_assignment",
        summary="The order was sent to the unit, received or read there",
        scope=CREW,
        body=views.MarkGiven,
        answer=views.AssignmentView,
    ),
    Route(
        method="POST",
        path="/assignments/{assignment}/answer",
        name="answer",
        summary="The unit accepts, or declines and says why",
        scope=CREW,
        body=views.AnswerGiven,
        answer=views.AssignmentView,
    ),
    Route(
        method="POST",
        path="/deliveries/{delivery}/marks",
        name="mark_delivery",
        summary="What became of a message that came as a webhook (its webhook-id)",
        scope=f"{READ} or units.answer",
        body=views.MarkGiven,
        answer=views.DeliveryView,
    ),
    Route(
        method="GET",
        path="/news",
        name="list_news",
        summary="What happened behind a number, for a system that asks; it may wait for something",
        scope=READ,
        answer=views.NewsPage,
        query=(
            ("after", "integer", "The number that is known; 0: from the oldest that is kept"),
            ("limit", "integer", "At most so many, 1 to 1000; 200 unless told"),
            ("wait", "number", "Seconds to wait where there is nothing, at most 30"),
        ),
    ),
)
STREAM: Final = "/news/stream"
"""The same as server-sent events; goes on behind Last-Event-ID."""
