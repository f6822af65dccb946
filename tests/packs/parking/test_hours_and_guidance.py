"""Who asks where to park is led to the nearest place that will be free, and told why."""

from __future__ import annotations

from typing import Any

import pytest

from rhinecloud.packs.parking.guidance import Guidance, Wish, guide
from rhinecloud.packs.parking.hours import is_open, parse

NOW = 1_795_341_600_000_000  # 2026-11-22T10:00:00Z, a Sunday, 11:00 in Duisburg
HERE = (6.7634, 51.4325)


def park(name: str, *, east_m: float = 100, free: int | None = 50, **more: Any) -> dict[str, Any]:
    place = [HERE[0] + east_m / 69_300, HERE[1]]
    entity: dict[str, Any] = {
        "id": f"urn:ngsi-ld:OffStreetParking:{name}",
        "type": "OffStreetParking",
        "name": {"type": "Property", "value": name},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": place}},
    }
    if free is not None:
        entity["availableSpotNumber"] = {"type": "Property", "value": free, "observedAt": "2026-11-22T09:58:00Z"}
    return entity | {key: {"type": "Property", "value": value} for key, value in more.items()}


def ask(*parks: dict[str, Any], **wish: Any) -> Guidance:
    return guide(parks, Wish(lon=HERE[0], lat=HERE[1], **wish), NOW)


def names(found: Guidance) -> list[str]:
    return [one.name for one in found.suggestions]


def test_the_nearest_with_a_place_comes_first() -> None:
    assert names(ask(park("far", east_m=600), park("near"), park("full", east_m=50, free=0))) == ["near", "far"]


def test_ways_are_longer_than_the_line() -> None:
    (one,) = ask(park("x", east_m=100)).suggestions
    assert one.walk_m == pytest.approx(130, abs=1)


def test_what_will_be_full_on_arrival_is_left_out_though_it_has_places_now() -> None:
    steps = [{"at": f"2026-11-22T10:{m:02d}:00Z", "value": 20 - m, "low": 18 - m, "high": 22 - m} for m in (15, 30)]
    forecast = {"type": "Property", "value": steps, "observedAt": "2026-11-22T09:59:00Z"}
    filling = park("filling", free=20) | {"availableSpotNumberForecast": forecast}
    early, late = ask(filling, arrive_in_min=16), ask(filling, arrive_in_min=30)
    assert early.suggestions[0].free_on_arrival == 4
    assert names(late) == []
    assert late.left_out[0].reason.code == "full"
    old = filling | {"availableSpotNumberForecast": forecast | {"observedAt": "2026-11-22T07:00:00Z"}}
    assert names(ask(old, arrive_in_min=30)) == ["filling"]  # a forecast of the morning says nothing


@pytest.mark.parametrize(
    ("attributes", "wish", "code"),
    [
        ({"status": "closed"}, {}, "closed"),
        ({"openingHours": "Mo-Sa 07:00-22:00"}, {}, "closed-then"),
        ({"maximumAllowedHeight": 1.9}, {"height_m": 2.0}, "too-low"),
        ({}, {"disabled": True}, "no-disabled"),
        ({}, {"charging": True}, "no-charging"),
    ],
)
def test_what_cannot_be_is_left_out_with_the_reason(
    attributes: dict[str, Any], wish: dict[str, Any], code: str
) -> None:
    found = ask(park("x", **attributes), **wish)
    assert names(found) == []
    assert found.left_out[0].reason.code == code
    assert found.left_out[0].reason.de and found.left_out[0].reason.en


def test_who_needs_a_place_for_disabled_persons_gets_one_that_is_free() -> None:
    taken = park("taken", disabledSpotNumber=2) | {"availableDisabledSpotNumber": {"type": "Property", "value": 0}}
    free = park("free", east_m=300, disabledSpotNumber=2)
    free["availableDisabledSpotNumber"] = {"type": "Property", "value": 2}
    assert names(ask(taken, free, disabled=True)) == ["free"]


def test_a_cheap_one_is_worth_some_minutes_on_foot() -> None:
    dear, cheap = park("dear", pricePerHour=4.0), park("cheap", east_m=300, pricePerHour=1.0)
    assert names(ask(dear, cheap, stay_min=180)) == ["cheap", "dear"]
    assert names(ask(dear, park("cheap", east_m=1100, pricePerHour=3.8), stay_min=30)) == ["dear", "cheap"]
    assert ask(park("x", pricePerHour=2.0, priceMaximumPerDay=8.0), stay_min=600).suggestions[0].price == 8


def test_a_stale_count_is_no_promise_but_the_car_park_stays() -> None:
    stale = park("stale")
    stale["availableSpotNumber"]["observedAt"] = "2026-11-22T06:00:00Z"
    (one,) = ask(stale).suggestions
    assert one.free is None
    assert "unknown" in {reason.code for reason in one.reasons}


def test_nothing_nearby_is_an_empty_answer_and_what_is_nowhere_is_not_looked_at() -> None:
    nowhere = park("nowhere")
    del nowhere["location"]
    found = ask(nowhere, park("far", east_m=5000))
    assert (found.suggestions, found.left_out) == ([], [])


@pytest.mark.parametrize(
    ("text", "weekday", "minute", "holiday", "told"),
    [
        ("24/7", 6, 0, False, True),
        ("Mo-Fr 07:00-20:00; Sa 08:00-14:00", 0, 7 * 60, False, True),
        ("Mo-Fr 07:00-20:00; Sa 08:00-14:00", 0, 20 * 60, False, False),
        ("Mo-Fr 07:00-20:00; Sa 08:00-14:00", 6, 600, False, False),
        ("Mo-Sa 07:00-01:30", 6, 60, False, True),  # the night of Saturday
        ("Mo-Sa 07:00-01:30", 0, 60, False, False),
        ("Mo-Su 06:00-22:00; PH off", 3, 600, True, False),
        ("Mo-Su 06:00-22:00; PH 10:00-18:00", 3, 660, True, True),
        ("06:00-24:00", 2, 1439, False, True),
        ("Fr-Mo 10:00-12:00,14:00-16:00", 6, 900, False, True),
        ("Mo-Fr:  07:00  -  01:30  Uhr\nSa:  07:00  -  01:30  Uhr", 5, 600, False, True),
        ("Di,Do 08:00-10:00", 3, 540, False, True),
        ("Jan-Mar 08:00-10:00", 3, 540, False, None),
        ("sunrise-sunset", 3, 540, False, None),
        ("", 3, 540, False, None),
        ("rund um die Uhr", 3, 540, False, None),
    ],
)
def test_opening_hours(text: str, weekday: int, minute: int, holiday: bool, told: bool | None) -> None:
    assert is_open(text, weekday, minute, holiday=holiday) is told


def test_all_week_is_one_rule() -> None:
    rules = parse("24/7")
    assert rules and len(rules) == 1
