"""Reviews: times by their standard names, missing stamps counted, drills apart, findings followed to their end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.access import Principal
from rhinecloud.base.clock import SECOND
from rhinecloud.base.errors import BadRequestData, Conflict, Forbidden, ResourceNotFound
from rhinecloud.operations import Pick, Place, Report, Seat
from rhinecloud.operations.incidents import SYSTEM
from rhinecloud.operations.review import AskedFigures, Measuring, ReviewDesk
from rhinecloud.operations.review.figures import rank, summed
from rhinecloud.operations.tables import Shelf
from tests.conftest import HeldClock

from .centre import ADMIN, RUHRORT, Rights, desk, person, shelf, unit

KLARA = person("klara", "fire")
ALL = {"since_us": 0, "until_us": 2**62}


def reviews(at: Shelf, who: Principal = KLARA) -> ReviewDesk:
    return ReviewDesk(Seat(at, "city", who, Rights()))


def fought(at: Shelf, clock: HeldClock, *, late: bool = False, exercise: bool = False, stamps: bool = True) -> str:
    """A fire with two engines of nine, from the call to its end; late: the first is there after 11 minutes."""
    klara, admin = desk(at, KLARA), desk(at)
    for name in ("hlf-1", "hlf-2"):
        if name not in {u.id for u in admin.units()}:
            admin.save_unit(unit(name, crew=9))
        admin.report_status(name, "2")
    made, _ = klara.report(Report(type="fire", title="Zimmerbrand", place=Place(location=RUHRORT), exercise=exercise))
    klara.take_log(made.id)
    clock.tick(60)
    klara.assign(made.id, [Pick("hlf-1"), Pick("hlf-2")])
    clock.tick(80)
    if stamps:
        admin.report_status("hlf-1", "3")
        admin.report_status("hlf-2", "3")
    clock.tick(520 if late else 300)
    admin.report_status("hlf-1", "4")
    clock.tick(120)
    admin.report_status("hlf-2", "4")
    clock.tick(30)
    klara.write_log(made.id, "measure", "Wasser marsch")
    clock.tick(1800)
    for name in ("hlf-1", "hlf-2"):
        admin.report_status(name, "1")
    for step in ("contain", "resolve", "close"):
        klara.move(made.id, step, klara.incident(made.id).version)
    Measuring("Europe/Berlin", lambda _: "Homberg").keep(at, made.id)
    return made.id


def seconds(desk_: ReviewDesk, incident: str) -> dict[str, list[float | None]]:
    found: dict[str, list[float | None]] = {}
    for m in desk_.measured(incident):
        found.setdefault(m.interval, []).append(m.seconds)
    return found


def test_each_interval_is_taken_from_its_stamps(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    incident = fought(at, held_clock)
    assert seconds(reviews(at), incident) == {
        "answer": [None],
        "decide": [60],
        "accept": [80, 80],
        "turnout": [80, 80],
        "travel": [300, 420],
        "reach": [440],
        "reach-10": [560],
        "reach-16": [560],
        "act": [150],
        "bound": [2330, 2330],
    }
    kept = {m.interval: m.kept for m in reviews(at).measured(incident)}
    assert (kept["reach"], kept["reach-10"], kept["travel"]) == (True, True, None)


def test_a_missing_stamp_is_counted_and_never_guessed(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    incident = fought(at, held_clock, stamps=False)
    found = seconds(reviews(at), incident)
    assert found["turnout"] == [None, None] == found["travel"]
    assert found["reach"] == [440], "what is known stands"
    figures = {f.interval: f for f in reviews(at).figures(AskedFigures(**ALL))}
    assert (figures["turnout"].count, figures["turnout"].missing, figures["turnout"].median_s) == (0, 2, None)
    assert figures["answer"].missing == 1


def test_who_declines_was_not_to_go(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    klara, admin = desk(at, KLARA), desk(at)
    admin.save_unit(unit("hlf-1"))
    admin.report_status("hlf-1", "2")
    made, _ = klara.report(Report(type="fire", title="Brand"))
    first = klara.assign(made.id, [Pick("hlf-1")])[0]
    held_clock.tick(20)
    admin.answer(first.id, False, "Panne")
    assert seconds(reviews(at), made.id) == {"answer": [None], "decide": [0], "accept": [20]}
    assert reviews(at).story(made.id).escalations == 1


def test_figures_have_median_ninth_decile_share_and_keep_drills_and_cancelled_apart(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at = shelf(tmp_path, held_clock)
    for late in (False, False, True):
        fought(at, held_clock, late=late)
        held_clock.tick(3600)
    fought(at, held_clock, late=True, exercise=True)
    klara = desk(at, KLARA)
    made, _ = klara.report(Report(type="fire", title="Fehlalarm"))
    klara.move(made.id, "cancel", made.version, reason="Fehlalarm")
    Measuring("Europe/Berlin").keep(at, made.id)
    mine = reviews(at)
    reach = next(f for f in mine.figures(AskedFigures(**ALL)) if f.interval == "reach")
    assert (reach.count, reach.median_s, reach.p90_s, reach.targets) == (3, 440, 660, (570,))
    assert reach.share == pytest.approx(2 / 3)
    drill = next(f for f in mine.figures(AskedFigures(**ALL, exercise=True)) if f.interval == "reach")
    assert (drill.count, drill.median_s) == (1, 660)
    answers = [
        next(f for f in mine.figures(AskedFigures(**ALL, excluded=e)) if f.interval == "answer").missing
        for e in (False, True)
    ]
    assert answers == [3, 4]
    assert [(g.group, g.figures.count) for g in mine.grouped(AskedFigures(**ALL), "reach", "district")] == [
        ("Homberg", 3)
    ]
    assert [g.group for g in mine.grouped(AskedFigures(**ALL), "reach", "hour")] == ["11", "12", "14"]
    assert mine.figures(AskedFigures(**ALL, types=("flood",))) == []
    assert reviews(at, person("otto", "police")).figures(AskedFigures(**ALL)) == []


def test_opened_again_it_counts_no_more(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    incident = fought(at, held_clock)
    klara = desk(at, KLARA)
    klara.move(incident, "reopen", klara.incident(incident).version, reason="Glutnester")
    Measuring("Europe/Berlin").keep(at, incident)
    assert reviews(at).figures(AskedFigures(**ALL)) == []


def test_the_story_tells_of_deviations_and_gaps(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    incident = fought(at, held_clock)
    story = reviews(at).story(incident)
    assert [round((g.end_us - g.start_us) / SECOND) for g in story.gaps] == [1800], (
        "after the first measure nobody wrote"
    )
    assert (story.escalations, story.keepers, story.deviations) == (0, 1, ())


FINDING: dict[str, Any] = {
    "expected": "10 Kräfte in 9:30",
    "happened": "11:00",
    "why": "Tor klemmte",
    "change": "Tor ersetzen",
    "owner": "Wache 3",
    "due_us": 1_800_000_000_000_000,
}


def test_a_finding_is_followed_to_its_end(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    incident = fought(at, held_clock)
    mine = reviews(at)
    made = mine.add_finding(incident, **FINDING)
    second = mine.add_finding(incident, **FINDING | {"due_us": 1_700_000_000_000_000, "change": "Funk prüfen"})
    assert [f.number for f in mine.findings(only_open=True)] == [second.number, made.number], "what runs out first"
    with pytest.raises(BadRequestData, match="how the finding was dealt with"):
        mine.change_finding(made.id, 1, state="done")
    done = mine.change_finding(made.id, 1, state="done", note="Ersetzt am 3.12.")
    assert (done.version, done.ended_us) == (2, held_clock())
    with pytest.raises(Conflict):
        mine.change_finding(made.id, 1, owner="Wache 4")
    assert [f.id for f in mine.findings(only_open=True)] == [second.id]
    assert [f.id for f in mine.findings(incident)] == [second.id, made.id]
    told = [e.content["what"] for e in desk(at).log(incident) if e.content and "finding" in e.content]
    assert told == ["finding-made", "finding-made", "finding-done"]


def test_a_finding_says_what_by_whom_until_when_and_is_for_those_who_take_part(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    at = shelf(tmp_path, held_clock)
    incident = fought(at, held_clock)
    for missing in ("change", "owner", "happened"):
        with pytest.raises(BadRequestData):
            reviews(at).add_finding(incident, **FINDING | {missing: " "})
    with pytest.raises(BadRequestData, match="until when"):
        reviews(at).add_finding(incident, **FINDING | {"due_us": 0})
    made = reviews(at).add_finding(incident, **FINDING)
    stranger = reviews(at, person("otto", "police"))
    assert stranger.findings() == []
    for asked in (lambda: stranger.finding(made.id), lambda: stranger.change_finding(made.id, 1, owner="x")):
        with pytest.raises(ResourceNotFound):
            asked()
    with pytest.raises(Forbidden):
        reviews(at, person("lea", "fire", "leadership")).add_finding(incident, **FINDING)


@given(st.lists(st.floats(0, 1e5), min_size=1), st.floats(0.01, 1))
def test_a_rank_is_a_measured_value_that_the_part_does_not_exceed(values: list[float], part: float) -> None:
    ordered = sorted(values)
    found = rank(ordered, part)
    assert found in ordered
    assert found is not None
    assert sum(v <= found for v in ordered) >= part * len(ordered) - 1e-9


def test_a_year_of_incidents_is_summed_up_in_a_moment(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    rows = [
        (f"i{n}", interval, "", 0, 1, float(n % 900), 570.0, "fire", "Mitte", n % 24, n * SECOND, 0, "")
        for n in range(66_000)
        for interval in ("decide", "turnout", "travel", "reach")
    ]
    with at.work(SYSTEM) as work:
        work.db.executemany("INSERT INTO measured VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    began = time.perf_counter()
    found = reviews(at, ADMIN).figures(AskedFigures(**ALL))
    assert len(found) == 4
    assert time.perf_counter() - began < 4, "264,000 intervals; half a second on a quiet machine"


def test_nothing_measured_is_no_figure() -> None:
    assert (summed("reach", []).median_s, summed("reach", [(None, 5.0)]).share) == (None, None)
