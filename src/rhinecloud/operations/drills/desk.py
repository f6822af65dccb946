"""Drills as one person sees them: whoever takes part sees what is played; the control sees what is to come.

Blocking, for the length of one commit: in a loop, call it in a thread.
"""

from __future__ import annotations

from rhinecloud.base.errors import Forbidden, Unauthorized
from rhinecloud.operations.seat import Seat

from . import book
from .declare import Assessment, Drill, Scenario

LEAD = "drills.lead"


class DrillDesk:
    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    def leads(self) -> bool:
        """Whether they are of the control."""
        try:
            self.seat.may(LEAD)
        except (Forbidden, Unauthorized):
            return False
        return self.seat.agencies(LEAD) is None

    def is_for_drills(self) -> bool:
        """Whether nothing in this tenant is real."""
        return book.is_for_drills(self.seat.shelf)

    def every(self) -> list[Drill]:
        self.seat.may("incidents.read")
        return book.every(self.seat.shelf)

    def current(self) -> Drill | None:
        self.seat.may("incidents.read")
        return book.current(self.seat.shelf)

    def get(self, drill_id: int) -> Drill:
        self.seat.may("incidents.read")
        return book.get(self.seat.shelf, drill_id)

    def assess(self, drill_id: int) -> Assessment:
        """What came of it: for all who took part, over all incidents; a drill is there to learn from."""
        self.seat.may("incidents.read")
        with self.seat.shelf.reading() as work:
            return book.assess(work, book.get(work, drill_id))

    def start(self, scenario: Scenario, title: str = "") -> Drill:
        with self.seat.managing(LEAD) as work:
            return book.start(work, scenario, title)

    def hasten(self, drill_id: int, inject: str) -> None:
        with self.seat.managing(LEAD) as work:
            book.hasten(work, drill_id, inject)

    def skip(self, drill_id: int, inject: str) -> None:
        with self.seat.managing(LEAD) as work:
            book.get(work, drill_id)
            book.played(work, drill_id, inject, "skipped")

    def pause(self, drill_id: int) -> None:
        with self.seat.managing(LEAD) as work:
            book.pause(work, drill_id)

    def resume(self, drill_id: int) -> None:
        with self.seat.managing(LEAD) as work:
            book.resume(work, drill_id)

    def end(self, drill_id: int) -> None:
        with self.seat.managing(LEAD) as work:
            book.end(work, drill_id)
