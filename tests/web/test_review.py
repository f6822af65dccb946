"""Reviews on the screen: times and targets, findings followed, the incident reviewed, figures over a time."""

from __future__ import annotations

from rhinecloud.access import system
from rhinecloud.operations import Pick, Unit

from .conftest import Screens
from .test_incident import desk, report


async def closed(screens: Screens) -> str:
    """An incident that a unit went to, and that is closed."""
    who = desk(screens)
    made = report(screens, type="fire", title="Fire in a flat")
    who.save_unit(Unit(id="hlf", name="HLF 1", kind="fire", agency="fire", crew=9))
    who.report_status("hlf", "2")
    who.assign(made.id, [Pick("hlf")])
    for digit in ("3", "4", "1"):
        who.report_status("hlf", digit)
    for step in ("contain", "resolve", "close"):
        who.move(made.id, step, who.incident(made.id).version)
    await screens.city.centre.operations.tick("city")
    return made.id


async def test_times_findings_and_the_end_of_the_review(screens: Screens) -> None:
    await screens.sign_in()
    incident = await closed(screens)
    page = await screens.http.get(f"/incidents/{incident}/review")
    for said in ("Total response time", "HLF 1", "kept", "Is the review done?", "1 stamp is missing"):
        assert said in page.text, said
    finding = {"happened": "The gate was stuck", "change": "New gate", "owner": "Station 1", "due": "2027-01-31"}
    assert (await screens.post(f"/incidents/{incident}/review/findings", **finding)).status_code == 303
    wrong = await screens.post(f"/incidents/{incident}/review/findings", **finding | {"due": "soon"})
    assert wrong.status_code == 400 and "A finding says until when" in wrong.text and "The gate was stuck" in wrong.text
    change = f"/incidents/{incident}/review/findings/1"
    assert (await screens.post(change, version="1", state="done", note="")).status_code == 400
    assert (await screens.post(change, version="1", state="done", note="Built in May")).status_code == 303
    version = str(desk(screens).incident(incident).version)
    assert (await screens.post(f"/incidents/{incident}/review/done", version=version)).status_code == 303
    assert desk(screens).incident(incident).state == "reviewed"


async def test_figures_over_a_stretch_of_time(screens: Screens) -> None:
    await screens.sign_in()
    incident = await closed(screens)
    await screens.post(
        f"/incidents/{incident}/review/findings", happened="x", change="New gate", owner="me", due="2020-01-01"
    )
    page = (await screens.http.get("/review?interval=turnout&by=hour")).text
    for said in (
        "Times by their standard names",
        "Turnout time, by hour of the day",
        "New gate",
        "overdue",
        "Fire in a flat",
    ):
        assert said in page, said
    assert "Nothing was measured" in (await screens.http.get("/review?exercise=1")).text
    part = await screens.http.get("/review", headers={"HX-Request": "true"})
    assert part.text.startswith('<div id="review-figures">')
    assert (await screens.http.get("/review?span=nonsense&type=x&by=y&interval=z")).status_code == 200


async def test_findings_are_for_those_who_take_part(screens: Screens) -> None:
    incident = await closed(screens)
    by = system("test")
    screens.city.access.tenants.add_agency(by, "city", "police", "Police")
    await screens.sign_in("paul", "operator@city/police")
    assert (await screens.http.get(f"/incidents/{incident}/review")).status_code == 404
    assert "Fire in a flat" not in (await screens.http.get("/review")).text
    assert (await screens.post("/review/findings/1", version="1", state="done", note="x")).status_code == 404
