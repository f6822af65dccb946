"""Messages, decisions, requests, tasks and handovers: who may know of them, and that nothing of them is lost."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound, UnsupportedMediaType
from rhinecloud.operations import Incident, PlaybookStep, Report, Run
from rhinecloud.operations.collaboration import Draft, RoomDesk, actions
from rhinecloud.operations.collaboration.following import Collaborating
from rhinecloud.operations.declare import RunStep
from rhinecloud.operations.seat import Seat
from rhinecloud.operations.tables import Shelf

from .centre import Rights, desk, label, person, shelf

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
FIRE, POLICE, WORKS = person("frida", "fire"), person("paul", "police"), person("wilma", "works")


class Now:
    def __init__(self) -> None:
        self.us = 1_800_000_000 * SECOND

    def __call__(self) -> int:
        self.us += 1000
        return self.us


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def at(tmp_path: Path, now: Callable[[], int]) -> Any:
    made = shelf(tmp_path, now)
    yield made
    made.close()


@pytest.fixture
def incident(at: Shelf) -> Incident:
    return desk(at, FIRE).report(Report(type="flood", title="Rhine", agencies=("fire", "police")))[0]


def room(at: Shelf, who: Any) -> RoomDesk:
    return RoomDesk(Seat(at, "city", who, Rights()))


def draft(text: str = "Water at the gate", **more: Any) -> Draft:
    return Draft(**({"text": text, "sender": "HLF 3-1"} | more))


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_an_entry_of_the_log_with_its_files(at: Shelf, incident: Incident) -> None:
    made = room(at, FIRE).take_message(incident.id, draft(), [("gate.png", io.BytesIO(PNG))])
    assert (made.number, made.text, made.sender, made.priority) == (1, "Water at the gate", "HLF 3-1", "routine")
    file, content = room(at, POLICE).file(incident.id, made.seq, made.files[0].sha256)
    with content:
        assert content.read() == PNG
    assert (file.name, file.type, file.size) == ("gate.png", "image/png", len(PNG))
    entry = desk(at, POLICE).log(incident.id)[-1]
    assert entry.header is not None
    assert entry.header["kind"] == "message"
    assert entry.header["attachments"] == [file.sha256]
    assert not desk(at, FIRE).verify_log(incident.id).breaks


def test_flash_goes_before_immediate_before_the_others_as_they_came(at: Shelf, incident: Incident) -> None:
    mine = room(at, FIRE)
    for text, priority in (("a", "routine"), ("b", "immediate"), ("c", "routine"), ("d", "flash")):
        mine.take_message(incident.id, draft(text, priority=priority, why="lives" if priority == "flash" else ""))
    assert [m.text for m in mine.messages(incident.id, box="new")] == ["d", "b", "a", "c"]
    assert [m.text for m in mine.messages(incident.id, limit=2)] == ["d", "c"]
    assert [m.text for m in mine.messages(incident.id, before=3)] == ["b", "a"]
    assert mine.waiting(incident.id) == {"routine": 2, "immediate": 1, "flash": 1}


def test_a_flash_message_says_why(at: Shelf, incident: Incident) -> None:
    with pytest.raises(BadRequestData, match="say why"):
        room(at, FIRE).take_message(incident.id, draft(priority="flash"))


def test_the_same_message_sent_twice_is_kept_once(at: Shelf, incident: Incident) -> None:
    first = room(at, FIRE).take_message(incident.id, draft(), key="form-1")
    assert room(at, FIRE).take_message(incident.id, draft(), key="form-1").id == first.id
    assert room(at, POLICE).take_message(incident.id, draft(), key="form-1").id != first.id


def test_a_message_goes_to_functions_who_say_that_they_saw_it(at: Shelf, incident: Incident) -> None:
    mine = room(at, FIRE)
    made = mine.take_message(incident.id, draft())
    given = mine.distribute(made.id, {"command.s2": False, "command.s3": True}, "look at the map")
    assert {c.function: c.action for c in given.copies} == {"command.s2": False, "command.s3": True}
    assert given.sighted_by == "Frida"
    assert mine.messages(incident.id, box="new") == []
    assert [m.id for m in mine.messages(incident.id, function="command.s3")] == [made.id]
    assert mine.messages(incident.id, function="command.s4") == []
    seen = mine.see(made.id, "command.s3")
    assert {c.function: c.seen_by for c in seen.copies} == {"command.s2": "", "command.s3": "Frida"}
    again = room(at, POLICE).see(made.id, "command.s3")
    assert {c.function: c.seen_by for c in again.copies}["command.s3"] == "Frida"
    with pytest.raises(Conflict):
        mine.see(made.id, "command.s6")
    with pytest.raises(BadRequestData):
        mine.distribute(made.id, {"command.nobody": True})


def hold(at: Shelf, incident: Incident, function: str, who: Any) -> None:
    with at.work(desk(at, who).by) as work:
        work.run(
            "INSERT INTO staff (incident, function, person, name, agency, reach, since_us, by)"
            " VALUES (?, ?, ?, ?, ?, '', ?, ?)",
            *(incident.id, function, who.source, who.name, who.agency, work.now, who.source),
        )


def test_where_there_is_a_message_officer_nobody_else_distributes(at: Shelf, incident: Incident) -> None:
    made = room(at, FIRE).take_message(incident.id, draft())
    hold(at, incident, "command.sichter", POLICE)
    assert room(at, FIRE).officer(incident.id) == (POLICE.source, "Paul")
    with pytest.raises(Forbidden, match="message officer"):
        room(at, FIRE).distribute(made.id, {"command.s3": True})
    room(at, POLICE).distribute(made.id, {"command.s3": True})
    hold(at, incident, "command.s3", POLICE)
    with pytest.raises(Forbidden):
        room(at, FIRE).see(made.id, "command.s3")
    assert room(at, POLICE).see(made.id, "command.s3").copies[0].seen_by == "Paul"


def test_a_message_for_one_agency_does_not_exist_for_another(at: Shelf, incident: Incident) -> None:
    made = room(at, FIRE).take_message(incident.id, draft("names", readers=("fire",)), [("a.png", io.BytesIO(PNG))])
    other = room(at, POLICE)
    assert other.messages(incident.id) == []
    assert other.waiting(incident.id)["routine"] == 0
    for call in (
        lambda: other.message(made.id),
        lambda: other.distribute(made.id, {"command.s2": True}),
        lambda: other.see(made.id, "command.s2"),
        lambda: other.file(incident.id, made.seq, made.files[0].sha256),
    ):
        with pytest.raises(ResourceNotFound):
            call()
    assert room(at, FIRE).message(made.id).text == "names"
    told = at.rows("SELECT body FROM news WHERE what = 'message.taken'")
    assert b'"agencies":["fire"]' in told[0][0]
    with pytest.raises(BadRequestData, match="does not take part"):
        room(at, FIRE).take_message(incident.id, draft(readers=("works",)))


def test_who_takes_no_part_finds_nothing(at: Shelf, incident: Incident) -> None:
    made = room(at, FIRE).take_message(incident.id, draft())
    stranger = room(at, WORKS)
    for call in (
        lambda: stranger.messages(incident.id),
        lambda: stranger.message(made.id),
        lambda: stranger.take_message(incident.id, draft()),
        lambda: stranger.decisions(incident.id),
        lambda: stranger.decide(incident.id, "a", "b"),
        lambda: stranger.requests(incident.id),
        lambda: stranger.request(incident.id, "fire", "help"),
        lambda: stranger.tasks(incident.id),
        lambda: stranger.add_task(incident.id, "a", "b"),
        lambda: stranger.handovers(incident.id),
        lambda: stranger.hand_over(incident.id, "a"),
        lambda: stranger.open_points(incident.id),
        lambda: stranger.officer(incident.id),
        lambda: stranger.file(incident.id, made.seq, "0" * 64),
        lambda: stranger.write_log(incident.id, "note", "x"),
    ):
        with pytest.raises(ResourceNotFound):
            call()


def test_who_only_reads_writes_nothing(at: Shelf, incident: Incident) -> None:
    reader = room(at, person("lea", "fire", "leadership"))
    assert reader.messages(incident.id) == []
    for call in (
        lambda: reader.take_message(incident.id, draft()),
        lambda: reader.decide(incident.id, "a", "b"),
        lambda: reader.add_task(incident.id, "a", "b"),
        lambda: reader.request(incident.id, "police", "a"),
        lambda: reader.hand_over(incident.id, "a"),
    ):
        with pytest.raises(Forbidden):
            call()


# ── erasing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_erased_is_gone_from_message_and_folder_and_the_log_still_verifies(
    at: Shelf, incident: Incident
) -> None:
    admin = desk(at)
    made = room(at, FIRE).take_message(incident.id, draft("Herr Beispiel"), [("a.png", io.BytesIO(PNG))])
    path = at.folder / "files" / made.files[0].sha256[:2] / made.files[0].sha256
    assert path.exists()
    admin.erase_log(incident.id, made.seq, "asked for by the person")
    await Collaborating().tick("city", at)
    erased = room(at, FIRE).message(made.id)
    assert erased.erased
    assert (erased.text, erased.sender, erased.files) == ("", "", ())
    assert not path.exists()
    assert not admin.verify_log(incident.id).breaks
    at.close()
    assert b"Beispiel" not in (at.folder / "operations.db").read_bytes()


async def test_a_file_that_another_entry_has_stays(at: Shelf, incident: Incident) -> None:
    one, two = (room(at, FIRE).take_message(incident.id, draft(str(n)), [("a.png", io.BytesIO(PNG))]) for n in range(2))
    desk(at).erase_log(incident.id, one.seq, "why")
    await Collaborating().tick("city", at)
    _, content = room(at, FIRE).file(incident.id, two.seq, two.files[0].sha256)
    content.close()
    desk(at).erase_log(incident.id, two.seq, "why")
    await Collaborating().tick("city", at)
    assert not list((at.folder / "files").glob("??/*"))


def test_a_hidden_entry_is_neither_corrected_nor_erased(at: Shelf, incident: Incident) -> None:
    made = room(at, FIRE).take_message(incident.id, draft(readers=("fire",)))
    other = desk(at, POLICE)
    other.take_log(incident.id)
    with pytest.raises(ResourceNotFound):
        other.correct_log(incident.id, made.seq, "no")


# ── decisions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_decision_has_reasons_and_gives_way_to_another(at: Shelf, incident: Incident) -> None:
    mine = room(at, FIRE)
    with pytest.raises(BadRequestData):
        mine.decide(incident.id, "Close the gate", " ")
    mine.decide(incident.id, "Close the gate", "11 m expected")
    mine.decide(incident.id, "Open it again", "crest has passed", replaces=1)
    new, old = mine.decisions(incident.id)
    assert (old.replaced_by, old.pinned, new.pinned) == (2, False, True)
    assert [d.number for d in mine.decisions(incident.id, pinned=True)] == [2]
    with pytest.raises(Conflict):
        mine.decide(incident.id, "Both", "no", replaces=1)
    mine.pin(incident.id, 2, False)
    assert mine.decisions(incident.id, pinned=True) == []


def test_a_decision_of_one_agency_is_not_replaced_by_another(at: Shelf, incident: Incident) -> None:
    room(at, FIRE).decide(incident.id, "a", "b", readers=("fire",))
    assert room(at, POLICE).decisions(incident.id) == []
    with pytest.raises(ResourceNotFound):
        room(at, POLICE).decide(incident.id, "a", "b", replaces=1)
    with pytest.raises(ResourceNotFound):
        room(at, POLICE).pin(incident.id, 1, False)


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_request_goes_from_asked_to_arrived_between_two_agencies(at: Shelf, incident: Incident) -> None:
    number = room(at, FIRE).request(incident.id, "works", "5,000 sandbags to Homberg")
    works, fire = room(at, WORKS), room(at, FIRE)
    assert [r.text for r in works.requests(incident.id)] == ["5,000 sandbags to Homberg"]  # they take part now
    with pytest.raises(Forbidden):
        fire.answer_request(incident.id, number, "offered", "we do it", version=1)
    with pytest.raises(BadRequestData):
        works.answer_request(incident.id, number, "offered", "", version=1)
    works.answer_request(incident.id, number, "offered", "3,000 by 14:00", version=1)
    with pytest.raises(Conflict):
        works.answer_request(incident.id, number, "declined", "no", version=1)
    with pytest.raises(Forbidden):
        works.answer_request(incident.id, number, "accepted", version=2)
    fire.answer_request(incident.id, number, "accepted", version=2)
    fire.answer_request(incident.id, number, "arrived", version=3)
    (done,) = fire.requests(incident.id)
    assert [(s.state, s.name, s.text) for s in done.steps] == [
        ("asked", "Frida", ""),
        ("offered", "Wilma", "3,000 by 14:00"),
        ("accepted", "Frida", ""),
        ("arrived", "Frida", ""),
    ]
    assert fire.requests(incident.id, only_open=True) == []


def test_a_request_between_two_is_not_for_a_third(at: Shelf, incident: Incident) -> None:
    number = room(at, FIRE).request(incident.id, "works", "a doctor", private=True)
    assert room(at, POLICE).requests(incident.id) == []
    assert len(room(at, WORKS).requests(incident.id)) == 1
    with pytest.raises(ResourceNotFound):
        room(at, POLICE).answer_request(incident.id, number, "offered", "x", version=1)


def test_nobody_asks_in_the_name_of_others(at: Shelf, incident: Incident) -> None:
    with pytest.raises(BadRequestData):
        room(at, FIRE).request(incident.id, "works", "x", asking_agency="police")
    with pytest.raises(BadRequestData):
        room(at, FIRE).request(incident.id, "fire", "x")


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_task_is_done_once(at: Shelf, incident: Incident, now: Now) -> None:
    mine = room(at, FIRE)
    mine.add_task(incident.id, "Walk the dike", "agency:works", due_us=now.us + 60 * SECOND)
    (task,) = mine.tasks(incident.id)
    mine.end_task(incident.id, task.number, "done", "dry", version=task.version)
    with pytest.raises(Conflict):
        room(at, POLICE).end_task(incident.id, task.number, "done", version=task.version)
    (done,) = mine.tasks(incident.id)
    assert (done.state, done.note, done.ended_by) == ("done", "dry", "Frida")


def test_dropping_a_task_takes_a_reason(at: Shelf, incident: Incident) -> None:
    mine = room(at, FIRE)
    mine.add_task(incident.id, "Walk the dike", "Frida")
    with pytest.raises(BadRequestData):
        mine.end_task(incident.id, 1, "dropped", version=1)
    mine.give_task(incident.id, 1, "Wilma", None, version=1)
    with pytest.raises(Conflict):
        mine.end_task(incident.id, 1, "dropped", "because", version=1)
    mine.end_task(incident.id, 1, "dropped", "because", version=2)


async def test_what_is_late_is_told_once(at: Shelf, incident: Incident, now: Now) -> None:
    mine = room(at, FIRE)
    mine.add_task(incident.id, "Walk the dike", "Frida", due_us=now.us + 60 * SECOND)
    mine.request(incident.id, "works", "bags")
    mine.take_message(incident.id, draft(priority="flash", why="lives"))
    follower = Collaborating()
    await follower.tick("city", at)
    now.us += 1000 * SECOND
    await follower.tick("city", at)
    await follower.tick("city", at)
    told = [w for (w,) in at.rows("SELECT what FROM news ORDER BY number") if w.endswith((".late", ".waiting"))]
    assert sorted(told) == ["message.waiting", "request.late", "task.late"]
    assert mine.tasks(incident.id)[0].late


# ── handover ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_handover_is_signed_by_two_and_the_log_goes_with_it(at: Shelf, incident: Incident) -> None:
    mine = room(at, FIRE)
    desk(at, FIRE).take_log(incident.id)
    mine.add_task(incident.id, "Walk the dike", "Frida")
    mine.take_message(incident.id, draft())
    number = mine.hand_over(incident.id, "Water rises", "S2")
    with pytest.raises(Forbidden, match="two persons"):
        mine.take_over(incident.id, number)
    with pytest.raises(Conflict):
        mine.hand_over(incident.id, "again")
    room(at, POLICE).take_over(incident.id, number, "understood")
    (made,) = mine.handovers(incident.id)
    assert (made.state, made.name, made.taker_name, made.remark) == ("taken", "Frida", "Paul", "understood")
    assert (made.open.tasks, made.open.messages) == ((1,), (1,))
    keeper = desk(at).keeper(incident.id)
    assert keeper is not None
    assert keeper.name == "Paul"
    given = desk(at).log(incident.id)[made.seq - 1]
    signed = [e for e in desk(at).log(incident.id) if e.content and e.content.get("state") == "taken"]
    assert signed[0].content is not None
    assert signed[0].content["signed"] == given.hash
    with pytest.raises(Conflict):
        room(at, POLICE).take_over(incident.id, number)


def test_a_handover_is_withdrawn_by_its_giver_alone(at: Shelf, incident: Incident) -> None:
    number = room(at, FIRE).hand_over(incident.id, "x")
    with pytest.raises(Forbidden):
        room(at, POLICE).withdraw_handover(incident.id, number)
    room(at, FIRE).withdraw_handover(incident.id, number)
    room(at, FIRE).hand_over(incident.id, "y")


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_that_is_refused_leaves_no_file(at: Shelf, incident: Incident) -> None:
    with pytest.raises(BadRequestData):
        room(at, FIRE).take_message(incident.id, draft(" "), [("a.png", io.BytesIO(PNG))])
    with pytest.raises(UnsupportedMediaType):
        room(at, FIRE).take_message(
            incident.id, draft(), [("a.png", io.BytesIO(PNG)), ("b.pdf", io.BytesIO(b"MZ\x90\x00"))]
        )
    assert not [p for p in (at.folder / "files").rglob("*") if p.is_file()]
    assert room(at, FIRE).messages(incident.id) == []


# ── playbooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_playbook_opens_the_room_and_gives_a_task_once_however_often_it_is_run(
    at: Shelf, incident: Incident
) -> None:
    known = actions(lambda _tenant: at)
    run = Run(id="r1", incident=incident.id, playbook="p", version=1, started_us=0, ended_us=None)
    opens = PlaybookStep(
        id="s1", title=label("Open"), action="room.open", arguments={"agencies": ["works"], "text": "x"}
    )
    gives = PlaybookStep(id="s2", title=label("Walk"), action="task.give", arguments={"owner": "works", "minutes": "5"})
    for _ in range(2):
        for step in (opens, gives):
            await known[step.action].run("city", run, RunStep(run="r1", step=step, state="open"))
    works = room(at, WORKS)
    assert [m.text for m in works.messages(incident.id)] == ["x"]
    assert [(t.text, t.owner) for t in works.tasks(incident.id)] == [("Walk", "works")]
    assert "works" in known["room.open"].describe(incident, opens.arguments).en
