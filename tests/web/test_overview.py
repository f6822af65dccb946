"""The overview, the public start, and what a pack that is off takes with it."""

from __future__ import annotations

import asyncio

from rhinecloud.base.clock import SECOND, iso, now_us
from rhinecloud.base.model import Update
from rhinecloud.web.pulse import forecast_steps

from .conftest import Screens, thing


def gauge(screens: Screens, name: str = "Ruhrort", height: float = 4.2, ago_s: float = 5) -> Update:
    return thing(
        screens.city.model, "WaterObserved", name, 6.7279, 51.4554, iso(now_us() - int(ago_s * SECOND)), height=height
    )


async def test_a_stranger_sees_what_is_open_without_a_script(screens: Screens) -> None:
    await screens.tell(gauge(screens))
    text = (await screens.http.get("/")).text
    assert "Ruhrort" in text
    assert "4.2" in text
    assert "<script" not in text.replace('<script type="application/json"', "")
    assert 'class="public-map"' in text
    assert 'data-theme="light"' in text


async def test_the_overview_says_the_state_and_each_part_alone(screens: Screens) -> None:
    await screens.tell(gauge(screens))
    await screens.sign_in()
    whole = (await screens.http.get("/")).text
    assert "1 thing is watched" in whole
    assert "Environment" in whole
    part = (await screens.http.get("/", headers={"HX-Request": "true"})).text
    assert part.lstrip().startswith("<header")
    assert "Anna Berger" not in part


async def test_the_overview_tells_what_changed_in_the_hour(screens: Screens) -> None:
    await screens.tell(gauge(screens, height=4.2, ago_s=5400))
    await screens.tell(gauge(screens, height=4.9))
    await screens.sign_in()
    text = (await screens.http.get("/")).text
    assert "Moved most" in text
    assert "+0.70" in text
    past = (await screens.http.get(f"/?at={iso(now_us() - 4000 * SECOND)}")).text
    assert "The city as it was at" in past
    assert (await screens.http.get("/?at=nonsense")).status_code == 400


async def test_a_pack_that_is_off_takes_its_things_from_the_map(screens: Screens) -> None:
    await screens.tell(gauge(screens))
    await screens.sign_in()
    assert len((await screens.http.get("/web/things")).json()["rows"]) == 1
    await asyncio.to_thread(screens.city.switchboard.switch, "city", "environment", False, "test")
    assert (await screens.http.get("/web/things")).json()["rows"] == []
    assert (await screens.http.get(f"/web/things?at={iso(now_us())}")).json()["rows"] == []
    assert (await screens.http.get("/web/thing?id=urn:ngsi-ld:WaterObserved:ruhrort")).status_code == 404
    assert "Environment" not in (await screens.http.get("/")).text.split("<main")[1]
    await asyncio.to_thread(screens.city.switchboard.switch, "city", "environment", True, "test")
    assert len((await screens.http.get("/web/things")).json()["rows"]) == 1


async def test_the_past_plays_step_by_step(screens: Screens) -> None:
    now = now_us()
    for ago, height in ((120, 4.0), (60, 4.5), (30, 9.5)):
        await screens.tell(gauge(screens, height=height, ago_s=ago))
    await screens.sign_in()
    span = f"start={iso(now - 100 * SECOND)}&end={iso(now)}"
    played = (await screens.http.get(f"/web/moves?{span}&step=1")).json()
    figures = [move[2][0] for move in played["moves"] if move[2]]
    assert figures == [4.5, 9.5]
    assert [move[3] for move in played["moves"] if move[2]] == [0, 3]
    assert played["complete"]
    [row] = (await screens.http.get(f"/web/things?at={iso(now - 45 * SECOND)}")).json()["rows"]
    assert row[6] == 4.5
    for wrong in ("start=x&end=y", f"{span}&step=0", f"start={iso(now)}&end={iso(now)}"):
        assert (await screens.http.get(f"/web/moves?{wrong}")).status_code == 400


async def test_alerts_are_for_those_who_may_see_them(screens: Screens) -> None:
    assert (await screens.http.get("/web/alerts")).status_code == 401
    assert (await screens.http.get("/web/live?only=alerts")).status_code == 401
    await screens.sign_in()
    assert (await screens.http.get("/web/alerts")).json()["alerts"] == []


def test_a_forecast_is_read_in_each_form() -> None:
    steps = [["2026-11-22T10:00:00Z", 4, 3, 5], {"at_us": 1, "value": 2.0}, {"value": "x"}, 7]
    entity = {"attrs": {"urn:aForecast": [{"type": "JsonProperty", "json": steps}]}}
    assert [s[1:] for s in forecast_steps(entity, "urn:a")] == [(4.0, 3.0, 5.0), (2.0, 2.0, 2.0)]
