"""The suite that every pack passes. What a pack does not meet is listed here with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from rhinecloud.context import Vocabularies
from rhinecloud.kit import Attribute, EntityType, Model, Pack, Thing, World, packs

PACKS = packs()
MODEL = Model(kind for pack in PACKS for kind in pack.types)
YEAR = [
    datetime(2026, month, day, hour, 7, tzinfo=UTC).timestamp()
    for month in range(1, 13)
    for day in (3, 14, 25)
    for hour in (3, 8, 13, 18)
]

# Numbers that have no unit, with the reason; everything else that is a number needs one.
NO_UNIT = {
    "curvature": "a ratio",
    "relativeHumidity": "the model says 0 to 1",
    "occupancy": "the model says 0 to 1",
    "pricePerHour": "money: its currency stands in priceCurrency",
    "priceMaximumPerDay": "money: its currency stands in priceCurrency",
    "reliability": "the model says 0 to 1",
    "uVIndexMax": "an index",
    "airQualityIndex": "an index",
    "tpc": "a count",
    "heartbeat": "0 or 1",
    "soilMoistureVwc": "the model says 0 to 1",
    "litterCoverage": "the model says 0 to 1",
}

every_pack = pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.id)


def _attributes(pack: Pack) -> Iterator[tuple[EntityType, Attribute]]:
    return ((kind, attribute) for kind in pack.types for attribute in kind.attributes)


def _things(pack: Pack, seed: int = 7) -> list[Thing]:
    return list(pack.simulator(World(seed))) if pack.simulator else []


def test_there_are_packs_and_their_ids_differ() -> None:
    assert {"environment", "parking"} <= {pack.id for pack in PACKS}
    assert len({pack.id for pack in PACKS}) == len(PACKS)


@every_pack
def test_every_text_is_there_in_both_languages(pack: Pack) -> None:
    labels = [pack.title, pack.text, *(k.label for k in pack.types), *(k.plural for k in pack.types)]
    labels += [a.label for _, a in _attributes(pack)] + [layer.label for layer in pack.layers]
    labels += [feed.label for feed in pack.feeds] + [mapping.label for mapping in pack.mappings]
    assert all(label.de.strip() and label.en.strip() for label in labels)


@every_pack
def test_every_number_has_a_unit_or_says_why_not(pack: Pack) -> None:
    bare = {a.name for _, a in _attributes(pack) if a.kind == "number" and a.unit is None}
    assert bare <= NO_UNIT.keys()


@every_pack
def test_every_number_has_a_range_and_its_digits(pack: Pack) -> None:
    for kind, attribute in _attributes(pack):
        if attribute.kind == "number":
            where = f"{kind.name}.{attribute.name}"
            assert attribute.minimum is not None and attribute.maximum is not None, where
            assert attribute.minimum < attribute.maximum, where
            assert attribute.decimals is not None, where


@every_pack
def test_names_of_a_type_differ_and_main_and_status_are_among_them(pack: Pack) -> None:
    for kind in pack.types:
        names = [a.name for a in kind.attributes]
        assert len(set(names)) == len(names), kind.name
        assert kind.main in names
        assert kind.status is None or kind.status.attr in names
        assert kind.source and kind.icon and kind.interval_s


@every_pack
def test_status_steps_rise_and_lie_in_the_range(pack: Pack) -> None:
    for kind in pack.types:
        if kind.status is None:
            continue
        attribute = next(a for a in kind.attributes if a.name == kind.status.attr)
        steps = [s for s in (kind.status.minor, kind.status.major, kind.status.critical) if s is not None]
        assert steps == sorted(steps, reverse=not kind.status.rising)
        assert all((attribute.minimum or 0) <= s <= (attribute.maximum or 0) for s in steps)


@every_pack
def test_layers_mappings_and_feeds_name_what_there_is(pack: Pack) -> None:
    types = {kind.name for kind in pack.types}
    assert {layer.type for layer in pack.layers} <= types
    ids = [m.id for m in pack.mappings] + [f.id for f in pack.feeds]
    assert len(set(ids)) == len(ids)
    assert all(i.startswith(f"{pack.id}.") for i in ids)
    assert all(feed.attribution and feed.licence and feed.interval_s >= 60 for feed in pack.feeds)


@every_pack
def test_the_readme_has_its_four_headings(pack: Pack) -> None:
    text = (_folder(pack) / "README.md").read_text("utf-8")
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        "Purpose",
        "Sources",
        "Standards",
        "Known limits",
    ]


@every_pack
def test_a_pack_imports_the_kit_and_its_own_files_only(pack: Pack) -> None:
    for file in _folder(pack).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else []
            )
            for name in names:
                own = name.startswith(f"rhinecloud.packs.{pack.id}.")
                assert own or not name.startswith("rhinecloud") or name == "rhinecloud.kit", f"{file}: {name}"
                assert name.split(".")[0] not in {"random", "socket", "httpx", "requests", "time"}, f"{file}: {name}"


def _folder(pack: Pack) -> Path:
    return Path(str(import_module(f"rhinecloud.packs.{pack.id}").__file__)).parent


@every_pack
def test_the_simulator_gives_the_same_city_for_the_same_seed(pack: Pack) -> None:
    first, second, other = _things(pack), _things(pack), _things(pack, seed=8)
    assert [t.device for t in first] == [t.device for t in second] == [t.device for t in other]
    at = YEAR[5]
    assert [t.measure(at) for t in first] == [t.measure(at) for t in second]
    assert [t.measure(at) for t in first] != [t.measure(at) for t in other]


@every_pack
def test_simulated_things_have_names_of_their_own_and_stand_in_the_city(pack: Pack) -> None:
    things = _things(pack)
    assert len({t.device for t in things}) == len({t.entity for t in things}) == len(things)
    for thing in things:
        lon, lat = thing.location
        # The Rhine's next gauges are upstream and downstream of the city.
        assert 6.2 < lon < 7.0 and 50.9 < lat < 51.9, thing.device
        assert thing.device.replace("-", "").isalnum() and thing.device.islower()
        assert 10 <= thing.interval_s <= 3600
        assert "simulated" in thing.fixed["dataProvider"]
    inside = [t for t in things if 6.62 < t.location[0] < 6.84 and 51.32 < t.location[1] < 51.57]
    assert len(inside) >= 0.9 * len(things)


@every_pack
def test_simulated_values_stay_within_what_is_declared_all_year(pack: Pack) -> None:
    kinds = {kind.name: {a.name: a for a in kind.attributes} for kind in pack.types}
    for thing in _things(pack):
        declared = kinds[thing.type]
        for at in YEAR:
            for name, value in {**thing.fixed, **thing.measure(at)}.items():
                _fits(declared[name], value, f"{thing.device}.{name} at {at}")


def _fits(attribute: Attribute, value: object, where: str) -> None:
    if attribute.kind in ("number", "integer"):
        assert isinstance(value, (int, float)) and not isinstance(value, bool), where
        assert attribute.minimum is None or value >= attribute.minimum, f"{where}: {value}"
        assert attribute.maximum is None or value <= attribute.maximum, f"{where}: {value}"
    if attribute.options:
        assert value in attribute.options, where


@every_pack
def test_simulated_values_change_no_faster_than_is_declared_plausible(pack: Pack) -> None:
    rates = {(k.name, a.name): a.max_rate for k, a in _attributes(pack) if a.max_rate}
    for thing in _things(pack):
        for at in YEAR[::3]:
            before, after = thing.measure(at), thing.measure(at + 3600)
            for name in before:
                if limit := rates.get((thing.type, name)):
                    assert abs(after[name] - before[name]) <= limit, f"{thing.device}.{name} at {at}"


@every_pack
def test_simulated_values_can_be_sent_as_json(pack: Pack) -> None:
    for thing in _things(pack):
        assert msgspec.json.encode({**thing.measure(YEAR[0]), **thing.fixed})


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
