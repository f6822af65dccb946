"""A warning's way: two persons, exact bytes, published once, updated and lifted at an address that stays."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from capvalidator import validate_cap_message

from rhinecloud.access import system
from rhinecloud.base.errors import Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import Desk, Report, telling
from rhinecloud.operations.warnings import Handover, NotReady, Words, chains, public, reading, signing
from tests.conftest import HeldClock
from tests.operations.centre import desk, person

from .office import Office, changed, digest


@pytest.fixture
def office(tmp_path: Path, held_clock: HeldClock) -> Office:
    return Office(tmp_path, held_clock)


def test_two_persons_make_a_warning_public_and_it_passes_a_strict_validator(office: Office) -> None:
    chain = office.published()
    assert (chain.state, chain.number) == ("in-force", "2026-0001")
    newest = chain.newest
    assert newest is not None
    assert newest.signed is not None
    assert newest.cap is not None
    assert validate_cap_message(newest.signed).passed
    assert signing.look(newest.signed).state == "good"
    assert signing.bare(newest.signed) == signing.bare(newest.cap)
    message = reading.read(newest.signed)
    assert (message.status, message.msg_type, message.sent) == ("Actual", "Alert", "2026-11-22T11:00:00+01:00")
    assert [i.language for i in message.infos] == ["de", "en"]
    assert message.infos[0].web == "https://city.example/warnings/2026-0001"


def test_nobody_approves_what_they_wrote_or_submitted(office: Office) -> None:
    chain = office.submitted("anna")
    with pytest.raises(Forbidden, match="Four eyes"):
        office.desk("anna").approve(chain.id, digest(chain))
    with pytest.raises(Conflict, match="Nobody has approved"):
        office.desk("anna").publish(chain.id)
    assert ("warning.look", chain.id) in [(a, s) for a, s, d in office.audited if d.get("outcome") == "refused"]


def test_who_wrote_the_text_does_not_approve_it_though_another_submitted_it(office: Office) -> None:
    anna, ben = office.desk("anna"), office.desk("ben")
    chain = anna.begin()
    anna.save(chain.id, 1, office.draft())
    chain = ben.submit(chain.id, 2)
    for desk_ in (anna, ben):
        with pytest.raises(Forbidden):
            desk_.approve(chain.id, digest(chain))
    office.desk("carl").approve(chain.id, digest(chain))


def test_a_changed_draft_undoes_the_approval(office: Office) -> None:
    chain = office.submitted()
    office.desk("ben").approve(chain.id, digest(chain))
    anna = office.desk("anna")
    chain = anna.save(chain.id, 3, office.draft(note="anders"))
    assert chain.open is not None
    assert (chain.open.state, chain.open.digest) == ("draft", None)
    with pytest.raises(Conflict):
        office.desk("ben").publish(chain.id)
    chain = anna.submit(chain.id, 4)
    assert chain.open is not None
    assert chain.open.approved is None
    with pytest.raises(Conflict, match="Nobody has approved"):
        office.desk("ben").publish(chain.id)


def test_the_same_words_submitted_again_are_other_bytes_to_be_approved_again(office: Office) -> None:
    chain = office.submitted()
    first = digest(chain)
    office.desk("ben").approve(chain.id, first)
    anna = office.desk("anna")
    chain = anna.save(chain.id, 3, office.draft())
    chain = anna.submit(chain.id, 4)
    assert digest(chain) != first
    with pytest.raises(Conflict, match="changed since you looked"):
        office.desk("ben").approve(chain.id, first)


def test_one_byte_changed_in_the_database_undoes_the_approval(office: Office) -> None:
    chain = office.submitted()
    office.desk("ben").approve(chain.id, digest(chain))
    with office.shelf.transaction() as db:
        db.execute("UPDATE warning_message SET cap = cast(replace(cap, 'Ruhrort', 'Ruhrorf') AS BLOB)")
    with pytest.raises(Conflict, match="Nobody has approved it as it is"):
        office.desk("ben").publish(chain.id)
    with office.shelf.transaction() as db:
        opened = chains.get(office.shelf, chain.id).open
        assert opened is not None
        assert opened.cap is not None
        db.execute("UPDATE warning_message SET digest = ?", (chains.digest(opened.cap),))
    with pytest.raises(Conflict, match="Nobody has approved it as it is"):
        office.desk("ben").publish(chain.id)


def test_what_is_published_and_who_approved_it_stay(office: Office) -> None:
    chain = office.published()
    for sql in (
        "UPDATE warning_message SET signed = x'00'",
        "DELETE FROM warning_message",
        "UPDATE warning_look SET approves = 0",
        "DELETE FROM warning_look",
    ):
        with pytest.raises(sqlite3.IntegrityError), office.shelf.transaction() as db:
            db.execute(sql)
    assert office.desk("ben").publish(chain.id).messages == chain.messages  # asked again: as before, once


def test_programs_and_tokens_do_not_warn(office: Office) -> None:
    chain = office.desk("anna").begin()
    chain = office.desk("anna").save(chain.id, 1, office.draft())
    with pytest.raises(Forbidden, match="Only a person"):
        office.desk(system("robot")).submit(chain.id, 2)


def test_leadership_approves_and_does_not_write(office: Office) -> None:
    chief = office.desk(person("carla", role="leadership"))
    with pytest.raises(Forbidden):
        chief.begin()
    chain = office.submitted()
    chief.approve(chain.id, digest(chain))
    assert chief.publish(chain.id).state == "in-force"


def test_a_refusal_needs_a_reason_and_makes_it_a_draft_again(office: Office) -> None:
    chain = office.submitted()
    chain = office.desk("ben").send_back(chain.id, digest(chain), "Richtung stimmt nicht")
    assert chain.open is not None
    assert (chain.open.state, chain.open.looks[0].note) == ("draft", "Richtung stimmt nicht")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"area": None}, "area-missing"),
        ({"expires_us": None}, "expires-missing"),
        ({"texts": ()}, "info-missing"),
        (
            {"texts": (Words(language="en", event="x", headline="x", description="x", instruction="x", area="x"),)},
            "german",
        ),
        ({"texts": (Words(language="de", event="x", headline="x", description="x", area="x"),)}, "instruction-missing"),
        (
            {"texts": (Words(language="de", event="x", headline="[Was]", description="x", instruction="x", area="x"),)},
            "placeholder-left",
        ),
        (
            {"area": {"type": "Polygon", "coordinates": [[[51.4, 6.7], [51.5, 6.7], [51.5, 6.8], [51.4, 6.7]]]}},
            "coordinates-swapped",
        ),
    ],
)
def test_nothing_incomplete_is_submitted(office: Office, change: dict[str, object], rule: str) -> None:
    anna = office.desk("anna")
    chain = anna.begin()
    chain = anna.save(chain.id, 1, office.draft(**change))
    with pytest.raises(NotReady) as refused:
        anna.submit(chain.id, 2)
    assert any(f.rule.startswith(rule) for f in refused.value.faults)


def test_what_has_run_out_while_it_waited_is_not_published(office: Office) -> None:
    chain = office.submitted()
    office.desk("ben").approve(chain.id, digest(chain))
    office.clock.tick(7201)
    with pytest.raises(Conflict, match="end has passed"):
        office.desk("ben").publish(chain.id)


def test_update_and_all_clear_refer_to_the_whole_chain_and_keep_the_address(office: Office) -> None:
    first = office.published()
    anna = office.desk("anna")
    chain = anna.follow(first.id, "update")
    assert chain.open is not None
    chain = anna.save(chain.id, 1, changed(chain.open.draft, note="Wind dreht"))
    office.clock.tick(60)
    chain = office.release(anna.submit(chain.id, 2))
    chain = anna.follow(chain.id, "all-clear")
    office.clock.tick(60)
    chain = office.release(anna.submit(chain.id, 1))
    assert chain.state == "lifted"
    messages = [reading.read(m.signed or b"") for m in chain.published]
    assert [m.msg_type for m in messages] == ["Alert", "Update", "Cancel"]
    assert messages[2].references == f"{messages[0].reference} {messages[1].reference}"
    assert messages[2].infos[0].headline == "Entwarnung: Brandrauch in Ruhrort"
    assert messages[2].infos[0].response == ("AllClear",)
    assert all(validate_cap_message(m.signed).passed for m in chain.published)
    board = public.board(office.shelf, office.clock())
    assert (len(board.in_force), len(board.ended)) == (0, 1)
    assert public.one(office.shelf, first.number, office.clock()).state == "lifted"
    with pytest.raises(Conflict):
        anna.follow(chain.id, "update")


def test_one_message_is_worked_on_at_a_time_and_conflicts_are_told(office: Office) -> None:
    chain = office.published()
    office.desk("anna").follow(chain.id, "update")
    with pytest.raises(Conflict, match="Anna is at work"):
        office.desk("ben").follow(chain.id, "all-clear")
    office.desk("ben").save(chain.id, 1, office.draft(kind="update"))
    with pytest.raises(Conflict, match="Ben changed it") as told:
        office.desk("anna").save(chain.id, 1, office.draft(kind="update"))
    assert told.value.extra["version"] == 2


def test_a_drill_is_marked_everywhere_and_never_public(office: Office) -> None:
    incidents: Desk = desk(office.shelf, person("anna"))
    drill, _ = incidents.report(Report(type="flood", title="Übung", exercise=True))
    chain = office.published(incident=drill.id)
    assert (chain.status, chain.number) == ("Exercise", "uebung-2026-0001")
    message = reading.read(chain.published[0].signed or b"")
    assert message.status == "Exercise"
    assert message.note.startswith("ÜBUNG")
    assert [i.headline.split(":")[0] for i in message.infos] == ["ÜBUNG", "EXERCISE"]
    board = public.board(office.shelf, office.clock())
    assert not board.in_force
    with pytest.raises(ResourceNotFound):
        public.one(office.shelf, chain.number, office.clock())
    told = telling.of_key(office.shelf, f"warning:{message.identifier}")
    assert told is not None
    assert told.exercise
    assert told.given.to == ("list:warnings-exercise",)
    with pytest.raises(Exception, match="drill is not handed over"):
        office.desk("anna").hand_over(chain.id, handover())


def test_words_are_kept_as_a_template_in_versions(office: Office) -> None:
    chain = office.published()
    chief = office.desk(person("carla", role="administrator"))
    assert chief.keep_as_template(chain.id, "Rauch über dem Hafen").id == "rauch-ueber-dem-hafen"
    assert chief.keep_as_template(chain.id, "Rauch über dem Hafen").version == 2
    begun = office.desk("anna").begin("rauch-ueber-dem-hafen").open
    assert begun is not None
    assert (begun.draft.texts[0].headline, begun.draft.area) == ("Brandrauch in Ruhrort", None)
    with pytest.raises(Forbidden):
        office.desk("anna").keep_as_template(chain.id, "x")


def test_where_drills_are_played_nothing_is_real(office: Office) -> None:
    office.drill = True
    chain = office.published()
    assert chain.status == "Exercise"
    assert not public.board(office.shelf, office.clock()).in_force
    office.drill = False
    real = office.submitted()
    office.drill = True
    office.desk("ben").approve(real.id, digest(real))
    with pytest.raises(Conflict, match="where drills are played"):
        office.desk("ben").publish(real.id)


def handover() -> Handover:
    return Handover(
        id=0,
        message=0,
        system="mowas",
        at_us=0,
        who="",
        name="",
        receiver="Leitstelle",
        outcome="accepted",
        reference="DE-NW-1",
        note="",
        fields={},
    )


def test_the_hand_over_is_kept_with_its_fields_and_in_the_log(office: Office) -> None:
    incidents: Desk = desk(office.shelf, person("anna"))
    incident, _ = incidents.report(Report(type="fire", title="Brand"))
    chain = office.published(incident=incident.id)
    office.desk("anna").hand_over(chain.id, handover())
    kept = office.desk("ben").handovers(chain)[0]
    assert (kept.receiver, kept.reference, kept.name) == ("Leitstelle", "DE-NW-1", "Anna")
    assert kept.fields["warnVerwaltungsbereiche"] == "051120000000"
    assert kept.fields["level"].startswith("2")
    written = [e.content["what"] for e in incidents.log(incident.id) if e.content]
    assert written[1:] == [
        "warning-begun",
        "warning-submitted",
        "warning-approved",
        "warning-published",
        "warning-handed-over",
    ]


def test_a_warning_expires_by_the_clock_and_says_so(office: Office) -> None:
    chain = office.published()
    office.clock.tick(7201)
    assert public.one(office.shelf, chain.number, office.clock()).state == "expired"
    with office.shelf.work(office.seat(person("x")).by) as work:
        assert chains.expire(work) == 1
    assert chains.get(office.shelf, chain.id).state == "expired"


def test_another_agency_sees_no_draft_and_touches_none(office: Office) -> None:
    police, fire = person("paul", "police"), person("fritz", "fire")
    chain = office.desk(fire).begin()
    with pytest.raises(ResourceNotFound):
        office.desk(police).chain(chain.id)
    chain = office.desk(fire).save(chain.id, 1, office.draft())
    chain = office.desk(fire).submit(chain.id, 2)
    with pytest.raises(ResourceNotFound):
        office.desk(police).approve(chain.id, digest(chain))
    colleague = office.desk(person("frieda", "fire"))
    colleague.approve(chain.id, digest(chain))
    colleague.publish(chain.id)
    assert office.desk(police).chain(chain.id).state == "in-force"
    with pytest.raises(Forbidden):
        office.desk(police).follow(chain.id, "all-clear")


def test_the_area_written_covers_what_was_drawn(office: Office) -> None:
    import shapely

    drawn = shapely.Point(6.73, 51.45).buffer(0.02, quad_segs=200)
    area = {"type": "Polygon", "coordinates": [[list(p) for p in drawn.exterior.coords]]}
    chain = office.submitted(area=area)
    assert chain.open is not None
    written = reading.read(chain.open.cap or b"").infos[0].areas[0].polygons
    assert all(len(r) <= 100 for r in written)
    assert shapely.union_all([shapely.Polygon(r) for r in written]).covers(drawn)
