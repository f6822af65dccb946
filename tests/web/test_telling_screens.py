"""The page of a crew, deliveries and ways: asked as browsers ask, over a whole city."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from rhinecloud.access import system
from rhinecloud.base.declare import Label
from rhinecloud.operations import Agency, Pick, Place, Report, Unit, telling
from rhinecloud.operations.incidents import SYSTEM

from .conftest import Screens

ADMIN = system("test")


def fleet(screens: Screens) -> Any:
    """Two agencies with a unit each; the desk of everybody."""
    desk = screens.city.centre.operations.desk("city", ADMIN)
    for agency in ("fire", "police"):
        screens.city.access.tenants.add_agency(ADMIN, "city", agency, agency.title())
        desk.save_thing(Agency(id=agency, title=Label(de=agency.title(), en=agency.title())))
        desk.save_unit(Unit(id=f"{agency}-1", name=f"{agency.upper()} 1", kind="fire", agency=agency))
        desk.report_status(f"{agency}-1", "2")
    return desk


def alarm(desk: Any, unit: str = "fire-1", **more: Any) -> Any:
    place = Place(address="Hafenstr. 1", location=(6.73, 51.45))
    made, _ = desk.report(Report(type="fire", title="Küchenbrand", place=place, **more))
    desk.assign(made.id, [Pick(unit)])
    return made


async def until(look: Any) -> Any:
    for _ in range(100):
        if found := look():
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come")


async def told(screens: Screens, incident: str) -> list[telling.Delivery]:
    """The deliveries of an incident's first message, once they are there."""
    shelf = screens.city.centre.operations.seat("city", ADMIN).shelf
    message = await until(lambda: next(iter(telling.of_incident(shelf, incident)), None))
    found: list[telling.Delivery] = await until(lambda: telling.deliveries(shelf, message.id))
    return found


async def test_a_crew_boards_its_unit_takes_its_order_and_sends_its_status(screens: Screens) -> None:
    desk = fleet(screens)
    await screens.sign_in("weber", "crew@city/fire")
    page = (await screens.http.get("/my-unit")).text
    assert "FIRE 1" in page and "POLICE 1" not in page
    await screens.post("/my-unit/board", "/my-unit", unit="fire-1")
    page = (await screens.http.get("/my-unit")).text
    mark = re.search(r'data-mark="(\w+)"', page)
    assert mark and "No order." in page
    waiting = asyncio.create_task(screens.http.get("/my-unit/now", params={"mark": mark[1]}))
    await asyncio.sleep(0.1)
    made = alarm(desk)
    answer = await asyncio.wait_for(waiting, 5)
    assert answer.status_code == 200 and "Hafenstr. 1" in answer.text and "Accept" in answer.text
    (delivery,) = await told(screens, made.id)
    assert delivery.state in ("waiting", "received"), "that it is on the screen is known, that it was read is not"
    shown = (await screens.http.get("/my-unit")).text
    ids = re.search(r'data-shown="([^"]+)"', shown)
    assert ids and ids[1] == delivery.id
    await screens.post("/my-unit/seen", "/my-unit", ids=ids[1])
    assert desk.assignments(made.id)[0].state == "read"
    number = str(desk.assignments(made.id)[0].id)
    refused = await screens.post("/my-unit/answer", "/my-unit", assignment=number, answer="decline")
    assert refused.status_code == 400 and "says why" in refused.text
    await screens.post("/my-unit/answer", "/my-unit", assignment=number, answer="accept")
    found = desk.assignments(made.id)[0]
    assert found.state == "accepted" and found.answered_by.startswith("person:")
    await screens.post("/my-unit/status", "/my-unit", status="3")
    assert desk.incident(made.id).state == "under-way" and desk.unit("fire-1").status == "3"
    await screens.post("/my-unit/status", "/my-unit", status="5")
    assert [s.digit for s in desk.waiting()] == ["5"] and desk.unit("fire-1").status == "3"
    assert "waits for an answer" in (await screens.http.get("/my-unit")).text
    desk.answer_speech(desk.waiting()[0].id)
    desk.withdraw(int(number), "Fehlalarm")

    async def recalled() -> str:
        return (await screens.http.get("/my-unit")).text

    for _ in range(100):
        text = await recalled()
        if "Called off" in text and "J – Speak now" in text:
            break
        await asyncio.sleep(0.05)
    assert "Called off" in text and "Fehlalarm" in text and "No order." in text and "J – Speak now" in text


async def test_a_crew_sees_and_does_nothing_of_other_units(screens: Screens) -> None:
    desk = fleet(screens)
    await screens.sign_in("weber", "crew@city/fire")
    assert (await screens.post("/my-unit/board", "/my-unit", unit="police-1")).status_code == 404
    await screens.post("/my-unit/board", "/my-unit", unit="fire-1")
    made = alarm(desk, "police-1")
    number = str(desk.assignments(made.id)[0].id)
    assert (await screens.post("/my-unit/answer", "/my-unit", assignment=number, answer="accept")).status_code == 404
    (delivery,) = await told(screens, made.id)
    await screens.post("/my-unit/seen", "/my-unit", ids=delivery.id)
    assert desk.assignments(made.id)[0].state == "alerted"
    for path in (
        "/deliveries",
        f"/deliveries/{delivery.id}",
        "/deliveries/ways",
        "/incidents",
        f"/incidents/{made.id}",
    ):
        assert (await screens.http.get(path)).status_code == 403, path


async def test_a_drill_is_said_on_the_page_of_the_unit(screens: Screens) -> None:
    desk = fleet(screens)
    await screens.sign_in("weber", "crew@city/fire")
    await screens.post("/my-unit/board", "/my-unit", unit="fire-1")
    made = alarm(desk, exercise=True)
    await told(screens, made.id)
    assert "EXERCISE" in (await screens.http.get("/my-unit")).text


async def test_who_loses_their_role_with_the_page_open_hears_nothing_more(screens: Screens) -> None:
    desk = fleet(screens)
    await screens.sign_in("weber", "crew@city/fire")
    await screens.post("/my-unit/board", "/my-unit", unit="fire-1")
    page = (await screens.http.get("/my-unit")).text
    mark = re.search(r'data-mark="(\w+)"', page)
    assert mark
    waiting = asyncio.create_task(screens.http.get("/my-unit/now", params={"mark": mark[1]}))
    await asyncio.sleep(0.1)
    person = screens.city.access.people.get("weber")
    screens.city.access.people.disable(ADMIN, person.id)
    begun = asyncio.get_running_loop().time()
    answer = await asyncio.wait_for(waiting, 5)
    assert answer.status_code == 401 and asyncio.get_running_loop().time() - begun < 1
    alarm(desk)
    after = await screens.http.get("/my-unit/now", params={"mark": mark[1]})
    assert after.status_code in (303, 401) and "Hafenstr" not in after.text
    assert (await screens.http.get("/my-unit")).status_code in (303, 401)


async def test_the_list_of_deliveries_is_searched_and_shows_one_with_its_attempts(screens: Screens) -> None:
    desk = fleet(screens)
    made = alarm(desk)
    (delivery,) = await told(screens, made.id)
    await screens.sign_in("anna", "operator@city/fire")
    page = (await screens.http.get("/deliveries")).text
    assert "Fire, Hafenstr. 1" in page and "FIRE 1" in page
    for query, there in (
        ({"q": "fire"}, True),
        ({"q": "Fire 1"}, True),
        ({"q": "nobody"}, False),
        ({"state": "failed"}, False),
        ({"channel": "web"}, True),
        ({"about": "order"}, True),
        ({"about": "warning"}, False),
        ({"incident": made.number}, True),
        ({"before": "1"}, False),
    ):
        assert ("Hafenstr. 1" in (await screens.http.get("/deliveries", params=query)).text) is there, query
    one = (await screens.http.get(f"/deliveries/{delivery.id}")).text
    assert "Küchenbrand" in one and made.number in one and "Flash" in one.title()
    refused = await screens.post(f"/deliveries/{delivery.id}/again", f"/deliveries/{delivery.id}")
    assert refused.status_code == 409
    await screens.post(f"/deliveries/{delivery.id}/mark", f"/deliveries/{delivery.id}", mark="accepted")
    assert desk.assignments(made.id)[0].state == "accepted"


async def test_agencies_see_their_own_messages_alone(screens: Screens) -> None:
    desk = fleet(screens)
    made = alarm(desk)
    (delivery,) = await told(screens, made.id)
    await screens.sign_in("paul", "operator@city/police")
    assert "Hafenstr" not in (await screens.http.get("/deliveries")).text
    assert (await screens.http.get(f"/deliveries/{delivery.id}")).status_code == 404


async def test_a_way_is_added_its_secret_shown_once_and_tried(screens: Screens) -> None:
    fleet(screens)
    await screens.sign_in()
    form = {
        "recipient": "agency:fire",
        "channel": "webhook",
        "address": "http://127.0.0.1:9/hook",
        "about": "*",
        "active": "1",
    }
    made = await screens.post("/deliveries/ways", "/deliveries/ways", **form)
    secret = re.search(r"whsec_[\w+/=]+", made.text)
    assert secret and made.status_code in (200, 201)
    listed = (await screens.http.get("/deliveries/ways")).text
    assert "agency:fire" in listed and secret[0] not in listed
    bad = await screens.post(
        "/deliveries/ways", "/deliveries/ways", **form | {"address": "gopher://x", "title": "Funk"}
    )
    assert bad.status_code == 400 and "no http address" in bad.text and 'value="Funk"' in bad.text
    tried = await screens.post("/deliveries/ways/1/try", "/deliveries/ways")
    assert tried.status_code == 303
    desk = telling.TellingDesk(screens.city.centre.operations.seat("city", ADMIN))
    found = await until(lambda: next((r for r in desk.search(telling.AskedDeliveries()) if r.delivery.attempts), None))
    failed = await until(lambda: (d := desk.delivery(found.delivery.id)[0]).state == "failed" and d)
    assert "private network" in failed.reason, "webhooks never reach into our own network unless that is allowed"
    stale = await screens.post("/deliveries/ways", "/deliveries/ways", **form | {"id": "1", "version": "7"})
    assert stale.status_code == 409


async def test_who_was_asked_by_mail_answers_on_a_page_that_looking_at_does_not_mark(screens: Screens) -> None:
    fleet(screens)
    seat = screens.city.centre.operations.seat("city", ADMIN)
    with seat.shelf.work(SYSTEM) as work:
        given = telling.Tell(
            key="a",
            about="request",
            to=("mailto:thw@example.org",),
            text={"de": telling.Text("Pumpen?"), "en": telling.Text("Pumps?", "Two pumps at the dike.")},
            wanted="accepted",
        )
        made = telling.tell(work, given)
    await until(lambda: telling.deliveries(seat.shelf, made.id))
    code = seat.shelf.rows("SELECT code FROM delivery")[0][0]
    page = await screens.http.get(f"/answer/{code}")
    assert page.status_code == 200 and "Two pumps at the dike." in page.text
    assert (await screens.http.head(f"/answer/{code}")).status_code in (200, 405)
    assert telling.deliveries(seat.shelf, made.id)[0].answered_us is None
    refused = await screens.post(f"/answer/{code}", f"/answer/{code}", mark="declined")
    assert refused.status_code == 400
    await screens.post(f"/answer/{code}", f"/answer/{code}", mark="accepted")
    (found,) = telling.deliveries(seat.shelf, made.id)
    assert (found.state, found.answered_by) == ("accepted", "mail:thw@example.org")
    assert "Thank you" in (await screens.http.get(f"/answer/{code}")).text
    assert (await screens.http.get("/answer/nothing")).status_code == 404


async def test_somebody_writes_a_message_that_a_unit_reads_on_its_page(screens: Screens) -> None:
    fleet(screens)
    await screens.sign_in("anna", "operator@city/fire")
    page = (await screens.http.get("/deliveries/new")).text
    key = re.search(r'name="key" value="(\w+)"', page)
    assert key and "unit:fire-1" in page and "unit:police-1" not in page and "agency:police" in page
    assert ">FIRE 1<" not in page and 'value="FIRE 1"' in page, "units are called by their call sign"
    form = {"to": "fire 1", "subject": "Sandsäcke", "body": "Zum Deich", "priority": "immediate", "key": key[1]}
    for bad, words in (
        ({"to": "unit:police-1"}, "nobody named"),
        ({"to": ""}, "recipient"),
        ({"subject": " "}, "subject"),
        ({"minutes": "x"}, "minutes"),
        ({"incident": "2026-999999"}, "does not exist"),
    ):
        refused = await screens.post("/deliveries/new", "/deliveries/new", **form | bad)
        assert refused.status_code == 400 and words in refused.text and "Zum Deich" in refused.text, bad
    for _ in range(2):  # pressed twice, it is one
        assert (await screens.post("/deliveries/new", "/deliveries/new", **form)).status_code == 303
    crew = screens.city.centre.operations.seat("city", ADMIN)
    found = await until(lambda: telling.TellingDesk(crew).search(telling.AskedDeliveries(about="message")))
    assert [line.delivery.recipient for line in found] == ["unit:fire-1"]
    await screens.post("/sign-out", "/account")
    await screens.sign_in("weber", "crew@city/fire")
    await screens.post("/my-unit/board", "/my-unit", unit="fire-1")
    assert "Sandsäcke" in (await screens.http.get("/my-unit")).text
