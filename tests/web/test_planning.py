"""Planning on its screens: registers with forms, versions and CSV; the trial, cover, streets, duty, the two staffs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import rhinecloud.web as planning_web
from rhinecloud.access import system
from rhinecloud.operations import Agency, IncidentType, Pick, Place, Report, Unit, Zone, planning
from rhinecloud.operations.declare import Automatic
from rhinecloud.web.registers.fields import spread
from rhinecloud.web.registers.register import Seen
from rhinecloud.web.registers.sheets import read, write
from rhinecloud.web.registers.shelf import BY_KEY, REGISTERS

from .conftest import Screens

ADMIN = system("test")
ROOT = "/command/settings"
RUHRORT = (6.7279, 51.4554)
PLANS = """id;title_de;types;needs.level;needs.count;needs.capability;needs.instead;needs.within_min
house;Brand, Wohnhaus;fire;1;2;HLF;LF;9,5
house;;;2;1;DLK;;
"""


def desk(screens: Screens) -> planning.DeclaringDesk:
    return planning.DeclaringDesk(screens.city.centre.operations.seat("city", ADMIN))


def label(text: str) -> Any:
    return IncidentType(id="x", title=_label(text)).title


def _label(text: str) -> Any:
    from rhinecloud.base.declare import Label

    return Label(de=text, en=text)


def fleet(screens: Screens) -> None:
    it = desk(screens)
    it.save_all([Agency(id="fire", title=_label("Feuerwehr")), Agency(id="police", title=_label("Polizei"))])
    if not screens.city.access.tenants.agencies("city"):
        for name in ("fire", "police"):
            screens.city.access.tenants.add_agency(ADMIN, "city", name)
    it.save_all(
        [
            Unit(id=f"hlf-{n}", name=f"HLF {n}-1", kind="fire", agency="fire", capabilities=("HLF",), station=RUHRORT)
            for n in range(1, 4)
        ]
    )
    room = screens.city.centre.operations.desk("city", ADMIN)
    for n in range(1, 4):
        room.report_status(f"hlf-{n}", "2")


async def send(screens: Screens, path: str, form: str, **data: str) -> httpx.Response:
    """A form with a file's lines, as a browser sends it."""
    page = await screens.http.get(form)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    fields = {"_csrf_token": (None, token[1]), **{k: (None, v) for k, v in data.items()}}
    return await screens.http.post(path, files=fields)


async def test_every_register_opens_empty_and_with_something_in_it(screens: Screens) -> None:
    await screens.sign_in()
    fleet(screens)
    it = desk(screens)
    it.save(planning.AlarmPlan(id="p", title=_label("P"), needs=(planning.PlanNeed(capability="HLF"),)))
    it.save(planning.Closure(id="c", title="Tunnel", position=RUHRORT))
    it.save(planning.Post(id="lage", title=_label("Lagedienst"), agency="fire", calls=1, changes=(420, 1140)))
    it.save(Zone(id="z", name="Ruhrort", position=RUHRORT))
    for register in REGISTERS:
        page = await screens.http.get(f"{register.path}?q=")
        assert page.status_code == 200, register.key
        assert (await screens.http.get(f"{register.path}/new")).status_code == 200
        assert (await screens.http.get(f"{register.path}/import")).status_code == 200
        for thing_id in it.every(register.kind):
            shown = await screens.http.get(f"{register.path}/of/{thing_id}")
            assert shown.status_code == 200, thing_id
    assert (await screens.http.get(ROOT)).status_code == 200
    assert (await screens.http.get(f"{ROOT}/nothing")).status_code == 404
    assert (await screens.http.get(f"{ROOT}/plans/of/nothing")).status_code == 404


async def test_a_form_that_is_wrong_keeps_what_was_typed(screens: Screens) -> None:
    await screens.sign_in()
    answer = await screens.post(
        f"{ROOT}/plans/save",
        f"{ROOT}/plans/new",
        **{"id": "b 2", "title_de": "Brand", "types:fire": "1", "begin": "25:00", "needs.0.count": "x"},
    )
    assert answer.status_code == 400
    for kept in ('value="b 2"', 'value="Brand"', 'value="25:00"', 'name="types:fire" value="1" checked'):
        assert kept in answer.text, kept
    assert answer.text.count('class="wrong"') >= 3
    assert desk(screens).every(planning.AlarmPlan) == {}


async def test_saving_makes_a_version_that_can_be_restored_and_the_audit_knows(screens: Screens) -> None:
    await screens.sign_in()
    typed = {"id": "B2", "title_de": "Brand", "in_force": "1", "needs.0.capability": "HLF", "needs.0.count": "2"}
    made = await screens.post(f"{ROOT}/plans/save", f"{ROOT}/plans/new", **typed, version="0")
    assert made.headers["location"] == f"{ROOT}/plans/of/B2?done=made"
    again = await screens.post(f"{ROOT}/plans/save", f"{ROOT}/plans/new", **typed, version="0")
    assert again.status_code == 400 and "already" in again.text
    typed |= {"needs.0.count": "3", "needs.7.capability": "DLK", "needs.7.level": "2"}
    one = f"{ROOT}/plans/of/B2"
    await screens.post(f"{ROOT}/plans/save", one, **typed, thing="B2", version="1")
    plan = desk(screens).get(planning.AlarmPlan, "B2")
    assert [(n.capability, n.count, n.level) for n in plan.needs] == [("HLF", 3, 1), ("DLK", 1, 2)]
    late = await screens.post(f"{ROOT}/plans/save", one, **typed | {"title_de": "Anders"}, thing="B2", version="1")
    assert late.status_code == 409 and 'value="Anders"' in late.text and "Somebody else made it: Brand" in late.text
    assert 'name="version" value="2"' in late.text, "saving again then counts"
    await screens.post(f"{one}/restore", one, version="1")
    assert desk(screens).get(planning.AlarmPlan, "B2").needs[0].count == 2
    await screens.post(f"{one}/take-away", one, version="3")
    gone = await screens.http.get(one)
    assert gone.status_code == 200 and "taken away" in gone.text and desk(screens).every(planning.AlarmPlan) == {}
    actions = [r.action for r in screens.city.access.trail.records(action="plans.")]
    assert actions == ["plans.take-away", "plans.restore", "plans.save", "plans.save"]


async def test_a_list_is_searched_sorted_and_paged(screens: Screens) -> None:
    await screens.sign_in()
    desk(screens).save(Agency(id="fire", title=_label("Feuerwehr")))
    desk(screens).save_all(
        [Unit(id=f"u{n:03}", name=f"HLF {n:03}", kind="fire", agency="fire", crew=n % 7) for n in range(120)]
    )
    page = await screens.http.get(f"{ROOT}/units")
    assert "1 to 50 of 120" in page.text and page.text.count("/units/of/") == 50
    found = await screens.http.get(f"{ROOT}/units?q=hlf+119", headers={"HX-Request": "true"})
    assert "HLF 119" in found.text and "1 to 1 of 1" in found.text and "<html" not in found.text
    sorted_ = await screens.http.get(f"{ROOT}/units?sort=crew.down")
    assert 'aria-sort="descending"' in sorted_.text
    assert (await screens.http.get(f"{ROOT}/units?page=3&sort=name")).text.count("/units/of/") == 20


async def test_who_may_only_read_sees_forms_and_changes_nothing(screens: Screens) -> None:
    await screens.sign_in("olga", "operator@city")
    fleet(screens)
    page = await screens.http.get(f"{ROOT}/units/of/hlf-1")
    assert "disabled" in page.text and "/import" not in (await screens.http.get(f"{ROOT}/units")).text
    for path in (f"{ROOT}/units/new", f"{ROOT}/units/import", f"{ROOT}/duty/new"):
        assert (await screens.http.get(path)).status_code == 403, path
    refused = await screens.post(f"{ROOT}/units/save", "/account", id="x", name="x")
    assert refused.status_code == 403


async def test_somebody_of_one_agency_changes_its_units_alone(screens: Screens) -> None:
    fleet(screens)
    await screens.sign_in("paul", "planner@city/police")
    assert "disabled" in (await screens.http.get(f"{ROOT}/kinds/of/fire")).text
    own = {"id": "streife-1", "name": "Streife 1", "kind": "works", "agency": "police", "available": "1"}
    assert (await screens.post(f"{ROOT}/units/save", f"{ROOT}/units/new", **own)).status_code == 303
    other = await screens.post(f"{ROOT}/units/save", f"{ROOT}/units/new", **own | {"id": "hlf-9", "agency": "fire"})
    assert other.status_code == 403 and 'value="hlf-9"' in other.text


async def test_an_agency_that_is_new_is_one_in_which_people_have_roles(screens: Screens) -> None:
    await screens.sign_in()
    typed = {"id": "utility", "title_de": "Netzgesellschaft", "responsible.0.types": "power"}
    wrong = await screens.post(f"{ROOT}/agencies/save", f"{ROOT}/agencies/new", **typed | {"id": "Netze Duisburg"})
    assert wrong.status_code == 400
    await screens.post(f"{ROOT}/agencies/save", f"{ROOT}/agencies/new", **typed)
    assert [a.name for a in screens.city.access.tenants.agencies("city")] == ["utility"]
    room = screens.city.centre.operations.desk("city", ADMIN)
    assert [a.id for a in room.responsible("power")] == ["utility"]


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_file_is_shown_first_and_then_taken_in_as_a_whole(screens: Screens) -> None:
    await screens.sign_in()
    at = f"{ROOT}/plans/import"
    looked = await send(screens, at, at, text=PLANS)
    assert looked.status_code == 200 and "1 new" in looked.text and desk(screens).every(planning.AlarmPlan) == {}
    kept = await send(screens, f"{at}/keep", at, text=PLANS)
    assert kept.status_code == 303
    plan = desk(screens).get(planning.AlarmPlan, "house")
    assert [(n.capability, n.count, n.level, n.within_s, n.instead) for n in plan.needs] == [
        ("HLF", 2, 1, 570.0, ("LF",)),
        ("DLK", 1, 2, 0.0, ()),
    ]
    same = await send(screens, at, at, text=PLANS)
    assert "Everything is as the file says already" in same.text
    wrong = PLANS.replace(";2;HLF", ";200;HLF") + "new;Neu;nosuch;1;1;HLF;;\n"
    refused = await send(screens, f"{at}/keep", at, text=wrong)
    assert refused.status_code == 400 and "2 wrong" in refused.text
    assert set(desk(screens).every(planning.AlarmPlan)) == {"house"}, "nothing of a file with a mistake is kept"
    records = screens.city.access.trail.records(action="plans.import")
    assert len(records) == 1


async def test_the_example_can_be_taken_in(screens: Screens) -> None:
    await screens.sign_in()
    at = f"{ROOT}/plans/import"
    assert "Rettungsdienst" in (await screens.http.get(f"{at}?example=1")).text
    text = (Path(planning_web.__file__).parent / "registers/examples/plans.csv").read_text("utf-8")
    assert (await send(screens, f"{at}/keep", at, text=text)).status_code == 303
    assert len(desk(screens).every(planning.AlarmPlan)) == 5


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("", 400, "choose a file"),
        ("nonsense", 400, "one of them is id"),
        ("id;name\n", 400, "as the file says already"),
        ('id;name\nx;"broken', 400, "nothing in it"),
        ("id,name,frobnicate\nu1,,\n", 400, "not known and are left out: frobnicate"),
        ("id;name\n;x\n", 400, "1 wrong"),
    ],
)
async def test_a_file_that_is_none_says_why(screens: Screens, text: str, status: int, words: str) -> None:
    await screens.sign_in()
    at = f"{ROOT}/units/import"
    answer = await send(screens, at, at, text=text)
    assert answer.status_code == status and words in answer.text


async def test_what_goes_out_as_csv_comes_in_as_it_was(screens: Screens) -> None:
    fleet(screens)
    it = desk(screens)
    it.save(Zone(id="z", name="=cmd|' /C calc'!A0", position=RUHRORT, weight=2.5))
    it.save(planning.Post(id="lage", title=_label("Lage"), agency="fire", changes=(420,)))
    it.save(planning.AlarmPlan(id="p", title=_label("P"), needs=(planning.PlanNeed(capability="A, B"[:1]),) * 3))
    for register in REGISTERS:
        seen = Seen(desk=it, language="de")
        things = list(seen.every(register.kind).values())
        text = write(register, things)
        assert "\n=cmd" not in text and ";=cmd" not in text, "no spreadsheet takes a name for a formula"
        sheet = read(register, text, seen)
        assert not sheet.error and [line.what for line in sheet.found] == ["same"] * len(things), register.key


async def test_a_file_from_a_german_spreadsheet_is_read(screens: Screens) -> None:
    await screens.sign_in()
    desk(screens).save(Agency(id="fire", title=_label("Feuerwehr")))
    at = f"{ROOT}/units/import"
    page = await screens.http.get(at)
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token
    body = "id;name;kind;agency;crew\ndlk-1;Löschzug 1;fire;fire;6\n".encode("cp1252")
    answer = await screens.http.post(
        at, files={"_csrf_token": (None, token[1]), "file": ("units.csv", body, "text/csv")}
    )
    assert answer.status_code == 200 and "1 new" in answer.text and "Löschzug 1" in answer.text
    large = await screens.http.post(
        at, files={"_csrf_token": (None, token[1]), "file": ("u.csv", b"x" * 950_000, "text/csv")}
    )
    assert large.status_code == 413


def test_a_form_numbers_its_rows_anew_and_forgets_empty_ones() -> None:
    plans = BY_KEY["plans"]
    given = {"needs.4.capability": "B", "needs.0.level": "1", "needs.2.capability": "A", "days:0": "1", "days:6": "1"}
    typed = spread(given, plans.fields)
    assert (typed["needs.0.level"], typed["needs.1.capability"], typed["needs.2.capability"]) == ("1", "A", "B")
    assert typed["days"] == "0, 6"


async def test_districts_of_the_map_become_areas_and_zones(screens: Screens) -> None:
    await screens.sign_in()
    for key, kind in (("areas", planning.Area), ("zones", Zone)):
        done = await screens.post(f"{ROOT}/{key}/districts", f"{ROOT}/{key}")
        assert done.status_code == 303, done.text
        assert len(desk(screens).every(kind)) > 20
        again = await screens.post(f"{ROOT}/{key}/districts", f"{ROOT}/{key}")
        assert again.status_code == 303
    assert all(t.version == 1 for t in desk(screens).every(planning.Area).values())


# ── what follows of it ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_trial_says_who_would_go_and_keeps_nothing(screens: Screens) -> None:
    await screens.sign_in()
    fleet(screens)
    at = f"{ROOT}/plans/import"
    await send(screens, f"{at}/keep", at, text=PLANS)
    asked = "type=fire&place_lon=6.73&place_lat=51.455&day=0&time=12:00&level=2&severity="
    page = await screens.http.get(f"{ROOT}/try?{asked}")
    assert page.status_code == 200
    for words in ("Brand, Wohnhaus", "HLF 1-1", "HLF 2-1", "HLF 3-1", "no free unit has DLK"):
        assert words in page.text, words
    assert screens.city.centre.operations.desk("city", ADMIN).incidents() == []
    wrong = await screens.http.get(f"{ROOT}/try?type=fire&time=99:00&place_lat=x")
    assert wrong.status_code == 400 and 'value="99:00"' in wrong.text


async def test_cover_says_who_is_nearest_and_a_shut_bridge_counts(screens: Screens) -> None:
    await screens.sign_in()
    fleet(screens)
    it = desk(screens)
    it.save(Zone(id="z", name="Ruhrort-Mitte", position=RUHRORT))
    page = await screens.http.get(f"{ROOT}/coverage?can:HLF=1")
    assert "Ruhrort-Mitte" in page.text and "HLF 1-1" in page.text and "3 units could go now" in page.text
    columns = "id;name;line;crossings.name;crossings.lon;crossings.lat;crossings.open"
    csv = f"{columns}\nr;Rhein;6.72 51.3|6.72 51.6;B;6.72;51.45;1\n"
    at = f"{ROOT}/barriers/import"
    assert (await send(screens, f"{at}/keep", at, text=csv)).status_code == 303
    streets = f"{ROOT}/roads"
    assert "Rhein" in (await screens.http.get(streets)).text
    await screens.post(f"{streets}/r", streets, crossing="B", open="0")
    from rhinecloud.operations import Barrier

    assert it.get(Barrier, "r").crossings[0].is_open is False
    assert "These crossings are shut" in (await screens.http.get(ROOT)).text


async def test_a_week_of_duty_with_its_gaps_and_its_copy(screens: Screens, tmp_path: Path) -> None:
    await screens.sign_in()
    desk(screens).save(Agency(id="fire", title=_label("Feuerwehr")))
    desk(screens).save(planning.Post(id="lage", title=_label("Lagedienst"), agency="fire", changes=(420, 1140)))
    at = f"{ROOT}/duty"
    assert "not manned: Lagedienst" in (await screens.http.get(at)).text
    typed = {"post": "lage", "name": "A. Weber", "start_day": "2026-11-23", "start": "07:00", "end_day": "2026-11-23"}
    wrong = await screens.post(f"{at}/save", f"{at}/new", **typed, end="06:00", reach="0203 1")
    assert wrong.status_code == 400 and 'value="A. Weber"' in wrong.text and "0203 1" in wrong.text
    kept = await screens.post(f"{at}/save", f"{at}/new", **typed, end="19:00", reach="0203 123\nx@city.example")
    assert kept.status_code == 303
    page = await screens.http.get(f"{at}?week=2026-11-25")
    assert "A. Weber" in page.text and "07:00–19:00" in page.text
    entry = re.search(r"/duty/of/(\d+)", page.text)
    assert entry and 'value="2026-11-23"' in (await screens.http.get(f"{at}/of/{entry[1]}")).text
    for _ in range(2):
        await screens.post(f"{at}/copy", at, week="2026-11-23")
    later = await screens.http.get(f"{at}?week=2026-12-01")
    assert later.text.count("A. Weber") == 1
    await screens.post(f"{at}/of/{entry[1]}/remove", f"{at}/of/{entry[1]}", version="1")
    assert "A. Weber" not in (await screens.http.get(f"{at}?week=2026-11-25")).text


async def test_people_take_functions_in_the_two_staffs_and_the_log_says_so(screens: Screens) -> None:
    await screens.sign_in()
    room = screens.city.centre.operations.desk("city", ADMIN)
    made, _ = room.report(Report(type="flood", title="Hochwasser"))
    at = f"/incidents/{made.id}/staff"
    assert (await screens.http.get(at)).status_code == 200
    wrong = await screens.post(f"{at}/convene", at, staff="crisis", together="1", reason=" ")
    assert wrong.status_code == 400
    await screens.post(f"{at}/convene", at, staff="crisis", together="1", reason="Pegel über 10 m erwartet")
    await screens.post(f"{at}/take", at, function="command.s2", me="1")
    await screens.post(f"{at}/take", at, function="crisis.vp", name="K. Yilmaz", reach="Funk 3")
    nobody = await screens.post(f"{at}/take", at, function="command.s3", name="")
    assert nobody.status_code == 400
    page = await screens.http.get(at)
    for words in ("Anna Berger", "K. Yilmaz", "Pegel über 10 m erwartet", "together since"):
        assert words in page.text, words
    part = await screens.http.get(f"{at}?part=1", headers={"HX-Request": "true"})
    assert "K. Yilmaz" in part.text and "<html" not in part.text
    await screens.post(f"{at}/take", at, function="command.s2", name="B. Otto")
    holders = planning.DutyDesk(screens.city.centre.operations.seat("city", ADMIN)).holders(made.id)
    assert [(h.function, h.name) for h in holders] == [("crisis.vp", "K. Yilmaz"), ("command.s2", "B. Otto")]
    await screens.post(f"{at}/{holders[0].id}/give-up", at)
    whats = [e.content["what"] for e in room.log(made.id) if e.content and "what" in e.content]
    assert whats[-5:] == ["staff-convened", "function-taken", "function-taken", "function-taken", "function-given-up"]


async def test_an_alarm_without_an_answer_is_taken_by_somebody(screens: Screens) -> None:
    await screens.sign_in()
    fleet(screens)
    desk(screens).save(IncidentType(id="fire", title=_label("Brand"), agencies=("fire",), automatic=Automatic()))
    room = screens.city.centre.operations.desk("city", ADMIN)
    made, _ = room.report(Report(type="fire", title="Brand", place=Place(location=RUHRORT)))
    (sent,) = room.assign(made.id, [Pick("hlf-1")])
    room.answer(sent.id, False, "kein Maschinist")
    for _ in range(3):
        await screens.city.centre.operations.tick("city")
    page = await screens.http.get("/command/escalations")
    assert "HLF 1-1" in page.text and "kein Maschinist" in page.text and "nobody is on duty for it" in page.text
    assert (await screens.http.get("/web/escalations")).json() == {"count": 1}
    taken = await screens.post(f"/command/escalations/{sent.id}/take", "/command/escalations")
    assert taken.headers["location"] == f"/incidents/{made.id}/dispatch"
    twice = await screens.post(f"/command/escalations/{sent.id}/take", "/command/escalations")
    assert twice.status_code in (403, 409) and "Nothing waits" in (await screens.http.get("/command/escalations")).text
