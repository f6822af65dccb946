"""The common picture: layers by agency, nothing lost, conflicts told, need-to-know kept; and the tactical signs."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from defusedxml.ElementTree import fromstring

from rhinecloud.access import Principal
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import Report, Seat, signs
from rhinecloud.operations.drawings import KINDS
from rhinecloud.operations.picture import MOST_POINTS, Draft, PictureDesk
from rhinecloud.operations.tables import FILE, Shelf
from tests.conftest import HeldClock

from .centre import ADMIN, HOMBERG, RUHRORT, Rights, desk, person, shelf

POINT: dict[str, Any] = {"type": "Point", "coordinates": list(RUHRORT)}
AREA: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[6.70, 51.45], [6.72, 51.45], [6.72, 51.46], [6.70, 51.46], [6.70, 51.45]]],
}
LINE: dict[str, Any] = {"type": "LineString", "coordinates": [list(RUHRORT), list(HOMBERG)]}


def picture(at: Shelf, who: Principal = ADMIN) -> PictureDesk:
    return PictureDesk(Seat(at, "city", who, Rights()))


def begun(folder: Path, clock: HeldClock) -> tuple[Shelf, str]:
    at = shelf(folder, clock)
    made, _ = desk(at, person("klara", "fire")).report(Report(type="flood", title="Rhein", agencies=("works",)))
    return at, made.id


def test_each_agency_draws_on_its_own_layer_and_all_that_take_part_see_it(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at, incident = begun(tmp_path, held_clock)
    fire, works = picture(at, person("klara", "fire")), picture(at, person("willi", "works"))
    area = fire.draw(incident, Draft(kind="hazard", geometry=AREA, label=" Deich Homberg "))
    held_clock.tick()
    line = works.draw(incident, Draft(kind="dike", geometry=LINE))
    assert (area.agency, area.label, line.agency) == ("fire", "Deich Homberg", "works")
    assert [d.id for d in fire.drawings(incident)] == [area.id, line.id] == [d.id for d in works.drawings(incident)]
    with pytest.raises(Forbidden, match="layer of works"):
        fire.change(line.id, 1, {"label": "meiner"})
    with pytest.raises(ResourceNotFound):
        picture(at, person("otto", "police")).drawings(incident)
    with pytest.raises(ResourceNotFound):
        picture(at, person("otto", "police")).drawing(area.id)
    with pytest.raises(Forbidden):
        picture(at, person("lea", "fire", "leadership")).draw(incident, Draft(kind="note", geometry=POINT, label="x"))


def test_what_an_agency_keeps_for_itself_nobody_else_sees_anywhere(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = begun(tmp_path, held_clock)
    fire, works = picture(at, person("klara", "fire")), picture(at, person("willi", "works"))
    own = fire.draw(incident, Draft(kind="note", geometry=POINT, label="Quittenbaum", shared=False))
    assert works.drawings(incident) == works.history(incident) == works.drawings(incident, held_clock()) == []
    with pytest.raises(ResourceNotFound):
        works.drawing(own.id)
    entries = desk(at, person("willi", "works")).log(incident)
    assert entries[-1].header is None
    assert "Quittenbaum" not in str(entries)
    body = at.rows("SELECT body FROM news WHERE what = 'picture.drawn'")[0][0]
    assert b'"agencies":["fire"]' in body
    fire.change(own.id, 1, {"shared": True})
    assert [d.label for d in works.drawings(incident)] == ["Quittenbaum"]
    assert [v.version for v in works.versions(own.id)] == [2]


def test_the_picture_of_any_moment_can_be_had_and_what_was_taken_away_comes_back(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at, incident = begun(tmp_path, held_clock)
    fire = picture(at, person("klara", "fire"))
    moments = []
    made = fire.draw(incident, Draft(kind="staging", geometry=POINT, label="BR Nord"))
    moments.append(held_clock())
    held_clock.tick()
    fire.change(made.id, 1, {"label": "BR Süd", "geometry": AREA})
    moments.append(held_clock())
    held_clock.tick()
    fire.remove(made.id, 2)
    moments.append(held_clock())
    held_clock.tick()
    back = fire.restore(made.id, 3, like=1)
    seen = [[(d.label, d.geometry["type"]) for d in fire.drawings(incident, moment)] for moment in moments]
    assert seen == [[("BR Nord", "Point")], [("BR Süd", "Polygon")], []]
    assert (back.label, back.version, back.removed) == ("BR Nord", 4, False)
    assert [v.version for v in fire.versions(made.id)] == [1, 2, 3, 4]
    said = [e.content["what"] for e in desk(at).log(incident) if e.content and "drawing" in e.content]
    assert said == ["drawn", "redrawn", "taken-away", "restored"]
    assert not desk(at).verify_log(incident).breaks
    with sqlite3.connect(at.folder / FILE) as db, pytest.raises(sqlite3.IntegrityError, match="what was drawn stays"):
        db.execute("DELETE FROM drawing_version")


def test_two_who_change_the_same_drawing_are_told_and_nothing_is_overwritten(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at, incident = begun(tmp_path, held_clock)
    klara, karl = picture(at, person("klara", "fire")), picture(at, person("karl", "fire"))
    made = klara.draw(incident, Draft(kind="route", geometry=LINE))
    klara.change(made.id, 1, {"label": "Anfahrt"})
    with pytest.raises(Conflict, match="Klara changed this drawing") as caught:
        karl.change(made.id, 1, {"label": "Rückweg"})
    assert caught.value.extra["now"]["label"] == "Anfahrt"
    with pytest.raises(Conflict):
        karl.remove(made.id, 1)
    assert karl.change(made.id, 2, {"label": "Anfahrt"}).version == 2, "the same again is no change"
    karl.remove(made.id, 2)
    with pytest.raises(Conflict, match="taken away"):
        klara.change(made.id, 3, {"label": "x"})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Draft(kind="castle", geometry=POINT), "Drawings are"),
        (Draft(kind="hazard", geometry=POINT), "drawn as Polygon"),
        (
            Draft(kind="area", geometry={"type": "Polygon", "coordinates": [[[6.7, 51.4], [6.8, 51.5]]]}),
            "four positions",
        ),
        (
            Draft(
                kind="area",
                geometry={
                    "type": "Polygon",
                    "coordinates": [[[6.7, 51.4], [6.8, 51.5], [6.8, 51.4], [6.7, 51.5], [6.7, 51.4]]],
                },
            ),
            "self-intersection",
        ),
        (Draft(kind="route", geometry={"type": "LineString", "coordinates": [[6.7, 51.4], [6.7, 51.4]]}), "two places"),
        (Draft(kind="note", geometry={"type": "Point", "coordinates": [51.4, 206.7]}, label="x"), "[Ll]at"),
        (Draft(kind="note", geometry=POINT), "needs its words"),
        (Draft(kind="sign", geometry=POINT), "Choose the sign"),
        (Draft(kind="sign", geometry=POINT, sign="formation.pirates"), "no organisation"),
        (Draft(kind="note", geometry=POINT, label="x" * 121), "120 characters"),
        (Draft(kind="section", geometry=AREA, section="nowhere"), "no section"),
        (
            Draft(
                kind="route",
                geometry={"type": "LineString", "coordinates": [[6.7, 51.4 + n / 1e5] for n in range(MOST_POINTS + 1)]},
            ),
            "at most",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_reason(
    tmp_path: Path, held_clock: HeldClock, given: Draft, why: str
) -> None:
    at, incident = begun(tmp_path, held_clock)
    with pytest.raises(BadRequestData, match=why):
        picture(at, person("klara", "fire")).draw(incident, given)
    assert picture(at).drawings(incident) == []


def test_every_sign_of_the_catalogue_is_drawn_and_named_in_both_languages() -> None:
    for key, named in signs.CATALOGUE.items():
        for language in ("de", "en"):
            root = fromstring(signs.svg(key, language))
            title = root.find("{http://www.w3.org/2000/svg}title")
            assert title is not None
            assert title.text == named.label[language]
    assert {kind.sign for kind in KINDS.values() if kind.sign} <= set(signs.CATALOGUE)


def test_any_other_sign_is_put_together_from_its_parts() -> None:
    key = "vehicle.thw.lighting.squad~LiMa"
    assert signs.label(key).de == "Trupp, Beleuchtung, THW (LiMa)"
    assert "LiMa</text>" in signs.svg(key)
    for base in signs.BASES:
        for organisation in ("", *signs.ORGANISATIONS):
            assert ElementTree.fromstring(signs.svg(f"{base}.{organisation or '-'}.medical.group"))
    for wrong in ("", "castle", "formation.fire.cooking", "place.-.-.army", "post~ABCDEFG", "post~<b>", "a.b.c.d.e"):
        with pytest.raises(BadRequestData):
            signs.read(wrong)


def test_the_letters_of_a_sign_cannot_write_into_its_drawing() -> None:
    with pytest.raises(BadRequestData):
        signs.svg('post~"/><')
