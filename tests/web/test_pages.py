"""The pages: who may see them, what they say, what they keep."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import rhinecloud.web
from rhinecloud.access import system
from rhinecloud.backbone import RawMessage
from rhinecloud.base.errors import Unreadable
from rhinecloud.connect import Device

from .conftest import PASSWORD, Screens, thing

ROOM = Path(rhinecloud.web.__file__).parent

SIGNED_IN = ("/situation", "/devices", "/quality", "/administration", "/account", "/api", "/parts")


@pytest.mark.parametrize("path", SIGNED_IN)
async def test_an_administrator_sees_every_page(screens: Screens, path: str) -> None:
    await screens.sign_in()
    answer = await screens.http.get(path)
    assert answer.status_code == 200, answer.text
    assert "Anna Berger" in answer.text


@pytest.mark.parametrize("path", ["/devices", "/quality", "/administration", "/account", "/parts"])
async def test_a_stranger_is_asked_to_sign_in_and_comes_back(screens: Screens, path: str) -> None:
    answer = await screens.http.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path}"


async def test_an_operator_may_not_administer_and_is_not_offered_it(screens: Screens) -> None:
    await screens.sign_in("otto", "operator")
    answer = await screens.http.get("/administration")
    assert answer.status_code == 403
    assert "This is not open to you" in answer.text
    assert 'href="/administration"' not in (await screens.http.get("/situation")).text


async def test_a_visitor_reads_what_this_is(screens: Screens) -> None:
    answer = await screens.http.get("/situation")
    assert answer.status_code == 200
    assert "This is the city's open data" in answer.text
    assert 'href="/sign-in"' in answer.text


async def test_every_answer_guards_the_browser(screens: Screens) -> None:
    for path in ("/", "/sign-in", "/nothing", "/web/things", f"/static/{'0' * 12}/style/tokens.css"):
        headers = (await screens.http.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_no_page_has_script_or_style_in_it(screens: Screens) -> None:
    await screens.sign_in()
    for path in SIGNED_IN:
        text = (await screens.http.get(path)).text
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text
        assert text.count("<script") == text.count("<script type=") + text.count("<script src=")


async def test_a_wrong_password_keeps_the_name_and_tells_nothing_more(screens: Screens) -> None:
    answer = await screens.post("/sign-in", name="nobody", password="wrong", next="/devices")
    assert answer.status_code == 401
    assert 'value="nobody"' in answer.text
    assert 'name="next" value="/devices"' in answer.text
    assert "Name or password is wrong." in answer.text


async def test_a_form_without_its_token_is_refused(screens: Screens) -> None:
    answer = await screens.http.post("/sign-in", data={"name": "anna", "password": PASSWORD})
    assert answer.status_code == 403


@pytest.mark.parametrize("onward", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_sign_in_leads_nowhere_else(screens: Screens, onward: str) -> None:
    screens.city.access.people.add(system("test"), "anna")
    screens.city.access.sign_in.set_password(system("test"), "anna", PASSWORD)
    answer = await screens.post("/sign-in", name="anna", password=PASSWORD, next=onward)
    assert answer.headers["location"] == "/"


async def test_a_one_time_link_sets_a_password_once(screens: Screens) -> None:
    link = screens.city.sign_in_link.removeprefix("http://localhost")
    assert "Set your password" in (await screens.http.get(link)).text
    assert "The two passwords differ." in (await screens.post(link, form=link, password=PASSWORD, again="other")).text
    assert "too easy to guess" in (await screens.post(link, form=link, password="short", again="short")).text
    answer = await screens.post(link, form=link, password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 303
    assert "Administration" in (await screens.http.get("/situation")).text
    async with screens.browser() as another:
        assert (await another.get(link)).status_code == 410


async def test_signing_out_ends_the_session(screens: Screens) -> None:
    await screens.sign_in()
    kept = screens.http.cookies["rhinecloud_session"]
    await screens.post("/sign-out", form="/account")
    screens.http.cookies.set("rhinecloud_session", kept)
    assert (await screens.http.get("/account")).status_code == 303


async def test_choices_are_kept_in_the_browser(screens: Screens) -> None:
    await screens.post("/choose", language="de", next="/")
    await screens.post("/choose", theme="light", next="/")
    text = (await screens.http.get("/situation")).text
    assert '<html lang="de" data-theme="light">' in text
    assert "Einstellungen" in text


async def test_a_page_that_is_not_there_says_what_to_do(screens: Screens) -> None:
    answer = await screens.http.get("/nothing-here")
    assert answer.status_code == 404
    assert "This page does not exist" in answer.text
    assert "start from the situation" in answer.text


async def test_devices_are_searched_and_managed(screens: Screens) -> None:
    await screens.sign_in()
    registry = screens.city.connect.registry
    for number in range(60):
        registry.add("city", _device(f"gauge-{number:02}"))
    text = (await screens.http.get("/devices")).text
    assert "60 devices" in text
    assert "1 to 50 of 60" in text
    assert "51 to 60 of 60" in (await screens.http.get("/devices?page=2")).text
    part = (await screens.http.get("/devices?q=gauge-07", headers={"HX-Request": "true"})).text
    assert "<html" not in part
    assert "gauge-07" in part
    assert "gauge-08" not in part
    answer = await screens.post("/devices/gauge-07/rotate", form="/devices/gauge-07")
    secret = answer.text.split('id="secret">')[1].split("<")[0]
    assert registry.authenticate("gauge-07", secret)
    await screens.post("/devices/gauge-07/revoke", form="/devices/gauge-07")
    assert registry.authenticate("gauge-07", secret) is None
    answer = await screens.post("/devices/gauge-07/command", form="/devices/gauge-07", name="reboot", params="{broken")
    assert answer.status_code == 400
    assert "{broken" in answer.text
    await screens.post("/devices/gauge-07/command", form="/devices/gauge-07", name="reboot", params="{}")
    assert "queued" in (await screens.http.get("/devices/gauge-07")).text


def _device(name: str) -> Device:
    return Device(id=name, entity_type="WaterObserved")


async def test_quarantine_shows_the_bytes_and_the_reason(screens: Screens) -> None:
    await screens.sign_in()
    message = RawMessage(
        stream="RAW", sequence=7, subject="city/x/up", data=b"<script>alert(1)</script>", stored_us=1, headers={}
    )
    screens.city.connect.quarantine.put("city", [(message, "x", Unreadable("No JSON", reason="not JSON"))])
    text = (await screens.http.get("/quality")).text
    assert "not JSON" in text
    assert "1 message" in text
    path = text.split('href="/quality/quarantine/')[1].split('"')[0]
    text = (await screens.http.get(f"/quality/quarantine/{path}")).text
    assert "&lt;script&gt;alert(1)" in text


async def test_a_token_is_shown_once_and_works_until_it_is_revoked(screens: Screens) -> None:
    await screens.sign_in()
    answer = await screens.post(
        "/administration/tokens", form="/administration", token="bench", scopes="entities.read", days="30"
    )
    secret = answer.text.split('id="secret">')[1].split("<")[0]
    assert screens.city.access.bearer(secret).name == "bench"
    assert secret not in (await screens.http.get("/administration")).text
    refused = await screens.post(
        "/administration/tokens", form="/administration", token="bad", scopes="everything", days="30"
    )
    assert refused.status_code == 400
    assert 'value="everything"' in refused.text


async def test_an_invited_person_gets_a_link(screens: Screens) -> None:
    await screens.sign_in()
    answer = await screens.post(
        "/administration/people", form="/administration", name="bruno", title="Bruno", role="engineer"
    )
    link = answer.text.split('id="link">')[1].split("<")[0].removeprefix("http://localhost")
    async with screens.browser() as other:
        assert "bruno" in (await other.get(link)).text


async def test_shipped_files_are_kept_for_ever_under_their_version(screens: Screens) -> None:
    page = (await screens.http.get("/sign-in")).text
    path = page.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = await screens.http.get(path)
    assert "immutable" in answer.headers["cache-control"]
    assert (await screens.http.get("/static/000000000000/style/tokens.css")).headers["cache-control"] == "no-cache"
    assert (await screens.http.get("/static/x/../app.py")).status_code == 404
    assert (await screens.http.get("/static/x/..%2F..%2Fapp.py")).status_code == 404


async def test_the_past_is_named_by_the_address(screens: Screens) -> None:
    await screens.tell(thing(screens.city.model, "WaterObserved", "Ruhrort", 6.73, 51.45, height=4.2))
    text = (await screens.http.get("/situation?at=2026-11-22T09:30:00Z")).text
    assert '"at":"2026-11-22T09:30:00Z"' in text
    assert "<time-slider>" in text
    assert (await screens.http.get("/situation?at=nonsense")).status_code == 400


def test_every_field_of_a_page_is_shown_and_nothing_else_is_asked_for() -> None:
    """A page's object is its template's whole knowledge; what no template reads is not worth loading."""
    source = "".join(f.read_text("utf-8") for f in (ROOM / "templates").rglob("*.html"))
    asked = set(re.findall(r"(?<![\w/-])page\.(\w+)", source))
    everywhere, pages = _fields()
    assert asked <= everywhere
    assert pages <= asked | {"options"}  # told to a script, as JSON


def _fields() -> tuple[set[str], set[str]]:
    """What structs of the room tell a template: of all of them with their properties, and of pages alone."""
    everywhere: set[str] = set()
    pages: set[str] = set()
    for file in ROOM.rglob("*.py"):
        for made in (n for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.ClassDef)):
            if any("Struct" in ast.unparse(base) for base in made.bases):
                fields = {
                    n.target.id for n in made.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
                }
                everywhere |= fields | {n.name for n in made.body if isinstance(n, ast.FunctionDef)}
                pages |= fields if made.name.endswith("Page") and file.parent.name == "pages" else set()
    return everywhere, pages
