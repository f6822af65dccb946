"""Warnings on the screen and at the public doors: two people, the same bytes, pages for everybody."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from capvalidator import validate_cap_message

from rhinecloud.access import parse_grant, system
from rhinecloud.operations import Report

from .conftest import PASSWORD, Screens

AREA = json.dumps(
    {"type": "Polygon", "coordinates": [[[6.70, 51.44], [6.76, 51.44], [6.76, 51.47], [6.70, 51.47], [6.70, 51.44]]]}
)
FORM = {
    "languages": "de en",
    "severity": "Severe",
    "urgency": "Immediate",
    "certainty": "Observed",
    "category.Fire": "on",
    "response.Shelter": "on",
    "geometry": AREA,
    "headline.de": "Rauch in Ruhrort",
    "event.de": "Brandrauch",
    "description.de": "Es brennt. <script>alert(1)</script>",
    "instruction.de": "Fenster zu.",
    "area.de": "Ruhrort",
    "headline.en": "Smoke in Ruhrort",
    "event.en": "Smoke",
    "description.en": "A fire burns.",
    "instruction.en": "Close windows.",
    "area.en": "Ruhrort",
    "expires": "2099-01-01T00:00",
}


def soon(screens: Screens) -> str:
    """Two hours on, as the form has it."""
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    return f"{datetime.now(ZoneInfo('Europe/Berlin')) + timedelta(hours=2):%Y-%m-%dT%H:%M}"


async def enter(screens: Screens, name: str, role: str = "operator@city") -> httpx.AsyncClient:
    """A browser of its own in which somebody has signed in."""
    by = system("test")
    screens.city.access.people.add(by, name, title=name.title(), grants=[parse_grant(role)])
    screens.city.access.sign_in.set_password(by, name, PASSWORD)
    http = screens.browser()
    answer = await post(http, "/sign-in", "/sign-in", name=name, password=PASSWORD)
    assert answer.status_code == 303
    return http


async def post(http: httpx.AsyncClient, page: str, path: str, **data: str) -> httpx.Response:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', (await http.get(page)).text)
    assert token
    return await http.post(path, data={"_csrf_token": token[1], **data})


async def written(screens: Screens, anna: httpx.AsyncClient, **more: str) -> str:
    """A warning that Anna has submitted; its address at the desk."""
    begun = await post(anna, "/warning-desk/new", "/warning-desk/new", template="smoke", **more)
    assert begun.status_code == 303, begun.text
    path: str = begun.headers["location"]
    sent = await post(anna, path, f"{path}/save", version="1", then="submit", **(FORM | {"expires": soon(screens)}))
    assert sent.headers["location"] == f"{path}?done=submitted", sent.text
    return path


def digest(page: str) -> str:
    found = re.search(r'name="digest" value="(\w+)"', page)
    assert found
    return found[1]


async def released(screens: Screens, ben: httpx.AsyncClient, path: str) -> httpx.Response:
    seen = digest((await ben.get(path)).text)
    return await post(ben, path, f"{path}/approve", digest=seen, then="publish")


async def test_a_warning_goes_from_draft_to_everybody_by_two_people(screens: Screens) -> None:
    anna, ben, public = await enter(screens, "anna"), await enter(screens, "ben"), screens.browser()
    path = await written(screens, anna)
    number = path.rpartition("/")[2]
    mine = (await anna.get(path)).text
    assert "Ask somebody else to approve it" in mine
    assert (await public.get(f"/warnings/{number}")).status_code == 404
    own = re.search(r"<code[^>]*>(\w{64})", mine)
    assert own
    refused = await post(anna, path, f"{path}/approve", digest=own[1], then="publish")
    assert (refused.status_code, "Four eyes" in refused.text) == (403, True)
    assert (await released(screens, ben, path)).headers["location"] == f"{path}?done=published"
    listed = await public.get("/warnings?lang=en")
    assert "Smoke in Ruhrort" in listed.text
    page = await public.get(f"/warnings/{number}?lang=de")
    assert "Rauch in Ruhrort" in page.text
    assert "<script>alert" not in page.text
    cap = await public.get(f"/warnings/{number}/1.xml")
    assert cap.headers["content-type"] == "application/cap+xml"
    assert validate_cap_message(cap.content).passed
    start = await public.get("/")
    assert "Smoke in Ruhrort" in start.text


async def test_public_pages_set_no_cookie_and_may_be_kept(screens: Screens) -> None:
    anna, ben, public = await enter(screens, "anna"), await enter(screens, "ben"), screens.browser()
    path = await written(screens, anna)
    await released(screens, ben, path)
    number = path.rpartition("/")[2]
    for address in (
        "/warnings",
        f"/warnings/{number}",
        "/warnings.atom",
        "/warnings.json",
        f"/warnings/{number}/1.xml",
    ):
        first = await public.get(address)
        assert first.status_code == 200, address
        assert "set-cookie" not in first.headers, address
        assert "public" in first.headers["cache-control"], address
        again = await public.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), address
        assert (await ben.get(address)).content == first.content, address
    assert "immutable" in (await public.get(f"/warnings/{number}/1.xml")).headers["cache-control"]
    assert (await public.get(f"/warnings/{number}/2.xml")).status_code == 404
    assert (await public.get("/warnings/2026-9999")).status_code == 404
    assert (await public.post("/warnings.atom")).status_code == 405


async def test_the_feed_points_at_the_very_messages(screens: Screens) -> None:
    anna, ben, public = await enter(screens, "anna"), await enter(screens, "ben"), screens.browser()
    path = await written(screens, anna)
    await released(screens, ben, path)
    feed = (await public.get("/warnings.atom")).text
    link = re.search(r'type="application/cap\+xml" href="http://localhost(/[^"]+)"', feed)
    assert link
    assert validate_cap_message((await public.get(link[1])).content).passed
    features = (await public.get("/warnings.json")).json()["features"]
    assert [f["properties"]["severity"] for f in features] == ["Severe"]
    assert features[0]["geometry"]["type"] == "Polygon"


async def test_a_lifted_warning_keeps_its_address_and_says_so(screens: Screens) -> None:
    anna, ben, public = await enter(screens, "anna"), await enter(screens, "ben"), screens.browser()
    path = await written(screens, anna)
    number = path.rpartition("/")[2]
    await released(screens, ben, path)
    await post(anna, path, f"{path}/follow", kind="all-clear")
    sent = await post(anna, path, f"{path}/save", **(_form_of((await anna.get(path)).text) | {"then": "submit"}))
    assert sent.status_code == 303, sent.text
    await released(screens, ben, path)
    page = (await public.get(f"/warnings/{number}?lang=en")).text
    assert "This warning was lifted" in page
    assert "All clear: Smoke in Ruhrort" in page
    assert "What the warning had said" in page
    assert "Close windows." in page
    assert "Smoke in Ruhrort" in (await public.get("/warnings?lang=en")).text
    assert (await public.get("/warnings.json")).json()["features"] == []
    assert 'term="Cancel"' in (await public.get("/warnings.atom")).text
    assert (await public.get(f"/warnings/{number}/1.xml")).status_code == 200


def _form_of(page: str) -> dict[str, str]:
    """What stands in the form, as a browser would send it."""
    from html import unescape

    fields = {n: unescape(v) for n, v in re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page)}
    fields |= {n: unescape(v) for n, v in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)', page)}
    del fields["_csrf_token"]
    ticked = re.findall(r'<input type="checkbox" name="([^"]+)" checked', page)
    chosen = dict(re.findall(r'<select[^>]* name="([^"]+)".*?<option value="([^"]*)" selected', page))
    return fields | dict.fromkeys(ticked, "on") | chosen


async def test_a_drill_is_nowhere_in_public(screens: Screens) -> None:
    anna, ben, public = await enter(screens, "anna"), await enter(screens, "ben"), screens.browser()
    desk = screens.city.centre.operations.desk("city", system("test"))
    drill, _ = desk.report(Report(type="flood", title="Drill", exercise=True))
    path = await written(screens, anna, incident=drill.id)
    number = path.rpartition("/")[2]
    await released(screens, ben, path)
    shown = (await anna.get(path)).text
    assert "EXERCISE" in shown
    assert "EXERCISE" in (await anna.get(f"{path}/public")).text
    assert "EXERCISE: Smoke" in (await anna.get(f"/incidents/{drill.id}/warnings")).text or "ÜBUNG" in shown
    for address in (f"/warnings/{number}", f"/warnings/{number}/1.xml"):
        assert (await public.get(address)).status_code == 404
    for address in ("/warnings", "/warnings.atom", "/warnings.json", "/"):
        assert "Ruhrort" not in (await public.get(address)).text
    assert (await public.get(f"{path}/public")).status_code in (303, 401)


async def test_two_at_one_draft_both_see_what_the_other_wrote(screens: Screens) -> None:
    anna, ben = await enter(screens, "anna"), await enter(screens, "ben")
    path = (await post(anna, "/warning-desk/new", "/warning-desk/new", template="general")).headers["location"]
    await post(anna, path, f"{path}/save", version="1", **FORM)
    late = await post(ben, path, f"{path}/save", version="1", **(FORM | {"headline.de": "Feuer in Ruhrort"}))
    assert late.status_code == 409
    assert "Feuer in Ruhrort" in late.text
    assert "Rauch in Ruhrort" in late.text


async def test_what_is_missing_stands_beside_the_form(screens: Screens) -> None:
    anna = await enter(screens, "anna")
    path = (await post(anna, "/warning-desk/new", "/warning-desk/new", template="smoke")).headers["location"]
    sent = await post(
        anna, path, f"{path}/save", version="1", then="submit", **(FORM | {"headline.de": "", "geometry": ""})
    )
    assert sent.status_code == 400
    assert "the headline is missing" in sent.text
    assert "Es brennt." in sent.text
    look = await post(anna, path, f"{path}/look", version="1", **(FORM | {"geometry": '{"type": "Point"}'}))
    assert look.status_code == 200
    assert "is a polygon" in look.text
    people = await post(anna, path, f"{path}/look", version="1", **FORM)
    assert re.search(r"about [\d,]+", people.text)


async def test_who_may_not_see_warnings_does_not(screens: Screens) -> None:
    analyst = await enter(screens, "alva", "analyst@city")
    for address in ("/warning-desk", "/warning-desk/received", "/warning-desk/settings", "/warning-desk/feeds"):
        assert (await analyst.get(address)).status_code == 403
    assert (await screens.browser().get("/warning-desk")).status_code in (303, 401)


async def test_the_door_takes_messages_in_with_a_token(screens: Screens) -> None:
    from tests.operations.warnings.test_incoming import cap

    tokens, by = screens.city.access.tokens, system("test")
    good = tokens.new(by, "feeder", ["warnings.receive"], tenant="city")[0]
    other = tokens.new(by, "reader", ["entities.read"], tenant="city")[0]
    http = screens.browser()

    async def send(data: bytes, token: str = good) -> httpx.Response:
        return await http.post("/cap?name=a.xml", content=data, headers={"Authorization": f"Bearer {token}"})

    first = await send(cap(sent="2020-11-22T10:30:00+01:00"))
    assert (first.status_code, first.json()["messages"][0]["outcome"]) == (201, "taken")
    assert (await send(cap(sent="2020-11-22T10:30:00+01:00"))).status_code == 200
    refused = await send(cap("r", kind="Update", sent="2020-11-22T10:30:00+01:00"))
    assert refused.status_code == 400
    assert refused.json()["messages"][0]["reason"] == "references-missing"
    assert (await send(b"")).status_code == 400
    assert (await send(cap(), other)).status_code == 403
    assert (await http.post("/cap", content=cap())).status_code == 401
    assert (await http.get("/cap")).status_code == 405
    chief = await enter(screens, "carla", "administrator")
    listed = (await chief.get("/warning-desk/received")).text
    assert "Brand in Ruhrort" in listed
    assert "no reference to an earlier message" in (await chief.get("/warning-desk/refused")).text
    one = re.search(r"/warning-desk/received/(\d+)", listed)
    assert one
    path = one[0]
    shown = await chief.get(path)
    assert "warn@example.org" in shown.text
    assert (await chief.get(f"{path}/raw")).content == cap(sent="2020-11-22T10:30:00+01:00")
    made = await post(chief, path, f"{path}/incident", type="fire")
    assert made.headers["location"].startswith("/incidents/")


async def test_messages_come_in_by_hand(screens: Screens) -> None:
    from tests.operations.warnings.test_incoming import cap

    chief = await enter(screens, "carla", "administrator")
    page = (await chief.get("/warning-desk/received")).text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
    assert token
    file = {"file": ("wetter.xml", cap(sent="2020-11-22T10:30:00+01:00"), "text/xml")}
    answer = await chief.post("/warning-desk/received", data={"_csrf_token": token[1]}, files=file)
    assert answer.status_code == 200
    assert "taken in" in answer.text


async def test_what_others_warn_of_becomes_an_entity(screens: Screens) -> None:
    from tests.operations.warnings.test_incoming import cap

    desk = screens.city.centre.warnings.desk("city", system("feed"))
    taken = desk.take("a", cap(sent="2020-11-22T10:30:00+01:00"), "test")
    await screens.city.centre.operations.tick("city")
    entity: Any = screens.city.presents.open("city").get(f"urn:ngsi-ld:Alert:cap:{taken[0].id}")
    assert entity is not None
    said = {k.rpartition("/")[2]: v[0].get("value") for k, v in entity["attrs"].items()}
    assert (said["severity"], said["category"]) == ("high", "warning")
    assert said["location"]["type"] == "Polygon"


@pytest.mark.parametrize(
    "address",
    [
        "/warning-desk",
        "/warning-desk/new",
        "/warning-desk/received",
        "/warning-desk/refused",
        "/warning-desk/feeds",
        "/warning-desk/settings",
    ],
)
async def test_every_page_of_the_desk_is_there_in_both_languages(screens: Screens, address: str) -> None:
    chief = await enter(screens, "carla", "administrator")
    for language in ("de", "en"):
        answer = await chief.get(address, headers={"Accept-Language": language})
        assert answer.status_code == 200


async def test_the_sender_is_kept_in_versions_and_checked(screens: Screens) -> None:
    chief = await enter(screens, "carla", "administrator")
    page = "/warning-desk/settings"
    form = {
        "version": "0",
        "sender": "warn@city.example",
        "sender_name": "City",
        "contact": "112",
        "signature": "",
        "regional_key": "051120000000",
        "zones_source": "register 2026",
        "zones": "Mitte; 106.000\nSüd; 73000",
        "geocodes": "WARNCELLID 105112000",
        "recipients": "list:warnings",
        "drill_recipients": "list:drill",
        "corners": "100",
    }
    assert (await post(chief, page, page, **form)).status_code == 303
    assert (await post(chief, page, page, **form)).status_code == 400  # of a version that is gone
    assert "106000" in (await chief.get(page)).text
    wrong = await post(chief, page, page, **(form | {"version": "1", "zones": "Nirgends; 5"}))
    assert (wrong.status_code, "Nirgends" in wrong.text) == (400, True)


async def test_a_feed_is_added_asked_and_removed(screens: Screens) -> None:
    chief = await enter(screens, "carla", "administrator")
    page = "/warning-desk/feeds"
    assert (await post(chief, page, page, id="x", url="http://127.0.0.1:9/x", interval_s="60")).status_code == 303
    await post(chief, page, f"{page}/ask", id="x")
    assert "failed" in (await chief.get(page)).text
    assert (await post(chief, page, page, id="y", url="ftp://x", interval_s="60")).status_code == 400
    await post(chief, page, f"{page}/remove", id="x")
    assert "No feed is asked yet" in (await chief.get(page)).text
