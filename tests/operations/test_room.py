"""The room in a city: what follows a commit by itself, also after a crash, and alerts that become incidents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rhinecloud.access import system
from rhinecloud.base.clock import DAY
from rhinecloud.base.declare import Label
from rhinecloud.base.errors import Conflict, NonexistentTenant, ResourceNotFound
from rhinecloud.base.model import Op, Update
from rhinecloud.insight import Alert
from rhinecloud.insight import alerts as insight_alerts
from rhinecloud.operations import Action, News, Pick, Place, PlaybookStep, PlaybookVersion, Report, following
from rhinecloud.operations.entities import LOCATION, entity_id
from rhinecloud.operations.retiring import Retiring
from rhinecloud.operations.tables import FILE, Shelf
from tests.conftest import HeldClock

from .centre import MODEL, RUHRORT, Centre, label, person, unit

STATE = MODEL.terms["incidentState"]


def alert(name: str = "01ALERT") -> Alert:
    return Alert(
        id=name,
        tenant="city",
        rule="own.flood",
        rule_version=1,
        title=Label("Hochwasser", "Flood"),
        text=Label("9,40 m", "9.40 m"),
        entity="urn:gauge",
        entity_name="Ruhrort",
        type="Gauge",
        location=RUHRORT,
        severity="major",
    )


def raised(centre: Centre, given: Alert) -> None:
    with centre.insight._tenant("city").shelf.transaction() as db:
        insight_alerts.keep(db, [given])


async def test_a_tenant_costs_nothing_until_it_is_used(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Centre(tmp_path, held_clock) as centre:
        await centre.room.start()
        await asyncio.sleep(0.05)
        assert not (tmp_path / "tenants" / "city" / FILE).exists()
        with pytest.raises(NonexistentTenant):
            centre.room.desk("nowhere", person("anna"))


async def test_an_incident_is_an_entity_with_its_past(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Centre(tmp_path, held_clock) as centre:
        at = centre.desk()
        made, _ = at.report(
            Report(type="fire", title="Frau Meier, 2. OG", place=Place(location=RUHRORT), entities=("urn:x",))
        )
        await centre.settle()
        entity = centre.presents.open("city").get(entity_id(made.id))
        assert entity and entity["attrs"][STATE][0]["value"] == "reported"
        assert entity["attrs"][LOCATION][0]["value"]["coordinates"] == list(RUHRORT)
        assert b"Meier" not in msgspec.json.encode(entity), "what people wrote stays behind need-to-know"
        held_clock.tick(5)
        at.move(made.id, "triage", made.version)
        await centre.settle()
        entity = centre.presents.open("city").get(entity_id(made.id))
        assert entity and entity["attrs"][STATE][0]["value"] == "triaged"
        changes = [c.changes for c in centre.presents.open("city").outbox(0)]
        told = [b for c in changes for b, a in zip(c.body, c.attr, strict=True) if a == STATE]
        assert [msgspec.json.decode(b or b"")["value"] for b in told] == ["reported", "triaged"]


async def test_restricted_incidents_are_no_entities(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Centre(tmp_path, held_clock) as centre:
        at = centre.desk()
        kind = at.things(type_of())["other"]
        at.save_thing(msgspec.structs.replace(kind, restricted=True))
        made, _ = at.report(Report(type="other", title="Zugriff"))
        await centre.settle()
        assert centre.presents.open("city").get(entity_id(made.id)) is None


def type_of() -> Any:
    from rhinecloud.operations import IncidentType

    return IncidentType


async def test_an_alert_becomes_an_incident_and_both_know_it(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Centre(tmp_path, held_clock) as centre:
        raised(centre, alert())
        at = centre.desk(person("anna"))
        made, _ = at.report_alert("01ALERT", "flood")
        assert (made.alerts, made.place.location, made.severity, made.entities) == (
            ("01ALERT",),
            RUHRORT,
            "major",
            ("urn:gauge",),
        )
        await centre.settle()
        assert [c.text for c in centre.insight.alert("city", "01ALERT").comments] == [f"→ {made.number}"]
        assert [i.id for i in at.of_alert("01ALERT")] == [made.id]
        with pytest.raises(Conflict, match=made.number):
            at.report_alert("01ALERT", "flood")
        with pytest.raises(ResourceNotFound):
            at.report_alert("01NONE", "flood")


async def test_news_come_in_order_and_again_after_a_crash_rather_than_not(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    async with Centre(tmp_path, held_clock) as centre:
        made, _ = centre.desk(person("fred", "fire")).report(Report(type="fire", title="Brand"))
    async with Centre(tmp_path, held_clock) as centre:  # nothing was followed before it stopped
        await centre.settle()
        told = [msgspec.json.decode(data, type=News) for _, data in centre.told]
        assert {subject for subject, _ in centre.told} == {"operations.city"}
        assert [n.number for n in told] == list(range(1, len(told) + 1))
        assert told[0].what == "incident.reported" and told[0].agencies == ("fire",)
        assert centre.presents.open("city").get(entity_id(made.id)) is not None
        assert centre.anchored and len(centre.anchored[0][1]) == 64
        centre.told.clear()
        await centre.settle()
        assert centre.told == []


async def test_the_acceptance_clock_runs_by_itself_and_escalates(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Centre(tmp_path, held_clock) as centre:
        at = centre.desk()
        at.save_unit(unit("hlf-1"))
        at.report_status("hlf-1", "2")
        made, _ = at.report(Report(type="fire", title="Brand"))
        at.assign(made.id, [Pick("hlf-1")])
        await centre.settle()
        assert centre.escalated == []
        held_clock.tick(91)
        await centre.settle()
        assert [(n.what, n.detail["unit"]) for n in centre.escalated] == [("assignment.expired", "hlf-1")]
        assert [a.state for a in at.assignments(made.id)] == ["expired"]


async def test_automatic_actions_are_done_and_public_ones_wait_for_a_person(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    done: list[str] = []

    async def act(tenant: str, _run: Any, step: Any) -> str:
        if step.step.id == "broken":
            raise OSError("no lights here")
        done.append(f"{tenant}:{step.step.id}")
        return "an"

    actions = {
        "lights": Action(run=act, describe=lambda _i, _a: label("Licht an")),
        "siren": Action(run=act, describe=lambda _i, _a: label("Sirene"), public=True),
    }
    steps = (
        PlaybookStep(id="light", title=label("Licht"), action="lights"),
        PlaybookStep(id="broken", title=label("Licht"), action="lights"),
        PlaybookStep(id="warn", title=label("Warnen"), action="siren"),
    )
    async with Centre(tmp_path, held_clock, actions) as centre:
        at = centre.desk()
        at.save_playbook(PlaybookVersion(id="x", version=0, title=label("X"), text=label(""), steps=steps))
        made, _ = at.report(Report(type="fire", title="Brand"))
        at.start_playbook(made.id, "x")
        await centre.settle()
        await centre.settle()
        assert done == ["city:light"]
        results = {s.step.id: s.action_result for s in at.runs(made.id)[0].steps}
        assert results == {"light": "an", "broken": "failed: no lights here", "warn": ""}


async def test_units_are_where_their_entities_are(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Centre(tmp_path, held_clock) as centre:
        at = centre.desk()
        for name, entity in (("near", "urn:near"), ("far", "")):
            at.save_unit(unit(name, entity=entity, station=(6.8, 51.5)))
            at.report_status(name, "1")
        place = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.729, 51.456]}}
        entity = {"type": ["https://x/Vehicle"], "attrs": {LOCATION: [place]}}
        await centre.presents.open("city").write([Update(op=Op.OBSERVE, id="urn:near", entity=entity)])
        made, _ = at.report(Report(type="fire", title="Brand", place=Place(location=RUHRORT)))
        at.ask(made.id, "HLF")
        proposal = await centre.room.propose("city", person("anna"), [made.id])
        assert proposal.picks[0].chosen.unit == "near" and proposal.picks[0].chosen.minutes < 1
        assert at.assignments(made.id) == [], "nothing is reserved by it"


class Hearing:
    """A follower that stumbles as often as it is told to."""

    name = "hearing"

    def __init__(self, stumbles: int = 0) -> None:
        self.heard: list[str] = []
        self.ticks, self.stumbles = 0, stumbles

    async def follow(self, tenant: str, shelf: Shelf, news: Sequence[News]) -> None:
        if self.stumbles:
            self.stumbles -= 1
            raise OSError("no way out")
        self.heard += [n.what for n in news]

    async def tick(self, tenant: str, shelf: Shelf) -> None:
        self.ticks += 1


async def test_a_follower_that_stumbles_is_told_again_and_holds_up_nobody(
    tmp_path: Path, held_clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AGAIN_S", 0.0)
    async with Centre(tmp_path, held_clock) as centre:
        slow, quick = Hearing(stumbles=2), Hearing()
        quick.name = "quick"
        centre.room.following.followers += [slow, quick]
        centre.desk().report(Report(type="flood", title="Water"))
        await centre.settle()
        assert slow.heard == [] and quick.heard[:1] == ["incident.reported"]
        await centre.settle()
        await centre.settle()
        assert slow.heard == quick.heard and slow.ticks


async def test_what_is_over_leaves_the_present_after_a_week(tmp_path: Path, held_clock: HeldClock) -> None:
    async with Centre(tmp_path, held_clock) as centre:
        desk, present = centre.desk(), centre.presents.open("city")
        over, open_ = (desk.report(Report(type="flood", title=title))[0] for title in ("over", "open"))
        desk.move(over.id, "cancel", over.version, reason="a mistake")
        await centre.settle()
        retiring = Retiring(centre.presents, held_clock)
        for days, there in ((6, True), (2, False)):
            held_clock.us += days * DAY
            retiring._next.clear()
            await retiring.tick("city", centre.room.seat("city", system("test")).shelf)
            assert (present.get(entity_id(over.id)) is not None) is there
        assert present.get(entity_id(open_.id)) is not None
        assert desk.incident(over.id).state == "cancelled"
