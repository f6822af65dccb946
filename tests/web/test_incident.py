"""The room of an incident on the screen: who may see it, who is there, what it says."""

from __future__ import annotations

from typing import Any

from rhinecloud.access import Grant, Principal, system
from rhinecloud.operations import Incident, Report

from .conftest import PASSWORD, Screens


def desk(screens: Screens, agency: str = "", role: str = "operator") -> Any:
    """The command centre as somebody of an agency sees it."""
    who = Principal(
        kind="person", id=f"p_{agency}", name=f"Somebody of {agency}", grants=(Grant(role, "city", agency),)
    )
    return screens.city.operations.desk("city", who if agency else system("test"))


def report(screens: Screens, *agencies: str, **more: Any) -> Incident:
    given = {"type": "flood", "title": "Rhine at Ruhrort"} | more
    made, _ = desk(screens).report(Report(agencies=agencies, **given))
    return made  # type: ignore[no-any-return]


async def test_the_room_shows_what_is_known(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens, text="Water at the gate")
    page = await screens.http.get(f"/incidents/{made.id}")
    assert page.status_code == 200
    for said in (made.number, "Rhine at Ruhrort", "Water at the gate", "Reported", "Major"):
        assert said in page.text
    assert "EXERCISE" not in page.text


async def test_a_drill_says_so(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens, exercise=True)
    assert "EXERCISE" in (await screens.http.get(f"/incidents/{made.id}")).text


async def test_an_incident_of_others_does_not_exist(screens: Screens) -> None:
    made = report(screens, "police")
    by = system("test")
    screens.city.access.tenants.add_agency(by, "city", "fire", "Fire service")
    await screens.sign_in("frida", "operator@city/fire")
    assert (await screens.http.get(f"/incidents/{made.id}")).status_code == 404
    assert (await screens.http.get(f"/incidents/{made.id}/here")).status_code == 404
    assert (await screens.http.get("/incidents/nothing")).status_code == 404


async def test_who_is_there_is_seen(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    assert (await screens.post(f"/incidents/{made.id}/here", tab="room")).status_code == 204
    assert (await screens.http.get(f"/incidents/{made.id}/here")).json() == [
        {"name": "Anna Berger", "agency": "", "me": True}
    ]


async def test_a_stranger_has_to_sign_in(screens: Screens) -> None:
    made = report(screens)
    answer = await screens.http.get(f"/incidents/{made.id}")
    assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    assert PASSWORD not in answer.text
