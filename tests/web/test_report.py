"""The situation report on the screen: drafted, previewed, released once, kept, refused with what was typed."""

from __future__ import annotations

import io
from typing import Any

from pypdf import PdfReader

from rhinecloud.access import system

from .conftest import Screens
from .test_incident import desk, report


def text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def send(screens: Screens, incident: str, **given: str) -> Any:
    return await screens.post(f"/incidents/{incident}/report", **given)


async def test_one_click_releases_a_pdf_that_stays(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens, text="Water at the gate")
    page = await screens.http.get(f"/incidents/{made.id}/report")
    assert page.status_code == 200 and "Water at the gate" in page.text
    answer = await send(screens, made.id, do="release", language="en", persons_III="2", next="14:30")
    assert answer.status_code == 303 and answer.headers["location"].endswith("/report?done=1")
    page = await screens.http.get(answer.headers["location"])
    assert "Report 1 is released." in page.text and "Report 2, as it would be now" in page.text
    document = await screens.http.get(f"/incidents/{made.id}/report/1")
    assert document.headers["content-type"] == "application/pdf"
    said = text(document.content)
    assert "Situation report No. 1" in said and "Next report" in said and "III (green, minor)" in said
    assert (await screens.http.get(f"/incidents/{made.id}/report/2")).status_code == 404


async def test_a_preview_releases_nothing(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    preview = await send(screens, made.id, do="preview", language="de", damage="Zwei Keller")
    assert "Zwei Keller" in text(preview.content) and "Lagebericht Nr. 1" in text(preview.content)
    look = await send(screens, made.id, do="look", damage="Two cellars")
    assert look.status_code == 200 and look.text.count("Two cellars") == 2
    assert "None yet." in look.text


async def test_what_is_wrong_is_said_and_what_was_typed_stays(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens)
    for given, why in (
        ({"mail": "nobody"}, "nobody is no e-mail address"),
        ({"persons_I": "two"}, "A count of people is a number from 0"),
        ({"next": "25:70"}, "Write the time of day as 14:03"),
    ):
        answer = await send(screens, made.id, do="release", remarks="keep me", **given)
        assert answer.status_code == 400 and why in answer.text and "keep me" in answer.text
    assert "None yet." in (await screens.http.get(f"/incidents/{made.id}/report")).text


async def test_it_is_told_to_whom_was_ticked(screens: Screens) -> None:
    await screens.sign_in()
    made = report(screens, "fire")
    answer = await send(screens, made.id, do="release", to_fire="1", mail="lage@example.org; stab@example.org")
    assert answer.status_code == 303
    page = (await screens.http.get(f"/incidents/{made.id}/report")).text
    assert "to fire, lage@example.org, stab@example.org" in page
    assert 'name="to_fire" value="1" checked' in page, "the next one goes to the same"


async def test_who_may_only_look_reads_reports_and_releases_none(screens: Screens) -> None:
    made = report(screens)
    await screens.sign_in("lea", "leadership")
    page = await screens.http.get(f"/incidents/{made.id}/report")
    assert page.status_code == 200 and "Release and send" not in page.text
    assert (await send(screens, made.id, do="release")).status_code == 403
    screens.city.access.tenants.add_agency(system("test"), "city", "fire", "Fire service")
    other = report(screens, "police")
    await screens.sign_in("frida", "operator@city/fire")
    assert (await screens.http.get(f"/incidents/{other.id}/report")).status_code == 404
    assert desk(screens).incident(other.id)
