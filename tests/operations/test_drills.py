"""Drills: what is due is brought in once, everything in their tenant is an exercise, and times are told afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden
from rhinecloud.operations import Happening, Inject, PlaybookStep, PlaybookVersion, Report, Scenario, drills, playbooks
from rhinecloud.operations.desk import Desk
from rhinecloud.operations.drills import book
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Shelf
from tests.conftest import HeldClock

from .centre import ADMIN, RUHRORT, Rights, desk, label, person, shelf, unit

SCENARIO = Scenario(
    id="test.flood",
    title=label("Hochwasser"),
    text=label("…"),
    minutes=30,
    pace=40,
    happenings=(Happening(kind="flood"),),
    injects=(
        Inject(id="early", after_min=1, kind="message", title=label("Anfrage"), sender=label("Presse")),
        Inject(id="call", after_min=2, kind="incident", title=label("Keller"), type="flood", place=("Kai", RUHRORT)),
        Inject(id="fire", after_min=3, kind="happening", title=label("Feuer"), happening=Happening(kind="fire")),
        Inject(id="broken", after_min=4, kind="breakdown", title=label("Ausfall"), unit="hlf"),
        Inject(id="cue", after_min=5, kind="cue", title=label("Ende ansagen")),
    ),
)


class Room:
    def __init__(self, at: Shelf) -> None:
        self._at = at

    def desk(self, _tenant: str, principal: Any) -> Desk:
        return desk(self._at, principal)


class Ground:
    """A tenant for drills, its control, and what the simulator was asked for."""

    def __init__(self, folder: Path, clock: HeldClock) -> None:
        self.shelf, self.clock = shelf(folder, clock), clock
        self.asked: list[Happening] = []
        self.desk = drills.DrillDesk(Seat(self.shelf, "city", ADMIN, Rights()))
        self.control = drills.Control(Room(self.shelf), self._begin, clock)
        with self.shelf.work(SYSTEM) as work:
            drills.mark(work)
        desk(self.shelf).save_unit(unit("hlf"))

    async def _begin(self, _tenant: str, happening: Happening) -> None:
        self.asked.append(happening)

    async def look(self) -> None:
        self.control._looked.clear()
        await self.control.tick("city", self.shelf)


@pytest.fixture
def ground(tmp_path: Path, held_clock: HeldClock) -> Ground:
    return Ground(tmp_path, held_clock)


async def played(ground: Ground) -> dict[str, str]:
    for _ in range(2):
        await ground.look()
    return {p.inject.id: p.state for p in ground.desk.every()[0].injects}


async def test_what_is_due_is_brought_in_once_and_a_message_waits_for_an_incident(ground: Ground) -> None:
    drill = ground.desk.start(SCENARIO, "Nachtschicht")
    ground.clock.tick(90)
    assert (await played(ground))["early"] == "waiting"  # nobody could be told yet
    ground.clock.tick(60)
    states = await played(ground)
    assert (states["early"], states["call"], states["fire"]) == ("done", "done", "waiting")
    ground.clock.tick(200)
    assert set((await played(ground)).values()) == {"done"}
    await ground.look()
    (incident,) = desk(ground.shelf).incidents()
    assert (incident.exercise, incident.place.address, incident.source) == (True, "Kai", f"drill:{drill.id}/call")
    assert [h.kind for h in ground.asked] == ["fire"]
    assert desk(ground.shelf).unit("hlf").status == "6"
    assert ground.shelf.rows("SELECT count(*) FROM message") == [(1,)]


async def test_the_control_hastens_skips_and_pauses(ground: Ground) -> None:
    drill = ground.desk.start(SCENARIO)
    ground.desk.hasten(drill.id, "call")
    ground.desk.skip(drill.id, "fire")
    states = await played(ground)
    assert (states["call"], states["fire"]) == ("done", "skipped")
    with pytest.raises(Conflict, match="already"):
        ground.desk.hasten(drill.id, "call")
    ground.desk.pause(drill.id)
    ground.clock.tick(600)
    assert (await played(ground))["broken"] == "waiting"
    assert ground.desk.get(drill.id).minute(ground.clock()) < 1
    ground.desk.resume(drill.id)
    assert (await played(ground))["broken"] == "waiting"
    ground.clock.tick(240)
    assert (await played(ground))["broken"] == "done"
    ground.desk.end(drill.id)
    assert ground.desk.current() is None
    with pytest.raises(Conflict, match="over"):
        ground.desk.pause(drill.id)


def test_one_drill_at_a_time_and_only_where_nothing_is_real(ground: Ground, tmp_path: Path) -> None:
    ground.desk.start(SCENARIO)
    with pytest.raises(Conflict, match="goes on"):
        ground.desk.start(SCENARIO)
    (tmp_path / "real").mkdir()
    real = drills.DrillDesk(Seat(shelf(tmp_path / "real", ground.clock), "city", ADMIN, Rights()))
    with pytest.raises(BadRequestData, match="of their own"):
        real.start(SCENARIO)


def test_on_the_ground_every_incident_is_an_exercise(ground: Ground) -> None:
    made, _ = desk(ground.shelf).report(Report(type="flood", title="Rhein", exercise=False))
    assert made.exercise and made.number.startswith("drill-")


def test_who_takes_part_does_not_lead(ground: Ground) -> None:
    seat = Seat(ground.shelf, "city", person("olga", "fire"), Rights())
    mine = drills.DrillDesk(seat)
    assert not mine.leads()
    with pytest.raises(Forbidden):
        mine.start(SCENARIO)
    assert drills.DrillDesk(Seat(ground.shelf, "city", person("lea", role="leadership"), Rights())).leads()


def test_afterwards_times_and_steps_are_told(ground: Ground) -> None:
    drill = ground.desk.start(SCENARIO)
    room = desk(ground.shelf)
    room.save_playbook(
        PlaybookVersion(
            id="p",
            version=0,
            title=label("P"),
            text=label(""),
            steps=(PlaybookStep(id="gate", title=label("Tor"), due_s=3600 * 4), PlaybookStep(id="b", title=label("B"))),
        )
    )
    made, _ = room.report(Report(type="flood", title="Rhein"))
    run = room.start_playbook(made.id, "p")
    # Four hours of a river that lives forty times as fast are six minutes.
    assert run.steps[0].due_us == ground.clock() + 360_000_000
    ground.clock.tick(500)
    with ground.shelf.work(SYSTEM) as work:
        playbooks.late(work)
    room.end_step(run.id, "gate")
    came = ground.desk.assess(drill.id)
    assert [(s.step, s.state, s.late) for s in came.steps] == [("gate", "done", True), ("b", "open", False)]
    assert [(i.number, i.units) for i in came.incidents] == [(made.number, 0)]
    assert came.entries > 0


def test_a_ground_is_given_what_is_declared_and_no_way_out(tmp_path: Path, held_clock: HeldClock) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "drill").mkdir()
    real, drill = shelf(tmp_path / "real", held_clock), shelf(tmp_path / "drill", held_clock)
    desk(real).save_unit(unit("hlf", agency="fire"))
    desk(real).report_status("hlf", "4")
    real_kinds = desk(real).playbooks()
    for _ in range(2):
        with drill.work(SYSTEM) as work:
            drills.furnish(real, work)
    assert desk(drill).unit("hlf").status == "2"
    assert book.is_for_drills(drill) and not book.is_for_drills(real)
    assert desk(drill).playbooks() == real_kinds
    assert drill.rows("SELECT count(*) FROM way") == [(0,)]
