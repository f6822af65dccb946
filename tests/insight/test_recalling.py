"""What comes late is an alert of the past."""

from __future__ import annotations

import pytest

from rhinecloud.base.clock import SECOND, iso
from rhinecloud.insight import recalling

from .city import GAUGE, LEVEL, City, rule

HOUR = 3600 * SECOND


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recalling.Late.due, "__defaults__", (0.0,))


async def recall(city: City) -> None:
    await city.insight._tenant("city").recall(city.histories.open("city"))


async def test_what_was_over_the_limit_then_is_recorded_as_over(city: City) -> None:
    await city.save(rule())
    await city.level(7.0)
    start = city.clock() - 5 * HOUR
    await city.tell(*(city.observe(v, at_us=start + n * HOUR) for n, v in enumerate((7.0, 8.5, 8.7, 7.5))))
    assert city.insight.alerts("city")[1] == 0
    await recall(city)
    [alert], total = city.insight.alerts("city")
    assert total == 1 and (alert.state, alert.known_us) == ("cleared", city.clock())
    assert (alert.started_us, alert.cleared_us) == (start + HOUR, start + 3 * HOUR)
    assert city.told() == ["cleared"]
    await recall(city)
    assert city.insight.alerts("city")[1] == 1


async def test_an_alert_that_began_earlier_says_so(city: City) -> None:
    await city.save(rule())
    await city.level(8.9)
    [first] = city.raised()
    start = city.clock() - 5 * HOUR
    await city.tell(*(city.observe(v, at_us=start + n * HOUR) for n, v in enumerate((7.0, 8.5, 8.7))))
    await recall(city)
    [alert] = city.raised()
    assert alert.id == first.id and alert.started_us == start + HOUR
    assert [e.value for e in alert.evidence] == [8.5, 8.9]
    assert alert.text.en == "a: 8.90 m since 07:00"
    await city.level(7.0, at_us=city.clock() + 1)
    assert city.raised() == []


async def test_what_is_only_a_little_late_is_left_alone(city: City) -> None:
    await city.save(rule())
    await city.level(7.0)
    await city.level(9.0, at_us=city.clock() - 60 * SECOND)
    await recall(city)
    assert city.insight.alerts("city")[1] == 0


async def test_what_the_past_is_told_directly_is_gone_through_too(city: City) -> None:
    await city.insight.start()
    await city.save(rule())
    await city.level(7.0)
    start = city.clock() - 5 * HOUR
    told = [
        (LEVEL, {"type": "Property", "value": v, "observedAt": iso(start + n * HOUR)}, start + n * HOUR, v)
        for n, v in enumerate((7.0, 8.5, 8.7, 7.5))
    ]
    await city.histories.open("city").record("urn:a", [GAUGE], told, source="archive")
    await recall(city)
    [alert], _ = city.insight.alerts("city")
    assert (alert.started_us, alert.cleared_us) == (start + HOUR, start + 3 * HOUR)


async def test_what_came_late_says_nothing_of_silence(city: City) -> None:
    await city.save(rule("", silent_s=600, attr="level"))
    await city.level(7.0)
    start = city.clock() - 5 * HOUR
    await city.tell(*(city.observe(7.0, at_us=start + n * HOUR) for n in range(4)))
    await recall(city)
    assert city.insight.alerts("city")[1] == 0


async def test_one_alert_goes_on_into_the_stretch_that_is_known_already(city: City) -> None:
    await city.save(rule())
    await city.level(8.6, at_us=city.clock() - 3 * 24 * HOUR)
    await city.tell(city.observe(7.0, at_us=city.clock() - 60 * HOUR))
    [first], _ = city.insight.alerts("city")
    start = city.clock() - 3 * 24 * HOUR - 20 * HOUR
    await city.tell(*(city.observe(v, at_us=start + n * HOUR) for n, v in enumerate((7.0, 8.5, 8.7))))
    await recall(city)
    [alert], _ = city.insight.alerts("city")
    assert alert.id == first.id, "until something else is observed, the level is what it was"
    assert alert.started_us == start + HOUR and alert.cleared_us == first.cleared_us
