"""What packs show of a thing: there with their pack, gone without it, for whoever may read its type."""

from __future__ import annotations

from typing import Any

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.base.model import Op, Update

from .conftest import Screens, thing


async def _park(screens: Screens, name: str, lon: float, free: int, *, ahead: bool = False) -> str:
    model, now = screens.city.model, screens.city.clock()
    made = thing(model, "OffStreetParking", name, lon, 51.43, iso(now), availableSpotNumber=free, totalSpotNumber=200)
    if ahead:
        [free_iri] = [
            a.iri for a in model.attributes(model.terms["OffStreetParking"]) if a.name == "availableSpotNumber"
        ]
        steps = [
            {"at": iso(now + n * 900 * SECOND), "value": free - n, "low": free - 2 * n, "high": free + n}
            for n in range(1, 9)
        ]
        made.entity["attrs"][free_iri + "Forecast"] = [{"type": "Property", "value": steps, "observedAt": iso(now)}]
    await screens.tell(Update(op=Op.OBSERVE, id=made.id, entity=made.entity, source="system:forecast"))
    return made.id


async def _panels(screens: Screens, entity: str) -> dict[str, Any]:
    told = (await screens.http.get(f"/web/thing?id={entity}")).json()
    return {panel["title"]: panel for panel in told["panels"]}


async def test_a_thing_has_the_panels_of_its_pack_until_that_is_off(screens: Screens) -> None:
    await screens.sign_in()
    entity = await _park(screens, "Tief 1", 6.76, 60, ahead=True)
    panels = await _panels(screens, entity)
    assert [p["kind"] for p in panels.values()] == ["figures", "table", "chart", "guidance"]
    table = panels["The next two hours"]
    assert table["attributes"] == [], "the steps stand as a table, not as a text"
    [outlook] = table["outlooks"]
    assert outlook["label"] and outlook["value"][:2] == [59.0, 58.0] and outlook["low"][0] == 58.0
    assert panels["Free places of the last day"]["outlooks"] == [outlook]
    page = (await screens.http.get(f"/data/entity?id={entity}")).text
    assert "<pack-panels" in page
    screens.city.switchboard.switch("city", "parking", False, "anna")
    told = await screens.http.get(f"/web/thing?id={entity}")
    assert told.status_code == 404 or told.json()["panels"] == []
    assert (await screens.http.get(f"/web/guidance?id={entity}&pack=parking")).status_code == 404


async def test_what_is_not_known_of_a_thing_has_no_panel(screens: Screens) -> None:
    await screens.sign_in()
    entity = await _park(screens, "Tief 1", 6.76, 60)
    panels = await _panels(screens, entity)
    assert "The next two hours" not in panels
    assert panels["Free places of the last day"]["outlooks"] == []


async def test_guidance_names_others_with_reasons_in_the_language_of_the_visit(screens: Screens) -> None:
    full = await _park(screens, "Tief 1", 6.760, 0)
    near = await _park(screens, "Tief 2", 6.763, 80)
    await _park(screens, "Tief 3", 6.764, 0)
    asked = f"/web/guidance?id={full}&pack=parking"
    await screens.sign_in()
    found = (await screens.http.get(asked)).json()
    assert [one["id"] for one in found["suggestions"]] == [near]
    assert "80 free now" in found["suggestions"][0]["reasons"]
    assert [one["name"] for one in found["leftOut"]] == ["Tief 3"]
    assert (await screens.http.get(asked.replace("parking", "nothing"))).status_code == 404
    german = (await screens.http.get(asked, headers={"Accept-Language": "de"})).json()
    assert german["suggestions"][0]["reasons"] != [] and german["suggestions"][0]["name"] == "Tief 2"


async def test_guidance_is_for_those_who_may_read_what_it_is_about(screens: Screens) -> None:
    entity = await _park(screens, "Tief 1", 6.76, 60)
    async with screens.browser() as stranger:
        status = (await stranger.get(f"/web/guidance?id={entity}&pack=parking")).status_code
        seen = (await stranger.get(f"/web/thing?id={entity}")).status_code
    assert (status == 200) == (seen == 200)
