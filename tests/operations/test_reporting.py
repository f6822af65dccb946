"""The situation report: drafted from the log, released once and for good, for all that take part and nobody else."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from rhinecloud.access import Principal
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import Pick, Place, Report, Seat, Section, telling
from rhinecloud.operations.collaboration import RoomDesk
from rhinecloud.operations.picture import Draft, PictureDesk
from rhinecloud.operations.reporting import Content, Figure, ReportDesk, Typed, actions
from rhinecloud.operations.tables import FILE, Shelf
from tests.conftest import HeldClock

from .centre import ADMIN, RUHRORT, Rights, desk, person, shelf, unit

KLARA = person("klara", "fire")
AREA: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[6.70, 51.45], [6.72, 51.45], [6.72, 51.46], [6.70, 51.46], [6.70, 51.45]]],
}


def seat(at: Shelf, who: Principal = KLARA) -> Seat:
    return Seat(at, "city", who, Rights())


def reports(at: Shelf, who: Principal = KLARA) -> ReportDesk:
    return ReportDesk(seat(at, who), city="Duisburg", zone="Europe/Berlin")


def worked(folder: Path, clock: HeldClock, *, exercise: bool = False) -> tuple[Shelf, str]:
    """An incident with everything that a report tells of."""
    at = shelf(folder, clock)
    klara = desk(at, KLARA)
    desk(at).save_unit(unit("hlf 3-1", crew=9))
    desk(at).report_status("hlf 3-1", "2")
    made, _ = klara.report(
        Report(
            type="flood",
            title="Rhein bei Ruhrort",
            text="Wasser am Tor",
            place=Place(location=RUHRORT, address="Hafenmund 1"),
            agencies=("works",),
            exercise=exercise,
        )
    )
    changed = klara.change(
        made.id, made.version, sections=(Section(id="n", title="Abschnitt Nord", leader="K. Öztürk"),)
    )
    klara.take_log(made.id)
    clock.tick(60)
    klara.write_log(made.id, "measure", "Tor geschlossen", function="S3")
    wrong = klara.write_log(made.id, "assessment", "Pegel steigt 9 cm/h")
    klara.correct_log(made.id, wrong, "Pegel steigt 4 cm/h")
    need = klara.ask(made.id, "HLF", 2, section="n")
    klara.assign(made.id, [Pick("hlf 3-1", need.id)])
    room = RoomDesk(seat(at))
    room.decide(changed.id, "Homberg wird geräumt", "Der Deich ist weich")
    room.request(made.id, "works", "500 Sandsäcke")
    PictureDesk(seat(at)).draw(made.id, Draft(kind="hazard", geometry=AREA, label="Deich Homberg"))
    return at, made.id


def lines(content: Content, key: str) -> list[str]:
    part = next(p for p in content.parts if p.key == key)
    return [f"{line.mark} {line.text}".strip() for line in part.lines]


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_report_is_drafted_from_what_is_known(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock)
    figure = Figure(name="Pegel Ruhrort", value="9,12 m", at_us=held_clock())
    draft = reports(at).draft(incident, "de", Typed(expected_2h="Scheitel"), figures=[figure])
    assert lines(draft, "measures") == ["Tor geschlossen (S3)"]
    assert lines(draft, "situation") == ["Pegel Ruhrort: 9,12 m", "Pegel steigt 4 cm/h"], "as it was corrected"
    assert lines(draft, "forces")[0] == "Stärke: 1 Einheiten, 9 Personen"
    assert "Abschnitt Nord, Leitung K. Öztürk: HLF 3-1" in lines(draft, "forces")[1]
    assert lines(draft, "decisions") == ["Homberg wird geräumt (Gründe: Der Deich ist weich)"]
    assert "fehlt 1 × HLF" in lines(draft, "open")
    assert lines(draft, "damage") == ["Gefahrenbereich: Deich Homberg · 1,5 km²"]
    assert lines(draft, "expected") == ["in 2 Std. Scheitel"]
    log = {e.seq: e for e in desk(at).log(incident)}
    for part in draft.parts:
        for line in part.lines:
            assert all(ref in log for ref in line.refs)
    measure = next(p for p in draft.parts if p.key == "measures").lines[0]
    assert log[measure.refs[0]].content == {"text": "Tor geschlossen", "name": "Klara"}


def test_released_it_is_a_pdf_with_picture_that_stays(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock)
    mine, typed = reports(at), Typed(weather="Regen, Ğ ş Ł", persons={"III": 2})
    released = mine.release(incident, mine.draft(incident, "de", typed), typed)
    found, file = mine.open(incident, 1)
    with file:
        pdf = file.read()
    said = text_of(pdf)
    for words in (
        "Lagebericht Nr. 1",
        "Rhein bei Ruhrort",
        "Regen, Ğ ş Ł",
        "SK III",
        "221101nov26",
        "Seite 1/",
        "Deich",
    ):
        assert words in said, words
    assert "ÜBUNG" not in said
    document = PdfReader(io.BytesIO(pdf))
    assert document.metadata is not None and document.metadata.title == "Lagebericht 1: 2026-000001"
    assert (found.number, found.size, found.who) == (1, len(pdf), KLARA.source)
    entry = desk(at).log(incident)[released.seq - 1]
    assert entry.header and entry.header["attachments"] == [released.sha256]
    assert not desk(at).verify_log(incident).breaks
    with sqlite3.connect(at.folder / FILE) as db, pytest.raises(sqlite3.IntegrityError, match="stays"):
        db.execute("DELETE FROM situation_report")


def test_the_next_report_tells_what_came_since_and_begins_with_what_was_said(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at, incident = worked(tmp_path, held_clock)
    mine, typed = reports(at), Typed(damage="2 Keller", next_us=held_clock() + 1)
    first = mine.draft(incident, "de", typed)
    mine.release(incident, first, typed)
    desk(at, KLARA).write_log(incident, "order", "Pumpen nachführen")
    second = mine.draft(incident, "de")
    assert (second.number, lines(second, "measures")) == (2, ["Pumpen nachführen"])
    assert next(p for p in second.parts if p.key == "damage").text == "2 Keller"
    assert second.next_us is None, "when the next comes is said anew"
    with pytest.raises(Conflict, match="released meanwhile"):
        mine.release(incident, first, typed)
    assert [r.number for r in mine.released(incident)] == [1]


def test_what_is_for_some_alone_is_in_no_report(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock)
    desk(at, KLARA).write_log(incident, "measure", "Quittenbaum in Gewahrsam", readers=("fire",))
    PictureDesk(seat(at)).draw(incident, Draft(kind="hazard", geometry=AREA, label="Quittenbaum", shared=False))
    RoomDesk(seat(at)).decide(incident, "Quittenbaum bleibt", "x", readers=("fire",))
    for who in (KLARA, ADMIN):
        mine = reports(at, who)
        draft = mine.draft(incident, "de")
        assert "Quittenbaum" not in str(draft)
        assert "Quittenbaum" not in text_of(mine.document(draft, incident))


def test_a_drill_says_so_on_every_page(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock, exercise=True)
    mine = reports(at)
    for number in range(60):
        desk(at, KLARA).write_log(incident, "measure", f"Maßnahme {number}")
    pages = PdfReader(io.BytesIO(mine.document(mine.draft(incident, "en"), incident))).pages
    assert len(pages) > 2
    assert all("EXERCISE   EXERCISE   EXERCISE" in page.extract_text() for page in pages)


def test_it_is_mailed_with_the_release_or_not_at_all(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock)
    mine = reports(at)
    with pytest.raises(BadRequestData, match="no recipient"):
        mine.release(incident, mine.draft(incident, "de"), Typed(), to=("nobody",))
    assert mine.released(incident) == []
    mine.release(incident, mine.draft(incident, "de"), Typed(), to=("mailto:lage@example.org", "agency:works"))
    told = telling.of_key(at, f"report:{incident}:1")
    assert told is not None
    assert told.given.to == ("mailto:lage@example.org", "agency:works")
    assert told.given.attachments[0].name == "Lagebericht-1-2026-000001.pdf"


def test_only_who_works_on_it_releases_and_only_who_takes_part_reads(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock)
    mine = reports(at)
    draft = mine.draft(incident, "de")
    with pytest.raises(Forbidden):
        reports(at, person("lea", "fire", "leadership")).release(incident, draft, Typed())
    mine.release(incident, draft, Typed())
    assert reports(at, person("willi", "works")).released(incident)
    stranger = reports(at, person("otto", "police"))
    for asked in (
        lambda: stranger.released(incident),
        lambda: stranger.open(incident, 1),
        lambda: stranger.draft(incident, "de"),
    ):
        with pytest.raises(ResourceNotFound):
            asked()
    with pytest.raises(ResourceNotFound, match="no report 7"):
        mine.open(incident, 7)
    for wrong in (Typed(persons={"V": 1}), Typed(persons={"I": -1}), Typed(damage="x" * 6001)):
        with pytest.raises(BadRequestData):
            mine.draft(incident, "de", wrong)


async def test_a_playbook_releases_a_report_once(tmp_path: Path, held_clock: HeldClock) -> None:
    from rhinecloud.operations import PlaybookStep, Run
    from rhinecloud.operations.declare import RunStep

    from .centre import label

    at, incident = worked(tmp_path, held_clock)
    mine = reports(at, ADMIN)
    action = actions(lambda _tenant: mine, "de")["report.release"]
    run = Run(id="r1", incident=incident, playbook="flood", version=1, started_us=0, ended_us=None)
    told = PlaybookStep(id="report", title=label("Bericht"), arguments={"to": ["agency:works"]})
    step = RunStep(run="r1", step=told, state="open")
    for _ in range(2):
        assert (await action.run("city", run, step)).en == "Situation report 1 is released"  # type: ignore[union-attr]
    assert [(r.number, r.to) for r in mine.released(incident)] == [(1, ("agency:works",))]
    assert "agency:works" in action.describe(desk(at).incident(incident), told.arguments).de
