"""Units: their status and their calls, who is assigned to what, the acceptance clock, and which are proposed."""

from __future__ import annotations

import sqlite3
import threading
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import (
    Barrier,
    Crossing,
    Desk,
    Incident,
    Need,
    Pick,
    Place,
    Report,
    UnitKind,
    Zone,
    assignments,
)
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.proposing import EMPTY, NEVER, Candidate, City, propose, solve
from rhinecloud.operations.tables import Shelf
from rhinecloud.operations.travel import meets, way
from tests.conftest import HeldClock

from .centre import HOMBERG, RUHRORT, desk, person, shelf, unit

RHINE = Barrier(
    id="rhine",
    name="Rhein",
    line=((6.715, 51.38), (6.735, 51.41), (6.715, 51.45), (6.705, 51.50)),
    crossings=(Crossing("Friedrich-Ebert-Brücke", (6.718, 51.4525)), Crossing("A 42", (6.706, 51.4790))),
)


def manned(folder: Path, clock: HeldClock, *names: str) -> tuple[Shelf, Desk, str]:
    at = shelf(folder, clock)
    room = desk(at)
    for name in names:
        room.save_unit(unit(name))
        room.report_status(name, "2")
    made, _ = room.report(Report(type="fire", title="Brand", place=Place(location=RUHRORT)))
    return at, room, made.id


def test_a_status_is_kept_and_taken_also_where_it_is_not_usual(tmp_path: Path, held_clock: HeldClock) -> None:
    _, room, _ = manned(tmp_path, held_clock, "hlf-1")
    held_clock.tick(10)
    assert room.report_status("hlf-1", "3").unusual is False
    held_clock.tick(10)
    odd = room.report_status("hlf-1", "8")
    assert (odd.status, odd.unusual) == ("8", True)
    late = room.report_status("hlf-1", "4", at_us=held_clock() - 5_000_000)
    assert late.status == "8", "an older status never replaces a newer one"
    newest = {r.digit: (r.unusual, r.late) for r in room.reports("hlf-1")}
    assert newest == {"2": (False, False), "3": (False, False), "8": (True, False), "4": (False, True)}
    with pytest.raises(BadRequestData, match="no status"):
        room.report_status("hlf-1", "x")


def test_the_status_that_a_unit_had_at_a_moment_is_found_however_much_came_since(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    _, room, _ = manned(tmp_path, held_clock, "hlf-1")
    held_clock.tick(10)
    room.report_status("hlf-1", "3")
    room.report_status("hlf-1", "5")  # a wish to speak is no status
    then = held_clock()
    for _ in range(30):
        held_clock.tick(1)
        room.report_status("hlf-1", "4")
        room.report_status("hlf-1", "1")
    room.report_status("hlf-1", "8", at_us=then - 5_000_000)  # it comes late
    kind = room.things(UnitKind)["fire"]
    was = room.standing("hlf-1", kind, then)
    assert was is not None and was.digit == "3"
    assert room.standing("hlf-1", kind, then - 20_000_000) is None


def test_a_message_that_comes_twice_counts_once(tmp_path: Path, held_clock: HeldClock) -> None:
    _, room, _ = manned(tmp_path, held_clock, "hlf-1")
    for _ in range(2):
        room.report_status("hlf-1", "3", key="radio:4711")
        held_clock.tick(1)
    assert len(room.reports("hlf-1")) == 2


def test_who_wants_to_speak_waits_in_a_queue_and_keeps_its_status(tmp_path: Path, held_clock: HeldClock) -> None:
    at, room, _ = manned(tmp_path, held_clock, "hlf-1", "hlf-2")
    room.report_status("hlf-1", "3")
    assert room.report_status("hlf-1", "5").status == "3"
    room.report_status("hlf-1", "5")
    held_clock.tick(5)
    room.report_status("hlf-2", "0")
    first, second = room.waiting()
    assert (first.unit, first.urgent, second.unit, second.times) == ("hlf-2", True, "hlf-1", 2)
    room.answer_speech(first.id)
    with pytest.raises(Conflict, match="answered"):
        room.answer_speech(first.id)
    with pytest.raises(ResourceNotFound):
        desk(at, person("paula", "police")).answer_speech(second.id)
    assert [s.unit for s in room.waiting()] == ["hlf-1"]


def test_an_alarm_goes_its_way_and_takes_the_incident_along(tmp_path: Path, held_clock: HeldClock) -> None:
    _, room, incident = manned(tmp_path, held_clock, "hlf-1")
    (reserved,) = room.assign(incident, [Pick("hlf-1")], "reserve")
    assert (reserved.state, reserved.due_us, room.incident(incident).state) == ("reserved", None, "reported")
    alerted = room.alert_unit(reserved.id)
    assert alerted.due_us == held_clock() + 90_000_000 and room.incident(incident).state == "assigned"
    assert room.mark(alerted.id, "read").state == "read"
    assert room.mark(alerted.id, "sent").state == "read", "marks come in any order"
    assert room.answer(alerted.id, True).state == "accepted"
    for digit, state in (("3", "under-way"), ("4", "on-scene")):
        held_clock.tick(60)
        room.report_status("hlf-1", digit)
        assert room.incident(incident).state == state
    room.report_status("hlf-1", "1")
    (done,) = room.assignments(incident)
    assert done.state == "released" and room.incident(incident).state == "on-scene"
    whats = [e.content["what"] for e in room.log(incident) if e.content]
    assert [w for w in whats if w.startswith("unit")] == [
        "unit-reserved",
        "unit-alerted",
        "unit-accepted",
        "unit-released",
    ]


def test_who_does_not_answer_in_time_is_expired_and_may_still_come(tmp_path: Path, held_clock: HeldClock) -> None:
    at, room, incident = manned(tmp_path, held_clock, "hlf-1", "hlf-2")
    first, second = room.assign(incident, [Pick("hlf-1"), Pick("hlf-2")])
    with pytest.raises(BadRequestData, match="says why"):
        room.answer(second.id, False)
    assert room.answer(second.id, False, "kein Maschinist").state == "declined"
    held_clock.tick(91)
    with at.work(SYSTEM) as work:
        assert [a.id for a in assignments.expire(work)] == [first.id]
    with at.work(SYSTEM) as work:
        assert assignments.expire(work) == []
    assert room.answer(first.id, True).state == "accepted"
    with pytest.raises(Conflict):
        room.answer(second.id, True)


def test_a_unit_that_does_not_fit_takes_a_reason_which_is_kept(tmp_path: Path, held_clock: HeldClock) -> None:
    _, room, incident = manned(tmp_path, held_clock, "hlf-1")
    need = room.ask(incident, "DLK")
    with pytest.raises(BadRequestData, match="has no DLK"):
        room.assign(incident, [Pick("hlf-1", need.id)])
    (made,) = room.assign(incident, [Pick("hlf-1", need.id)], deviation="Drehleiter im Werk")
    assert made.deviation and room.needs(incident)[0].filled == 1
    room.report_status("hlf-1", "6")
    room.withdraw(made.id, "zu fern")
    with pytest.raises(BadRequestData, match="status 6"):
        room.assign(incident, [Pick("hlf-1")])


def test_nobody_closes_an_incident_with_units_at_work_and_who_cancels_calls_them_back(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    _, room, incident = manned(tmp_path, held_clock, "hlf-1")
    room.assign(incident, [Pick("hlf-1")])
    room.report_status("hlf-1", "4")
    now = room.move(incident, "resolve", room.incident(incident).version)
    with pytest.raises(Conflict, match="hlf-1 still at work"):
        room.move(incident, "close", now.version)
    other, _ = room.report(Report(type="fire", title="Zweiter"))
    with pytest.raises(Conflict, match="for incident 2026-000001"):
        room.assign(other.id, [Pick("hlf-1")])
    room.report_status("hlf-1", "1")
    room.assign(other.id, [Pick("hlf-1")])
    room.move(other.id, "cancel", room.incident(other.id).version, reason="Fehlalarm")
    assert [a.state for a in room.assignments(other.id)] == ["withdrawn"]
    with pytest.raises(Conflict):
        room.assign(other.id, [Pick("hlf-1")])


def test_of_many_desks_that_want_a_unit_at_once_one_gets_it(tmp_path: Path, held_clock: HeldClock) -> None:
    at, room, _ = manned(tmp_path, held_clock, "hlf-1", "hlf-2")
    wanted = [room.report(Report(type="fire", title=f"Brand {n}"))[0].id for n in range(8)]
    gate, got = threading.Barrier(8), []

    def one(number: int) -> None:
        gate.wait()
        try:
            desk(at, person(f"p{number}")).assign(wanted[number], [Pick("hlf-2"), Pick("hlf-1")])
            got.append(wanted[number])
        except Conflict:
            assert room.assignments(wanted[number]) == [], "all of them or none"

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(got) == 1 and len(room.assignments(got[0])) == 2
    at.close()


def test_the_database_itself_knows_one_open_assignment_a_unit(tmp_path: Path, held_clock: HeldClock) -> None:
    at, room, incident = manned(tmp_path, held_clock, "hlf-1")
    room.assign(incident, [Pick("hlf-1")])
    with pytest.raises(sqlite3.IntegrityError), at.work(SYSTEM) as work:
        work.run(
            "INSERT INTO assignment (unit, incident, section, state, made_us, made_by, deviation)"
            " VALUES ('hlf-1', 'other', '', 'reserved', 0, '', '')"
        )


def test_an_agency_sends_its_own_units_and_who_sends_one_takes_part(tmp_path: Path, held_clock: HeldClock) -> None:
    at, room, incident = manned(tmp_path, held_clock, "hlf-1")
    room.save_unit(unit("streife", agency="police", kind="works"))
    room.report_status("streife", "1")
    fire = desk(at, person("fred", "fire"))
    with pytest.raises(ResourceNotFound):
        fire.assign(incident, [Pick("hlf-1")])
    room.assign(incident, [Pick("hlf-1")])
    assert fire.incident(incident).agencies == ("fire",)
    with pytest.raises(ResourceNotFound):
        fire.assign(incident, [Pick("streife")])
    room.assign(incident, [Pick("streife")])
    assert {u.id for u in fire.units()} == {"hlf-1", "streife"}
    with pytest.raises(Forbidden, match="belongs to police"):
        fire.report_status("streife", "4")


# ── which units go ───────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=150, deadline=None)
@given(
    rows=st.integers(1, 4),
    columns=st.integers(0, 5),
    data=st.data(),
)
def test_the_assignment_is_the_best_there_is(rows: int, columns: int, data: st.DataObject) -> None:
    values = st.one_of(st.integers(0, 60).map(float), st.just(NEVER))
    cost = np.array([[data.draw(values) for _ in range(columns)] for _ in range(rows)]).reshape(rows, columns)
    found = solve(cost)
    used = [c for c in found if c >= 0]
    assert len(set(used)) == len(used)
    spare = [*range(columns), *(-1 for _ in range(rows))]
    worth = min(_sum(cost, choice) for choice in set(permutations(spare, rows)))
    assert _sum(cost, found) == pytest.approx(worth)
    assert solve(cost) == found


def _sum(cost: Any, choice: Any) -> float:
    return float(sum(EMPTY if c < 0 else cost[r, c] for r, c in enumerate(choice)))


def incident(name: str, at: tuple[float, float] | None = RUHRORT, severity: Any = "major") -> Incident:
    return Incident(id=name, number=name, type="fire", title=name, severity=severity, place=Place(location=at))


def need(number: int, of: str, capability: str = "HLF", count: int = 1) -> Need:
    return Need(id=number, incident=of, capability=capability, count=count)


def ready(name: str, at: tuple[float, float] | None, **more: Any) -> Candidate:
    made = unit(name, **{k: more.pop(k) for k in ("capabilities", "available") if k in more})
    made.status = "1"
    return Candidate(**({"unit": made, "means": "free", "position": at, "age_s": 10.0} | more))


def test_all_needs_are_served_together_not_first_come(tmp_path: Path) -> None:
    west, east = (6.70, 51.45), (6.80, 51.45)
    both, one = ready("both", (6.74, 51.45), capabilities=("HLF", "DLK")), ready("one", (6.73, 51.45))
    made = propose([(incident("a", west), need(1, "a")), (incident("b", east), need(2, "b", "DLK"))], [both, one])
    assert {p.incident: p.chosen.unit for p in made.picks} == {"a": "one", "b": "both"}
    assert made.gaps == () and made.warnings


def test_what_is_missing_and_who_was_left_out_is_said(tmp_path: Path) -> None:
    units = [
        ready("busy", RUHRORT, busy="2026-000007"),
        ready("old", RUHRORT, age_s=2000.0),
        ready("lost", None),
        ready("home", RUHRORT, available=False),
        ready("bound", RUHRORT, means="bound"),
        ready("near", RUHRORT),
        ready("far", HOMBERG),
    ]
    asked = [(incident("a"), need(1, "a")), (incident("a"), need(2, "a", "BOAT")), (incident("b", None), need(3, "b"))]
    made = propose(asked, units)
    assert {e.unit for e in made.excluded} == {"busy", "old", "lost", "home", "bound"}
    assert {g.need: g.reason for g in made.gaps} == {2: "no free unit has BOAT", 3: "the incident has no place"}
    (pick,) = made.picks
    assert (pick.chosen.unit, pick.runner_up and pick.runner_up.unit) == ("near", "far")
    assert pick.slower_min and pick.slower_min > 3


def test_across_the_rhine_the_way_goes_over_a_bridge_and_says_so(tmp_path: Path) -> None:
    assert meets(HOMBERG, RUHRORT, RHINE.line) and not meets(RUHRORT, (6.76, 51.43), RHINE.line)
    plain, over = way(HOMBERG, RUHRORT), way(HOMBERG, RUHRORT, [RHINE])
    assert over.seconds >= plain.seconds and over.crosses == (("Rhein", "Friedrich-Ebert-Brücke"),)
    made = propose([(incident("a"), need(1, "a"))], [ready("homberg", HOMBERG)], City(barriers=(RHINE,)))
    assert any("Friedrich-Ebert-Brücke" in w for w in made.warnings)
    shut = Barrier(id="rhine", name="Rhein", line=RHINE.line, crossings=(Crossing("x", (6.718, 51.4525), False),))
    made = propose([(incident("a"), need(1, "a"))], [ready("homberg", HOMBERG)], City(barriers=(shut,)))
    assert made.picks == () and "cannot get there" in made.gaps[0].reason


def test_cover_left_behind_counts_but_not_where_life_is_in_danger(tmp_path: Path) -> None:
    far = [Zone(id=f"y{n}", name="Süd", position=(6.75, 51.36), weight=0.2) for n in range(4)]
    zones = (Zone(id="z", name="Homberg", position=HOMBERG, weight=5), *far)
    last = ready("last", (6.706, 51.4500))
    others = [ready(f"s{n}", (6.76, 51.43)) for n in range(3)]
    place = (6.7200, 51.4510)
    calm = propose([(incident("a", place, "minor"), need(1, "a"))], [last, *others], City(zones=zones))
    grave = propose([(incident("a", place, "critical"), need(1, "a"))], [last, *others], City(zones=zones))
    assert (calm.picks[0].chosen.unit[0], grave.picks[0].chosen.unit) == ("s", "last")


def test_five_hundred_units_and_fifty_incidents_are_assigned_in_time() -> None:
    rng = np.random.default_rng(7)
    where = rng.uniform((6.65, 51.35), (6.82, 51.55), (600, 2))
    units = [ready(f"u{n:03}", (float(where[n][0]), float(where[n][1]))) for n in range(500)]
    asked = [
        (incident(f"i{n}", (float(where[500 + n][0]), float(where[500 + n][1]))), need(n, f"i{n}", count=2))
        for n in range(50)
    ]
    made = propose(asked, units)
    assert len(made.picks) == 100 and made.seconds < 2, "measured alone: see the decision record"


def test_who_reports_by_hand_has_the_newest_word(tmp_path: Path, held_clock: HeldClock) -> None:
    room = desk(shelf(tmp_path, held_clock))
    room.save_unit(unit("hlf-1"))
    room.report_status("hlf-1", "3", at_us=held_clock() + 40_000_000)  # a device whose clock is ahead
    assert room.report_status("hlf-1", "4").status == "4"
