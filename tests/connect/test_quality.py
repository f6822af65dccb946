"""Flags: what is odd about an observation. The checker is called as the present calls it."""

from __future__ import annotations

from typing import Any

import pytest

from rhinecloud.base.clock import SECOND, iso, parse_us
from rhinecloud.base.model import Flag, Instance
from rhinecloud.connect import Quality

WATER = "https://smartdatamodels.org/dataModel.Environment/WaterObserved"
LEVEL = "https://smartdatamodels.org/dataModel.Environment/waterLevel"
PARKING = "https://smartdatamodels.org/dataModel.Parking/OffStreetParking"
NOON = parse_us("2026-11-22T12:00:00Z")


def seen(value: Any, at_us: int = NOON, *, kind: str = "Property", **members: Any) -> Instance:
    member = "object" if kind == "Relationship" else "value"
    return {"type": kind, member: value, "observedAt": iso(at_us), **members}


class Series:
    """Feeds one attribute observation by observation, as the present does."""

    def __init__(self, quality: Quality, kind: str, attr: str) -> None:
        self._check, self._old = quality.checker((kind,), attr), None

    def __call__(self, value: Any, at_us: int = NOON, *, received_us: int | None = None, **members: Any) -> Flag:
        new = seen(value, at_us, **members)
        flags = self._check(self._old, new, at_us, at_us if received_us is None else received_us)
        self._old = new
        return Flag(flags)


@pytest.fixture
def level(model) -> Series:
    return Series(Quality(model), WATER, LEVEL)


def test_a_good_value_has_no_flag(level: Series) -> None:
    assert level(8.1, unitCode="MTR") == Flag(0)


@pytest.mark.parametrize(
    ("value", "members", "flags"),
    [
        (14.0, {}, Flag(0)),
        (14.1, {}, Flag.RANGE),
        (-0.1, {}, Flag.RANGE),
        ("8.1", {}, Flag.TYPE),
        (True, {}, Flag.TYPE),
        (None, {}, Flag.TYPE),
        ([8.1], {}, Flag.TYPE),
        (812, {"unitCode": "CMT"}, Flag.TYPE),  # another unit, but in range
        (1500, {"unitCode": "CMT"}, Flag.TYPE | Flag.RANGE),
        (8, {"unitCode": "CEL"}, Flag.TYPE),
        (8, {"unitCode": 5}, Flag.TYPE),
        (10**400, {}, Flag.TYPE),  # an integer that no float holds
        (-(10**400), {"unitCode": "CMT"}, Flag.TYPE),
    ],
)
def test_type_unit_and_range(level: Series, value: Any, members: dict, flags: Flag) -> None:
    assert level(value, **members) == flags


def test_an_absurd_value_does_not_spoil_the_ones_behind_it(level: Series) -> None:
    assert level(10**400) == Flag.TYPE
    assert level(8.0, NOON + 60 * SECOND) == Flag(0)
    assert level(8.1, NOON + 120 * SECOND) == Flag(0)


def test_undeclared_types_and_attributes_are_unknown(model) -> None:
    quality = Quality(model)
    assert Series(quality, WATER, "https://x/y")(1) == Flag.UNKNOWN
    assert Series(quality, "https://x/Type", LEVEL)(1) == Flag.UNKNOWN
    # The first type that declares it decides.
    assert quality.checker(("https://x/Type", WATER), LEVEL)(None, seen(8), NOON, NOON) == 0


def test_late_and_future(level: Series) -> None:
    late = 3 * 900 * SECOND  # three intervals of the type
    assert level(8, received_us=NOON + late) == Flag(0)
    assert level(8.01, NOON + SECOND, received_us=NOON + late + 2 * SECOND) == Flag.LATE
    assert level(8.02, NOON + 2 * SECOND, received_us=NOON - 30 * SECOND) == Flag(0)
    assert level(8.03, NOON + 3 * SECOND, received_us=NOON - 90 * SECOND) == Flag.FUTURE


def test_the_same_observation_again_is_a_duplicate(level: Series) -> None:
    level(8)
    assert level(8) == Flag.DUPLICATE
    assert level(8.01) == Flag(0)


def test_a_jump_is_faster_than_water_rises_and_the_way_back_is_none(level: Series) -> None:
    minutes = 60 * SECOND
    assert level(8.0) == Flag(0)
    assert level(8.1, NOON + 15 * minutes) == Flag(0)  # 0.4 m/h
    assert level(11.0, NOON + 30 * minutes) == Flag.JUMP
    assert level(8.15, NOON + 45 * minutes) == Flag(0)
    assert level(-5, NOON + 60 * minutes) == Flag.JUMP | Flag.RANGE
    assert level(8.2, NOON + 75 * minutes) == Flag(0)


def test_two_quick_readings_are_noise_and_no_jump(level: Series) -> None:
    level(8.0)
    assert level(8.05, NOON + SECOND) == Flag(0)  # 180 m/h by the clock, 0.2 m/h over the usual interval


def test_a_step_that_stays_is_believed_in_time(level: Series) -> None:
    hour = 3600 * SECOND
    level(4.0)
    flags = [level(6.0, NOON + n * hour) for n in range(1, 6)]
    assert flags == [Flag.JUMP] * 3 + [Flag(0)] * 2  # 2 m at 0.5 m/h is plausible after four hours


def test_stuck_is_unchanged_for_too_long(level: Series) -> None:
    hour = 3600 * SECOND
    flags = [level(8, NOON + n * hour) for n in range(27)]
    assert flags == [Flag(0)] * 25 + [Flag.STUCK] * 2
    assert level(8.01, NOON + 27 * hour) == Flag(0)


@pytest.mark.parametrize(
    ("attr", "instance", "flags"),
    [
        ("availableSpotNumber", seen(5), Flag(0)),
        ("availableSpotNumber", seen(5.0), Flag(0)),
        ("availableSpotNumber", seen(5.5), Flag.TYPE),
        ("availableSpotNumber", seen(-1), Flag.RANGE),
        ("status", seen("open"), Flag(0)),
        ("status", seen("ajar"), Flag.RANGE),
        ("status", seen(1), Flag.TYPE),
        ("open", seen(True), Flag(0)),
        ("open", seen("yes"), Flag.TYPE),
    ],
)
def test_other_kinds(model, attr: str, instance: Instance, flags: Flag) -> None:
    check = Quality(model).checker((PARKING,), model.terms[attr])
    assert Flag(check(None, instance, NOON, NOON)) == flags


@pytest.mark.parametrize(
    ("attr", "instance", "flags"),
    [
        ("location", seen({"type": "Point", "coordinates": [6.7, 51.4]}, kind="GeoProperty"), Flag(0)),
        ("location", seen({"type": "Point", "coordinates": [51.4, 206.7]}, kind="GeoProperty"), Flag.TYPE),
        ("location", seen("here"), Flag.TYPE),
        ("refDevice", seen("urn:x:1", kind="Relationship"), Flag(0)),
        ("refDevice", seen("urn:x:1"), Flag.TYPE),
    ],
)
def test_places_and_relations(model, attr: str, instance: Instance, flags: Flag) -> None:
    check = Quality(model).checker((WATER,), model.terms[attr])
    assert Flag(check(None, instance, NOON, NOON)) == flags


def test_values_without_a_time_are_checked_too(model) -> None:
    check = Quality(model).checker((WATER,), LEVEL)
    assert check(None, {"type": "Property", "value": 99}, None, NOON) == Flag.RANGE
    assert check({"type": "Property", "value": 8}, {"type": "Property", "value": 8}, None, NOON) == 0


def test_state_is_kept_in_members_of_our_own_only(model) -> None:
    new = seen(8, unitCode="MTR")
    Quality(model).checker((WATER,), LEVEL)(None, new, NOON, NOON)
    assert {k for k in new if not k.startswith("_")} == {"type", "value", "observedAt", "unitCode"}
