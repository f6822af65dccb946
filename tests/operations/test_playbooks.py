"""Playbooks: steps open, fall due and end as they say; a run takes a new version for what is not yet done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.errors import BadRequestData, Conflict
from rhinecloud.operations import Desk, PlaybookStep, PlaybookVersion, Report, Run, When, playbooks
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.tables import Shelf
from tests.conftest import HeldClock

from .centre import desk, label, shelf


def step(name: str, *after: str, **more: Any) -> PlaybookStep:
    return PlaybookStep(id=name, title=label(name), after=after, **more)


def flood(*steps: PlaybookStep, version: int = 0) -> PlaybookVersion:
    return PlaybookVersion(id="flood", version=version, title=label("Hochwasser"), text=label(""), steps=steps)


STEPS = (
    step("gate", due_s=600, evidence="photo"),
    step("paths"),
    step("watch", "gate", "paths"),
    step("evacuate", "watch", when=When(fact="severity", values=("critical",))),
    step("tea", optional=True),
)


def begun(folder: Path, clock: HeldClock, *steps: PlaybookStep) -> tuple[Shelf, Desk, str, Run]:
    at = shelf(folder, clock)
    room = desk(at, actions=("lights",), automatic=("lights",))
    room.save_playbook(flood(*(steps or STEPS)))
    made, _ = room.report(Report(type="flood", title="Rhein"))
    return at, room, made.id, room.start_playbook(made.id, "flood")


def states(run: Run) -> dict[str, str]:
    return {s.step.id: s.state for s in run.steps}


def test_steps_run_side_by_side_but_for_what_they_wait_for(tmp_path: Path, held_clock: HeldClock) -> None:
    _, room, incident, run = begun(tmp_path, held_clock)
    assert states(run) == {"gate": "open", "paths": "open", "watch": "waiting", "evacuate": "waiting", "tea": "open"}
    with pytest.raises(BadRequestData, match="evidence: photo"):
        room.end_step(run.id, "gate")
    room.end_step(run.id, "gate", evidence="sha256:ab")
    with pytest.raises(BadRequestData, match="reason"):
        room.end_step(run.id, "paths", skip=True)
    run = room.end_step(run.id, "paths", skip=True, note="gesperrt seit gestern")
    assert states(run)["watch"] == "open"
    with pytest.raises(Conflict, match="done by"):
        room.end_step(run.id, "gate", evidence="x")
    run = room.end_step(run.id, "watch")
    assert (states(run)["evacuate"], run.ended_us) == ("not-needed", held_clock())
    with pytest.raises(Conflict):
        room.start_playbook("2026-000001", "flood") and room.start_playbook(incident, "flood")


def test_a_condition_that_comes_true_opens_its_step(tmp_path: Path, held_clock: HeldClock) -> None:
    at, room, incident, run = begun(
        tmp_path, held_clock, step("a", when=When(fact="severity", values=("critical",))), step("b")
    )
    assert states(run) == {"a": "not-needed", "b": "open"}
    room.change(incident, room.incident(incident).version, severity="critical")
    with at.work(SYSTEM) as work:
        playbooks.reconsider(work, incident)
    assert states(room.runs(incident)[0])["a"] == "open"


def test_what_is_due_is_told_once(tmp_path: Path, held_clock: HeldClock) -> None:
    at, room, incident, _ = begun(tmp_path, held_clock)
    held_clock.tick(601)
    at.close()  # as a restart would
    for expected in (1, 0):
        with at.work(SYSTEM) as work:
            assert playbooks.late(work) == expected
    assert [s.step.id for s in room.runs(incident)[0].steps if s.late] == ["gate"]


def test_a_run_takes_a_new_version_for_what_is_not_done(tmp_path: Path, held_clock: HeldClock) -> None:
    _, room, incident, run = begun(tmp_path, held_clock)
    room.end_step(run.id, "gate", evidence="sha256:ab")
    held_clock.tick(100)
    new = (
        step("gate", due_s=60),
        step("paths", due_s=300),
        step("boats"),
        step("watch", "gate", "paths", "boats"),
    )
    room.save_playbook(flood(*new, version=1))
    with pytest.raises(Conflict):
        room.save_playbook(flood(*new, version=1))
    found = room.difference(run.id)
    assert [s.id for s in found.added] == ["boats"]
    assert sorted(b.id for _, b in found.changed) == ["paths", "watch"]
    assert sorted(s.id for s in found.removed) == ["evacuate", "tea"]
    now = room.adopt(run.id, 2)
    by = {s.step.id: s for s in now.steps}
    assert by["gate"].state == "done" and by["gate"].step.due_s == 600, "what is done never changes"
    assert by["paths"].due_us == run.started_us + 300_000_000, "due from when it was opened"
    assert (by["boats"].state, by["tea"].state, now.version) == ("open", "removed", 2)
    with pytest.raises(Conflict):
        room.adopt(run.id, 2)
    for name in ("paths", "boats", "watch"):
        now = room.end_step(run.id, name)
    assert now.ended_us is not None and room.verify_log(incident).breaks == ()


def test_a_playbook_that_cannot_work_is_refused(tmp_path: Path, held_clock: HeldClock) -> None:
    room = desk(shelf(tmp_path, held_clock), actions=("lights",))
    for steps, words in (
        ((), "steps"),
        ((step("a"), step("a")), "of their own"),
        ((step("a", "b"),), "does not exist"),
        ((step("a", "b"), step("b", "a")), "wait for each other"),
        ((step("a", action="sirens"),), "no action"),
        ((step("a", due_s=-1),), "before it begins"),
        ((step("a", when=When(fact="state", values=("burning",))),), "state is one of"),
    ):
        with pytest.raises(BadRequestData, match=words):
            room.save_playbook(flood(*steps))
    assert room.playbooks() == []


def test_what_a_pack_brings_stays_the_citys_once_it_was_changed(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    brought = PlaybookVersion(
        id="p.flood", version=0, title=label("F"), text=label(""), steps=(step("a"),), who="pack:p"
    )
    newer = PlaybookVersion(id="p.flood", version=0, title=label("F"), text=label(""), steps=(step("b"),), who="pack:p")
    for given, version in ((brought, 1), (brought, 1), (newer, 2)):
        with at.work(SYSTEM) as work:
            playbooks.bring(work, [given])
        assert desk(at).playbooks()[0].version == version
    mine = PlaybookVersion(id="p.flood", version=2, title=label("F"), text=label(""), steps=(step("c"),))
    desk(at).save_playbook(mine)
    with at.work(SYSTEM) as work:
        playbooks.bring(work, [brought])
    assert desk(at).playbooks()[0].steps[0].id == "c"


def test_what_a_step_does_by_itself_is_done_once_it_is_its_turn(tmp_path: Path, held_clock: HeldClock) -> None:
    at, room, _, run = begun(tmp_path, held_clock, step("gate"), step("light", "gate", action="lights"))
    assert playbooks.acting(at) == []
    room.end_step(run.id, "gate")
    assert [s.step.id for _, s in playbooks.acting(at)] == ["light"]
