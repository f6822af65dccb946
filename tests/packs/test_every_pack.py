"""The suite that every pack passes. What a pack of ours does not meet is listed here with its reason."""

from __future__ import annotations

import pytest

from rhinecloud.context import Vocabularies
from rhinecloud.kit import Model, Pack, World, packs
from rhinecloud.kit.suite import *  # noqa: F403 - the very tests that a third party's pack imports

PACKS = packs()
MODEL = Model(kind for pack in PACKS for kind in pack.types)

SHARE = "the model says 0 to 1, and names no unit"
INDEX = "an index"
COUNT = "a count"
EXCEPTIONS: dict[str, dict[str, str]] = {
    "environment": {
        "WaterObserved.curvature": "a ratio",
        "WeatherObserved.relativeHumidity": SHARE,
        "WeatherObserved.uVIndexMax": INDEX,
        "AirQualityObserved.airQualityIndex": INDEX,
        "AirQualityObserved.tpc": COUNT,
        "AirQualityObserved.reliability": SHARE,
        "AirQualityObserved.relativeHumidity": SHARE,
        "NoiseLevelObserved.heartbeat": "0 or 1",
        "GreenspaceRecord.soilMoistureVwc": SHARE,
        "GreenspaceRecord.litterCoverage": SHARE,
        "rule environment.low-water": "the demo's year of 2026 is wetter than the real one was",
        "rule environment.heat-2": "a felt 38 °C is beyond the heat wave that can be started",
        **{f"rule environment.no2-{step}": "in law, and not reached here for many years" for step in (1, 2)},
        **{f"rule environment.ozone-{step}": "the simulated heat wave makes less ozone than that" for step in (1, 2)},
    },
    "parking": {
        **{f"{kind}.occupancy": SHARE for kind in ("OffStreetParking", "OnStreetParking", "ParkingGroup")},
        **{
            f"{kind}.{price}": "euro, which UN/CEFACT has no unit for"
            for kind in ("OffStreetParking", "OnStreetParking", "ParkingSpot")
            for price in ("pricePerHour", "priceMaximumPerDay")
        },
        "OffStreetParking.firstAvailableFloor": "a floor has a number, not a range",
        **{
            f"rule parking.{broken}": "faults of counters are played by the simulator of devices, not by car parks"
            for broken in ("over-capacity", "more-free-than-there-are", "closed-but-filling")
        },
    },
}


@pytest.fixture(params=PACKS, ids=lambda pack: pack.id)
def pack(request: pytest.FixtureRequest) -> Pack:
    found: Pack = request.param
    return found


@pytest.fixture
def exceptions(pack: Pack) -> dict[str, str]:
    return EXCEPTIONS.get(pack.id, {})


def test_there_are_packs_and_their_ids_differ() -> None:
    assert {"environment", "parking"} <= {pack.id for pack in PACKS}
    assert len({pack.id for pack in PACKS}) == len(PACKS)


def test_types_name_a_standard_an_icon_and_how_often_they_are_heard_of(pack: Pack) -> None:
    for kind in pack.types:
        assert kind.source and kind.icon and kind.interval_s, kind.name


def test_status_steps_rise_and_lie_in_the_range(pack: Pack) -> None:
    for kind in pack.types:
        if kind.status is None:
            continue
        attribute = next(a for a in kind.attributes if a.name == kind.status.attr)
        steps = [s for s in (kind.status.minor, kind.status.major, kind.status.critical) if s is not None]
        assert steps == sorted(steps, reverse=not kind.status.rising)
        assert all((attribute.minimum or 0) <= s <= (attribute.maximum or 0) for s in steps)


def test_simulated_things_stand_in_the_city(pack: Pack) -> None:
    for thing in pack.simulator(World()) if pack.simulator else ():
        lon, lat = thing.location
        here = 6.62 < lon < 6.84 and 51.32 < lat < 51.57
        along_the_rhine = thing.device.startswith("gauge-") and 6.2 < lon < 7.0 and 50.9 < lat < 51.9
        assert here or along_the_rhine, thing.device


def test_all_packs_together_make_one_model() -> None:
    assert MODEL.terms["OffStreetParking"] == "https://smartdatamodels.org/dataModel.Parking/OffStreetParking"
    assert MODEL.terms["height"].startswith("https://smartdatamodels.org/dataModel.Environment/")


def test_declared_names_mean_what_the_vocabulary_says_they_mean() -> None:
    # The core @context takes precedence over a model's (ETSI GS CIM 009, 5.5.7): a name that it has keeps its meaning.
    vocabulary = Vocabularies(MODEL, own_url="http://localhost/vocabulary.jsonld").default
    for kind in MODEL.types:
        for attribute in MODEL.attributes(kind):
            assert vocabulary.expand(attribute.name) == attribute.iri
            assert vocabulary.compact(attribute.iri) == attribute.name
