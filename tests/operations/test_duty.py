"""Who is on duty: gaps, who is told in which order, who may read how somebody is reached; and the two staffs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import Agency, Pick, Place, Report, Seat
from rhinecloud.operations.declaring import DeclaringDesk
from rhinecloud.operations.duty import roster
from rhinecloud.operations.duty.desk import DutyDesk
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.plans import escalating
from rhinecloud.operations.posts import Duty, Post
from rhinecloud.operations.tables import Shelf
from rhinecloud.operations.telling import of_key
from tests.conftest import HeldClock

from .centre import ADMIN, RUHRORT, Rights, desk, label, person, shelf, unit

HOUR = 3_600_000_000


def posts(at: Shelf, *given_: tuple[str, str, int]) -> DutyDesk:
    it = DeclaringDesk(Seat(at, "city", ADMIN, Rights()))
    for agency in sorted({a for _, a, _ in given_}):
        it.save(Agency(id=agency, title=label(agency)))
    for name, agency, calls in given_:
        it.save(Post(id=name, title=label(name), agency=agency, calls=calls))
    return DutyDesk(Seat(at, "city", ADMIN, Rights()))


def duty(post: str, name: str, start: int, hours: float = 12, **more: object) -> Duty:
    return Duty(id=0, post=post, agency="", name=name, start_us=start, end_us=start + round(hours * HOUR), **more)  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40)), max_size=12), st.integers(1, 100))
def test_gaps_and_duties_cover_a_stretch_of_time_without_a_hole(spans: list[tuple[int, int]], end: int) -> None:
    post = Post(id="p", title=label("p"), agency="fire")
    entries = [Duty(id=0, post="p", agency="", name="x", start_us=s, end_us=s + n) for s, n in spans]
    found = roster.gaps([post], entries, 0, end)
    for moment in range(end):
        manned = any(e.start_us <= moment < e.end_us for e in entries)
        gap = any(g.start_us <= moment < g.end_us for g in found)
        assert manned is not gap
    assert roster.gaps([Post(id="p", title=label("p"), agency="fire", needed=False)], entries, 0, end) == []


def test_those_are_told_who_are_there_in_the_order_of_their_posts(tmp_path: Path, held_clock: HeldClock) -> None:
    at, now = shelf(tmp_path, held_clock), held_clock()
    it = posts(at, ("chief", "fire", 2), ("room", "fire", 1), ("port", "port", 1), ("garage", "fire", 0))
    for post in ("chief", "room", "port", "garage"):
        it.save(duty(post, post.title(), now - HOUR))
    it.save(duty("room", "Morgen", now + 12 * HOUR))
    assert [d.name for d in roster.to_be_told(at, ("fire",), now)] == ["Room", "Chief"]
    assert [d.name for d in roster.to_be_told(at, ("fire", "port"), now)] == ["Room", "Port", "Chief"]
    held_clock.tick(12 * 3600)
    assert roster.to_be_told(at, ("police",), held_clock()) == []


def test_how_somebody_is_reached_is_for_their_own_agency(tmp_path: Path, held_clock: HeldClock) -> None:
    at, now = shelf(tmp_path, held_clock), held_clock()
    it = posts(at, ("room", "fire", 1), ("port", "port", 1))
    it.save(duty("room", "A. Weber", now, reach=("0170 1",), note="krank am Montag"))
    own = DutyDesk(Seat(at, "city", person("fred", "fire"), Rights())).now(now)[0]
    other = DutyDesk(Seat(at, "city", person("paula", "police"), Rights())).now(now)[0]
    assert (own.name, own.reach, own.note) == ("A. Weber", ("0170 1",), "krank am Montag")
    assert (other.name, other.reach, other.note) == ("A. Weber", (), "")
    planner = DutyDesk(Seat(at, "city", person("paula", "port", "planner"), Rights()))
    planner.save(duty("port", "Hafen", now))
    with pytest.raises(Forbidden, match="belongs to fire"):
        planner.save(duty("room", "X", now))
    with pytest.raises(Forbidden):
        planner.remove(1, 1)


def test_a_roster_is_changed_against_what_was_seen(tmp_path: Path, held_clock: HeldClock) -> None:
    at, now = shelf(tmp_path, held_clock), held_clock()
    it = posts(at, ("room", "fire", 1))
    made = it.save(duty("room", "A", now))
    it.save(Duty(id=made.id, post="room", agency="", name="B", start_us=now, end_us=now + HOUR, version=1))
    with pytest.raises(Conflict):
        it.save(Duty(id=made.id, post="room", agency="", name="C", start_us=now, end_us=now + HOUR, version=1))
    with pytest.raises(Conflict):
        it.remove(made.id, 1)
    it.remove(made.id, 2)
    for wrong in (duty("room", " ", now), duty("room", "X", now, -1), duty("room", "X", now, 800)):
        with pytest.raises(BadRequestData):
            it.save(wrong)
    with pytest.raises(ResourceNotFound):
        it.save(duty("nowhere", "X", now))


def test_who_is_on_duty_is_told_by_account_and_mail_of_an_alarm_without_an_answer(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at, now = shelf(tmp_path, held_clock), held_clock()
    it = posts(at, ("room", "fire", 1))
    it.save(duty("room", "A. Weber", now - HOUR, person="person:p_weber", reach=("0170 1", "w@city.example")))
    room = desk(at)
    room.save_unit(unit("hlf-1"))
    room.report_status("hlf-1", "2")
    made, _ = room.report(Report(type="fire", title="Brand", place=Place(location=RUHRORT), agencies=("fire",)))
    (sent,) = room.assign(made.id, [Pick("hlf-1")])
    room.answer(sent.id, False, "defekt")
    with at.work(SYSTEM) as work:
        escalating.to_person(work, sent.id, "declined")
        told = of_key(work, f"escalation:{sent.id}:1")
        assert told is not None and told.given.to == ("person:p_weber", "mailto:w@city.example")
        assert roster.recipients(work, "room") == ("person:p_weber",)
    assert [n for n in room.log(made.id) if n.content and n.content.get("what") == "escalated"]


def test_a_staff_is_called_together_once_and_a_function_has_one_person(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    room, it = desk(at), DutyDesk(Seat(at, "city", ADMIN, Rights()))
    made, _ = room.report(Report(type="flood", title="Hochwasser"))
    with pytest.raises(BadRequestData):
        it.convene(made.id, "crisis", "")
    it.convene(made.id, "crisis", "Pegel 10 m")
    with pytest.raises(Conflict, match="together already"):
        it.convene(made.id, "crisis", "noch einmal")
    it.take(made.id, "command.s2", name="A")
    with pytest.raises(Conflict, match="is S2 already"):
        it.take(made.id, "command.s2", name="A")
    it.take(made.id, "command.s2", name="B")
    it.take(made.id, "crisis.vp", name="C")
    it.take(made.id, "crisis.vp", name="D")
    assert [(h.function, h.name) for h in it.holders(made.id)] == [
        ("command.s2", "B"),
        ("crisis.vp", "C"),
        ("crisis.vp", "D"),
    ]
    it.dismiss(made.id, "crisis", "Lage vorbei")
    assert [h.name for h in it.holders(made.id)] == ["B"] and it.convened(made.id) == []
    assert [h.name for h in it.holders(made.id, past=True)] == ["A", "B", "C", "D"]
    stranger = DutyDesk(Seat(at, "city", person("paula", "police"), Rights()))
    with pytest.raises(ResourceNotFound):
        stranger.holders(made.id)
