"""Links to TAK servers on the screen: declared by who manages, certificates never shown, refusals seen."""

from __future__ import annotations

from .conftest import Screens

FORM = {"title": "TAK Fire", "host": "127.0.0.1", "port": "1", "agency": "", "enabled": "1", "sends": "1"}


async def test_a_link_is_declared_changed_and_removed(screens: Screens) -> None:
    await screens.sign_in()
    assert "No link is declared" in (await screens.http.get("/deliveries/tak")).text
    assert (await screens.post("/deliveries/tak", certificate="-----BEGIN KEY", **FORM)).status_code == 303
    await screens.city.centre.operations.tick("city")
    page = (await screens.http.get("/deliveries/tak?edit=tak-fire")).text
    assert "127.0.0.1:1" in page and "not connected" in page and "BEGIN KEY" not in page
    changed = {"editing": "tak-fire", "version": "1"} | FORM | {"title": "TAK of the fire service"}
    assert (await screens.post("/deliveries/tak", **changed)).status_code == 303
    late = await screens.post("/deliveries/tak", **changed)
    assert late.status_code == 400 and "version 2" in late.text
    assert (await screens.post("/deliveries/tak/tak-fire/remove")).status_code == 303
    assert "No link is declared" in (await screens.http.get("/deliveries/tak")).text


async def test_what_is_wrong_is_said_and_what_was_typed_stays(screens: Screens) -> None:
    await screens.sign_in()
    for wrong in ({"port": "99999"}, {"port": "x"}, {"host": " "}):
        answer = await screens.post("/deliveries/tak", **FORM | wrong)
        assert answer.status_code == 400 and 'value="TAK Fire"' in answer.text


async def test_links_are_for_who_manages(screens: Screens) -> None:
    await screens.sign_in("oskar", "operator")
    assert (await screens.http.get("/deliveries/tak")).status_code == 403
    assert (await screens.post("/deliveries/tak", **FORM)).status_code == 403
