"""The room of an incident on the screen: who may see it, who is there, what it says."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from rhinecloud.access import Grant, Principal, system
from rhinecloud.operations import Incident, Report
from rhinecloud.operations.verifier import verify
from rhinecloud.web.pages.incident_steps import shown
from rhinecloud.web.refusals import told

from .conftest import PASSWORD, Screens


def desk(screens: Screens, agency: str = "", role: str = "operator") -> Any:
    """The command centre as somebody of an agency sees it."""
    who = Principal(
        kind="person", id=f"p_{agency}", name=f"Somebody of {agency}", grants=(Grant(role, "city", agency),)
    )
    return screens.city.centre.operations.desk("city", who if agency else system("test"))


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
    for tab in TABS:
        assert "EXERCISE" in (await screens.http.get(f"/incidents/{made.id}{tab}")).text, tab
    export = await screens.http.get(f"/incidents/{made.id}/log/export")
    assert "EXERCISE" in export.text.splitlines()[0]
    assert "exercise" in export.headers["content-disposition"]


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


# ── working in it ────────────────────────────────────────────────────────────────────────────────────────────────────

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
TABS = ("", "/messages", "/log", "/tasks", "/sections", "/handover", "/edit")


async def send(
    screens: Screens, path: str, form: str, files: list[Any] | None = None, at: Any = None, **data: str
) -> Any:
    """Sends the form of a page as a browser does, with files where it has a field for them."""
    http = at or screens.http
    page = await http.get(form)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token, page.text[:500]
    given = {"_csrf_token": token[1], **data}
    if files is None:
        return await http.post(path, data=given)
    return await http.post(path, data=given, files=[("file", file) for file in files])


def agency(screens: Screens, *names: str) -> None:
    for name in names:
        screens.city.access.tenants.add_agency(system("test"), "city", name, name.title())


async def member(screens: Screens, name: str, agency_name: str, role: str = "operator") -> Any:
    """A browser of somebody of an agency."""
    other = Screens(screens.city, screens.app, screens.browser())
    await other.sign_in(name, f"{role}@city/{agency_name}")
    return other.http


async def test_a_step_is_taken_and_a_second_one_from_an_old_page_is_refused(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    path = f"/incidents/{made.id}"
    assert (await send(screens, f"{path}/step", path, step="triage", version="1")).status_code == 303
    again = await send(screens, f"{path}/step", path, step="cancel", reason="late", version="1")
    assert again.status_code == 409
    assert "changed state" in again.text
    assert "late" in again.text, "what was typed is kept"
    without = await send(screens, f"{path}/step", path, step="cancel", version="2")
    assert without.status_code == 400
    assert desk(screens).incident(made.id).state == "triaged"


async def test_two_who_change_the_same_field_see_both_values(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    path = f"/incidents/{made.id}/edit"
    was = {f"was.{k}": v for k, v in shown(made).items()}
    typed = shown(made) | {"title": "Mine"}
    desk(screens).change(made.id, 1, title="Theirs")
    answer = await send(screens, path, path, version="1", **was, **typed)
    assert answer.status_code == 409
    assert "Mine" in answer.text and "Theirs" in answer.text
    assert desk(screens).incident(made.id).title == "Theirs"
    now = shown(desk(screens).incident(made.id))
    chosen = {f"was.{k}": v for k, v in now.items()} | {**typed, "take.title": "mine"}
    assert (await send(screens, path, path, version="2", **chosen)).status_code == 303
    assert desk(screens).incident(made.id).title == "Mine"


async def test_two_who_change_different_fields_both_keep_their_change(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    path = f"/incidents/{made.id}/edit"
    was = {f"was.{k}": v for k, v in shown(made).items()}
    desk(screens).change(made.id, 1, severity="critical")
    answer = await send(screens, path, path, version="1", **was, **(shown(made) | {"title": "Mine"}))
    assert answer.headers["location"].endswith("?done=both")
    kept = desk(screens).incident(made.id)
    assert (kept.title, kept.severity) == ("Mine", "critical")


async def test_the_log_is_taken_over_written_corrected_erased_and_verified(screens: Screens) -> None:
    await screens.sign_in()
    path = f"/incidents/{report(screens).id}/log"
    refused = await send(screens, path, path, [("a.png", PNG)], kind="note", text="Nobody keeps it")
    assert refused.status_code == 403
    assert (await send(screens, f"{path}/take", path, expected="")).status_code == 303
    assert (await send(screens, path, path, [("a.png", PNG)], kind="note", text="Herr Beispiel")).status_code == 303
    assert (await send(screens, f"{path}/3/correct", path, text="Frau Beispiel")).status_code == 303
    page = (await screens.http.get(path)).text
    for said in ("Herr Beispiel", "Frau Beispiel", "corrected by entry 4", "a.png"):
        assert said in page
    file = re.search(r'href="(/incidents/[^"]+/files/3/\w{64})"', page)
    assert file
    given = await screens.http.get(file[1])
    assert given.content == PNG
    assert given.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in given.headers["content-security-policy"]
    assert (await send(screens, f"{path}/3/erase", path, reason="asked for")).status_code == 303
    erased = (await screens.http.get(path)).text
    assert "Herr Beispiel" not in erased
    assert (await screens.http.get(file[1])).status_code == 404
    assert "complete, in order and unchanged" in (await screens.http.get(f"{path}/verify")).text
    lines = [json.loads(line) for line in (await screens.http.get(f"{path}/export")).text.splitlines()]
    assert not verify([e for e in lines if e["record"] == "entry"], [a for a in lines if a["record"] == "anchor"])
    assert "def verify" in (await screens.http.get("/log-verifier")).text
    acts = [r.action for r in screens.city.access.trail.records(tenant="city", limit=50)]
    assert {"incident.read", "log.erase", "log.export", "file.read"} <= set(acts)


async def test_messages_come_in_and_are_distributed(screens: Screens) -> None:
    await screens.sign_in()
    path = f"/incidents/{report(screens).id}/messages"
    taken = await send(screens, path, path, [("a.png", PNG)], sender="HLF", text="Water", priority="immediate")
    assert taken.status_code == 303
    page = (await screens.http.get(path)).text
    assert "Immediate" in page and "Water" in page
    given = await send(screens, f"{path}/1/distribute", path, **{"to.command.s3": "action", "remark": "look"})
    assert given.status_code == 303
    assert "Every message is distributed." in (await screens.http.get(path)).text
    assert (await send(screens, f"{path}/1/seen", path, function="command.s3")).status_code == 303
    assert "seen by Anna Berger" in (await screens.http.get(path)).text


@pytest.mark.parametrize(
    ("file", "status", "said"),
    [
        (("a.pdf", b"MZ\x90\x00"), 415, "none of the kinds"),
        (("a.pdf", PNG), 415, "its content is PNG"),
        (("photo\u202egnp.exe", PNG), 400, "cannot be seen"),
        (("a.png", b""), 400, "is empty"),
        (("a.png", PNG + b"\x00" * (26 * 1024 * 1024)), 413, "at most 25 MB"),
    ],
)
async def test_a_hostile_file_is_refused_and_what_was_typed_stays(
    screens: Screens, file: tuple[str, bytes], status: int, said: str
) -> None:
    await screens.sign_in()
    path = f"/incidents/{report(screens).id}/messages"
    answer = await send(screens, path, path, [file], sender="HLF", text="Kept words", priority="routine")
    assert answer.status_code == status
    assert said in html.unescape(answer.text)
    assert "Kept words" in answer.text
    assert "Every message is distributed." in (await screens.http.get(path)).text


async def test_a_form_that_is_far_too_large_is_refused(screens: Screens) -> None:
    await screens.sign_in()
    path = f"/incidents/{report(screens).id}/messages"
    answer = await send(screens, path, path, [("a.png", PNG + b"\x00" * (66 * 1024 * 1024))], sender="x", text="y")
    assert answer.status_code == 413


async def test_an_agency_sees_what_need_to_know_grants_and_no_more(screens: Screens) -> None:
    agency(screens, "fire", "police", "port")
    await screens.sign_in()
    made = report(screens, "fire", "police")
    path = f"/incidents/{made.id}"
    fire, police, port = [await member(screens, n, n) for n in ("fire", "police", "port")]
    asked = {"sender": "HLF", "text": "Only for us", "for": "some", "reader.fire": "1"}
    assert (
        await send(screens, f"{path}/messages", f"{path}/messages", [("a.png", PNG)], fire, **asked)
    ).status_code == 303
    decided = {"text": "Our decision", "reasons": "ours", "for": "some", "reader.fire": "1"}
    assert (await send(screens, f"{path}/decisions", f"{path}/tasks", None, fire, **decided)).status_code == 303
    file = re.search(r"/incidents/[^\"]+/files/\d+/\w{64}", (await fire.get(f"{path}/messages")).text)
    assert file
    for tab in TABS:
        mine, theirs, strangers = [await who.get(path + tab) for who in (fire, police, port)]
        assert (mine.status_code, theirs.status_code, strangers.status_code) == (200, 200, 404), tab
        assert "Only for us" not in theirs.text and "Our decision" not in theirs.text, tab
    for part in ("?part=log", "?part=now", "?part=decisions", "/log?part=1", "/log?kind=message", "/log?kind=decision"):
        theirs = (await police.get(path + part)).text
        assert "Only for us" not in theirs and "Our decision" not in theirs, part
    assert "Only for us" in (await fire.get(path)).text
    assert "Not for your agency" in (await police.get(f"{path}/log")).text
    assert "Only for us" not in (await police.get(f"{path}/log/export")).text
    assert (await fire.get(file[0])).status_code == 200
    assert (await police.get(file[0])).status_code == 404
    assert (await port.get(file[0])).status_code == 404
    assert (
        await send(screens, f"{path}/messages/1/distribute", path, None, police, **{"to.command.s2": "action"})
    ).status_code == 404
    for suffix in ("/head", "/here", "/log/verify", "/log/export"):
        assert (await port.get(path + suffix)).status_code == 404, suffix
    for suffix in (
        "/step",
        "/merge",
        "/edit",
        "/log/take",
        "/tasks",
        "/requests",
        "/decisions",
        "/handover",
        "/sections",
        "/here",
    ):
        assert (
            await send(screens, path + suffix, "/account", None, port, step="triage", version="1")
        ).status_code == 404
    for who in (fire, police, port):
        await who.aclose()


async def test_who_only_reads_finds_no_forms_and_no_way(screens: Screens) -> None:
    agency(screens, "fire")
    made = report(screens, "fire")
    reader = await member(screens, "lea", "fire", "leadership")
    path = f"/incidents/{made.id}"
    for tab in TABS[:-1]:
        page = await reader.get(path + tab)
        assert page.status_code == 200
        assert f'action="{path}' not in page.text.replace(f'action="{path}/log" class="toolbar"', "").replace(
            f'action="{path}/messages" class="toolbar"', ""
        ), tab
    assert (await reader.get(f"{path}/edit")).status_code == 403
    assert (await send(screens, f"{path}/tasks", "/account", None, reader, text="x", owner="y")).status_code == 403
    await reader.aclose()


async def test_two_agencies_ask_and_answer(screens: Screens) -> None:
    agency(screens, "fire", "works")
    made = report(screens, "fire")
    path = f"/incidents/{made.id}"
    fire, works = await member(screens, "fire", "fire"), await member(screens, "works", "works")
    assert (await works.get(path)).status_code == 404
    asked = {"asking": "fire", "asked": "works", "text": "Sandbags"}
    assert (await send(screens, f"{path}/requests", f"{path}/tasks", None, fire, **asked)).status_code == 303
    assert "Sandbags" in (await works.get(f"{path}/tasks")).text
    answer = {"state": "offered", "text": "3,000 by two", "version": "1"}
    assert (await send(screens, f"{path}/requests/1", f"{path}/tasks", None, works, **answer)).status_code == 303
    stale = await send(screens, f"{path}/requests/1", f"{path}/tasks", None, works, **answer)
    assert stale.status_code == 409
    assert (
        await send(screens, f"{path}/requests/1", f"{path}/tasks", None, fire, state="accepted", version="2")
    ).status_code == 303
    assert "3,000 by two" in (await fire.get(f"{path}/tasks")).text
    for who in (fire, works):
        await who.aclose()


async def test_sections_are_made_and_a_handover_is_signed_by_two(screens: Screens) -> None:
    agency(screens, "fire")
    made = report(screens, "fire")
    path = f"/incidents/{made.id}"
    one, two = await member(screens, "one", "fire"), await member(screens, "two", "fire")
    section = {"title": "Homberg", "leader": "Schmidt", "version": "1"}
    assert (await send(screens, f"{path}/sections", f"{path}/sections", None, one, **section)).status_code == 303
    late = await send(screens, f"{path}/sections", f"{path}/sections", None, two, **section)
    assert late.status_code == 409
    assert "led by Schmidt" in (await two.get(f"{path}/sections")).text
    given = await send(screens, f"{path}/handover", f"{path}/handover", None, one, text="Water rises")
    assert given.status_code == 303
    assert (await send(screens, f"{path}/handover/1/take", f"{path}/handover", None, one)).status_code == 403
    assert (
        await send(screens, f"{path}/handover/1/take", f"{path}/handover", None, two, remark="ok")
    ).status_code == 303
    assert "taken over and signed by" in (await one.get(f"{path}/handover")).text
    for who in (one, two):
        await who.aclose()


async def test_refusals_are_told_in_the_language_of_the_page() -> None:
    assert told("a.pdf is empty", "de") == "a.pdf ist leer"
    assert told("A message needs a text", "de") == "Eine Nachricht braucht einen Text"
    assert told("Something that nobody knows", "de") == "Something that nobody knows"


async def test_an_incident_is_split_merged_and_laid_under_another(screens: Screens) -> None:
    await screens.sign_in()
    whole, major = report(screens), report(screens, title="Major flood")
    path = f"/incidents/{whole.id}"
    one = await send(screens, f"{path}/split", path, version="1", parts="North")
    assert one.status_code == 400
    assert "two parts or more" in one.text
    parts = await send(screens, f"{path}/split", path, version="1", parts="North\nSouth")
    assert parts.status_code == 303
    north = parts.headers["location"].partition("?")[0]
    south = next(i for i in desk(screens).incidents() if i.title == "South")
    under = await send(screens, f"{north}/parent", north, version="2", other=major.number)
    assert under.status_code == 303
    assert "North" in (await screens.http.get(f"/incidents/{major.id}")).text
    merged = await send(
        screens, f"/incidents/{south.id}/merge", f"/incidents/{south.id}", version="2", other=major.number
    )
    assert merged.headers["location"] == f"/incidents/{major.id}?done=merged"
    nowhere = await send(screens, f"{north}/merge", north, version="3", other="2026-999999")
    assert nowhere.status_code == 404
