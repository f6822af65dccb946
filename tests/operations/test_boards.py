"""The boards say one thing of each unit and incident; the command line does what it says; haste is undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rhinecloud.access import Principal
from rhinecloud.base.errors import Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import BoardDesk, Desk, Incident, Meaning, Pick, Place, Report, Seat
from rhinecloud.operations.tables import Shelf

from .centre import ADMIN, RUHRORT, Rights, desk, person, shelf, unit

S = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_341_600 * S

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def at(tmp_path: Path, clock: Callable[[], int]) -> Shelf:
    return shelf(tmp_path, clock)


def board(at: Shelf, who: Principal = ADMIN) -> BoardDesk:
    return BoardDesk(Seat(at, "city", who, Rights()))


def fire(at: Desk, title: str = "Brand am Hafen", *agencies: str) -> Incident:
    return at.report(Report(type="fire", title=title, place=Place(location=RUHRORT), agencies=agencies or ("fire",)))[0]


def named(at: Shelf, *names: str) -> Desk:
    made = desk(at)
    for name in names:
        made.save_unit(unit(name))
        made.report_status(name, "2")
    return made


STEPS = {"contained": "contain", "Eingedämmt": "contain", "assess": "triage", "close": "close"}


def says(at: Shelf, line: str) -> Meaning:
    return board(at).read(line, STEPS)


def test_beginnings_and_last_parts_name_a_unit_where_only_one_is_called_so(at: Shelf) -> None:
    named(at, "hlf 3-1", "hlf 3-2", "rtw 3-3")
    assert [says(at, line).kind for line in ("3-1 4", "hlf3-1 4", "HLF 3-1 4", "rtw 4", "3/3 4")] == ["status"] * 5
    several = says(at, "hlf 4")
    assert several.kind == "unclear"
    assert [c.text for c in several.candidates] == ["HLF 3-1 4", "HLF 3-2 4"]
    assert says(at, "dlk 4").kind == "unknown" and says(at, "3-1 99").kind == "unknown"


def test_a_blank_divides_so_that_an_order_is_never_taken_for_another_unit(at: Shelf) -> None:
    named(at, "hlf 3-1", "hlf 3-14", "hlf 4-1")
    assert says(at, "3-1 4").kind == "status" and says(at, "3-14").kind == "unit"
    assert [c.text for c in says(at, "hlf 4").candidates] == ["HLF 3-1 4", "HLF 3-14 4", "HLF 4-1 4", "HLF 4-1"]
    assert says(at, "hlf 4-1").unit == says(at, "4-1").unit


def test_a_step_that_nobody_expects_is_said_beforehand_and_taken(at: Shelf) -> None:
    named(at, "hlf 3-1")
    assert says(at, "3-1 3").unusual is False
    assert says(at, "3-1 7").unusual is True
    board(at).report_status("hlf 3-1", "7")
    (tile,) = board(at).tiles()
    assert tile.status is not None and tile.status.digit == "7" and tile.unit.unusual


def test_an_incident_is_named_by_the_end_of_its_number(at: Shelf) -> None:
    made = fire(named(at, "hlf 3-1"))
    tail = made.number[-6:].lstrip("0")
    assert says(at, f"#{tail}").incident == made
    assert says(at, f"3-1 #{tail}").kind == "assign"
    assert says(at, f"#{tail} cont").step == "contain"
    assert says(at, f"#{made.number}").kind == "incident"
    assert says(at, "#999").kind == "unknown"
    assert says(at, "new fire at the harbour").text == "fire at the harbour"


def test_a_status_taken_back_makes_unit_assignment_and_incident_what_they_were(at: Shelf, clock: Clock) -> None:
    made = fire(named(at, "hlf 3-1"))
    desk(at).assign(made.id, [Pick("hlf 3-1")])
    clock.now += 30 * S
    before = (board(at).strips(clock()), board(at).tiles())
    done = board(at).report_status("hlf 3-1", "4")
    assert desk(at).incident(made.id).state == "on-scene"
    clock.now += 5 * S
    assert board(at).undo(done.id) == "status"
    strips, tiles = board(at).strips(clock()), board(at).tiles()
    assert [t.assignment for t in tiles] == [t.assignment for t in before[1]]
    assert (tiles[0].unit.status, tiles[0].unit.status_us) == (before[1][0].unit.status, before[1][0].unit.status_us)
    assert strips[0].incident.state == "assigned"
    assert strips[0].incident.times == before[0][0].incident.times
    assert desk(at).verify_log(made.id).breaks == ()


def test_an_alarm_taken_back_calls_the_unit_back(at: Shelf) -> None:
    made = fire(named(at, "hlf 3-1"))
    done = board(at).assign(made.id, Pick("hlf 3-1"))
    board(at).undo(done.id)
    (tile,) = board(at).tiles()
    assert tile.assignment is None
    assert [a.state for a in desk(at).assignments(made.id)] == ["withdrawn"]
    assert desk(at).incident(made.id).state == "reported"


def test_an_answer_taken_back_lets_the_unit_wait_since_it_asked(at: Shelf, clock: Clock) -> None:
    named(at, "hlf 3-1")
    board(at).report_status("hlf 3-1", "5")
    (waiting,) = desk(at).waiting()
    clock.now += 10 * S
    done = board(at).answer_speech(waiting.id)
    assert desk(at).waiting() == []
    board(at).undo(done.id)
    assert desk(at).waiting() == [waiting]


def test_nothing_is_taken_back_too_late_twice_by_others_or_after_something_else(at: Shelf, clock: Clock) -> None:
    named(at, "hlf 3-1")
    done = board(at).report_status("hlf 3-1", "3")
    with pytest.raises(Forbidden):
        board(at, person("weber")).undo(done.id)
    board(at).undo(done.id)
    with pytest.raises(Conflict, match="too late"):
        board(at).undo(done.id)
    done = board(at).report_status("hlf 3-1", "3")
    desk(at).report_status("hlf 3-1", "4")
    with pytest.raises(Conflict, match="since"):
        board(at).undo(done.id)
    done = board(at).report_status("hlf 3-1", "1")
    clock.now += 13 * S
    with pytest.raises(Conflict, match="too late"):
        board(at).undo(done.id)
    with pytest.raises(ResourceNotFound):
        board(at).undo(999)


def test_strips_stand_by_severity_then_age_and_say_what_runs_out(at: Shelf, clock: Clock) -> None:
    seat = named(at, "hlf 3-1")
    first = fire(seat)
    clock.now += 70 * S
    second = fire(seat, "Zweiter Brand")
    seat.report(Report(type="other", title="Laterne", agencies=("works",)))
    seat.ask(first.id, "HLF", 2)
    seat.assign(first.id, [Pick("hlf 3-1", seat.needs(first.id)[0].id)])
    strips = board(at).strips(clock())
    assert [s.incident.title for s in strips] == ["Brand am Hafen", "Zweiter Brand", "Laterne"]
    assert (strips[0].needed, strips[0].filled, [u.name for u in strips[0].units]) == (2, 1, ["HLF 3-1"])
    assert strips[1].clock is not None and strips[1].clock.target.end == "triaged"
    assert [s.incident.id for s in board(at).strips(clock(), [second.id])] == [second.id]


def test_an_agency_sees_its_strips_and_of_a_strange_incident_only_that_its_unit_is_at_work(at: Shelf) -> None:
    seat = named(at, "hlf 3-1")
    made = fire(seat, "Geheim", "police")
    seat.assign(made.id, [Pick("hlf 3-1")], "reserve")
    works = person("works", "works")
    fire_brigade = person("fire", "fire")
    assert board(at, works).strips(0) == [] and board(at, works).tiles() == []
    assert board(at, fire_brigade).strips(0) == []
    (tile,) = board(at, fire_brigade).tiles()
    assert (tile.number, tile.title, tile.assignment) == ("", "", None)
    with pytest.raises(ResourceNotFound):
        board(at, works).report_status("hlf 3-1", "4")


def test_lists_are_found_by_any_mixture_of_filters_and_paged_both_ways(at: Shelf, clock: Clock) -> None:
    from rhinecloud.operations import Asked

    seat = desk(at)
    made = []
    for n in range(12):
        clock.now += 60 * S
        made.append(fire(seat, f"Brand {n} in der Hafenstraße", "fire", *(["police"] if n % 2 else [])))
    newest = [i.id for i in reversed(made)]
    page = seat.incidents(Asked(text="hafenstr", types=("fire",), limit=5))
    assert [i.id for i in page] == newest[:5]
    older = seat.incidents(Asked(text="hafenstr", limit=5, before=(page[-1].reported_us, page[-1].id)))
    assert [i.id for i in older] == newest[5:10]
    back = seat.incidents(Asked(text="hafenstr", limit=5, after=(older[0].reported_us, older[0].id)))
    assert [i.id for i in back] == newest[:5]
    assert seat.total(Asked(text="brand")) == 12 and seat.total(Asked(), most=5) == 6
    police = desk(at, person("p", "police"))
    assert police.total(Asked(severities=("critical",), exercise=False)) == 6
    assert seat.total(Asked(agencies=("police",))) == 6
    since = made[3].reported_us
    assert seat.total(Asked(since_us=since, until_us=since + 120 * S)) == 2
    assert seat.total(Asked(until_us=since)) == 3 and seat.total(Asked(states=("over",))) == 0
