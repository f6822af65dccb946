"""Incidents: their life under many hands, what is changed at once, merging and splitting, who sees what."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rhinecloud.access import ANONYMOUS
from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound, Unauthorized
from rhinecloud.operations import Asked, Part, Pick, Place, Report, Section
from rhinecloud.operations.life import OVER, STATES, STEPS, possible, take
from tests.conftest import HeldClock

from .centre import RUHRORT, desk, person, shelf, unit


def fire(title: str = "Brand in der Werft", **more: Any) -> Report:
    return Report(**({"type": "fire", "title": title, "place": Place(location=RUHRORT)} | more))


def test_every_state_can_be_reached_and_left_as_the_table_says() -> None:
    reached, todo = set(), ["reported"]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += [step.after for step in STEPS.values() if state in step.before]
    assert reached == set(STATES)
    assert [s for s in STATES if not any(s in step.before for step in STEPS.values())] == [
        "reviewed",
        "merged",
        "split",
    ]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_taken_from_its_states_alone(state: str, name: str) -> None:
    if state in STEPS[name].before:
        assert take(state, name, reason="why", other="x").after == STEPS[name].after
    else:
        with pytest.raises(Conflict):
            take(state, name, reason="why", other="x")


def test_an_incident_lives_from_report_to_review_with_the_time_of_each_state(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at = desk(shelf(tmp_path, held_clock))
    made, _ = at.report(fire())
    assert made.number == "2026-000001" and made.severity == "critical"
    for step in ("triage", "assign", "depart", "arrive", "contain", "resolve", "close", "review"):
        held_clock.tick(60)
        made = at.move(made.id, step, made.version)
    assert made.state == "reviewed"
    assert [made.times[s] - made.reported_us for s in STATES[:9]] == [n * 60 * SECOND for n in range(9)]
    assert [m.after for m in at.moves(made.id)] == list(STATES[1:9])
    assert {c.target.end: c.state for c in at.clocks(made.id, held_clock())} == {
        "triaged": "met",
        "assigned": "met",
        "on-scene": "met",
    }
    assert at.verify_log(made.id).breaks == ()


def test_clocks_run_out_and_missing_stamps_are_said(tmp_path: Path, held_clock: HeldClock) -> None:
    at = desk(shelf(tmp_path, held_clock))
    made, _ = at.report(fire())
    first = at.clocks(made.id, held_clock.tick(30))[0]
    assert (first.state, first.left_s) == ("running", 30)
    assert at.clocks(made.id, held_clock.tick(31))[0].state == "overdue"
    cancelled = at.move(made.id, "cancel", made.version, reason="Fehlalarm")
    assert {c.state for c in at.clocks(cancelled.id, held_clock())} == {"stopped"}


def test_who_comes_second_is_told_who_changed_what_and_nothing_is_lost(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    anna, bert = desk(at, person("anna")), desk(at, person("bert"))
    made, _ = anna.report(fire())
    anna.change(made.id, made.version, severity="major", title="Brand in der Werfthalle")
    with pytest.raises(Conflict) as refused:
        bert.change(made.id, made.version, severity="minor", text="Rauch")
    assert refused.value.extra["overlapping"] == ["severity"]
    (change,) = refused.value.extra["changes"]
    assert (change["name"], change["fields"]["severity"]) == ("Anna", "major")
    now = bert.incident(made.id)
    assert (now.severity, now.text) == ("major", "")
    assert bert.change(made.id, now.version, text="Rauch").text == "Rauch"
    with pytest.raises(Conflict):
        bert.move(made.id, "triage", made.version)


def test_of_many_who_move_at_once_one_wins(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    made, _ = desk(at).report(fire())
    outcomes: list[str] = []
    gate = threading.Barrier(8)

    def one(number: int) -> None:
        gate.wait()
        try:
            desk(at, person(f"p{number}")).move(made.id, "triage", made.version)
            outcomes.append("moved")
        except Conflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=one, args=(n,)) for n in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(outcomes) == ["conflict"] * 7 + ["moved"]
    assert desk(at).incident(made.id).version == made.version + 1
    assert desk(at).verify_log(made.id).breaks == ()
    at.close()


def test_likely_duplicates_are_near_in_place_time_and_words(tmp_path: Path, held_clock: HeldClock) -> None:
    at = desk(shelf(tmp_path, held_clock))
    first, none = at.report(fire("Rauch über der Werft Ruhrort"))
    assert none == []
    held_clock.tick(120)
    near = Place(location=(RUHRORT[0] + 0.0008, RUHRORT[1]))
    _, found = at.report(fire("Starker Rauch, Werft", place=near))
    assert [f.incident.id for f in found] == [first.id]
    assert "werft" in found[0].words and 50 < (found[0].distance_m or 0) < 60
    far = Place(location=(6.76, 51.35))
    assert at.report(fire("Starker Rauch, Werft", place=far))[1] == []
    drill, found = at.report(fire("Rauch über der Werft Ruhrort", exercise=True))
    assert found == [] and drill.number == "drill-2026-000001"
    held_clock.tick(5 * 3600)
    assert at.report(fire("Rauch über der Werft Ruhrort"))[1] == []


def test_merging_takes_units_alerts_and_things_along(tmp_path: Path, held_clock: HeldClock) -> None:
    at = desk(shelf(tmp_path, held_clock))
    at.save_unit(unit("hlf-1"))
    at.report_status("hlf-1", "2")
    first, _ = at.report(fire(entities=("urn:a",), alerts=("A1",)))
    second, _ = at.report(fire(entities=("urn:b",), alerts=("A2",)))
    at.assign(second.id, [Pick("hlf-1")])
    second = at.incident(second.id)
    whole = at.merge(second.id, first.id, second.version)
    assert whole.entities == ("urn:a", "urn:b") and whole.alerts == ("A1", "A2") and "fire" in whole.agencies
    assert [a.unit for a in at.assignments(first.id)] == ["hlf-1"]
    assert (at.incident(second.id).state, at.incident(second.id).other) == ("merged", first.id)
    assert {i.id for i in at.of_alert("A2")} == {first.id, second.id}
    with pytest.raises(Conflict):
        at.merge(first.id, second.id, whole.version)


def test_splitting_gives_each_part_its_units(tmp_path: Path, held_clock: HeldClock) -> None:
    at = desk(shelf(tmp_path, held_clock))
    for name in ("hlf-1", "hlf-2"):
        at.save_unit(unit(name))
        at.report_status(name, "2")
    whole, _ = at.report(fire())
    at.assign(whole.id, [Pick("hlf-1"), Pick("hlf-2")])
    whole = at.incident(whole.id)
    first, second = at.split(whole.id, [Part(title="Nord"), Part(title="Süd", units=("hlf-2",))], whole.version)
    assert [a.unit for a in at.assignments(first.id)] == ["hlf-1"]
    assert [a.unit for a in at.assignments(second.id)] == ["hlf-2"]
    assert (first.state, second.state, first.split_from) == ("assigned", "assigned", whole.id)
    assert at.incident(whole.id).parts == (first.id, second.id)


def test_parents_make_no_circle_and_drills_stay_apart(tmp_path: Path, held_clock: HeldClock) -> None:
    at = desk(shelf(tmp_path, held_clock))
    flood, _ = at.report(Report(type="flood", title="Rhein"))
    fire_, _ = at.report(fire())
    drill, _ = at.report(fire(exercise=True))
    child = at.set_parent(fire_.id, flood.id, fire_.version)
    assert [i.id for i in at.incidents(Asked(parent=flood.id))] == [child.id]
    with pytest.raises(BadRequestData):
        at.set_parent(flood.id, fire_.id, flood.version)
    with pytest.raises(BadRequestData, match="drill"):
        at.set_parent(drill.id, flood.id, drill.version)
    with pytest.raises(BadRequestData, match="drill"):
        at.merge(drill.id, flood.id, drill.version)


def test_what_cannot_be_is_refused_with_its_reason(tmp_path: Path, held_clock: HeldClock) -> None:
    at = desk(shelf(tmp_path, held_clock))
    for given, words in (
        (fire(" "), "title"),
        (fire(place=Place(location=(51.4, 206.7))), "longitude"),
        (fire(reported_us=held_clock() + 3600 * SECOND), "future"),
    ):
        with pytest.raises(BadRequestData, match=words):
            at.report(given)
    with pytest.raises(ResourceNotFound):
        at.report(fire(type="dragon"))
    made, _ = at.report(fire())
    with pytest.raises(BadRequestData, match="reason"):
        at.move(made.id, "cancel", made.version, reason="  ")
    with pytest.raises(BadRequestData, match="itself"):
        at.change(made.id, made.version, sections=(Section(id="a", title="A", above="a"),))
    with pytest.raises(BadRequestData, match="state"):
        at.change(made.id, made.version, state="closed")
    assert at.incident(made.id).version == made.version
    with pytest.raises(BadRequestData, match="never"):
        at.change(made.id, 99, title="x")


def test_each_agency_sees_what_it_takes_part_in_and_no_more(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    room = desk(at, person("room"))
    firefighter, police = desk(at, person("fred", "fire")), desk(at, person("paula", "police"))
    mayor = desk(at, person("maja", "", "leadership"))
    made, _ = firefighter.report(fire())
    assert made.agencies == ("fire",)
    assert room.incident(made.id).id == mayor.incident(made.number).id == made.id
    assert police.incidents() == [] and police.counts() == {}
    for look in (police.incident, police.log, police.assignments, police.duplicates, police.runs, police.verify_log):
        with pytest.raises(ResourceNotFound):
            look(made.id)
    with pytest.raises(ResourceNotFound):
        police.change(made.id, made.version, title="x")
    shared = room.change(made.id, made.version, agencies=("fire", "police"))
    assert [i.id for i in police.incidents()] == [made.id]
    with pytest.raises(Forbidden):
        mayor.change(made.id, shared.version, title="x")
    with pytest.raises(Unauthorized):
        desk(at, ANONYMOUS).incidents()
    with pytest.raises(Forbidden):
        desk(at, person("otto", tenant="elsewhere")).incidents()


def test_lists_are_filtered_searched_and_paged(tmp_path: Path, held_clock: HeldClock) -> None:
    at = desk(shelf(tmp_path, held_clock))
    for number in range(7):
        at.report(fire(f"Brand {number} Hafenstraße", reported_us=held_clock() + number - 100))
    flood, _ = at.report(Report(type="flood", title="Rhein steigt"))
    page = at.incidents(Asked(limit=3, types=("fire",)))
    assert [i.title[6] for i in page] == ["6", "5", "4"]
    rest = at.incidents(Asked(limit=10, types=("fire",), before=(page[-1].reported_us, page[-1].id)))
    assert [i.title[6] for i in rest] == ["3", "2", "1", "0"]
    assert at.incidents(Asked(text='stei" OR *')) == []
    assert [i.id for i in at.incidents(Asked(text="rhein stei"))] == [flood.id]
    assert len(at.incidents(Asked(text="hafen"))) == 7
    assert at.counts() == {"reported": 8}
    moved = at.move(flood.id, "cancel", flood.version, reason="fällt")
    assert at.counts() == {"reported": 7} and at.incidents(Asked(states=("cancelled",)))[0].id == moved.id


class Lives(RuleBasedStateMachine):
    """Several actors move, change, assign and report on three incidents and three units; what must hold holds."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.clock = HeldClock("2026-11-22T10:00:00Z")
        self.shelf = shelf(Path(self.folder.name), self.clock)
        self.desks = [desk(self.shelf, person(f"p{n}")) for n in range(2)]
        self.units = ["a", "b", "c"]
        for name in self.units:
            desk(self.shelf).save_unit(unit(name))
            self.desks[0].report_status(name, "2")
        self.incidents = [self.desks[0].report(fire(f"Brand {n}"))[0].id for n in range(3)]
        self.seen = {i: self.desks[0].incident(i).version for i in self.incidents}
        self.states = dict.fromkeys(self.incidents, "reported")

    def teardown(self) -> None:
        if hasattr(self, "shelf"):
            self.shelf.close()
            self.folder.cleanup()

    which, who = st.integers(0, 2), st.integers(0, 1)

    @rule(which=which)
    def look(self, which: int) -> None:
        """Somebody loads the page: from now on they act on this version."""
        self.seen[self.incidents[which]] = self.desks[0].incident(self.incidents[which]).version

    @rule(which=which, who=who, step=st.sampled_from([s.name for s in STEPS.values() if not s.alone]), other=which)
    def move(self, which: int, who: int, step: str, other: int) -> None:
        name = self.incidents[which]
        before = self.desks[0].incident(name)
        self.clock.tick(1)
        try:
            after = self.desks[who].move(
                name,
                step,
                self.seen[name],
                reason="so",
                other=self.incidents[other] if step == "mark-duplicate" else "",
            )
        except (Conflict, BadRequestData):
            assert self.desks[0].incident(name) == before
        else:
            assert self.seen[name] == before.version, "nobody overwrites what they did not see"
            assert before.state in STEPS[step].before and after.state == STEPS[step].after

    @rule(which=which, who=who, severity=st.sampled_from(["minor", "major", "critical"]))
    def change(self, which: int, who: int, severity: str) -> None:
        name = self.incidents[which]
        before = self.desks[0].incident(name)
        try:
            after = self.desks[who].change(name, self.seen[name], severity=severity)
        except Conflict:
            assert self.seen[name] != before.version
        else:
            assert self.seen[name] == before.version and after.severity == severity

    @rule(which=which, units=st.lists(st.sampled_from("abc"), min_size=1, max_size=2, unique=True), how=st.booleans())
    def assign(self, which: int, units: list[str], how: bool) -> None:
        held = self._held()
        try:
            self.desks[1].assign(
                self.incidents[which], [Pick(u) for u in units], "alert" if how else "reserve", deviation="es eilt"
            )
        except Conflict:
            assert self._held() == held
        else:
            assert not set(units) & set(held)

    @rule(name=st.sampled_from("abc"), digit=st.sampled_from("12345678"))
    def status(self, name: str, digit: str) -> None:
        self.clock.tick(1)
        before = next(u for u in self.desks[0].units() if u.id == name)
        after = self.desks[0].report_status(name, digit)
        assert after.status == (before.status if digit == "5" else digit)

    @rule(name=st.sampled_from("abc"), accepts=st.booleans())
    def answer(self, name: str, accepts: bool) -> None:
        found = self._open(name)
        if found is not None:
            try:
                self.desks[0].answer(found.id, accepts, "kein Fahrer")
            except Conflict:
                assert found.state in ("reserved", "accepted")

    @rule(a=which, b=which)
    def merge(self, a: int, b: int) -> None:
        name = self.incidents[a]
        before = self.desks[0].incident(name)
        try:
            self.desks[0].merge(name, self.incidents[b], before.version)
        except (Conflict, BadRequestData):
            assert self.desks[0].incident(name) == before

    def _held(self) -> dict[str, str]:
        return {u: a.incident for u in self.units if (a := self._open(u)) is not None}

    def _open(self, name: str) -> Any:
        from rhinecloud.operations import assignments

        return assignments.open_of(self.shelf, name)

    @invariant()
    def no_unit_is_on_two_incidents_and_none_on_one_that_is_over(self) -> None:
        if not hasattr(self, "shelf"):
            return
        rows = self.shelf.rows("SELECT unit, incident FROM assignment WHERE closed_us IS NULL")
        assert len({u for u, _ in rows}) == len(rows)
        states = {i: self.desks[0].incident(i) for i in self.incidents}
        assert not [i for _, i in rows if states[i].state in OVER]

    @invariant()
    def every_move_is_a_legal_one_and_follows_the_one_before(self) -> None:
        if not hasattr(self, "shelf"):
            return
        for name in self.incidents:
            at = "reported"
            for move in self.desks[0].moves(name):
                assert move.before == at and at in STEPS[move.step].before and STEPS[move.step].after == move.after
                at = move.after
            found = self.desks[0].incident(name)
            assert found.state == at and set(self.desks[0].steps(name)) == {s.name for s in possible(at)}
            assert self.desks[0].verify_log(name).breaks == ()


Lives.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLives = Lives.TestCase
