"""The boards, the form of a new incident, the units of one and the command line, asked as a browser asks."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from typing import Any

import httpx
import msgspec
import pytest

from rhinecloud.access import parse_grant, system
from rhinecloud.base.declare import Label
from rhinecloud.operations import Agency, BoardDesk, Incident, Pick, Place, Report, Unit
from rhinecloud.web.live_boards import Boards, Touched
from rhinecloud.web.rendering import Files, Pages
from rhinecloud.web.rooms import Rooms

from .conftest import PASSWORD, Screens

ADMIN = system("test")
RUHRORT = (6.7279, 51.4554)


def unit(name: str, agency: str = "fire", **more: Any) -> Unit:
    given: dict[str, Any] = {"kind": "fire", "capabilities": ("HLF",), "station": RUHRORT} | more
    return Unit(id=name.lower().replace(" ", "-"), name=name, agency=agency, **given)


class Centre:
    """A city with two agencies, three units and one incident."""

    def __init__(self, screens: Screens) -> None:
        self.screens, self.city = screens, screens.city
        self.desk = screens.city.centre.operations.desk("city", ADMIN)
        for agency in ("fire", "works"):
            screens.city.access.tenants.add_agency(ADMIN, "city", agency, agency.title())
            self.desk.save_thing(Agency(id=agency, title=Label(de=agency, en=agency)))
        for each in (
            unit("HLF 3-1"),
            unit("HLF 3-2", station=(6.76, 51.43)),
            unit("Pump 9", "works", kind="works", capabilities=("pump",)),
        ):
            self.desk.save_unit(each)
            self.desk.report_status(each.id, "2")
        self.fire = self.report("Brand am Hafen")

    def report(self, title: str, *agencies: str, **more: Any) -> Incident:
        given = {"type": "fire", "place": Place(location=RUHRORT), "agencies": agencies or ("fire",)} | more
        return self.desk.report(Report(title=title, **given))[0]

    def rooms(self) -> Rooms:
        city = self.city
        return Rooms(
            settings=city.settings,
            access=city.access,
            presents=city.presents,
            model=city.model,
            operations=city.centre.operations,
        )

    def boards(self) -> Boards:
        """What draws what changes on boards."""
        rooms = self.rooms()
        return Boards(rooms, Pages(Files(), timezone="Europe/Berlin", clock=rooms.clock))

    async def person(self, name: str, *grants: str) -> httpx.AsyncClient:
        """A browser of its own in which somebody has signed in."""
        access = self.city.access
        access.people.add(ADMIN, name, title=name.title(), grants=[parse_grant(g) for g in grants])
        access.sign_in.set_password(ADMIN, name, PASSWORD)
        browser = self.screens.browser(Accept="text/html")
        await post(browser, "/sign-in", name=name, password=PASSWORD)
        return browser


async def post(http: httpx.AsyncClient, path: str, **data: str) -> httpx.Response:
    page = await http.get("/sign-in")
    if page.status_code == 303:
        page = await http.get("/account")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    return await http.post(path, data={"_csrf_token": token[1], **data}, headers={"Accept": "application/json"})


@pytest.fixture
async def centre(screens: Screens) -> Centre:
    made = Centre(screens)
    await screens.sign_in("anna")
    return made


async def test_the_board_has_a_column_for_each_part_of_an_incidents_life_and_a_tile_a_unit(centre: Centre) -> None:
    page = (await centre.screens.http.get("/incidents")).text
    column = page[page.index('data-group="reported"') : page.index('data-group="triaged"')]
    assert "Brand am Hafen" in column and f'id="i-{centre.fire.id}"' in column
    assert all(name in page for name in ("HLF 3-1", "HLF 3-2", "Pump 9", "ready at station"))
    assert "data-board-mark" in page
    assert "EXERCISE" not in page


async def test_a_drill_says_so_on_board_and_list(centre: Centre) -> None:
    centre.report("Nur geübt", exercise=True)
    for path in ("/incidents", "/incidents?view=list"):
        assert "EXERCISE" in (await centre.screens.http.get(path)).text
    assert "Nur geübt" not in (await centre.screens.http.get("/incidents?view=list&drill=no")).text


async def test_an_agency_sees_its_own_incidents_and_units_and_nothing_of_the_others(centre: Centre) -> None:
    works = await centre.person("wanda", "operator@city/works")
    centre.report("Baum auf der Straße", "works")
    async with aclosing(works):
        for path in ("/incidents", "/incidents?view=list"):
            page = (await works.get(path)).text
            assert "Baum auf" in page and "Brand am Hafen" not in page and "HLF 3-1" not in page
        assert (await works.get(f"/incidents/{centre.fire.id}/dispatch")).status_code == 404
        assert (await works.get("/units/hlf-3-1/card")).status_code == 404
        refused = await post(works, "/web/command", line="hlf-3-1 4")
        assert refused.status_code == 200 and refused.json()["opens"].startswith("/incidents?")  # it knows no such unit


async def test_the_list_is_searched_filtered_and_paged_by_address_alone(centre: Centre) -> None:
    for number in range(60):
        centre.report(f"Kellerbrand {number} Hafenstraße", type="fire" if number % 2 else "other")
    http = centre.screens.http
    first = (await http.get("/incidents?view=list&q=kellerbrand&type=other")).text
    assert "30 incidents" in first and "Kellerbrand 58" in first and "Older" not in first
    page = (await http.get("/incidents?view=list&q=hafenstr")).text
    older = re.search(r'href="(/incidents\?[^"]*before=[^"]*)"', page)
    assert older
    second = (await http.get(older[1].replace("&amp;", "&"))).text
    assert "Kellerbrand 9 " in second and "Kellerbrand 59" not in second
    newer = re.search(r'href="(/incidents\?[^"]*after=[^"]*)"', second)
    assert newer and "Kellerbrand 59" in (await http.get(newer[1].replace("&amp;", "&"))).text
    part = await http.get("/incidents?view=list&q=zzz", headers={"HX-Request": "true"})
    assert "Nothing matches" in part.text and "<html" not in part.text


async def test_what_changes_is_drawn_once_a_language_and_only_for_those_who_may_know(centre: Centre) -> None:
    boards = centre.boards()
    centre.desk.assign(centre.fire.id, [Pick("hlf-3-1")])
    centre.desk.report_status("hlf-3-1", "5")
    changed = await asyncio.to_thread(boards.changed, "city", Touched({centre.fire.id}, {"hlf-3-1"}, speech=True))

    def told(sees: frozenset[str] | None, language: str = "en") -> Any:
        return msgspec.json.decode(changed.encoded(language, sees))

    whole, works = told(None), told(frozenset({"works"}))
    assert [p["group"] for p in whole["incidents"]] == ["assigned"]
    assert "Brand am Hafen" in whole["incidents"][0]["html"] and "wants to speak" in whole["speech"]
    assert works == {"incidents": [], "units": [], "gone": [], "speech": works["speech"]}
    assert "HLF" not in works["speech"] and "möchte" not in told(None)["speech"]
    assert "Sprechwunsch" in told(None, "de")["speech"]
    centre.desk.move(centre.fire.id, "cancel", centre.desk.incident(centre.fire.id).version, reason="Fehlalarm")
    over = await asyncio.to_thread(boards.changed, "city", Touched({centre.fire.id}, {"hlf-3-1"}))
    assert msgspec.json.decode(over.encoded("en", frozenset({"fire"})))["gone"] == [centre.fire.id]
    assert msgspec.json.decode(over.encoded("en", frozenset({"works"})))["gone"] == []


async def test_what_an_agency_may_know_no_more_goes_from_its_board_though_nothing_had_changed_before(
    centre: Centre,
) -> None:
    boards = centre.boards()
    boards.note("city", BoardDesk(centre.desk.seat).strips(0), ())  # as a page that is opened does
    version = centre.desk.incident(centre.fire.id).version
    centre.desk.change(centre.fire.id, version, agencies=("works",))
    changed = await asyncio.to_thread(boards.changed, "city", Touched({centre.fire.id}))
    told = {seen: msgspec.json.decode(changed.encoded("en", frozenset({seen}))) for seen in ("fire", "works", "police")}
    assert told["fire"]["gone"] == [centre.fire.id] and told["police"]["gone"] == []
    assert [p["id"] for p in told["works"]["incidents"]] == [centre.fire.id]


async def test_a_line_says_beforehand_what_it_does_does_it_and_is_taken_back(centre: Centre) -> None:
    http = centre.screens.http
    said = (await http.get("/web/command", params={"q": "3-1 4"})).json()
    assert said == {"says": "HLF 3-1 → 4 on scene", "warns": said["warns"], "ready": True, "options": []}
    assert "does not expect" in said["warns"]
    assert centre.desk.unit("hlf-3-1").status == "2"
    done = (await post(http, "/web/command", line="3-1 4")).json()
    assert centre.desk.unit("hlf-3-1").status == "4" and done["deed"]
    assert (await post(http, "/web/command", undo=str(done["deed"]))).json()["said"] == "Taken back."
    assert centre.desk.unit("hlf-3-1").status == "2"
    assert (await post(http, "/web/command", undo=str(done["deed"]))).status_code == 409


async def test_a_line_that_means_several_does_nothing_and_names_them(centre: Centre) -> None:
    http = centre.screens.http
    said = (await http.get("/web/command", params={"q": "hlf 4"})).json()
    assert not said["ready"] and [o["line"] for o in said["options"]] == ["HLF 3-1 4", "HLF 3-2 4"]
    refused = await post(http, "/web/command", line="hlf 4")
    assert refused.status_code == 400 and "Several" in refused.json()["detail"]
    assert {u.status for u in centre.desk.units()} == {"2"}


async def test_lines_assign_take_steps_answer_and_open(centre: Centre) -> None:
    http, tail = centre.screens.http, centre.fire.number[-6:].lstrip("0")
    assert (await post(http, "/web/command", line=f"#{tail} assess")).status_code == 200
    assert centre.desk.incident(centre.fire.id).state == "triaged"
    assert "is alerted" in (await post(http, "/web/command", line=f"3-1 #{tail}")).json()["said"]
    assert [a.unit for a in centre.desk.assignments(centre.fire.id)] == ["hlf-3-1"]
    again = await post(http, "/web/command", line=f"3-1 #{tail}")
    assert again.status_code == 409 and "bound" in again.json()["detail"]
    centre.desk.report_status("hlf-3-2", "0")
    assert (await post(http, "/web/command", line="3-2 ok")).json()["deed"]
    assert centre.desk.waiting() == []
    opens = {
        "#" + tail: f"/incidents/{centre.fire.id}",
        "3-1": "/units?select=hlf-3-1",
        "new x": "/incidents/new?title=x",
    }
    for line, path in opens.items():
        assert (await post(http, "/web/command", line=line)).json()["opens"] == path


async def test_who_may_only_look_gives_no_orders(centre: Centre) -> None:
    lena = await centre.person("lena", "leadership@city")
    async with aclosing(lena):
        assert (await lena.get("/incidents")).status_code == 200
        assert (await post(lena, "/web/command", line="3-1 4")).status_code == 403
        assert (await lena.get("/incidents/new")).status_code == 403
        page = (await lena.get(f"/incidents/{centre.fire.id}/dispatch")).text
        assert "dispatch/send" not in page
        assert (await post(lena, f"/incidents/{centre.fire.id}/dispatch/send", unit="hlf-3-1")).status_code == 403
    assert centre.desk.unit("hlf-3-1").status == "2"


async def test_a_call_about_what_is_known_is_seen_while_it_is_typed_and_noted_there(centre: Centre) -> None:
    http = centre.screens.http
    part = await post(http, "/incidents/new/like", type="fire", title="Brand im Hafen", position="51.4555, 6.7280")
    assert "Brand am Hafen" in part.text and "m away" in part.text
    assert "Nothing of the last day" in (await post(http, "/incidents/new/like", title="Hund entlaufen")).text
    noted = await post(http, "/incidents/new/note", same=centre.fire.id, title="Noch ein Anruf", text="Rauch zieht ab")
    assert noted.status_code == 303
    entry = centre.desk.log(centre.fire.id)[-1].content
    assert entry is not None and entry["what"] == "reported-again" and entry["text"] == "Rauch zieht ab"


async def test_a_new_incident_keeps_what_was_typed_until_it_is_right(centre: Centre) -> None:
    http = centre.screens.http
    wrong = await post(http, "/incidents/new", title="Öl auf der Fahrbahn", position="Ruhrort")
    assert wrong.status_code == 400
    assert "Choose what kind" in wrong.text and "Write latitude" in wrong.text and "Öl auf der Fahrbahn" in wrong.text
    fields = {"type": "traffic", "title": "Öl auf der Fahrbahn", "position": "51,4554; 6,7279", "district": "Ruhrort"}
    made = await post(http, "/incidents/new", **fields, source="telephone", severity="major")
    assert made.status_code == 303, made.text
    found = centre.desk.incidents()[0]
    assert made.headers["location"] == f"/incidents/{found.id}/dispatch"
    assert (found.severity, found.place.location) == ("major", (6.7279, 51.4554))
    assert found.place.area is not None and found.source.startswith("telephone:person:")
    places = (await http.get("/web/places", params={"q": "ruhr"})).json()
    assert {"Ruhrort"} <= {p["label"] for p in places}


async def test_units_are_proposed_with_reasons_and_alerted_with_one_click(centre: Centre) -> None:
    http, path = centre.screens.http, f"/incidents/{centre.fire.id}/dispatch"
    assert (await post(http, f"{path}/needs", capability="HLF", count="1", within="8")).status_code == 303
    need = centre.desk.needs(centre.fire.id)[0]
    page = (await http.get(path)).text
    assert "HLF 3-1" in page and "min later" in page and "at its station" in page
    assert "no road network is loaded" in page
    assert (await post(http, f"{path}/send", do=f"alert:{need.id}:hlf-3-1")).status_code == 303
    (held,) = centre.desk.assignments(centre.fire.id)
    assert (held.unit, held.need, held.state) == ("hlf-3-1", need.id, "alerted")
    centre.desk.mark(held.id, "sent")
    part = (await http.get(f"{path}?part=sent")).text
    assert "<html" not in part and "down-clock" in part and part.count('class="done"') == 1
    assert (await post(http, f"{path}/{held.id}", do="accept")).status_code == 303
    assert centre.desk.assignments(centre.fire.id)[0].state == "accepted"
    assert (await post(http, f"{path}/{held.id}", do="withdraw")).status_code == 400
    assert (await post(http, f"{path}/{held.id}", do="withdraw", reason="Fehlalarm")).status_code == 303


async def test_who_takes_a_unit_that_somebody_else_just_took_is_told_so_and_nothing_is_sent(centre: Centre) -> None:
    other = centre.report("Anderer Brand")
    centre.desk.assign(other.id, [Pick("hlf-3-1")])
    refused = await post(
        centre.screens.http, f"/incidents/{centre.fire.id}/dispatch/send", unit="hlf-3-1", deviation="näher"
    )
    assert refused.status_code == 409
    assert f"HLF 3-1 is alerted for incident {other.number}" in refused.text and "Nothing was sent" in refused.text
    assert 'value="näher"' in refused.text and centre.desk.assignments(centre.fire.id) == []


async def test_a_unit_that_does_not_fit_goes_with_a_reason(centre: Centre) -> None:
    http, path = centre.screens.http, f"/incidents/{centre.fire.id}/dispatch"
    centre.desk.report_status("hlf-3-1", "6")
    assert "give a reason" in (await post(http, f"{path}/send", unit="hlf-3-1")).text
    assert (await post(http, f"{path}/send", unit="hlf-3-1", deviation="steht davor")).status_code == 303
    assert centre.desk.assignments(centre.fire.id)[0].deviation == "steht davor"


async def test_a_units_card_has_its_statuses_to_give_and_those_it_gave(centre: Centre) -> None:
    card = (await centre.screens.http.get("/units/hlf-3-1/card")).text
    assert card.count("data-status=") == 9 and "ready at station" in card and "by hand" in card
    board = (await centre.screens.http.get("/units")).text
    assert "HLF 3-2" in board and "Pump 9" in board and "What the digits mean" in board


async def test_a_board_hears_of_each_change_on_its_line(centre: Centre) -> None:
    from rhinecloud.web.live import Live, Looker

    city = centre.city
    rooms = Rooms(
        settings=city.settings,
        access=city.access,
        presents=city.presents,
        model=city.model,
        backbone=city.backbone,
        operations=city.centre.operations,
        packs=city.packs,
        clock=city.clock,
    )
    live = Live(rooms, Boards(rooms, Pages(Files(), timezone="Europe/Berlin", clock=rooms.clock)))
    events = live.follow("city", Looker(None, things=False, agencies=None, boards=True), "", lambda: True)
    try:
        await anext(events)
        for digit in "3412":
            await asyncio.to_thread(centre.desk.report_status, "hlf-3-1", digit)
            told = []
            while not told or told[-1] != "board":
                event = await asyncio.wait_for(anext(events), 5)
                told.append(event.split(b"\n")[1].removeprefix(b"event: ").decode())
            patch = msgspec.json.decode(event.split(b"data: ")[1])
            assert f'<span class="digit">{digit}</span>' in patch["units"][0]["html"]
    finally:
        await events.aclose()
        await live.stop()
