"""Alarm plans: which counts, what its levels ask for; what is sent by itself, and what climbs to a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden
from rhinecloud.operations import Agency, Desk, IncidentType, Pick, Place, Report, Seat, Unit
from rhinecloud.operations.alarm import AlarmPlan, Area, Hours, PlanNeed
from rhinecloud.operations.declare import Automatic
from rhinecloud.operations.declaring import DeclaringDesk
from rhinecloud.operations.duty.desk import DutyDesk
from rhinecloud.operations.plans.automatic import Automatic as Dispatcher
from rhinecloud.operations.plans.choosing import above, asked, choose, moment
from rhinecloud.operations.plans.desk import PlanDesk
from rhinecloud.operations.posts import Duty, Post
from rhinecloud.operations.tables import Shelf
from tests.conftest import HeldClock

from .centre import ADMIN, HOMBERG, RUHRORT, Centre, Rights, desk, label, person, shelf, unit

ZONE = "Europe/Berlin"
WEST = Area(
    id="west",
    title="West",
    geometry={"type": "Polygon", "coordinates": [[[6.6, 51.4], [6.71, 51.4], [6.71, 51.5], [6.6, 51.5], [6.6, 51.4]]]},
)
TYPES = {t: IncidentType(id=t, title=label(t)) for t in ("fire", "fire.building", "rescue")}


def plan(name: str, *needs: PlanNeed, **members: Any) -> AlarmPlan:
    return AlarmPlan(id=name, title=label(name), needs=needs or (PlanNeed(capability="HLF"),), **members)


def seat(at: Shelf, who: Any = ADMIN) -> Seat:
    return Seat(at, "city", who, Rights())


def declared(at: Shelf, *things: Any) -> DeclaringDesk:
    made = DeclaringDesk(seat(at))
    made.save_all(things)
    return made


# ── which plan counts ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_type_is_a_kind_of_what_stands_before_its_point_or_of_what_it_names() -> None:
    types = TYPES | {"blaze": IncidentType(id="blaze", title=label("x"), above="fire.building")}
    assert above("blaze", types) == ["blaze", "fire.building", "fire"]
    loop = {t: IncidentType(id=t, title=label(t), above=o) for t, o in (("a", "b"), ("b", "a"))}
    assert above("a", loop) == ["a", "b"]


def test_the_plan_that_says_most_counts_and_with_it_those_that_add() -> None:
    plans = [
        plan("all"),
        plan("fire", types=("fire",)),
        plan("house", types=("fire.building",)),
        plan("west", types=("fire.building",), areas=("west",)),
        plan("night", types=("fire",), hours=Hours(begin=22 * 60, end=6 * 60), adds=True),
        plan("off", types=("fire.building",), areas=("west",), in_force=False),
    ]

    def found(kind: str, place: tuple[float, float] | None, at: tuple[int, int]) -> list[str]:
        fits = choose(plans, kind, place, at, types=TYPES, areas={"west": WEST})
        return [f.plan.id for f in fits if f.chosen]

    noon, night = (0, 12 * 60), (0, 23 * 60)
    assert found("rescue", RUHRORT, noon) == ["all"]
    assert found("fire", RUHRORT, noon) == ["fire"]
    assert found("fire.building", RUHRORT, noon) == ["house"]
    assert found("fire.building", HOMBERG, noon) == ["west"]
    assert found("fire.building", None, noon) == ["house"], "without a place no area is known to hold"
    assert found("fire.building", HOMBERG, night) == ["west", "night"]
    reasons = {f.plan.id: f.reason for f in choose(plans, "rescue", None, noon, types=TYPES, areas={})}
    assert reasons == {
        "all": "chosen", "fire": "keyword", "house": "keyword", "west": "keyword", "night": "keyword",
        "off": "not-in-force",
    }  # fmt: skip


def test_a_plan_that_only_adds_never_counts_alone() -> None:
    fits = choose([plan("more", adds=True)], "fire", None, (0, 0), types=TYPES, areas={})
    assert [(f.chosen, f.reason) for f in fits] == [(False, "alone")]


@given(begin=st.integers(0, 1439), end=st.integers(0, 1439), day=st.integers(0, 6), minute=st.integers(0, 1439))
def test_hours_over_midnight_belong_to_the_day_on_which_they_began(begin: int, end: int, day: int, minute: int) -> None:
    only = Hours(days=(2,), begin=begin, end=end)
    length = (end - begin) % 1440 or 1440
    since = ((day - 2) % 7) * 1440 + minute - begin
    if begin == end:
        assert only.hold(day, minute) is (day == 2)
    else:
        assert only.hold(day, minute) is (0 <= since < length)


def test_the_hour_is_the_citys_own(held_clock: HeldClock) -> None:
    assert moment(held_clock(), ZONE) == (6, 11 * 60), "a Sunday in November: one hour before UTC's"


# ── levels ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_raising_the_level_asks_only_for_what_is_new(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    needs = (
        PlanNeed(capability="HLF", within_s=480),
        PlanNeed(capability="DLK", instead=("TM",)),
        PlanNeed(capability="HLF", count=2, level=2),
        PlanNeed(capability="ELW", level=3),
    )
    declared(at, plan("house", *needs, types=("fire",)))
    room, plans = desk(at), PlanDesk(seat(at), ZONE)
    made, _ = room.report(Report(type="fire", title="Brand", place=Place(location=RUHRORT)))
    assert [(n.capability, n.count, n.level) for n in plans.raise_level(made.id)] == [("HLF", 1, 1), ("DLK", 1, 1)]
    assert plans.raise_level(made.id) == [], "doing it again changes nothing"
    assert [(n.capability, n.count, n.level) for n in plans.raise_level(made.id, 3)] == [("HLF", 2, 2), ("ELW", 1, 3)]
    kept = {(n.capability, n.level): n for n in room.needs(made.id)}
    assert kept["HLF", 1].within_s == 480 and kept["DLK", 1].instead == ("TM",) and kept["ELW", 3].plan == "house"
    assert plans.level(made.id) == 3
    with pytest.raises(BadRequestData, match="level 3"):
        plans.raise_level(made.id, 2)
    assert [(u.plan, u.version, u.level) for u in plans.uses(made.id)] == [("house", 1, 1), ("house", 1, 3)]
    whats = [e.content["what"] for e in room.log(made.id) if e.content]
    assert whats.count("alarm-level") == 2


def test_what_a_person_asked_for_is_not_what_the_plan_asks_for(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    declared(at, plan("house", types=("fire",)))
    room, plans = desk(at), PlanDesk(seat(at), ZONE)
    made, _ = room.report(Report(type="fire", title="Brand"))
    room.ask(made.id, "HLF", 5)
    plans.raise_level(made.id)
    assert [(n.count, n.plan) for n in room.needs(made.id)] == [(5, ""), (1, "house")]
    other, _ = room.report(Report(type="rescue", title="Notfall"))
    with pytest.raises(BadRequestData, match="No alarm plan"):
        plans.raise_level(other.id)


def test_another_kind_of_incident_asks_for_the_difference(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    declared(
        at,
        IncidentType(id="fire.building", title=label("Haus")),
        plan("small", PlanNeed(capability="HLF"), types=("fire",)),
        plan("house", PlanNeed(capability="HLF", count=3), PlanNeed(capability="DLK"), types=("fire.building",)),
    )
    room, plans = desk(at), PlanDesk(seat(at), ZONE)
    made, _ = room.report(Report(type="fire", title="Brand"))
    plans.raise_level(made.id)
    room.change(made.id, room.incident(made.id).version, type="fire.building")
    assert [(n.capability, n.count) for n in plans.raise_level(made.id)] == [("HLF", 2), ("DLK", 1)]


# ── what is declared ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_version_is_kept_and_may_count_again(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    it = declared(at, plan("house"))
    held_clock.tick(60)
    it.save(plan("house", PlanNeed(capability="DLK"), version=1))
    with pytest.raises(Conflict, match="version 2"):
        it.save(plan("house", version=1))
    it.take_away(AlarmPlan, "house", 2)
    assert it.every(AlarmPlan) == {}
    assert [(v.version, was and was.needs[0].capability) for v, was in it.versions(AlarmPlan, "house")] == [
        (3, None),
        (2, "DLK"),
        (1, "HLF"),
    ]
    assert it.restore(AlarmPlan, "house", 1).version == 4
    assert it.get(AlarmPlan, "house").needs[0].capability == "HLF"


def test_an_agency_changes_what_is_its_own_and_nothing_else(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    everything = declared(at, Agency(id="fire", title=label("F")), Agency(id="police", title=label("P")))
    everything.save(unit("hlf-1"))
    mine = DeclaringDesk(seat(at, person("paula", "police", "administrator")))
    mine.save(unit("streife", agency="police", kind="works"))
    for thing in (unit("hlf-2"), plan("house"), unit("hlf-1", agency="police")):
        assert not mine.may_change(thing) or thing.id == "hlf-1"
        with pytest.raises((Forbidden, Conflict)):
            mine.save(thing)
    with pytest.raises(Forbidden):
        mine.save_all([unit("streife-2", agency="police"), unit("hlf-9")])
    assert set(everything.every(Unit)) == {"hlf-1", "streife"}, "all or none"


def test_a_unit_that_goes_out_of_service_is_kept_and_offered_nowhere(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    it = declared(at, unit("hlf-1"))
    it.take_away(Unit, "hlf-1", 1)
    assert desk(at).units() == [] and it.get(Unit, "hlf-1").retired
    it.restore(Unit, "hlf-1", 1)
    assert [u.id for u in desk(at).units()] == ["hlf-1"]


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        (plan("p", PlanNeed(capability=" ")), "capability"),
        (plan("p", PlanNeed(capability="HLF", level=12)), "level"),
        (plan("p", types=("nothing",)), "no type"),
        (plan("p", areas=("nowhere",)), "no area"),
        (plan("", PlanNeed(capability="HLF")), "id"),
        (Area(id="a", title="A"), "border"),
        (
            Area(
                id="a",
                title="A",
                geometry={"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
            ),
            "crosses itself",
        ),
        (IncidentType(id="fire", title=label("x"), above="fire"), "cannot lie under"),
        (Post(id="x", title=label("x"), agency="nobody"), "no agency"),
        (unit("u", station=(51.4, 196.0)), "(?i)latitude|lat"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    tmp_path: Path, held_clock: HeldClock, thing: Any, words: str
) -> None:
    with pytest.raises(BadRequestData, match=words):
        declared(shelf(tmp_path, held_clock), thing)


# ── by itself ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Running(Centre):
    """A command centre in which plans work by themselves."""

    async def __aenter__(self) -> Running:
        await super().__aenter__()
        self.sends = Dispatcher(ZONE, self.clock)
        self.sends.room = self.room
        self.room.following.followers.append(self.sends)
        return self

    def set_up(self, *units: Unit, **automatic: Any) -> Desk:
        it = DeclaringDesk(self.room.seat("city", ADMIN))
        it.save(Agency(id="fire", title=label("Feuerwehr")))
        kind = IncidentType(
            id="fire", title=label("Brand"), agencies=("fire",), accept_s=60, automatic=Automatic(**automatic)
        )
        it.save(kind)
        it.save(plan("house", PlanNeed(capability="HLF", count=2), types=("fire",)))
        room = self.desk()
        for each in units:
            it.save(each)
            room.report_status(each.id, "2")
        return room


def fire(room: Desk) -> str:
    return room.report(Report(type="fire", title="Brand", place=Place(location=RUHRORT), severity="critical"))[0].id


async def test_the_best_units_are_alerted_by_themselves_once(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Running(tmp_path, held_clock) as centre:
        room = centre.set_up(unit("near"), unit("far", station=HOMBERG), unit("other", agency="police"), send="alert")
        made = fire(room)
        for _ in range(3):
            await centre.settle()
        assert {(a.unit, a.state) for a in room.assignments(made)} == {("near", "alerted"), ("far", "alerted")}
        room.withdraw(next(a.id for a in room.assignments(made) if a.unit == "far"), "nicht nötig")
        await centre.settle()
        assert [a.unit for a in room.assignments(made) if a.closed_us is None] == ["near"], "nobody is sent again"


async def test_nothing_is_sent_where_the_city_does_not_want_it(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Running(tmp_path, held_clock) as centre:
        room = centre.set_up(unit("near"))
        made = fire(room)
        await centre.settle()
        assert room.assignments(made) == [] and [n.plan for n in room.needs(made)] == ["house"]
        centre_type = DeclaringDesk(centre.room.seat("city", ADMIN))
        kind = centre_type.get(IncidentType, "fire")
        centre_type.save(IncidentType(**{**_members(kind), "automatic": Automatic(needs=False)}))
        other = fire(room)
        await centre.settle()
        assert room.needs(other) == []


def _members(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__struct_fields__}


async def test_who_declines_or_keeps_silent_is_followed_by_the_next_best_then_by_a_person(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    async with Running(tmp_path, held_clock) as centre:
        names = ("a", "b", "c", "d")
        units = [unit(n, station=(6.7279 + k * 0.004, 51.4554)) for k, n in enumerate(names)]
        room = centre.set_up(*units, send="alert", next_best=1, climb_s=120)
        duty = DutyDesk(centre.room.seat("city", ADMIN))
        it = DeclaringDesk(centre.room.seat("city", ADMIN))
        for n, name in enumerate(("lagedienst", "direktion")):
            it.save(Post(id=name, title=label(name), agency="fire", calls=n + 1))
            now = held_clock()
            duty.save(
                Duty(id=0, post=name, agency="", name=name.title(), start_us=now - 10, end_us=now + 3_600_000_000)
            )
        made = fire(room)
        await centre.settle()
        first = {a.unit: a for a in room.assignments(made)}
        assert set(first) == {"a", "b"}
        room.answer(first["a"].id, False, "kein Maschinist")
        await centre.settle()
        assert [a.unit for a in room.assignments(made) if a.closed_us is None] == ["b", "c"]
        plans = PlanDesk(centre.room.seat("city", ADMIN), ZONE)
        assert plans.waiting() == [] and [e.state for e in plans.escalations(made)] == ["sent"]
        held_clock.tick(61)
        await centre.settle()
        await centre.settle()
        assert {(w.unit, w.why, w.told) for w in plans.waiting()} == {
            ("b", "expired", "Lagedienst"),
            ("c", "expired", "Lagedienst"),
        }, "the next best went once for this need, as the type says"
        held_clock.tick(121)
        await centre.settle()
        waits, other = plans.waiting()
        assert (waits.told, waits.steps, waits.due_us) == ("Lagedienst, Direktion", 2, None)
        taken = plans.take(waits.assignment)
        assert taken.taken_by == "test" and plans.waiting() == [other]
        with pytest.raises(Conflict, match="seen to it"):
            plans.take(waits.assignment)


async def test_what_was_filled_meanwhile_waits_for_nobody(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Running(tmp_path, held_clock) as centre:
        room = centre.set_up(unit("a"), unit("b"), unit("c"))
        made = fire(room)
        await centre.settle()
        (need,) = room.needs(made)
        first, _ = room.assign(made, [Pick("a", need.id), Pick("b", need.id)])
        room.answer(first.id, False, "defekt")
        await centre.settle()
        plans = PlanDesk(centre.room.seat("city", ADMIN), ZONE)
        assert [e.unit for e in plans.waiting()] == ["a"]
        room.assign(made, [Pick("c", need.id)])
        await centre.settle()
        assert plans.waiting() == []
        proposal = await centre.room.propose("city", ADMIN, [made])
        assert proposal.picks == ()


def test_the_whole_of_the_levels_is_asked_level_by_level() -> None:
    needs = (PlanNeed(capability="B", level=2), PlanNeed(capability="A"))
    fits = choose([plan("p", *needs)], "fire", None, (0, 0), types=TYPES, areas={})
    assert [n.capability for _, n in asked(fits, 2)] == ["A", "B"]
