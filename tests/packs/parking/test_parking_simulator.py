"""Car parks fill as people's days do."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from rhinecloud.kit import World, moment
from rhinecloud.packs.parking.places import CAR_PARKS
from rhinecloud.packs.parking.simulator import CURVES, things


def _at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp()


def _mean(visitors: str, text: str) -> float:
    chosen = {device for device, *_, who in CAR_PARKS if who == visitors}
    shares = [t.measure(_at(text))["occupancy"] for t in things(World(7)) if t.device in chosen]
    return float(sum(shares) / len(shares))


def test_places_free_and_taken_are_all_there_are() -> None:
    for thing in (t for t in things(World(7)) if t.type != "ParkingSpot"):
        for hour in range(0, 168, 5):
            told = thing.measure(_at("2026-11-16T00:00") + hour * 3600)
            assert told["availableSpotNumber"] + told["occupiedSpotNumber"] == thing.fixed["totalSpotNumber"]
            assert told["availableSpotNumber"] >= 0


def test_commuters_come_on_working_days_and_shoppers_on_saturday() -> None:
    assert _mean("commuters", "2026-11-18T11:00") > 0.7
    assert _mean("commuters", "2026-11-22T11:00") < 0.4
    assert _mean("shops", "2026-11-21T14:00") > 0.6
    assert _mean("shops", "2026-11-22T14:00") < 0.2


def test_a_match_fills_the_arena_every_other_saturday() -> None:
    quiet, crowded = sorted((_mean("match", "2026-11-21T15:00"), _mean("match", "2026-11-28T15:00")))
    assert quiet < 0.2
    assert crowded > 0.75


@pytest.mark.parametrize("visitors", CURVES)
def test_every_curve_is_a_share_at_every_hour(visitors: str) -> None:
    for hour in range(24 * 14):
        assert 0 <= CURVES[visitors](moment(_at("2026-11-16T00:00") + hour * 3600)) <= 1.2
