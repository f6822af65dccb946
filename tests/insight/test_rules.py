"""When a rule raises an alert, and when it is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rhinecloud.base.clock import SECOND
from rhinecloud.base.model import Op, Update
from rhinecloud.insight import Change
from tests.conftest import HeldClock

from .city import GAUGE, LEVEL, City, point, rule


async def test_a_value_over_the_limit_raises_an_alert_with_its_evidence(city: City) -> None:
    await city.save(rule(severity="major"))
    await city.level(7.9, name="Ruhrort", location=point(6.73, 51.45))
    assert city.raised() == []
    city.clock.us += 60 * SECOND  # type: ignore[attr-defined]
    at = city.clock()
    await city.level(8.5)
    [alert] = city.raised()
    assert (alert.state, alert.entity, alert.entity_name, alert.severity) == ("raised", "urn:a", "Ruhrort", "major")
    assert alert.text.de == "Ruhrort: 8,50 m seit 11:01 Uhr"
    assert alert.text.en == "Ruhrort: 8.50 m since 11:01"
    assert alert.location == (6.73, 51.45)
    assert alert.started_us == alert.raised_us == alert.known_us == at
    [evidence] = alert.evidence
    assert (evidence.attr, evidence.value, evidence.observed_us, evidence.source) == (LEVEL, 8.5, at, "device:x")
    assert city.told() == ["raised"]


async def test_it_ends_when_the_condition_no_longer_holds(city: City) -> None:
    await city.save(rule())
    await city.level(8.5)
    await city.tick(60)
    await city.level(7.5)
    assert city.raised() == []
    [alert], total = city.insight.alerts("city", state="cleared")
    assert total == 1 and alert.cleared_us == city.clock() and alert.cleared_why == "ended"
    assert city.told() == ["raised", "cleared"]


async def test_an_impossible_value_neither_begins_nor_ends_anything(city: City) -> None:
    await city.save(rule())
    await city.save(rule("", id="own.fast", change=Change(attr="level", per_s=3600, above=2), attr="level"))
    await city.level(5.0)
    await city.tick(60)
    await city.level(713.0)  # the sensor's fault; the model says at most 14
    assert city.raised() == []
    await city.tick(60)
    await city.level(6.0)
    assert city.raised() == []
    await city.tick(3600)
    await city.level(8.5)
    [alert] = [a for a in city.raised() if a.rule == "own.flood"]
    await city.tick(60)
    await city.level(-713.0)
    assert alert.id in [a.id for a in city.raised()]
    await city.tick(60)
    await city.level(7.5)
    assert alert.id not in [a.id for a in city.raised()]


async def test_what_leaves_the_area_is_over_whatever_its_sensor_says(city: City) -> None:
    square = {"type": "Polygon", "coordinates": [[[6.7, 51.4], [6.8, 51.4], [6.8, 51.5], [6.7, 51.5], [6.7, 51.4]]]}
    await city.save(rule(geo={"georel": "within", "geometry": square}))
    await city.level(8.5, location=point(6.75, 51.45))
    assert len(city.raised()) == 1
    await city.tick(60)
    await city.level(713.0, location=point(7.5, 51.45))
    [alert], _ = city.insight.alerts("city", state="cleared")
    assert alert.cleared_why == "elsewhere"


async def test_a_sensor_that_says_nonsense_is_not_silent(city: City) -> None:
    await city.save(rule("", silent_s=600, attr="level"))
    await city.level(5.0)
    for _ in range(3):
        await city.tick(400)
        await city.level(713.0)
    assert city.raised() == []
    await city.tick(601)
    assert len(city.raised()) == 1


async def test_with_hysteresis_it_stays_until_the_other_limit(city: City) -> None:
    await city.save(rule("level>8.5", until_q="level<8.2"))
    for value, there in ((8.4, 0), (8.6, 1), (8.3, 1), (8.1, 0), (8.3, 0)):
        await city.tick(60)
        await city.level(value)
        assert len(city.raised()) == there, value


async def test_it_has_to_hold_for_as_long_as_the_rule_asks(city: City) -> None:
    await city.save(rule(for_s=300))
    began = city.clock()
    await city.level(8.5)
    await city.tick(299)
    assert city.raised() == []
    await city.tick(1)
    [alert] = city.raised()
    assert alert.started_us == began and alert.raised_us == began + 300 * SECOND


async def test_a_shorter_time_over_the_limit_raises_nothing(city: City) -> None:
    await city.save(rule(for_s=300))
    await city.level(8.5)
    await city.tick(200)
    await city.level(7.5)
    await city.tick(200)
    assert city.raised() == [] and city.told() == []


async def test_a_rate_of_change_counts_from_the_lowest_value_of_the_stretch(city: City) -> None:
    await city.save(rule("", change=Change(attr="level", per_s=3600, above=0.5), attr="level"))
    for value, there in ((5.0, 0), (5.2, 0), (5.4, 0), (5.6, 1), (5.75, 1), (5.75, 0)):
        await city.tick(1200)
        await city.level(value)
        assert len(city.raised()) == there, value


async def test_silence_raises_and_the_next_observation_ends_it(city: City) -> None:
    await city.save(rule("", silent_s=900, attr="level"))
    heard = city.clock()
    await city.level(5.0)
    await city.tick(600)
    await city.level(5.1)
    await city.tick(899)
    assert city.raised() == []
    await city.tick(1)
    [alert] = city.raised()
    assert alert.started_us == heard + 600 * SECOND
    await city.level(5.2)
    assert city.raised() == []
    await city.tick(900)
    assert len(city.raised()) == 1


async def test_what_leaves_the_area_or_is_deleted_ends_it(city: City) -> None:
    square = {"type": "Polygon", "coordinates": [[[6, 51], [7, 51], [7, 52], [6, 52], [6, 51]]]}
    await city.save(rule(geo={"georel": "within", "geometry": square}))
    await city.level(8.5, location=point(6.5, 51.5))
    await city.level(8.5, entity="urn:b", location=point(6.5, 51.5))
    await city.level(8.5, entity="urn:c", location=point(8.5, 51.5))
    assert {alert.entity for alert in city.raised()} == {"urn:a", "urn:b"}
    await city.tick(1)
    await city.level(8.6, location=point(7.5, 51.5))
    await city.tell(Update(op=Op.DELETE, id="urn:b"))
    assert city.raised() == []
    why = {alert.entity: alert.cleared_why for alert in city.insight.alerts("city")[0]}
    assert why == {"urn:a": "elsewhere", "urn:b": "gone"}


async def test_several_observations_in_one_commit_are_seen_one_after_the_other(city: City) -> None:
    await city.save(rule(for_s=600))
    start = city.clock() - 3600 * SECOND
    values = [7.0, 8.5, 8.6, 8.7, 7.0, 8.5, 7.0]
    await city.tell(*(city.observe(v, at_us=start + n * 300 * SECOND) for n, v in enumerate(values)))
    [alert], _ = city.insight.alerts("city")
    assert alert.started_us == start + 300 * SECOND
    assert alert.raised_us == start + 900 * SECOND
    assert alert.cleared_us == start + 1200 * SECOND
    assert city.told() == ["cleared"]


async def test_an_old_observation_behind_the_present_raises_nothing(city: City) -> None:
    await city.save(rule())
    await city.level(7.0)
    await city.level(9.0, at_us=city.clock() - 3600 * SECOND)
    assert city.raised() == []


async def test_a_saved_rule_looks_at_the_present_and_a_switched_off_one_clears(city: City) -> None:
    await city.level(8.5)
    await city.save(rule())
    assert len(city.raised()) == 1
    city.insight.switch_rule("city", "own.flood", False, "person:anna")
    await city.insight.settled()
    [alert], _ = city.insight.alerts("city")
    assert alert.cleared_why == "rule-off"
    city.insight.switch_rule("city", "own.flood", True, "person:anna")
    await city.insight.settled()
    assert len(city.raised()) == 1


async def test_a_changed_rule_keeps_what_still_holds_and_clears_the_rest(city: City) -> None:
    await city.save(rule())
    await city.level(8.5)
    await city.level(9.5, entity="urn:b")
    kept = await city.save(rule("level>9"))
    assert kept.version == 2
    assert [alert.entity for alert in city.raised()] == ["urn:b"]
    [gone] = city.insight.alerts("city", state="cleared")[0]
    assert gone.cleared_why == "rule-changed" and gone.rule_version == 1
    assert [v.rule.q for v in city.insight.rule_versions("city", "own.flood")] == ["level>9", "level>8"]


async def test_a_rule_that_fails_troubles_no_other(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    await city.save(rule())
    await city.save(rule(id="own.other"))
    here = city.insight._tenant("city")
    standing = here.watch.index.rules["own.flood"]
    monkeypatch.setattr(standing, "matches", lambda entity: 1 / 0)
    await city.level(8.5)
    assert [alert.rule for alert in city.raised()] == ["own.other"]
    trouble = city.insight.trouble("city", "own.flood")
    assert trouble is not None and "ZeroDivisionError" in trouble.detail


@pytest.mark.parametrize("for_s", [0, 600])
async def test_after_a_restart_alerts_stand_and_time_goes_on(
    tmp_path: Path, held_clock: HeldClock, for_s: float
) -> None:
    async with City(tmp_path, held_clock) as city:
        await city.save(rule(for_s=for_s))
        await city.level(8.5)
        await city.tick(300)
        before = [alert.id for alert in city.raised()]
    async with City(tmp_path, held_clock) as city:
        await city.insight.start()
        await city.insight.settled()
        assert [alert.id for alert in city.raised()] == before
        await city.tick(301)
        [alert] = city.raised()
        assert alert.raised_us == alert.started_us + round(for_s) * SECOND


async def test_what_became_true_or_ended_while_nobody_watched_is_told_at_the_start(
    tmp_path: Path, held_clock: HeldClock
) -> None:
    async with City(tmp_path, held_clock) as city:
        await city.save(rule())
        await city.level(8.5)
    async with City(tmp_path, held_clock) as city:
        await city.present.write([city.observe(7.0, at_us=city.clock() + 1), city.observe(9.0, entity="urn:b")])
        held_clock.tick(60)
        await city.insight._load_all()
        assert [alert.entity for alert in city.raised()] == ["urn:b"]
        assert sorted(city.told()) == ["cleared", "raised"]


async def test_silence_counts_only_while_somebody_listens(tmp_path: Path, held_clock: HeldClock) -> None:
    async with City(tmp_path, held_clock) as city:
        await city.save(rule("", silent_s=900, attr="level"))
        await city.level(5.0)
        await city.tick(300)
    held_clock.tick(7200)
    async with City(tmp_path, held_clock) as city:
        await city.insight._load_all()
        await city.tick(1)
        assert city.raised() == []
        await city.tick(598)
        assert city.raised() == []
        await city.tick(1)
        assert len(city.raised()) == 1


async def test_people_see_to_it(city: City) -> None:
    await city.save(rule())
    await city.level(8.5)
    [alert] = city.raised()
    assert city.insight.counts("city") == {"critical": 0, "major": 0, "minor": 1, "info": 0}
    city.insight.acknowledge("city", alert.id, "anna", "on it")
    city.insight.comment("city", alert.id, "ben", "gate closed")
    city.insight.snooze("city", alert.id, "anna", city.clock() + 600 * SECOND)
    assert sum(city.insight.counts("city").values()) == 0
    await city.tick(20)
    await city.level(8.9)
    await city.insight.settled()
    assert city.told() == ["raised", "acknowledged", "commented", "snoozed", "updated"]
    kept = city.insight.alert("city", alert.id)
    assert kept.acknowledged is not None and kept.acknowledged.note == "on it"
    assert [c.text for c in kept.comments] == ["gate closed"]
    assert kept.text.en.startswith("a: 8.90 m") and kept.peak is not None and kept.peak.value == 8.9
    await city.level(7.0)
    await city.tick(1)
    await city.level(8.8)
    assert sum(city.insight.counts("city").values()) == 0, "one that comes anew is snoozed as well"
    await city.tick(600)
    assert sum(city.insight.counts("city").values()) == 1
    assert city.told()[-1] == "updated"


async def test_what_is_open_waits_for_somebody(city: City) -> None:
    await city.save(rule())
    await city.level(8.5)
    await city.level(8.6, entity="urn:b")
    began = city.clock()
    first, second = sorted(city.raised(), key=lambda a: a.entity)
    await city.tick(60)

    def waiting(**asked: Any) -> list[str]:
        found, total = city.insight.alerts("city", state="open", sort="entity", **asked)
        assert total == len(found)
        return [alert.entity for alert in found]

    assert waiting() == ["urn:a", "urn:b"]
    city.insight.acknowledge("city", first.id, "anna")
    assert waiting() == ["urn:b"]
    city.insight.snooze("city", second.id, "anna", city.clock() + 600 * SECOND)
    assert waiting() == []
    assert waiting(at_us=began) == ["urn:a", "urn:b"], "nobody had acknowledged one then"
    await city.tick(601)
    assert waiting() == ["urn:b"]
    assert waiting(at_us=city.clock()) == ["urn:b"]
    await city.level(7.0, entity="urn:b")
    assert waiting() == []


async def test_alerts_as_they_stood(city: City) -> None:
    await city.save(rule())
    await city.level(8.5)
    began = city.clock()
    await city.tick(600)
    await city.level(7.0)
    await city.tick(600)
    for at, there in ((began - 1, 0), (began, 1), (began + 599 * SECOND, 1), (began + 600 * SECOND, 0)):
        found, total = city.insight.alerts("city", at_us=at)
        assert total == len(found) == there
        assert all(alert.state == "raised" for alert in found)
    assert city.insight.alerts("city", text="flood")[1] == 1
    assert city.insight.alerts("city", type="Gauge", severity=("minor", "major"))[1] == 1
    assert city.insight.alerts("city", type=GAUGE, severity="critical")[1] == 0


async def test_a_forecast_that_crosses_the_limit_in_time_raises(city: City) -> None:
    from rhinecloud.base.clock import iso
    from rhinecloud.insight import Ahead

    await city.save(rule("", forecast=Ahead(attr="level", within_s=3600, above=8.0), attr="level"))

    async def told(*values: float) -> None:
        steps = [
            {"at": iso(city.clock() + n * 1800 * SECOND), "value": v, "low": v, "high": v} for n, v in enumerate(values)
        ]
        made = {"type": "Property", "value": steps, "observedAt": iso(city.clock())}
        attrs = {"https://uri.etsi.org/ngsi-ld/default-context/levelForecast": [made]}
        await city.tell(Update(op=Op.APPEND, id="urn:a", entity={"type": [GAUGE], "attrs": attrs}))

    await city.level(7.0)
    await told(7.0, 7.5, 7.9, 8.5)
    assert city.raised() == [], "it is over the limit only after an hour and a half"
    await city.tick(300)
    await told(7.1, 7.8, 8.2)
    [alert] = city.raised()
    assert alert.text.en == "a: 7.00 m since 11:05"
    assert alert.evidence[-1].value == {"at": iso(city.clock() + 3600 * SECOND), "value": 8.2}
    await city.tick(300)
    await told(7.1, 7.2, 7.3)
    assert city.raised() == []


async def test_of_several_instances_each_may_raise_and_scope_chooses(city: City) -> None:
    await city.save(rule(scope_q="/Duisburg/#"))
    two = [{"type": "Property", "value": 7.0}, {"type": "Property", "value": 8.5, "datasetId": "urn:radar"}]
    there = {"type": [GAUGE], "scope": ["/Duisburg/Ruhrort"], "attrs": {LEVEL: two}}
    elsewhere = {"type": [GAUGE], "scope": ["/Essen"], "attrs": {LEVEL: two}}
    await city.tell(Update(op=Op.CREATE, id="urn:a", entity=there), Update(op=Op.CREATE, id="urn:b", entity=elsewhere))
    [alert] = city.raised()
    assert alert.entity == "urn:a" and {e.dataset for e in alert.evidence} == {"", "urn:radar"}
    await city.tell(Update(op=Op.DELETE_ATTR, id="urn:a", attr=LEVEL, dataset="urn:radar"))
    assert city.raised() == []


async def test_another_tenant_hears_nothing(city: City) -> None:
    city.presents.create("port")
    await city.save(rule())
    await city.level(8.5)
    assert city.insight.alerts("port") == ([], 0) and city.insight.rules("port") == []
