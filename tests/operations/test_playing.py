"""Playbooks at work: steps hang on readings and forecasts, alerts ask for playbooks, actions are done once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.base.errors import BadRequestData, Conflict, ResourceNotFound
from rhinecloud.insight import Alert
from rhinecloud.operations import (
    Agency,
    Place,
    PlaybookStep,
    PlaybookVersion,
    Report,
    Run,
    Trigger,
    Watch,
    playbooks,
    playing,
    things,
)
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.playing import offers
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Shelf
from tests.conftest import HeldClock

from .centre import ADMIN, RUHRORT, Rights, label, person, shelf
from .centre import desk as centre

GATE = Watch(entity="urn:gauge", attr="height", level=7.0, within_s=12 * 3600, near=5.5)
HOUR = 3600 * SECOND


def entity(value: float | None, at_us: int, ahead: tuple[float, ...] = (), flags: int = 0) -> dict[str, Any]:
    attrs: dict[str, Any] = {}
    if value is not None:
        attrs["height"] = [{"value": value, "observedAt": iso(at_us), "unitCode": "MTR", "_f": flags}]
    if ahead:
        steps = [{"at": iso(at_us + (n + 1) * 3 * HOUR), "value": v} for n, v in enumerate(ahead)]
        attrs["heightForecast"] = [{"value": steps, "observedAt": iso(at_us)}]
    return {"id": "urn:gauge", "attrs": attrs}


def seen(watch: Watch, value: float | None, at_us: int, ahead: tuple[float, ...] = (), before: Any = None) -> Any:
    told = playing.reading(entity(value, at_us, ahead), "height", lambda name: name)
    return playing.look(watch, told, before, at_us)


def step(name: str, *after: str, **more: Any) -> PlaybookStep:
    return PlaybookStep(id=name, title=label(name), after=after, **more)


def flood(*steps: PlaybookStep, **more: Any) -> PlaybookVersion:
    return PlaybookVersion(id="flood", version=0, title=label("Hochwasser"), text=label(""), steps=steps, **more)


def desk(at: Shelf, who: Any = ADMIN, actions: Any = None, alert: Any = None) -> playing.PlaybookDesk:
    return playing.PlaybookDesk(Seat(at, "city", who, Rights()), actions or {}, alert or (lambda _: None))


def begun(at: Shelf, *steps: PlaybookStep, actions: Any = None, **more: Any) -> tuple[playing.PlaybookDesk, str, Run]:
    room = desk(at, actions=actions)
    room.save(flood(*steps))

    made, _ = centre(at).report(Report(type="flood", title="Rhein", agencies=("fire",), **more))
    return room, made.id, room.start(made.id, "flood")


# ── readings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_watch_holds_when_the_reading_is_there_or_expected_while_it_is_near(held_clock: HeldClock) -> None:
    now = held_clock()
    assert seen(GATE, 7.1, now).since_us == now
    assert seen(GATE, 6.9, now).since_us is None
    assert seen(GATE, 5.6, now, (6.0, 6.8, 7.2)).since_us == now  # in nine hours
    assert seen(GATE, 5.4, now, (6.0, 6.8, 7.2)).since_us is None  # not near yet
    assert seen(GATE, 5.6, now, (6.0, 6.1, 6.2, 6.5, 7.4)).since_us is None  # in fifteen hours: too far ahead


def test_a_watch_lets_go_a_little_lower_and_never_for_silence(held_clock: HeldClock) -> None:
    now = held_clock()
    held = seen(GATE, 7.1, now)
    assert seen(GATE, 6.9, now + HOUR, before=held).since_us == now
    assert seen(GATE, 6.7, now + HOUR, before=held).since_us is None
    assert seen(GATE, None, now + HOUR, before=held).since_us == now


def test_rising_is_what_was_seen_and_before_that_what_is_forecast(held_clock: HeldClock) -> None:
    rising = Watch(entity="urn:gauge", attr="height", level=7.0, rising=True)
    now = held_clock()
    assert seen(rising, 7.2, now).since_us is None
    assert seen(rising, 7.2, now, (7.4, 7.6)).since_us is None  # its own time is none, so the forecast does not count
    ahead = Watch(entity="urn:gauge", attr="height", level=7.0, rising=True, within_s=12 * 3600)
    assert seen(ahead, 7.2, now, (7.4, 7.6)).since_us == now
    first = seen(rising, 7.1, now)
    assert seen(rising, 7.3, now + HOUR // 2, before=first).since_us == now + HOUR // 2
    assert seen(rising, 7.0, now + HOUR // 2, before=first).since_us is None


def test_a_step_opens_with_its_reading_and_is_to_be_taken_back_when_the_water_falls(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at = shelf(tmp_path, held_clock)
    room, incident, run = begun(at, step("gate", watch=GATE, undo=label("Tor öffnen"), due_s=3600), step("tea"))
    assert {s.step.id: s.state for s in run.steps} == {"gate": "waiting", "tea": "open"}
    room.end_step(run.id, "tea")
    assert room.run(run.id).ended_us is None  # what hangs on a reading is still to come
    with at.work(SYSTEM) as work:
        playbooks.saw(work, run.id, "gate", seen(GATE, 7.2, held_clock()))
    opened = room.run(run.id).steps[0]
    assert (opened.state, opened.due_us) == ("open", held_clock() + HOUR)
    done = room.end_step(run.id, "gate", note="zu")
    assert done.ended_us == held_clock()
    held_clock.tick(60)
    again = room.start(incident, "flood")
    with at.work(SYSTEM) as work:
        playbooks.saw(work, again.id, "gate", seen(GATE, 7.2, held_clock()))
    room.end_step(again.id, "gate")
    before = room.run(again.id).seen["gate"]
    with at.work(SYSTEM) as work:
        playbooks.saw(work, again.id, "gate", seen(GATE, 6.0, held_clock(), before=before))
    assert room.run(again.id).steps[0].undo == "open"
    room.end_step(again.id, "tea")
    assert room.run(again.id).ended_us is None  # what is to be taken back is still to do
    assert room.undone(again.id, "gate").ended_us is not None
    with pytest.raises(Conflict):
        room.undone(again.id, "gate")


def test_an_open_step_waits_again_when_its_reading_goes_before_it_is_done(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at = shelf(tmp_path, held_clock)
    room, _, run = begun(at, step("gate", watch=GATE))
    high = seen(GATE, 7.2, held_clock())
    with at.work(SYSTEM) as work:
        playbooks.saw(work, run.id, "gate", high)
        playbooks.saw(work, run.id, "gate", seen(GATE, 6.0, held_clock(), before=high))
    assert room.run(run.id).steps[0].state == "waiting"


# ── what ends, what is due ───────────────────────────────────────────────────────────────────────────────────────────


def test_ending_a_run_takes_a_reason_and_says_what_was_not_done(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    room, _, run = begun(at, step("a"), step("gate", watch=GATE))
    with pytest.raises(BadRequestData, match="reason"):
        room.end(run.id, " ")
    ended = room.end(run.id, "Fehlalarm")
    assert {s.step.id: (s.state, s.note) for s in ended.steps} == {
        "a": ("skipped", "Fehlalarm"),
        "gate": ("not-needed", ""),
    }
    with pytest.raises(Conflict):
        room.end(run.id, "noch einmal")


def test_an_incident_that_is_over_ends_its_playbooks(tmp_path: Path, held_clock: HeldClock) -> None:

    at = shelf(tmp_path, held_clock)
    room, incident, run = begun(at, step("a"))
    centre(at).move(incident, "cancel", centre(at).incident(incident).version, reason="Irrtum")
    with at.work(SYSTEM) as work:
        playbooks.reconsider(work, incident)
    ended = room.run(run.id)
    assert ended.ended_us is not None and ended.steps[0].state == "skipped"


def test_a_step_may_be_due_from_the_start_or_from_a_state(tmp_path: Path, held_clock: HeldClock) -> None:

    at = shelf(tmp_path, held_clock)
    room, incident, run = begun(
        at, step("a", due_s=600, due_from="start"), step("b", due_s=60, due_from="triaged"), step("c", "a", due_s=60)
    )
    dues = {s.step.id: s.due_us for s in run.steps}
    assert dues == {"a": run.started_us + 600 * SECOND, "b": None, "c": None}
    held_clock.tick(30)
    centre(at).move(incident, "triage", centre(at).incident(incident).version)
    with at.work(SYSTEM) as work:
        playbooks.reconsider(work, incident)
    assert room.run(run.id).steps[1].due_us == held_clock() + 60 * SECOND


# ── actions ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_actions_bear_being_done_twice(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    known = playing.actions(lambda _: at)
    with at.work(SYSTEM) as work:
        things.save(work, Agency(id="thw", title=label("THW")))
    steps = (
        step("units", action="unit.ask", arguments={"capability": "Pumpe", "count": 2}),
        step("thw", action="agencies.add", arguments={"agencies": ["thw"]}),
        step("grave", action="severity.raise", arguments={"severity": "critical"}),
        step("part", action="section.add", arguments={"id": "dikes", "title": "Deiche"}),
        step("note", action="log.note", arguments={"text": "gesehen"}),
    )
    _, incident, run = begun(at, *steps, actions=known)

    for each in (*run.steps, *run.steps):
        said = await known[each.step.action].run("city", run, each)
        assert isinstance(said, str) or (said.de and said.en)
    found = centre(at).incident(incident)
    assert [(n.capability, n.count) for n in centre(at).needs(incident)] == [("Pumpe", 2)]
    assert (found.severity, "thw" in found.agencies, [s.id for s in found.sections]) == ("critical", True, ["dikes"])


async def test_what_the_public_would_notice_waits_for_a_person_and_is_never_done_in_a_drill(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at, sent = shelf(tmp_path, held_clock), []

    async def send(tenant: str, device: str, command: str, params: dict[str, Any]) -> None:
        sent.append((device, command))

    known = playing.actions(lambda _: at, lambda *_: ["lamp-1", "lamp-2"], send)
    lights = step("lights", action="device.command", arguments={"type": "Streetlight", "command": "full"})
    room, _, run = begun(at, lights, actions=known, place=Place(location=RUHRORT))
    assert not room.acting()  # nothing by itself
    room.act(run.id, "lights")
    assert room.acting() == {(run.id, "lights")}
    with pytest.raises(Conflict, match="being done"):
        room.act(run.id, "lights")
    await known["device.command"].run("city", run, run.steps[0])
    assert sent == [("lamp-1", "full"), ("lamp-2", "full")]
    sent.clear()

    drill, _ = centre(at).report(Report(type="flood", title="Drill", place=Place(location=RUHRORT), exercise=True))
    played = room.start(drill.id, "flood")
    said = await known["device.command"].run("city", played, played.steps[0])
    assert not sent and not isinstance(said, str) and "ÜBUNG" in said.de and "EXERCISE" in said.en


def test_a_try_says_what_would_be_done_and_does_nothing(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    room = desk(at, actions=playing.actions(lambda _: at))
    given = flood(
        step("units", action="unit.ask", arguments={"capability": "Pumpe"}),
        step("bad", action="unit.ask"),
        step("gate", watch=GATE),
    )

    made, _ = centre(at).report(Report(type="flood", title="Rhein"))
    units, bad, gate = room.rehearse(given, made)
    assert units.action is not None and "1 × Pumpe" in units.action.de
    assert bad.trouble and gate.opens == "watch"
    assert not centre(at).needs(made.id)


# ── alerts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def alert(name: str = "a1", rule: str = "environment.flood-expected") -> Alert:
    return Alert(
        id=name,
        tenant="city",
        rule=rule,
        rule_version=1,
        title=label("Hochwasser erwartet"),
        text=label("Ruhrort"),
        entity="urn:gauge",
        entity_name="Ruhrort",
        type="WaterObserved",
        location=RUHRORT,
        severity="major",
        state="raised",
        started_us=0,
        raised_us=0,
        updated_us=0,
    )


def test_an_alert_offers_its_playbook_once_and_the_next_is_linked(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    room = desk(at, alert=lambda _: alert())
    room.save(flood(step("a"), triggers=(Trigger(rule="environment.flood-expected", type="flood"),)))
    for _ in range(2):
        with at.work(SYSTEM) as work:
            offers.hear(work, [alert()], ())
    (offer,) = room.offers()
    incident, run = room.take(offer.id)
    assert (incident.alerts, incident.severity, run.playbook) == (("a1",), "major", "flood")
    with pytest.raises(Conflict, match="taken"):
        room.take(offer.id)
    with at.work(SYSTEM) as work:
        offers.hear(work, [alert(), alert("a2")], ())
    assert not room.offers()
    assert room.seat.incident(incident.id).alerts == ("a1", "a2")


def test_an_offer_ends_with_its_alert_and_can_be_dismissed(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    room = desk(at)
    room.save(flood(step("a"), triggers=(Trigger(rule="r", type="flood"),)))
    with at.work(SYSTEM) as work:
        offers.hear(work, [alert(rule="r")], ())
        offers.hear(work, [], ())
    assert not room.offers()
    with at.work(SYSTEM) as work:
        offers.hear(work, [alert("a9", "r")], ())
    room.dismiss(room.offers()[0].id, "nur ein Test")
    assert not room.offers()


def test_a_playbook_may_begin_by_itself(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    room = desk(at)
    room.save(flood(step("a"), triggers=(Trigger(rule="r", type="flood", start="start"),)))
    for _ in range(2):
        with at.work(SYSTEM) as work:
            offers.hear(work, [alert(rule="r")], ())
    (going,) = room.going()
    assert going.incident.alerts == ("a1",)


def test_playbooks_of_its_type_begin_once_an_incident_is_assessed(tmp_path: Path, held_clock: HeldClock) -> None:

    at = shelf(tmp_path, held_clock)
    desk(at).save(flood(step("a"), types=("flood",)))
    made, _ = centre(at).report(Report(type="flood", title="Rhein"))
    with at.reading() as work:
        assert offers.begins(work, made) == []
    centre(at).move(made.id, "triage", made.version)
    with at.reading() as work:
        assert offers.begins(work, centre(at).incident(made.id)) == ["flood"]
    run = desk(at).start(made.id, "flood")
    desk(at).end(run.id, "fertig")
    with at.reading() as work:
        assert offers.begins(work, centre(at).incident(made.id)) == []  # once


def test_runs_of_others_do_not_exist(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    _, incident, run = begun(at, step("a"))
    other = desk(at, person("paul", "police"))
    assert other.going() == []
    for call in (lambda: other.run(run.id), lambda: other.runs(incident), lambda: other.end_step(run.id, "a")):
        with pytest.raises(ResourceNotFound):
            call()
