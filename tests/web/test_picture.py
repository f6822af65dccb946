"""The common picture on the screen: drawn by form, told as data, conflicts shown, need-to-know kept."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from rhinecloud.access import system

from .conftest import Screens
from .test_incident import report

POINT = '{"type":"Point","coordinates":[6.7,51.45]}'


async def draw(screens: Screens, incident: str, **given: str) -> httpx.Response:
    return await screens.post(f"/incidents/{incident}/picture/drawings", kind="note", geometry=POINT, **given)


async def data(screens: Screens, incident: str, at: str = "") -> Any:
    return (await screens.http.get(f"/incidents/{incident}/picture/data", params={"at": at} if at else {})).json()


async def test_what_is_drawn_stands_on_the_picture_and_in_its_past(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    assert (await screens.http.get(f"/incidents/{made.id}/picture")).status_code == 200
    first = (await draw(screens, made.id, label="Gate")).json()
    found = (await data(screens, made.id))["drawings"]
    assert [(d["label"], d["version"], d["mine"], d["kindLabel"]) for d in found] == [("Gate", 1, True, "Note")]
    changed = await screens.post(
        f"/incidents/{made.id}/picture/drawings/{first['id']}", version="1", label="Gate, closed", planned="1"
    )
    assert changed.json()["version"] == 2
    assert (await data(screens, made.id, first["at"]))["drawings"][0]["label"] == "Gate"
    assert (await data(screens, made.id))["drawings"][0]["planned"] is True
    versions = (await screens.http.get(f"/incidents/{made.id}/picture/drawings/{first['id']}")).json()
    assert [v["label"] for v in versions] == ["Gate, closed", "Gate"]


async def test_who_comes_second_is_shown_what_stands_there(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    drawing = (await draw(screens, made.id, label="A")).json()["id"]
    path = f"/incidents/{made.id}/picture/drawings/{drawing}"
    await screens.post(path, version="1", label="B")
    late = await screens.post(path, version="1", label="C")
    assert (late.status_code, late.json()["now"]["label"]) == (409, "B")
    assert "changed this drawing" in late.json()["detail"]
    await screens.post(path, version="2", do="remove")
    assert (await data(screens, made.id))["drawings"] == []
    await screens.post(path, version="3", do="restore", like="1")
    assert [d["label"] for d in (await data(screens, made.id))["drawings"]] == ["A"]


async def test_a_wrong_shape_is_refused_with_its_reason(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    wrong = await screens.post(
        f"/incidents/{made.id}/picture/drawings", kind="hazard", geometry=POINT, label="Not an area"
    )
    assert wrong.status_code == 400
    assert "drawn as Polygon" in wrong.json()["detail"]
    for geometry in ("", "[", "[1]", "null"):
        answer = await screens.post(f"/incidents/{made.id}/picture/drawings", kind="note", label="x", geometry=geometry)
        assert answer.status_code == 400, geometry


async def test_a_picture_of_others_does_not_exist(screens: Screens) -> None:
    made = report(screens, "police")
    screens.city.access.tenants.add_agency(system("test"), "city", "fire", "Fire service")
    await screens.sign_in("frida", "operator@city/fire")
    for path in ("", "/data"):
        assert (await screens.http.get(f"/incidents/{made.id}/picture{path}")).status_code == 404
    assert (await draw(screens, made.id, label="x")).status_code == 404


async def test_who_may_only_look_does_not_draw(screens: Screens) -> None:
    made = report(screens)
    await screens.sign_in("lea", "leadership")
    assert (await data(screens, made.id))["mayDraw"] is False
    assert (await draw(screens, made.id, label="x")).status_code == 403


async def test_signs_are_images_with_a_name(screens: Screens) -> None:
    await screens.sign_in()
    palette = (await screens.http.get("/web/signs")).json()
    assert len(palette) > 60
    image = await screens.http.get("/web/signs/staging-area?lang=de")
    assert image.headers["content-type"].startswith("image/svg+xml")
    assert "<title>Bereitstellungsraum</title>" in image.text
    assert (await screens.http.get("/web/signs/nothing")).status_code == 400


async def test_units_stand_where_their_devices_are(screens: Screens) -> None:
    from rhinecloud.operations import Agency, Unit
    from tests.operations.centre import label

    from .test_incident import desk

    await screens.sign_in()
    made, who = report(screens), desk(screens)
    who.save_thing(Agency(id="fire", title=label("Fire")))
    who.save_unit(Unit(id="hlf", name="HLF 1", kind="fire", agency="fire", station=(6.7, 51.4)))
    unit = (await data(screens, made.id))["units"][0]
    assert (unit["source"], unit["lon"], unit["sign"]) == ("station", 6.7, "vehicle.fire.firefighting.-~HLF")
    assert msgspec.json.encode(unit)
