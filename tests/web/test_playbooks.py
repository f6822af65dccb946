"""Playbooks on the screen: the checklist of an incident, the workshop in which they are written, what alerts offer."""

from __future__ import annotations

import re
from typing import Any

from rhinecloud.access import system
from rhinecloud.operations import Incident, PlaybookStep, PlaybookVersion, Report

from .conftest import Screens


def centre(screens: Screens) -> Any:
    return screens.city.centre.operations.desk("city", system("test"))


def report(screens: Screens, **more: Any) -> Incident:
    made, _ = centre(screens).report(Report(**({"type": "flood", "title": "Rhine at Ruhrort"} | more)))
    return made  # type: ignore[no-any-return]


async def test_a_playbook_is_begun_worked_and_ended(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    tab = f"/incidents/{made.id}/playbooks"
    assert "No playbook runs here" in (await screens.http.get(tab)).text
    assert (await screens.post(tab, tab, playbook="environment.storm")).status_code == 303
    page = await screens.http.get(tab)
    assert "Close parks, cemeteries and the zoo" in page.text and "0/5 done" in page.text
    run = centre(screens).runs(made.id)[0]
    step = await screens.post(f"{tab}/{run.id}/step", tab, step="step-1", act="done", note="All shut")
    assert step.status_code == 303 and step.headers["location"].endswith("#step-step-1")
    refused = await screens.post(f"{tab}/{run.id}/step", tab, step="step-2", act="skip", reason=" ")
    assert refused.status_code == 400 and "reason" in refused.text
    assert "All shut" in (await screens.http.get(tab)).text
    assert (await screens.post(f"{tab}/{run.id}/end", tab, reason="Calm again")).status_code == 303
    assert "ended" in (await screens.http.get(tab)).text


async def test_a_picture_is_the_evidence_that_a_step_asks_for(screens: Screens) -> None:
    await screens.sign_in()
    made, gate = report(screens), PlaybookStep(id="gate", title=_label("Gate"), evidence="photo")
    centre(screens).save_playbook(_playbook(gate))
    run = centre(screens).start_playbook(made.id, "own.test")
    tab = f"/incidents/{made.id}/playbooks"
    page = await screens.http.get(tab)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40
    answer = await screens.http.post(
        f"{tab}/{run.id}/step",
        data={"_csrf_token": token[1], "step": "gate", "act": "done"},
        files={"file": ("gate.png", png, "image/png")},
    )
    assert answer.status_code == 303, answer.text[:500]
    shown = (await screens.http.get(tab)).text
    found = re.search(rf"/incidents/{made.id}/files/(\d+)/([0-9a-f]{{64}})", shown)
    assert found
    assert (await screens.http.get(found[0])).content == png


async def test_a_new_version_is_compared_and_taken_over(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    centre(screens).save_playbook(_playbook(PlaybookStep(id="a", title=_label("Alpha"))))
    run = centre(screens).start_playbook(made.id, "own.test")
    steps = (PlaybookStep(id="a", title=_label("Alpha changed")), PlaybookStep(id="b", title=_label("Beta")))
    centre(screens).save_playbook(_playbook(*steps, version=1))
    tab = f"/incidents/{made.id}/playbooks"
    page = (await screens.http.get(tab)).text
    assert "Version 2 is there." in page and "Alpha → Alpha changed" in page and "Beta" in page
    assert (await screens.post(f"{tab}/{run.id}/adopt", tab, version="2")).status_code == 303
    assert "Version 2 is there." not in (await screens.http.get(tab)).text


async def test_a_playbook_is_written_tried_and_changed(screens: Screens) -> None:
    await screens.sign_in()
    form = "/playbooks/new"
    wrong = await screens.post("/playbooks/save", form, act="save", version="0", **{"s0.title_de": "Tor zu"})
    assert wrong.status_code == 400 and "Give the playbook a name." in wrong.text and "Tor zu" in wrong.text
    more = await screens.post("/playbooks/sketch", form, act="add", version="0", **{"s0.title_de": "Tor zu"})
    assert 'name="s1.title_de"' in more.text and "Tor zu" in more.text
    given = {
        "title_de": "Sperrtor",
        "type.flood": "1",
        "t0.rule": "environment.ruhrort-gate",
        "t0.type": "flood",
        "t0.start": "offer",
        "s0.title_de": "Tor schließen",
        "s0.owner": "works",
        "s0.due": "1,5",
        "s0.due_unit": "h",
        "s0.when": "severity:major",
        "s0.evidence": "photo",
        "s0.watch_entity": "urn:gauge",
        "s0.watch_attr": "height",
        "s0.watch_level": "7",
        "s0.watch_hours": "12",
        "s0.watch_rising": "1",
        "s0.action": "unit.ask",
        "s0.arg.capability": "Sperrtor",
        "s0.arg.count": "2",
        "s1.title_de": "Tor schließen",
        "s1.after": "tor-schliessen",
        "s1.undo_de": "öffnen",
    }
    saved = await screens.post("/playbooks/save", form, act="save", version="0", **given)
    assert saved.headers["location"] == "/playbooks/own.sperrtor?done=saved"
    known = {p.id: p for p in centre(screens).playbooks()}["own.sperrtor"]
    first, second = known.steps
    assert (first.id, first.due_s, first.arguments, second.id) == (
        "tor-schliessen",
        5400,
        {"capability": "Sperrtor", "count": 2},
        "tor-schliessen-2",
    )
    assert (known.types, known.triggers[0].rule, first.watch.within_s) == (
        ("flood",),
        "environment.ruhrort-gate",
        43_200,
    )
    tried = (await screens.http.get("/playbooks/own.sperrtor?try=1&type=flood&severity=minor")).text
    assert "is not needed" in tried and "asks for 2 × Sperrtor" in tried
    edit = await screens.http.get("/playbooks/own.sperrtor/edit")
    fields = dict(re.findall(r'<input[^>]*name="((?:s\d|t\d|type|title)[^"]*)"[^>]*value="([^"]*)"', edit.text))
    assert fields["s0.watch_level"] == "7" and fields["s0.due"] == "1.5"
    stale = await screens.post("/playbooks/save", form, act="save", version="0", id="own.sperrtor", **given)
    assert stale.status_code == 409 and "version 1" in stale.text
    again = given | {"s0.owner": "fire"}
    assert (
        await screens.post("/playbooks/save", form, act="save", version="1", id="own.sperrtor", **again)
    ).status_code == 303
    page = (await screens.http.get("/playbooks/own.sperrtor")).text
    assert "version 2" in page and "Owner: works → fire" in page


async def test_steps_that_wait_for_each_other_are_refused_in_words(screens: Screens) -> None:
    await screens.sign_in()
    given = {"title_de": "Kreis", "s0.id": "a", "s0.title_de": "A", "s0.after": "b", "s1.id": "b", "s1.title_de": "B"}
    answer = await screens.post(
        "/playbooks/save", "/playbooks/new", act="save", version="0", **given, **{"s1.after": "a"}
    )
    assert answer.status_code == 400 and "wait for each other" in answer.text


async def test_who_may_not_write_reads(screens: Screens) -> None:
    screens.city.access.tenants.add_agency(system("test"), "city", "fire", "Fire service")
    await screens.sign_in("olga", "operator@city/fire")
    page = await screens.http.get("/playbooks")
    assert page.status_code == 200 and "New playbook" not in page.text and "Flood of the Rhine" in page.text
    assert (await screens.http.get("/playbooks/new")).status_code == 403
    assert (await screens.http.get("/playbooks/environment.flood?try=1")).status_code == 200
    other = report(screens)
    assert (await screens.http.get(f"/incidents/{other.id}/playbooks")).status_code == 404


def _label(text: str) -> Any:
    from rhinecloud.base.declare import Label

    return Label(de=text, en=text)


def _playbook(*steps: PlaybookStep, version: int = 0) -> PlaybookVersion:
    return PlaybookVersion(id="own.test", version=version, title=_label("Test"), text=_label(""), steps=steps)
