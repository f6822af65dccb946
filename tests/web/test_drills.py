"""A drill on the screen: it is begun in the city, played on a ground of its own, and touches nothing that is real."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from rhinecloud.access import system
from rhinecloud.kit import packs

from .conftest import Screens

CENTRE = next(pack.centre for pack in packs() if pack.centre is not None)
FIRE = "emergency.port-fire"


def centre(screens: Screens, tenant: str) -> Any:
    return screens.city.centre.operations.desk(tenant, system("test"))


async def until(true: Any, patience_s: float = 60) -> None:
    end = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


async def test_a_drill_is_played_on_its_own_ground(screens: Screens) -> None:
    city = screens.city
    await asyncio.to_thread(city.centre.operations.seed, "city", CENTRE)
    city.access.tenants.add_agency(system("test"), "city", "fire", "Fire service")
    await screens.sign_in()
    page = await screens.http.get("/drills")
    assert "Fire at the port" in page.text and "EXERCISE" not in page.text
    begun = await screens.post("/drills", "/drills", scenario=FIRE, title="Night shift")
    assert begun.status_code == 303, begun.text
    drill = await screens.http.get(begun.headers["location"])
    # Every page of the ground says so; the control sees what is to come.
    assert "EXERCISE" in drill.text and "Night shift" in drill.text and "Smoke in the schoolyard" in drill.text
    assert "EXERCISE" in (await screens.http.get("/situation")).text
    # Its units are devices of its own, and its simulated city is in its own tenant alone.
    assert city.connect.registry.find("city-drill", "hlf-3-1") and not city.connect.registry.find("city", "hlf-3-1")
    path = begun.headers["location"]
    assert (await screens.post(path, path, act="now", inject="call")).status_code == 303
    await until(lambda: centre(screens, "city-drill").incidents())
    (incident,) = centre(screens, "city-drill").incidents()
    assert incident.exercise and not centre(screens, "city").incidents()
    await until(lambda: city.presents.open("city-drill").get("urn:ngsi-ld:EmergencyVehicle:hlf-3-1"))
    assert city.presents.open("city").get("urn:ngsi-ld:EmergencyVehicle:hlf-3-1") is None
    again = await screens.post("/drills", "/drills", scenario=FIRE)
    assert again.status_code == 409 and "goes on already" in again.text
    assert (await screens.post(path, path, act="end")).status_code == 303
    over = (await screens.http.get(path)).text
    assert "ended after" in over and "Ein Unwetter" not in over
    # Back: the real city knows nothing of it.
    assert (await screens.post("/drills/enter", "/drills")).status_code == 303
    real = (await screens.http.get("/drills")).text
    assert "Night shift" in real and "Nothing here is real" not in real


async def test_who_takes_part_sees_the_drill_and_not_what_is_to_come(screens: Screens) -> None:
    city, by = screens.city, system("test")
    await asyncio.to_thread(city.centre.operations.seed, "city", CENTRE)
    city.access.tenants.add_agency(by, "city", "fire", "Fire service")
    await screens.sign_in("frida", "operator@city/fire")
    refused = await screens.post("/drills", "/drills", scenario=FIRE)
    assert refused.status_code == 403
    drill = await city.centre.ground.begin("city", by, FIRE)
    try:
        entered = await screens.post("/drills/enter", "/drills")
        assert entered.status_code == 303
        page = (await screens.http.get(f"/drills/{drill.id}")).text
        assert "only the control knows" in page and "Smoke in the schoolyard" not in page
        assert (await screens.post(f"/drills/{drill.id}", f"/drills/{drill.id}", act="end")).status_code == 403
    finally:
        await city.centre.ground.end("city-drill", by, drill.id)
